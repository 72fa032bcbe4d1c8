// SPDX-License-Identifier: Apache-2.0
#include "tests/rtl/array_side/random_array_program.h"

#include <algorithm>

namespace gemel::rtl {

using arch::Dataflow;
using arch::LocalAddress;
using arch::LocalBlock;

namespace {

constexpr std::uint64_t kBase = 0x80000000;
constexpr std::uint64_t kInputBytes = 1 << 16;
constexpr std::uint64_t kOutputBytes = 1 << 21;
constexpr unsigned kSlotsPerBank = 2;
const LocalBlock kNothing = {LocalAddress::garbage(), 0, 0};

bool overlap(const LocalBlock& a, std::uint32_t rows_a, std::uint32_t row_b, std::uint32_t rows_b) {
  return a.address.bits() < row_b + rows_b && row_b < a.address.bits() + rows_a;
}

}  // namespace

RandomArrayProgram::RandomArrayProgram(const arch::AcceleratorConfig& config, std::uint64_t seed)
    : config_(config), derived_(arch::derive(config)), dim_(derived_.dim), random_(seed) {}

RandomArrayProgram::Slot RandomArrayProgram::scratchpad_slot() {
  const std::uint32_t bank = below(config_.scratchpad.banks);
  return {false, bank * derived_.scratchpad_bank_rows + below(kSlotsPerBank) * 2 * dim_};
}

RandomArrayProgram::Slot RandomArrayProgram::accumulator_slot() {
  const std::uint32_t bank = below(config_.accumulator.banks);
  return {true, bank * derived_.accumulator_bank_rows + below(kSlotsPerBank) * 2 * dim_};
}

LocalBlock RandomArrayProgram::block(const Slot& slot, unsigned rows, unsigned cols) const {
  const LocalAddress address =
      slot.accumulator ? LocalAddress::accumulator(slot.row) : LocalAddress::scratchpad(slot.row);
  return {address, static_cast<std::uint16_t>(cols), static_cast<std::uint16_t>(rows)};
}

void RandomArrayProgram::push(const arch::Command& command) {
  if (one_in(12)) program_.steps.push_back({arch::StepKind::Idle, between(1, 60)});
  program_.steps.push_back({arch::StepKind::Command, static_cast<std::uint32_t>(program_.commands.size())});
  program_.commands.push_back(command);
}

std::uint64_t RandomArrayProgram::output(std::uint64_t bytes) {
  const std::uint64_t at = next_output_;
  next_output_ += bytes + below(20);
  return kBase + kInputBytes + at % (kOutputBytes - (1 << 17));
}

void RandomArrayProgram::configure_execute() {
  execute_ = {};
  execute_.dataflow = config_.mesh.dataflow != Dataflow::Both ? config_.mesh.dataflow
                      : one_in(2)                             ? Dataflow::WeightStationary
                                                              : Dataflow::OutputStationary;
  const bool weight_stationary = execute_.dataflow == Dataflow::WeightStationary;
  execute_.activation = one_in(3) ? arch::Activation::Relu : arch::Activation::None;
  execute_.a_transpose = one_in(2);
  execute_.b_transpose = one_in(2);
  if (weight_stationary && execute_.a_transpose) execute_.b_transpose = false;
  if (!weight_stationary && !execute_.a_transpose) execute_.b_transpose = false;
  execute_.a_stride = static_cast<std::uint16_t>(one_in(3) ? 2 : 1);
  execute_.c_stride = static_cast<std::uint16_t>(weight_stationary && one_in(3) ? 2 : 1);
  execute_.shift = static_cast<std::uint8_t>(one_in(2) ? 0 : below(20));
  push(arch::encode_config_execute(execute_));
  has_weights_ = false;
}

void RandomArrayProgram::configure_store() {
  store_.activation = static_cast<std::uint8_t>(below(2));
  store_.dram_stride = between(2 * dim_, 4 * dim_ + 5);
  const float scales[] = {1.0f, 0.5f, 0.01f, 0.3f, 1e-4f, -0.02f};
  store_.scale_bits = one_in(4) ? arch::ConfigStore::kKeepScale : arch::bits_from_float(scales[below(6)]);
  if (program_.commands.size() < 8) store_.scale_bits = arch::bits_from_float(0.25f);  // nothing to keep yet
  store_.pool_stride = 0;
  store_.pool_size = 0;
  if (one_in(3)) {
    store_.pool_stride = static_cast<std::uint8_t>(between(1, 3));
    store_.pool_size = static_cast<std::uint8_t>(between(1, 3));
    store_.upper_pad = static_cast<std::uint8_t>(below(2));
    store_.left_pad = static_cast<std::uint8_t>(below(2));
    store_.out_rows = static_cast<std::uint8_t>(between(1, 4));
    store_.out_cols = static_cast<std::uint8_t>(between(1, std::max(1u, std::min(6u, 2 * dim_ / store_.out_rows))));
    if (store_.out_rows * store_.out_cols > 2 * dim_) store_.out_rows = 1;
    store_.pooled_rows = static_cast<std::uint8_t>(between(1, 3));
    store_.pooled_cols = static_cast<std::uint8_t>(between(1, 3));
    store_.pool_out_dim = static_cast<std::uint8_t>(between(3, 6));
  } else if (one_in(4)) {
    store_.pool_size = 1;
    store_.out_rows = static_cast<std::uint8_t>(between(1, 2));
    store_.out_cols = static_cast<std::uint8_t>(between(1, dim_ / 2));
    store_.pool_out_dim = static_cast<std::uint8_t>(store_.out_cols + below(3));
  }
  push(arch::encode_config_store(store_));
}

void RandomArrayProgram::configure_load() {
  // State 0: 8-bit to the scratchpad; 1: 32-bit to the accumulator; 2: 8-bit to the accumulator.
  arch::ConfigLoad config;
  config.block_stride = static_cast<std::uint16_t>(dim_);
  for (std::uint8_t state = 0; state < 3; ++state) {
    config.state = state;
    config.shrink = state == 2;
    config.scale = one_in(3) ? 0.7f : 1.0f;
    config.dram_stride = between(4 * dim_, 8 * dim_);
    push(arch::encode_config_load(config));
  }
}

void RandomArrayProgram::load() {
  arch::Mvin mvin;
  const unsigned rows = ragged();
  mvin.dram_address = kBase + below(kInputBytes / 2);
  if (one_in(3)) {
    mvin.state = static_cast<std::uint8_t>(between(1, 2));
    mvin.local = block(accumulator_slot(), rows, ragged());
    if (one_in(2)) mvin.local.address = mvin.local.address.with_accumulate();
  } else {
    const unsigned cols = derived_.max_block_columns > 1 && one_in(3) ? between(1, 2 * dim_) : ragged();
    mvin.local = block(scratchpad_slot(), rows, cols);
  }
  push(arch::encode_mvin(mvin));
}

void RandomArrayProgram::store_slot(const Slot& slot, bool full_width) {
  arch::Mvout mvout;
  const bool pooling = store_.pool_stride != 0;
  const bool wide = full_width && slot.accumulator && config_.full_width_accumulator_read && !pooling;
  unsigned cols = ragged();
  if (!pooling && !wide && derived_.max_block_columns > 1 && one_in(3)) cols = between(1, 2 * dim_);
  mvout.local = block(slot, ragged(), cols);
  if (wide) mvout.local.address = mvout.local.address.with_full_width();
  mvout.dram_address = output(std::uint64_t{store_.dram_stride} * std::max(dim_ + 1, 20u));
  push({static_cast<std::uint8_t>(arch::Funct::Mvout), mvout.dram_address, arch::encode_local_block(mvout.local)});
}

void RandomArrayProgram::store() { store_slot(one_in(2) ? scratchpad_slot() : accumulator_slot(), one_in(3)); }

// A result must not land on the operands of its own product.
LocalBlock RandomArrayProgram::destination(unsigned rows, unsigned cols, const Slot& a, const Slot& b, const Slot& c) {
  if (one_in(2)) {
    LocalBlock result = block(accumulator_slot(), rows, cols);
    if (one_in(2)) result.address = result.address.with_accumulate();
    return result;
  }
  for (;;) {
    const LocalBlock result = block(scratchpad_slot(), rows, cols);
    const unsigned slot_rows = 2 * dim_;
    if (overlap(result, slot_rows, a.row, slot_rows) || overlap(result, slot_rows, b.row, slot_rows) ||
        overlap(result, slot_rows, c.row, slot_rows)) {
      if (config_.scratchpad.banks * kSlotsPerBank > 3) continue;
      return block(accumulator_slot(), rows, cols);
    }
    return result;
  }
}

void RandomArrayProgram::multiply_weight_stationary() {
  const unsigned m = ragged(), n = ragged(), k = ragged();
  const Slot a = scratchpad_slot(), b = scratchpad_slot(), d = scratchpad_slot();
  const bool reuse = has_weights_ && one_in(3);
  arch::Preload preload;
  preload.bd = reuse ? kNothing : block(b, k, n);
  preload.c = one_in(6) ? kNothing : destination(m, n, a, b, d);
  push(arch::encode_preload(preload));
  arch::Compute compute;
  compute.preloaded = !reuse;
  compute.a = block(a, m, k);
  compute.bd = one_in(2) ? kNothing : block(d, m, n);
  push(arch::encode_compute(compute));
  has_weights_ = true;
}

// A sum of one to three products; only the last names a destination.
void RandomArrayProgram::multiply_output_stationary() {
  const unsigned products = one_in(2) ? 1 : between(2, 3);
  const unsigned m = ragged(), n = ragged();
  const Slot d = scratchpad_slot();
  for (unsigned i = 0; i < products; ++i) {
    const unsigned k = ragged();
    const Slot a = scratchpad_slot(), b = scratchpad_slot();
    arch::Preload preload;
    preload.bd = i != 0 || one_in(3) ? kNothing : block(d, m, n);
    preload.c = i + 1 != products ? kNothing : destination(m, n, a, b, d);
    push(arch::encode_preload(preload));
    arch::Compute compute;
    compute.preloaded = i == 0;
    compute.a = block(a, m, k);
    compute.bd = block(b, k, n);
    push(arch::encode_compute(compute));
    if (i + 1 != products && one_in(4)) load();
  }
}

void RandomArrayProgram::multiply() {
  if (execute_.dataflow == Dataflow::WeightStationary) {
    multiply_weight_stationary();
  } else {
    multiply_output_stationary();
  }
}

arch::Program RandomArrayProgram::make(unsigned operations) {
  program_ = {};
  program_.name = "random";
  program_.base = kBase;
  program_.size = kInputBytes + kOutputBytes;
  arch::MemorySegment input{kBase, std::vector<std::uint8_t>(kInputBytes)};
  const unsigned range = one_in(2) ? 256 : 8;
  for (std::uint8_t& byte : input.bytes) byte = static_cast<std::uint8_t>(below(range) - range / 2);
  program_.memory.push_back(input);
  store_ = {};
  configure_load();
  configure_execute();
  configure_store();
  for (unsigned i = 0; i < 6; ++i) load();
  for (unsigned i = 0; i < operations; ++i) {
    const unsigned kind = below(20);
    if (kind < 11)
      multiply();
    else if (kind < 14)
      load();
    else if (kind < 17)
      store();
    else if (kind == 17)
      configure_execute();
    else if (kind == 18)
      configure_store();
    else if (one_in(3))
      program_.steps.push_back({arch::StepKind::Fence, 0});
  }
  // Everything that may have changed.
  store_ = {};
  store_.scale_bits = arch::bits_from_float(1.0f);
  store_.dram_stride = 4 * dim_;
  push(arch::encode_config_store(store_));
  for (const bool accumulator : {false, true}) {
    const unsigned banks = accumulator ? config_.accumulator.banks : config_.scratchpad.banks;
    const unsigned bank_rows = accumulator ? derived_.accumulator_bank_rows : derived_.scratchpad_bank_rows;
    for (unsigned bank = 0; bank < banks; ++bank) {
      for (unsigned first = 0; first < kSlotsPerBank * 2 * dim_; first += dim_) {
        LocalBlock rows = block({accumulator, bank * bank_rows + first}, dim_, dim_);
        if (accumulator && config_.full_width_accumulator_read) rows.address = rows.address.with_full_width();
        push({static_cast<std::uint8_t>(arch::Funct::Mvout), output(4 * dim_ * dim_), arch::encode_local_block(rows)});
      }
    }
  }
  program_.steps.push_back({arch::StepKind::Fence, 0});
  return program_;
}

}  // namespace gemel::rtl
