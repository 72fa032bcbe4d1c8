// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a program computes, without time: an interpreter of the plain instructions in program order, written to be
// obviously right rather than fast. The data oracle of the SystemC model and of random programs.
//
// Rules are those of docs/isa.md. Whatever the machine does not define (an operand in the accumulator, a loop
// instruction, an address outside memory) throws std::invalid_argument.
#include <array>
#include <cstdint>
#include <vector>

#include "sim/arch/accelerator_config.h"
#include "sim/arch/isa.h"
#include "sim/arch/program.h"

namespace gemel::test_support {

class FunctionalMachine {
 public:
  // All storage starts as zero.
  explicit FunctionalMachine(const arch::AcceleratorConfig& config);

  // Runs all steps; returns memory [base, base + size) at the end. Storage keeps its contents between calls.
  std::vector<std::uint8_t> run(const arch::Program& program);

  // One command on `memory`, whose first byte has address `base`.
  void execute(const arch::Command& command, std::vector<std::uint8_t>& memory, std::uint64_t base);

  const std::int8_t* scratchpad_row(std::uint32_t row) const { return scratchpad_.data() + std::size_t{row} * dim_; }
  const std::int32_t* accumulator_row(std::uint32_t row) const { return accumulator_.data() + std::size_t{row} * dim_; }

 private:
  using Matrix = std::vector<std::int32_t>;  // dim * dim, row-major

  struct Memory {
    std::vector<std::uint8_t>& bytes;
    std::uint64_t base;
    std::uint8_t* at(std::uint64_t address, std::uint64_t count) const;
  };

  void configure(const arch::Command& command);
  void mvin(const arch::Mvin& command, const Memory& memory);
  void mvin_row(const arch::ConfigLoad& config, arch::LocalAddress row, const std::uint8_t* bytes, std::uint32_t cols,
                std::uint32_t copies);
  void mvout(const arch::Mvout& command, const Memory& memory) const;
  void mvout_pooled(const arch::Mvout& command, const Memory& memory) const;
  void preload(const arch::Preload& command);
  void compute(const arch::Compute& command);
  void write_result(const Matrix& result);

  std::vector<std::int8_t> read_for_mvout(arch::LocalAddress row) const;  // one row of 8-bit elements
  Matrix read_operand(const arch::LocalBlock& block, std::uint32_t stride, bool transposed) const;
  std::int8_t& scratchpad(arch::LocalAddress address, std::uint32_t lane);
  std::int32_t& accumulator(arch::LocalAddress address, std::uint32_t lane);

  arch::AcceleratorConfig config_;
  arch::DerivedConfig derived_;
  std::uint32_t dim_;
  std::vector<std::int8_t> scratchpad_;
  std::vector<std::int32_t> accumulator_;

  std::array<arch::ConfigLoad, 3> load_;
  arch::ConfigStore store_;
  arch::ConfigExecute execute_;

  // Each PE has two registers: one computes, the other is loaded. Weight stationary: weights; output stationary: sums.
  std::array<Matrix, 2> registers_;
  unsigned active_ = 0;
  arch::LocalBlock destination_{arch::LocalAddress::garbage(), 0, 0};
};

}  // namespace gemel::test_support
