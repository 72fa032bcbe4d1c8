// SPDX-License-Identifier: Apache-2.0
#include "sim/cosim/program_generator.h"

#include <algorithm>
#include <string>

#include "sim/cosim/program_generator_loops.h"
#include "sim/cosim/random_program.h"

namespace gemel::sim {

using arch::LocalAddress;

ProgramGenerator::ProgramGenerator(const arch::AcceleratorConfig& config, std::uint64_t seed)
    : config_(config), seed_(seed), random_(seed), builder_(config), dim_(config.mesh.dim) {
  profile_ = random_.pick<Profile>({{30, 25, 20, 6, 10, 5, 3},
                                    {60, 15, 15, 2, 5, 3, 24},
                                    {15, 70, 10, 1, 3, 3, 20},
                                    {15, 10, 65, 2, 5, 3, 16},
                                    {30, 35, 30, 0, 0, 2, 8},
                                    {25, 25, 20, 15, 20, 5, 2}});
  steps_ = dim_ >= 64 ? random_.between(4, 16) : dim_ >= 32 ? random_.between(6, 30) : random_.between(8, 60);
}

void ProgramGenerator::lay_out() {
  const arch::DerivedConfig& d = builder_.derived();
  const auto blocks = [&](std::uint32_t total, std::uint32_t bank_rows, std::uint32_t count) {
    std::vector<std::uint32_t> rows;
    // Few banks now and then, so that operands meet in one.
    const std::uint32_t banks = random_.percent(25) ? 1 : total / bank_rows;
    for (std::uint32_t i = 0; i < count; ++i) {
      const std::uint32_t bank = random_.below(banks) * bank_rows;
      const std::uint32_t last = bank_rows - dim_;
      const std::uint32_t offset = random_.pick<std::uint32_t>({0, 0, last, random_.between(0, last), last / 2});
      rows.push_back(bank + offset);
    }
    if (random_.percent(20)) rows.push_back(std::min(total / 2, total - dim_));
    if (random_.percent(20)) rows.push_back(total - dim_);
    return rows;
  };
  scratchpad_blocks_ = blocks(d.scratchpad_rows, d.scratchpad_bank_rows, random_.between(2, 6));
  accumulator_blocks_ = blocks(d.accumulator_rows, d.accumulator_bank_rows, random_.between(1, 4));
  const std::uint64_t page = 4096;
  const std::uint64_t widest = std::max(dim_ * d.max_block_columns, 4 * dim_ * d.max_block_columns_acc);
  half_ = (std::max<std::uint64_t>(2 * page, 4 * dim_ * widest) + page - 1) / page * page;
}

void ProgramGenerator::fill_memory() {
  arch::RoccStream& s = builder_.stream();
  s.name = "random_" + std::to_string(seed_);
  s.family = "random";
  s.dims = std::to_string(dim_);
  s.base = base_;
  s.size = 2 * half_;
  const std::uint64_t quarter = half_ / 2;
  s.fills = {{base_, 2 * half_, arch::FillKind::Int8, 0},
             {base_ + quarter, quarter, arch::FillKind::Int32, random_.pick<std::uint64_t>({0, 3, 1000, 1000000})}};
  if (random_.percent(30)) s.fills.push_back({base_, quarter, arch::FillKind::Int8, 9});
  s.outputs = {{base_, 2 * half_}};
}

LocalAddress ProgramGenerator::row_near(const std::vector<std::uint32_t>& blocks, std::uint32_t rows,
                                        std::uint32_t total) {
  std::uint32_t row = blocks[random_.below(blocks.size())];
  if (random_.percent(30)) row += random_.between(0, dim_ - 1);
  if (random_.percent(10)) row -= std::min(row, random_.between(0, dim_ - 1));
  return LocalAddress(rows > total ? 0 : std::min(row, total - rows));
}
LocalAddress ProgramGenerator::scratchpad_row(std::uint32_t rows) {
  return row_near(scratchpad_blocks_, rows, builder_.derived().scratchpad_rows);
}
LocalAddress ProgramGenerator::accumulator_row(std::uint32_t rows) {
  return LocalAddress::accumulator(row_near(accumulator_blocks_, rows, builder_.derived().accumulator_rows).bits());
}

void ProgramGenerator::configure_all() {
  const std::uint32_t first = random_.below(3);
  for (std::uint32_t i = 0; i < 3; ++i) {
    const std::uint32_t which = (first + i) % 3;
    if (which == 0) configure_execute();
    if (which == 1) configure_store(0, false);
    if (which == 1 && config_.normalisations) configure_norm();
    for (unsigned state = 0; which == 2 && state < 3; ++state) configure_load(state, state == 0);
  }
}

void ProgramGenerator::load_working_set() {
  for (const std::uint32_t row : scratchpad_blocks_) ensure_written(LocalAddress::scratchpad(row), dim_, dim_);
  for (const std::uint32_t row : accumulator_blocks_) ensure_written(LocalAddress::accumulator(row), dim_, dim_);
  if (random_.percent(50)) builder_.fence();
}

void ProgramGenerator::disturb() {
  if (!random_.percent(12)) return;
  in_product_ = true;
  switch (random_.below(5)) {
    case 0:
      builder_.fence();
      break;
    case 1:
      builder_.idle(random_.between(1, 60));
      break;
    case 2:
      random_mvout();
      break;
    default:
      random_mvin();
      break;
  }
  in_product_ = false;
}

void ProgramGenerator::random_step() {
  const Profile& p = profile_;
  std::uint32_t kind = random_.below(p.load + p.product + p.store + p.fence + p.idle + p.other);
  const auto is = [&](std::uint32_t share) {
    if (kind < share) return true;
    kind -= share;
    return false;
  };
  if (is(p.load)) {
    for (std::uint32_t n = random_.between(1, p.longest_run); n > 0; --n) random_mvin();
  } else if (is(p.product)) {
    for (std::uint32_t n = random_.between(1, p.longest_run); n > 0; --n) random_product();
  } else if (is(p.store)) {
    for (std::uint32_t n = random_.between(1, p.longest_run); n > 0; --n) random_mvout();
  } else if (is(p.fence)) {
    builder_.fence();
  } else if (is(p.idle)) {
    builder_.idle(random_.size(random_.pick<std::uint32_t>({3, 30, 300})));
  } else if (random_.percent(60)) {
    for (std::uint32_t n = random_.between(1, 4); n > 0; --n) counter_access();
  } else if (random_.percent(50)) {
    builder_.emit(arch::encode_flush({random_.percent(50)}));
  } else {
    builder_.emit({static_cast<std::uint8_t>(arch::Funct::ClockGate), random_.below(2), 0});
  }
}

void ProgramGenerator::counter_access() {
  arch::CounterAccess access;
  access.counter = static_cast<std::uint8_t>(random_.below(8));
  const std::uint32_t kind = random_.below(20);
  access.reset = kind == 0;
  access.take_snapshot = kind == 1 || kind == 2;
  access.drop_snapshot = kind == 3 || kind == 4;
  access.configure = kind >= 5 && kind < 12;
  access.external = random_.percent(25);
  access.event =
      access.external
          ? random_.pick<std::uint8_t>({1, 2, 3, 4, 5, 6, 7})
          : random_.pick<std::uint8_t>({0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 14, 18, 20, 21, 23, 24, 41, 42, 43});
  builder_.emit(arch::encode_counter(access));
}

// Makes what is left in local memory visible: every written lane of the working set.
void ProgramGenerator::store_working_set() {
  arch::ConfigStore config;
  config.dram_stride = dim_ * random_.pick<std::uint32_t>({1, 4});
  config.scale_bits = arch::bits_from_float(random_.pick<float>({1.0f, 0.01f}));
  builder_.emit(arch::encode_config_store(config));
  norm_.configure(config);
  const auto store = [&](LocalAddress block) {
    const arch::DerivedConfig& d = builder_.derived();
    for (std::uint32_t r = 0; r < dim_;) {
      const LocalAddress row = block.plus(r, d);
      const std::uint32_t lanes = builder_.written_prefix(row);
      std::uint32_t rows = 1;
      while (r + rows < dim_ && builder_.written_prefix(block.plus(r + rows, d)) == lanes) ++rows;
      if (lanes > 0 && !mvout_block(row, rows, lanes)) {
        builder_.fence();
        mvout_block(row, rows, lanes);
      }
      r += rows;
    }
  };
  for (const std::uint32_t row : scratchpad_blocks_) store(LocalAddress::scratchpad(row));
  for (const std::uint32_t row : accumulator_blocks_) {
    const LocalAddress address = LocalAddress::accumulator(row);
    store(config_.full_width_accumulator_read ? address.with_full_width() : address);
  }
}

arch::RoccStream ProgramGenerator::generate() {
  lay_out();
  fill_memory();
  // What is measured begins in the middle of things now and then.
  const bool begins_late = random_.percent(20);
  if (!begins_late) builder_.step(arch::StepKind::Begin);
  configure_all();
  if (random_.percent(40)) load_working_set();
  if (begins_late) builder_.step(arch::StepKind::Begin);
  // Commands, not steps, bound the length: runs are long in some programs.
  const std::size_t most = builder_.stream().commands.size() + 3 * steps_;
  for (std::uint32_t i = 0; i < steps_ && builder_.stream().commands.size() < most; ++i) random_step();
  if (random_.percent(80)) store_working_set();
  builder_.fence();
  builder_.step(arch::StepKind::End);
  return std::move(builder_.stream());
}

arch::RoccStream random_stream(const arch::AcceleratorConfig& config, std::uint64_t seed) {
  return ProgramGenerator(config, seed).generate();
}

arch::RoccStream random_stream_or_loops(const arch::AcceleratorConfig& config, std::uint64_t seed) {
  // One program in six is made of loop instructions, where the machine has room for any.
  if (seed % 6 == 5 && has_loop_programs(config)) return random_loop_stream(config, seed);
  return random_stream(config, seed);
}

}  // namespace gemel::sim
