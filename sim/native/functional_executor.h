// SPDX-License-Identifier: Apache-2.0
#pragma once
// What commands compute, without time and fast: each command acts on local storage and on the program's memory before
// execute() returns. Rules are those of docs/isa.md; storage and registers start as zero.
#include <array>
#include <cstdint>
#include <vector>

#include "sim/arch/accelerator_config.h"
#include "sim/arch/isa.h"
#include "sim/arch/loop_expander.h"
#include "sim/arch/normaliser.h"
#include "sim/units/mesh_kernel.h"

namespace gemel::sim {

// `rows` rows of `row_bytes` bytes, `stride` bytes apart.
struct MemoryRows {
  std::uint64_t address = 0;
  std::uint64_t row_bytes = 0;
  std::uint64_t stride = 0;
  std::uint64_t rows = 0;

  // From the first byte to behind the last.
  std::uint64_t extent() const { return rows == 0 ? 0 : (rows - 1) * stride + row_bytes; }
};

// Memory as commands see it.
class ExecutorMemory {
 public:
  virtual ~ExecutorMemory() = default;
  // Where the first row is. Throws std::invalid_argument where there is no such memory.
  virtual const std::uint8_t* read(const MemoryRows& rows) = 0;
  virtual std::uint8_t* write(const MemoryRows& rows) = 0;
  // The rows of the last write() hold their new contents.
  virtual void written(const MemoryRows& rows) = 0;
};

class FunctionalExecutor {
 public:
  FunctionalExecutor(const arch::AcceleratorConfig& config, ExecutorMemory& memory);

  // Throws std::invalid_argument (one sentence) for what the machine does not have. A loop acts all at once.
  void execute(const arch::Command& command);

  // Multiply-accumulates of elements that the operands really have.
  std::uint64_t macs() const { return macs_; }
  // Commands, each loop as the plain ones that it stands for.
  std::uint64_t plain_commands() const { return plain_commands_; }

  const std::int8_t* scratchpad_row(std::uint32_t row) const { return scratchpad_.data() + std::size_t{row} * dim_; }
  const std::int32_t* accumulator_row(std::uint32_t row) const { return accumulator_.data() + std::size_t{row} * dim_; }

 private:
  // The operand of a product: `count` rows of dim int8, `stride` bytes apart.
  struct Rows {
    const std::int8_t* first = nullptr;
    std::size_t stride = 0;
  };

  static constexpr std::uint32_t kLeastRows = 4;  // of a request to the array

  void refuse_illegal_loop(const arch::Command& command) const;
  void execute_plain(const arch::Command& command);
  void configure(const arch::Command& command);
  void mvin(const arch::Mvin& command);
  void mvin_zeros(const arch::LocalBlock& local, const arch::ConfigLoad& config);
  void mvin_block(const arch::ConfigLoad& config, arch::LocalAddress first, const std::uint8_t* bytes,
                  std::uint64_t stride, std::uint32_t rows, std::uint32_t cols);
  void repeat_pixels(const arch::ConfigLoad& config, std::uint32_t row, std::uint32_t cols);
  void mvout(const arch::Mvout& command);
  void mvout_rows(const arch::LocalBlock& local, std::uint32_t first, const MemoryRows& target);
  void mvout_pooled(const arch::Mvout& command);
  void take_statistics(const arch::LocalBlock& local, std::uint32_t rows);
  void read_small(arch::LocalAddress address, std::uint32_t cols, std::int8_t* out) const;
  void preload(const arch::Preload& command);
  void pass_zeros(unsigned idle, std::uint32_t rows);
  void swap_registers();
  void compute(const arch::Compute& command);
  const std::int32_t* multiply(const arch::Compute& command, std::uint32_t rows);
  const std::int32_t* accumulate(const arch::Compute& command);
  void write_result(const std::int32_t* result);
  Rows operand(const arch::LocalBlock& block, std::uint32_t stride, bool transposed, std::uint32_t count,
               std::vector<std::int8_t>& scratch) const;
  // `rows` rows from `address` on, or nullptr where they wrap inside the row field.
  std::int32_t* accumulator_run(arch::LocalAddress address, std::uint64_t rows);
  std::int8_t* scratchpad(arch::LocalAddress address) { return scratchpad_.data() + row_offset(address); }
  std::int32_t* accumulator(arch::LocalAddress address) { return accumulator_.data() + row_offset(address); }
  std::size_t row_offset(arch::LocalAddress address) const { return std::size_t{address.row(derived_)} * dim_; }

  arch::AcceleratorConfig config_;
  arch::DerivedConfig derived_;
  std::uint32_t dim_;
  ExecutorMemory& memory_;
  std::vector<std::int8_t> scratchpad_;
  std::vector<std::int32_t> accumulator_;

  std::array<arch::ConfigLoad, 3> load_;
  arch::ConfigStore store_;
  arch::ConfigExecute execute_;
  arch::NormaliserSettings normaliser_;
  std::array<arch::Statistics, arch::kStatisticsContexts> statistics_;

  // The two registers of each PE: weights, or output-stationary sums. The idle one is loaded.
  std::array<PackedBlock, 2> weights_;
  std::array<bool, 2> weights_are_zero_{true, true};
  std::array<std::uint32_t, 2> zero_rows_{};  // rows of zeros that are to follow the weights, which move down
  bool rides_on_compute_ = false;             // a preload would enter the array with the compute before it
  std::array<std::uint32_t, 2> weight_cols_{};
  std::array<std::vector<std::int32_t>, 2> sums_;
  unsigned active_ = 0;
  arch::LocalBlock destination_{arch::LocalAddress::garbage(), 0, 0};
  bool sums_can_wrap_ = false;

  PackedBlock operand_b_;
  std::vector<std::int32_t> result_;
  std::vector<std::int8_t> scratch_a_, scratch_b_;
  std::vector<std::int32_t> wide_row_;
  std::vector<std::int8_t> pool_row_, pool_best_;
  std::uint64_t macs_ = 0, plain_commands_ = 0;
  arch::LoopExpander loops_;
  arch::LoopExpander::Sink execute_given_;
};

}  // namespace gemel::sim
