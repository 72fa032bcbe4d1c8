// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a program computes, without time: an interpreter of the plain instructions in program order, written to be
// obviously right rather than fast. The data oracle of the SystemC model and of random programs.
//
// Rules are those of docs/isa.md. Whatever the machine does not define (an operand in the accumulator, an address
// outside memory) throws std::invalid_argument. Loop instructions are what they mean, element by element, not what they
// unroll to (functional_loops.cpp); the scratchpad behind one is not that of the machine, the accumulator is.
#include <array>
#include <cstdint>
#include <vector>

#include "sim/arch/accelerator_config.h"
#include "sim/arch/isa.h"
#include "sim/arch/loop_conv.h"
#include "sim/arch/loop_matmul.h"
#include "sim/arch/program.h"
#include "tests/support/functional_normaliser.h"

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
  void mvout(const arch::Mvout& command, const Memory& memory);
  void mvout_pooled(const arch::Mvout& command, const Memory& memory) const;
  void preload(const arch::Preload& command);
  void compute(const arch::Compute& command);
  void write_result(const Matrix& result);

  // functional_loops.cpp
  bool loop(const arch::Command& command, const Memory& memory);
  void matmul_loop(const arch::MatmulLoop& loop, unsigned slot, const Memory& memory);
  void residual_add(const arch::MatmulLoop& loop, std::uint32_t base, const Memory& memory);
  void store_matmul(const arch::MatmulLoop& loop, std::uint32_t base, const Memory& memory);
  void store_normalised(const arch::MatmulLoop& loop, std::uint32_t base, const Memory& memory);
  void conv_loop(const arch::ConvLoop& loop, const Memory& memory);
  void start_sums(const arch::ConvLoop& loop, std::uint32_t base, const Memory& memory);
  void store_conv(const arch::ConvLoop& loop, std::uint32_t base, const Memory& memory);
  void configure_as_conv(const arch::ConvLoop& loop);
  std::int32_t& sum(std::uint32_t row, std::uint32_t lane) { return accumulator_[std::size_t{row} * dim_ + lane]; }
  std::int32_t sum(std::uint32_t row, std::uint32_t lane) const { return accumulator_[std::size_t{row} * dim_ + lane]; }
  std::uint32_t take_half(unsigned& half, bool moves);

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
  FunctionalNormaliser normaliser_;

  // Each PE has two registers: one computes, the other is loaded. Weight stationary: weights; output stationary: sums.
  std::array<Matrix, 2> registers_;
  unsigned active_ = 0;
  arch::LocalBlock destination_{arch::LocalAddress::garbage(), 0, 0};

  // Loops: the registers of both slots, whose turn it is, and the accumulator halves.
  std::array<arch::MatmulLoop, 2> matmul_;
  std::array<arch::ConvLoop, 2> conv_;
  unsigned matmul_slot_ = 0, conv_slot_ = 0;
  unsigned d_half_ = 0, product_half_ = 0, store_half_ = 0, conv_half_ = 0;
  // What each half of the scratchpad holds: the first operand at its start, the second at its end.
  std::array<std::vector<std::int8_t>, 2> first_operand_, second_operand_;
};

}  // namespace gemel::test_support
