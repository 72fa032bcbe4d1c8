// SPDX-License-Identifier: Apache-2.0
#include "tests/support/functional_machine.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <string>

#include "sim/arch/host_op.h"
#include "sim/arch/numerics.h"

namespace gemel::test_support {

using arch::Activation;
using arch::Command;
using arch::Dataflow;
using arch::Funct;
using arch::LocalAddress;
using arch::LocalBlock;

namespace {

std::int32_t wrapping_sum(std::int32_t a, std::int32_t b) {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(a) + static_cast<std::uint32_t>(b));
}

std::int32_t load_int32(const std::uint8_t* bytes) {
  std::int32_t value;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

void check_activation(unsigned bits, const arch::AcceleratorConfig& config) {
  if (bits > 1 && !config.normalisations)
    throw std::invalid_argument("activation " + std::to_string(bits) + " is not built in");
}

}  // namespace

FunctionalMachine::FunctionalMachine(const arch::AcceleratorConfig& config)
    : config_(config),
      derived_(arch::derive(config)),
      dim_(derived_.dim),
      scratchpad_(std::size_t{derived_.scratchpad_rows} * dim_),
      accumulator_(std::size_t{derived_.accumulator_rows} * dim_),
      registers_{Matrix(std::size_t{dim_} * dim_), Matrix(std::size_t{dim_} * dim_)} {}

std::uint8_t* FunctionalMachine::Memory::at(std::uint64_t address, std::uint64_t count) const {
  if (address < base || count > bytes.size() || address - base > bytes.size() - count) {
    throw std::invalid_argument("access outside the program's memory");
  }
  return bytes.data() + (address - base);
}

std::int8_t& FunctionalMachine::scratchpad(LocalAddress address, std::uint32_t lane) {
  return scratchpad_[std::size_t{address.row(derived_)} * dim_ + lane];
}

std::int32_t& FunctionalMachine::accumulator(LocalAddress address, std::uint32_t lane) {
  return accumulator_[std::size_t{address.row(derived_)} * dim_ + lane];
}

std::vector<std::uint8_t> FunctionalMachine::run(const arch::Program& program) {
  std::vector<std::uint8_t> memory = arch::initial_memory(program);
  for (const arch::Step& step : program.steps) {
    if (step.kind == arch::StepKind::Command) {
      execute(program.commands.at(step.index), memory, program.base);
    } else if (step.kind == arch::StepKind::Host) {
      arch::run_host_op(program.host_ops.at(step.index), memory.data(), program.base, memory.size());
    }
  }
  return memory;
}

void FunctionalMachine::execute(const Command& command, std::vector<std::uint8_t>& memory, std::uint64_t base) {
  const Memory view{memory, base};
  if (loop(command, view)) return;
  switch (static_cast<Funct>(command.funct)) {
    case Funct::Config:
      configure(command);
      return;
    case Funct::Mvin:
    case Funct::Mvin2:
    case Funct::Mvin3:
      mvin(arch::decode_mvin(command), view);
      return;
    case Funct::Mvout:
      if (store_.pool_stride != 0) {
        mvout_pooled(arch::decode_mvout(command.rs1, command.rs2), view);
      } else {
        mvout(arch::decode_mvout(command.rs1, command.rs2), view);
      }
      return;
    case Funct::Preload:
      preload(arch::decode_preload(command.rs1, command.rs2));
      return;
    case Funct::ComputePreloaded:
    case Funct::ComputeAccumulated:
      compute(arch::decode_compute(command));
      return;
    case Funct::Flush:
    case Funct::ClockGate:
    case Funct::Counter:
      return;  // no effect on data
    default:
      throw std::invalid_argument("function code " + std::to_string(command.funct) + " is not a plain instruction");
  }
}

void FunctionalMachine::configure(const Command& command) {
  switch (arch::config_kind(command.rs1)) {
    case arch::ConfigKind::Execute: {
      const arch::ConfigExecute next = arch::decode_config_execute(command.rs1, command.rs2);
      if (next.set_only_strides) {
        execute_.a_stride = next.a_stride;
        execute_.c_stride = next.c_stride;
        return;
      }
      if (config_.mesh.dataflow != Dataflow::Both && config_.mesh.dataflow != next.dataflow) {
        throw std::invalid_argument("dataflow is not built in");
      }
      const bool weight_stationary = next.dataflow == Dataflow::WeightStationary;
      if (weight_stationary ? next.a_transpose && next.b_transpose : !next.a_transpose && next.b_transpose) {
        throw std::invalid_argument("combination of transposes is not built in");
      }
      execute_ = next;
      return;
    }
    case arch::ConfigKind::Load: {
      const arch::ConfigLoad next = arch::decode_config_load(command.rs1, command.rs2);
      if (next.state > 2) throw std::invalid_argument("load state 3 does not exist");
      load_[next.state] = next;
      return;
    }
    case arch::ConfigKind::Store: {
      const arch::ConfigStore next = arch::decode_config_store(command.rs1, command.rs2);
      check_activation(next.activation, config_);
      normaliser_.config_store(next);
      const arch::ConfigStore old = store_;
      store_ = next;
      if (next.keeps_scale()) store_.scale_bits = old.scale_bits;
      if (next.pool_stride == 0) {  // the window's geometry stays, but for what the one-dimensional mvout uses
        store_.upper_pad = old.upper_pad;
        store_.left_pad = old.left_pad;
        store_.pooled_rows = old.pooled_rows;
        store_.pooled_cols = old.pooled_cols;
        if (next.pool_size == 0) {
          store_.out_rows = old.out_rows;
          store_.out_cols = old.out_cols;
          store_.pool_out_dim = old.pool_out_dim;
        }
      }
      return;
    }
    case arch::ConfigKind::Normalise:
      if (!config_.normalisations) throw std::invalid_argument("config_norm is not built in");
      normaliser_.config_norm(arch::decode_config_normalise(command.rs1, command.rs2));
      return;
  }
}

void FunctionalMachine::mvin(const arch::Mvin& command, const Memory& memory) {
  const arch::ConfigLoad& config = load_[command.state];
  const LocalBlock& local = command.local;
  const bool wide = local.address.is_accumulator() && !config.shrink;
  const std::uint32_t element_bytes = wide ? 4 : 1;
  const std::vector<std::uint8_t> zeros(std::size_t{local.cols} * element_bytes);
  for (std::uint32_t r = 0; r < local.rows; ++r) {
    const std::uint8_t* row = zeros.data();
    if (command.dram_address != 0) {
      row = memory.at(command.dram_address + r * config.dram_stride, zeros.size());
    }
    for (std::uint32_t first = 0; first < local.cols; first += dim_) {
      const std::uint32_t offset = first / dim_ * config.block_stride + r;
      mvin_row(config, local.address.plus(offset, derived_), row + std::size_t{first} * element_bytes,
               std::min(dim_, local.cols - first), config.pixel_repeats);
    }
  }
}

void FunctionalMachine::mvin_row(const arch::ConfigLoad& config, LocalAddress row, const std::uint8_t* bytes,
                                 std::uint32_t cols, std::uint32_t copies) {
  if (row.is_accumulator()) {
    for (std::uint32_t lane = 0; lane < cols; ++lane) {
      const std::int32_t value = config.shrink ? arch::mvin_scale(static_cast<std::int8_t>(bytes[lane]), config.scale)
                                               : load_int32(bytes + 4 * lane);
      std::int32_t& target = accumulator(row, lane);
      target = row.accumulates() ? wrapping_sum(target, value) : value;
    }
    return;
  }
  const std::uint32_t half = derived_.scratchpad_rows / 2;
  const std::uint32_t index = row.row(derived_);
  const std::uint32_t floor = index < half ? 0 : half;
  for (std::uint32_t copy = copies; copy-- > 0;) {
    if (index < floor + copy) continue;
    for (std::uint32_t lane = 0; lane < cols && copy * cols + lane < dim_; ++lane) {
      scratchpad_[std::size_t{index - copy} * dim_ + copy * cols + lane] =
          arch::mvin_scale(static_cast<std::int8_t>(bytes[lane]), config.scale);
    }
  }
}

std::vector<std::int8_t> FunctionalMachine::read_for_mvout(LocalAddress address) const {
  const std::size_t first = std::size_t{address.row(derived_)} * dim_;
  std::vector<std::int8_t> row(dim_);
  for (std::uint32_t lane = 0; lane < dim_; ++lane) {
    row[lane] = address.is_accumulator() ? normaliser_.value(accumulator_[first + lane], store_.scale())
                                         : scratchpad_[first + lane];
  }
  return row;
}

void FunctionalMachine::mvout(const arch::Mvout& command, const Memory& memory) {
  const LocalBlock& local = command.local;
  const bool wide = local.address.is_accumulator() && local.address.is_full_width();
  if (wide && !config_.full_width_accumulator_read) throw std::invalid_argument("full-width mvout is not built in");
  const bool one_dimensional = store_.pool_size != 0;
  const std::uint32_t rows =
      one_dimensional ? std::uint32_t{store_.out_rows} * store_.out_cols : std::uint32_t{local.rows};
  const bool normalises = config_.normalisations && local.address.is_accumulator();
  const unsigned norm = local.address.bits() >> 26 & 7;
  for (std::uint32_t r = 0; r < rows; ++r) {
    bool is_written = true;
    for (std::uint32_t col = 0; normalises && col < local.cols; col += dim_) {
      const std::uint32_t row = local.address.plus(col + r, derived_).row(derived_);
      is_written =
          normaliser_.block(norm, col + dim_ >= local.cols, accumulator_row(row), std::min(dim_, local.cols - col));
    }
    for (std::uint32_t col = 0; is_written && col < local.cols; ++col) {
      const LocalAddress address = local.address.plus(col / dim_ * dim_ + r, derived_);
      const std::uint32_t place = one_dimensional ? r / store_.out_cols * store_.pool_out_dim + r % store_.out_cols : r;
      const std::uint64_t target = command.dram_address + std::uint64_t{place} * store_.dram_stride;
      if (wide) {
        const std::int32_t value = accumulator_[std::size_t{address.row(derived_)} * dim_ + col % dim_];
        std::memcpy(memory.at(target + 4 * col, 4), &value, 4);
      } else {
        *memory.at(target + col, 1) = static_cast<std::uint8_t>(read_for_mvout(address)[col % dim_]);
      }
    }
  }
}

void FunctionalMachine::mvout_pooled(const arch::Mvout& command, const Memory& memory) const {
  const LocalBlock& local = command.local;
  if (local.address.is_accumulator() && local.address.is_full_width()) {
    throw std::invalid_argument("max-pooling of full-width elements is not built in");
  }
  for (std::int32_t pr = 0; pr < store_.pooled_rows; ++pr) {
    for (std::int32_t pc = 0; pc < store_.pooled_cols; ++pc) {
      std::vector<std::int8_t> best(dim_, -128);
      for (std::int32_t wr = 0; wr < store_.pool_size; ++wr) {
        for (std::int32_t wc = 0; wc < store_.pool_size; ++wc) {
          const std::int32_t row = pr * store_.pool_stride + wr - store_.upper_pad;
          const std::int32_t col = pc * store_.pool_stride + wc - store_.left_pad;
          const bool outside = row < 0 || col < 0 || row >= store_.out_rows || col >= store_.out_cols;
          const std::vector<std::int8_t> element =
              outside ? std::vector<std::int8_t>(dim_)
                      : read_for_mvout(
                            local.address.plus(static_cast<std::uint32_t>(row * store_.out_cols + col), derived_));
          for (std::uint32_t lane = 0; lane < dim_; ++lane) best[lane] = std::max(best[lane], element[lane]);
        }
      }
      const std::uint64_t pixel = static_cast<std::uint64_t>(pr) * store_.pool_out_dim + static_cast<std::uint64_t>(pc);
      std::uint8_t* target = memory.at(command.dram_address + pixel * store_.dram_stride, local.cols);
      if (local.cols > dim_) throw std::invalid_argument("pooled mvout of more than one block");
      for (std::uint32_t lane = 0; lane < local.cols; ++lane) target[lane] = static_cast<std::uint8_t>(best[lane]);
    }
  }
}

// Rows and columns of the block are those of the matrix as the array sees it; a transposed one is stored the other
// way round. What the block does not cover is zero.
FunctionalMachine::Matrix FunctionalMachine::read_operand(const LocalBlock& block, std::uint32_t stride,
                                                          bool transposed) const {
  Matrix matrix(std::size_t{dim_} * dim_);
  if (block.address.is_garbage(derived_)) return matrix;
  if (block.address.is_accumulator()) throw std::invalid_argument("operands in the accumulator are not built in");
  for (std::uint32_t r = 0; r < std::min<std::uint32_t>(block.rows, dim_); ++r) {
    for (std::uint32_t c = 0; c < std::min<std::uint32_t>(block.cols, dim_); ++c) {
      const LocalAddress row = block.address.plus((transposed ? c : r) * stride, derived_);
      matrix[std::size_t{r} * dim_ + c] = scratchpad_row(row.row(derived_))[transposed ? r : c];
    }
  }
  return matrix;
}

void FunctionalMachine::preload(const arch::Preload& command) {
  const bool transposed = execute_.b_transpose && execute_.dataflow == Dataflow::WeightStationary;
  registers_[1 - active_] = read_operand(command.bd, 1, transposed);
  destination_ = command.c;
}

void FunctionalMachine::compute(const arch::Compute& command) {
  if (command.preloaded) active_ = 1 - active_;
  const bool output_stationary = execute_.dataflow == Dataflow::OutputStationary;
  const Matrix a = read_operand(command.a, execute_.a_stride, execute_.a_transpose);
  const Matrix bd = read_operand(command.bd, 1, execute_.b_transpose && output_stationary);
  Matrix& registers = registers_[active_];
  const Matrix& b = output_stationary ? bd : registers;
  Matrix sums = output_stationary ? registers : bd;
  for (std::uint32_t i = 0; i < dim_; ++i) {
    for (std::uint32_t j = 0; j < dim_; ++j) {
      std::int32_t& sum = sums[std::size_t{i} * dim_ + j];
      for (std::uint32_t k = 0; k < dim_; ++k) {
        const std::int64_t product = std::int64_t{a[std::size_t{i} * dim_ + k]} * b[std::size_t{k} * dim_ + j];
        sum = arch::wrap_signed(sum + product, config_.mesh.output_bits);
      }
    }
  }
  if (output_stationary) {
    registers = sums;
    for (std::int32_t& sum : sums) sum = arch::rounding_shift(sum, execute_.shift);
  }
  write_result(sums);
}

void FunctionalMachine::write_result(const Matrix& result) {
  if (destination_.address.is_garbage(derived_)) return;
  const bool output_stationary = execute_.dataflow == Dataflow::OutputStationary;
  const std::uint32_t rows = std::min<std::uint32_t>(destination_.rows, dim_);
  for (std::uint32_t r = 0; r < rows; ++r) {
    // Output-stationary results leave the array bottom row first, and the address counts down from the last row.
    const std::uint32_t offset =
        output_stationary ? rows - 1 - (rows - 1 - r) * execute_.c_stride : r * execute_.c_stride;
    const LocalAddress row = destination_.address.plus(offset, derived_);
    for (std::uint32_t c = 0; c < std::min<std::uint32_t>(destination_.cols, dim_); ++c) {
      const std::int32_t value = result[std::size_t{r} * dim_ + c];
      if (row.is_accumulator()) {
        std::int32_t& target = accumulator(row, c);
        target = row.accumulates() ? wrapping_sum(target, value) : value;
      } else {
        const std::int32_t active = execute_.activation == Activation::Relu ? std::max(value, 0) : value;
        scratchpad(row, c) = static_cast<std::int8_t>(std::min(std::max(active, -128), 127));
      }
    }
  }
}

}  // namespace gemel::test_support
