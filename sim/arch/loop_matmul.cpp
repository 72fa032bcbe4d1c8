// SPDX-License-Identifier: Apache-2.0
#include "sim/arch/loop_matmul.h"

#include <algorithm>

#include "sim/arch/isa.h"
#include "sim/arch/normaliser.h"

namespace gemel::arch {

namespace {

// Byte offsets into memory have 32 bits.
std::uint64_t at_offset(std::uint64_t address, std::uint64_t bytes) { return address + (bytes & 0xFFFFFFFFu); }

// The index steps; true where it went back to 0.
bool step_round(std::uint32_t& index, std::uint32_t step, std::uint32_t end) {
  index += step;
  if (index < end) return false;
  index = 0;
  return true;
}

Command block_command(Funct funct, std::uint64_t address, LocalAddress local, std::uint32_t cols, std::uint32_t rows) {
  return {static_cast<std::uint8_t>(funct), address,
          encode_local_block({local, static_cast<std::uint16_t>(cols), static_cast<std::uint16_t>(rows)})};
}

std::uint64_t operand(LocalAddress local, std::uint32_t cols, std::uint32_t rows) {
  return encode_local_block({local, static_cast<std::uint16_t>(cols), static_cast<std::uint16_t>(rows)});
}

}  // namespace

bool is_matmul_loop_command(std::uint8_t funct, IsaVersion version) {
  if (funct >= static_cast<std::uint8_t>(Funct::LoopWs) && funct <= static_cast<std::uint8_t>(Funct::LoopWsStridesDC))
    return true;
  return version == IsaVersion::Gemmini2025 && (funct == static_cast<std::uint8_t>(Funct::LoopWsScratchpadAB) ||
                                                funct == static_cast<std::uint8_t>(Funct::LoopWsScratchpadC));
}

void write_matmul_register(MatmulLoop& loop, const Command& command, IsaVersion version) {
  const auto get = [&](const FieldPlace& place) { return place.get(command.rs1, command.rs2); };
  const auto get32 = [&](const FieldPlace& place) { return place.get32(command.rs1, command.rs2); };
  switch (static_cast<Funct>(command.funct)) {
    case Funct::LoopWsBounds:
      loop.i = get32(field::LoopWsBounds_i);
      loop.j = get32(field::LoopWsBounds_j);
      loop.k = get32(field::LoopWsBounds_k);
      loop.pad_i = get32(field::LoopWsBounds_pad_i);
      loop.pad_j = get32(field::LoopWsBounds_pad_j);
      loop.pad_k = get32(field::LoopWsBounds_pad_k);
      break;
    case Funct::LoopWsAddressesAB:
      loop.a = command.rs1;
      loop.b = command.rs2;
      break;
    case Funct::LoopWsAddressesDC:
      loop.d = command.rs1;
      loop.c = command.rs2;
      break;
    case Funct::LoopWsStridesAB:
      loop.a_stride = command.rs1;
      loop.b_stride = command.rs2;
      break;
    case Funct::LoopWsStridesDC:
      loop.d_stride = command.rs1;
      loop.c_stride = command.rs2;
      break;
    case Funct::LoopWsScratchpadAB:
      loop.a_start = get32(field::LoopWsScratchpadAB2025_a_start);
      loop.b_end = get32(field::LoopWsScratchpadAB2025_b_end);
      break;
    case Funct::LoopWs:
      loop.accumulate = get(field::LoopWs_accumulate) != 0;
      loop.full_c = get(field::LoopWs_full_c) != 0;
      loop.low_d = get(field::LoopWs_low_d) != 0;
      loop.activation = static_cast<std::uint8_t>(get(field::LoopWs_activation));
      loop.a_transpose = get(field::LoopWs_a_transpose) != 0;
      loop.b_transpose = get(field::LoopWs_b_transpose) != 0;
      if (version != IsaVersion::Gemmini2025) break;
      loop.a_scratchpad_id = static_cast<std::uint8_t>(get(field::LoopWs2025_a_scratchpad_id));
      loop.b_scratchpad_id = static_cast<std::uint8_t>(get(field::LoopWs2025_b_scratchpad_id));
      loop.residual_add = get(field::LoopWs2025_residual_add) != 0;
      loop.skip_load_a = get(field::LoopWs2025_skip_load_a) != 0;
      loop.skip_load_b = get(field::LoopWs2025_skip_load_b) != 0;
      loop.skip_load_d = get(field::LoopWs2025_skip_load_d) != 0;
      loop.skip_execute = get(field::LoopWs2025_skip_execute) != 0;
      loop.skip_store = get(field::LoopWs2025_skip_store) != 0;
      loop.increment_accumulator = get(field::LoopWs2025_increment_accumulator) != 0;
      loop.scratchpad_only = get(field::LoopWs2025_scratchpad_only) != 0;
      break;
    default:  // LoopWsScratchpadC has no effect
      break;
  }
}

MatmulLoop matmul_loop_after_reset(unsigned slot, const DerivedConfig& derived) {
  MatmulLoop loop;
  loop.a_start = slot * (derived.scratchpad_rows / 2);
  loop.b_end = (slot + 1) * (derived.scratchpad_rows / 2);
  return loop;
}

MatmulBases matmul_bases(const MatmulLoop& loop, unsigned slot, const DerivedConfig& derived) {
  if (loop.residual_add) {
    const std::uint32_t half = slot * (derived.accumulator_rows / 2);
    return {half, half};
  }
  const std::uint32_t half = derived.scratchpad_rows / 2;
  const std::uint32_t end = loop.b_scratchpad_id == 0 ? loop.b_end : loop.b_scratchpad_id * half;
  return {loop.a_scratchpad_id == 0 ? loop.a_start : (loop.a_scratchpad_id - 1) * half,
          end - loop.k * loop.j * derived.dim};
}

// ---- A ----------------------------------------------------------------------------------------------------------

void MatmulLoadA::start(const MatmulLoop& loop, unsigned slot, const DerivedConfig& derived) {
  begin(loop, derived);
  columns_ = loop.residual_add ? loop.j : loop.k;
  pad_columns_ = loop.residual_add ? loop.pad_j : loop.pad_k;
  base_ = matmul_bases(loop, slot, derived).a;
  step_ = std::min(loop.a_transpose ? loop.i : columns_, derived.max_block_columns);
  i_ = k_ = 0;
}

Command MatmulLoadA::command() const {
  const bool t = loop_.a_transpose;
  const std::uint32_t row = t ? k_ : i_, column = t ? i_ : k_;
  const std::uint32_t all_columns = t ? loop_.i : columns_;
  const std::uint32_t blocks = std::min(step_, all_columns - column);
  const std::uint32_t local = base_ + (row * all_columns + column) * dim_;
  return block_command(Funct::Mvin, at_offset(loop_.a, (row * loop_.a_stride + column) * dim_),
                       loop_.residual_add ? accumulator(local) : scratchpad(local),
                       elements(column, blocks, all_columns, t ? loop_.pad_i : pad_columns_),
                       elements(row, 1, t ? columns_ : loop_.i, t ? pad_columns_ : loop_.pad_i));
}

void MatmulLoadA::advance() {
  if (step_round(i_, loop_.a_transpose ? step_ : 1, loop_.i))
    if (step_round(k_, loop_.a_transpose ? 1 : step_, columns_)) active_ = false;
}

// ---- B ----------------------------------------------------------------------------------------------------------

void MatmulLoadB::start(const MatmulLoop& loop, unsigned slot, const DerivedConfig& derived) {
  begin(loop, derived);
  rows_ = loop.residual_add ? loop.i : loop.k;
  pad_rows_ = loop.residual_add ? loop.pad_i : loop.pad_k;
  base_ = matmul_bases(loop, slot, derived).b;
  step_ = std::min(loop.b_transpose ? rows_ : loop.j, derived.max_block_columns);
  j_ = k_ = 0;
}

Command MatmulLoadB::command() const {
  const bool t = loop_.b_transpose;
  const std::uint32_t row = t ? j_ : k_, column = t ? k_ : j_;
  const std::uint32_t all_columns = t ? rows_ : loop_.j;
  const std::uint32_t blocks = std::min(step_, all_columns - column);
  const std::uint32_t local = base_ + (row * all_columns + column) * dim_;
  return block_command(Funct::Mvin2, at_offset(loop_.b, (row * loop_.b_stride + column) * dim_),
                       loop_.residual_add ? accumulator(local).with_accumulate() : scratchpad(local),
                       elements(column, blocks, all_columns, t ? pad_rows_ : loop_.pad_j), dim_);
}

void MatmulLoadB::advance() {
  if (step_round(j_, loop_.b_transpose ? 1 : step_, loop_.j))
    if (step_round(k_, loop_.b_transpose ? step_ : 1, rows_)) active_ = false;
}

// ---- D ----------------------------------------------------------------------------------------------------------

void MatmulLoadD::start(const MatmulLoop& loop, std::uint32_t base, const DerivedConfig& derived) {
  begin(loop, derived);
  base_ = base;
  step_ = std::min(loop.j, loop.low_d ? derived.max_block_columns : derived.max_block_columns_acc);
  i_ = j_ = 0;
}

Command MatmulLoadD::command() const {
  const std::uint32_t blocks = std::min(step_, loop_.j - j_);
  return block_command(Funct::Mvin3, at_offset(loop_.d, (i_ * loop_.d_stride + j_) * dim_ * (loop_.low_d ? 1 : 4)),
                       accumulator(base_ + (i_ * loop_.j + j_) * dim_), elements(j_, blocks, loop_.j, loop_.pad_j),
                       elements(i_, 1, loop_.i, loop_.pad_i));
}

void MatmulLoadD::advance() {
  if (step_round(i_, 1, loop_.i))
    if (step_round(j_, step_, loop_.j)) active_ = false;
}

// ---- Execution --------------------------------------------------------------------------------------------------

void MatmulExecute::start(const MatmulLoop& loop, unsigned slot, std::uint32_t base, const DerivedConfig& derived) {
  begin(loop, derived);
  base_ = base;
  bases_ = matmul_bases(loop, slot, derived);
  if (loop.scratchpad_only) bases_ = {loop.a_start, loop.b_end - loop.k * loop.j * derived.dim};
  i_ = j_ = k_ = 0;
  at_compute_ = false;
}

Command MatmulExecute::command() const {
  const std::uint32_t rows_i = elements(i_, 1, loop_.i, loop_.pad_i);
  const std::uint32_t cols_j = elements(j_, 1, loop_.j, loop_.pad_j);
  const std::uint32_t inner = elements(k_, 1, loop_.k, loop_.pad_k);
  if (!at_compute_) {
    const std::uint32_t b = loop_.b_transpose ? j_ * loop_.k + k_ : k_ * loop_.j + j_;
    LocalAddress c = accumulator(base_ + (i_ * loop_.j + j_) * dim_);
    if (loop_.accumulate || k_ > 0) c = c.with_accumulate();
    return {static_cast<std::uint8_t>(Funct::Preload),
            operand(i_ == 0 ? scratchpad(bases_.b + b * dim_) : LocalAddress::garbage(), cols_j, inner),
            operand(c, cols_j, rows_i)};
  }
  const std::uint32_t a = loop_.a_transpose ? k_ * loop_.i + i_ : i_ * loop_.k + k_;
  return {static_cast<std::uint8_t>(i_ == 0 ? Funct::ComputePreloaded : Funct::ComputeAccumulated),
          operand(scratchpad(bases_.a + a * dim_), inner, rows_i), operand(LocalAddress::garbage(), dim_, dim_)};
}

void MatmulExecute::advance() {
  at_compute_ = !at_compute_;
  if (at_compute_) return;
  if (step_round(i_, 1, loop_.i))
    if (step_round(j_, 1, loop_.j))
      if (step_round(k_, 1, loop_.k)) active_ = false;
}

// ---- Store ------------------------------------------------------------------------------------------------------

void MatmulStore::start(const MatmulLoop& loop, unsigned slot, std::uint32_t base, const DerivedConfig& derived) {
  begin(loop, derived);
  base_ = loop.residual_add ? matmul_bases(loop, slot, derived).a : base;
  step_ = loop.full_c ? 1 : std::min(loop.j, derived.max_block_columns);
  i_ = j_ = group_ = pass_ = member_ = 0;
  normalises_ = derived.normalised_rows != 0 && loop.has_statistics();
  at_config_ = true;
}

Command MatmulStore::command() const {
  if (normalises_) return normalising_command();
  LocalAddress c = accumulator(base_ + (i_ * loop_.j + j_) * dim_);
  if (loop_.full_c) c = c.with_full_width();
  return block_command(Funct::Mvout, at_offset(loop_.c, (i_ * loop_.c_stride + j_) * dim_ * (loop_.full_c ? 4 : 1)), c,
                       elements(j_, blocks(), loop_.j, loop_.pad_j), elements(i_, 1, loop_.i, loop_.pad_i));
}

// One pass over one row: the row's context, then its blocks.
Command MatmulStore::normalising_command() const {
  if (at_config_) {
    ConfigNormalise config;
    config.stats_id = static_cast<std::uint8_t>(member_);
    config.set_stats_id_only = true;
    return encode_config_normalise(config);
  }
  constexpr NormCommand kCommands[2][3] = {{NormCommand::Mean, NormCommand::InverseDeviation, NormCommand::Write},
                                           {NormCommand::Max, NormCommand::InverseSumExponentials, NormCommand::Write}};
  const NormCommand last = kCommands[loop_.activation == static_cast<unsigned>(Activation::Softmax) ? 1 : 0][pass_];
  const NormCommand norm = j_ + blocks() >= loop_.j ? last : before_last_block(last);
  const std::uint32_t row = group_ + member_;
  const LocalAddress c = accumulator(base_ + (i_ * loop_.j + j_) * dim_ + row);
  return block_command(Funct::Mvout, at_offset(loop_.c, (i_ * loop_.c_stride + j_) * dim_ + row * loop_.c_stride),
                       LocalAddress(c.bits() | static_cast<std::uint32_t>(norm) << 26),
                       elements(j_, blocks(), loop_.j, loop_.pad_j), 1);
}

void MatmulStore::advance_normalising() {
  at_config_ = !at_config_;
  if (!at_config_) return;
  if (!step_round(j_, step_, loop_.j)) {
    at_config_ = false;
    return;
  }
  const std::uint32_t rows = group_rows(), all = lines();
  if (step_round(member_, 1, rows))
    if (step_round(pass_, 1, 3))
      if (step_round(group_, derived_->normalised_rows, all))
        if (step_round(i_, 1, loop_.i)) active_ = false;
}

void MatmulStore::advance() {
  if (normalises_) return advance_normalising();
  if (step_round(i_, 1, loop_.i))
    if (step_round(j_, step_, loop_.j)) active_ = false;
}

}  // namespace gemel::arch
