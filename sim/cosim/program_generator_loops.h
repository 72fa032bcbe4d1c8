// SPDX-License-Identifier: Apache-2.0
#pragma once
// Random legal programs of loop instructions: matrix products and convolutions of all options and both layouts, alone,
// back to back and in turn. Inputs lie in the first part of memory and are never written, every loop has an output of
// its own, so the result does not depend on timing.
#include <cstdint>

#include "sim/arch/accelerator_config.h"
#include "sim/arch/isa.h"
#include "sim/arch/loop_conv.h"
#include "sim/arch/loop_matmul.h"
#include "sim/arch/rocc_stream.h"
#include "sim/cosim/random_source.h"

namespace gemel::sim {

// The machine has the weight-stationary dataflow, and halves of its memories that hold a product's blocks.
bool has_loop_programs(const arch::AcceleratorConfig& config);

// Only where has_loop_programs(). The same stream for the same machine and seed, everywhere.
arch::RoccStream random_loop_stream(const arch::AcceleratorConfig& config, std::uint64_t seed);

class LoopProgramGenerator {
 public:
  LoopProgramGenerator(const arch::AcceleratorConfig& config, std::uint64_t seed);
  arch::RoccStream generate();

 private:
  void emit(const arch::Command& command);
  void fence() { stream_.steps.push_back({arch::StepKind::Fence, 0}); }
  void pause();  // nothing, idle cycles, or a fence
  std::uint64_t input(std::uint64_t bytes);
  std::uint64_t output(std::uint64_t bytes);
  void configure_load(unsigned state, std::uint64_t stride, bool shrink, float scale);
  void configure_store(std::uint64_t stride);
  void choose_normalisation(arch::MatmulLoop& loop);
  void configure_execute(std::uint32_t a_stride, std::uint32_t c_stride, bool a_transpose, bool b_transpose);
  bool is_2025() const { return config_.isa_version == arch::IsaVersion::Gemmini2025; }

  // program_generator_loops.cpp
  void random_matmul();
  void random_residual_add();
  void emit_matmul(const arch::MatmulLoop& loop);

  // program_generator_conv_loops.cpp
  void random_conv();
  bool choose_conv(arch::ConvLoop& loop);
  void choose_conv_options(arch::ConvLoop& loop);
  void place_conv(arch::ConvLoop& loop);
  void emit_conv(const arch::ConvLoop& loop);

  arch::AcceleratorConfig config_;
  arch::DerivedConfig derived_;
  RandomSource random_;
  arch::RoccStream stream_;
  std::uint32_t dim_;
  std::uint64_t inputs_ = 0;       // bytes of the first part
  std::uint64_t next_output_ = 0;  // address
};

}  // namespace gemel::sim
