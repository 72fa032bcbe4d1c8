// SPDX-License-Identifier: Apache-2.0
#include "sim/native/loop_expander.h"

#include <stdexcept>

namespace gemel::sim {

namespace {

template <typename Stream>
void drain(Stream& stream, const LoopExpander::Give& give) {
  while (stream.active() && !stream.gives_nothing()) {
    const arch::Command command = stream.command();
    stream.advance();
    give(command);
  }
}

}  // namespace

LoopExpander::LoopExpander(arch::IsaVersion version, const arch::DerivedConfig& derived)
    : version_(version), derived_(derived) {
  for (unsigned slot = 0; slot < 2; ++slot) matmul_[slot] = arch::matmul_loop_after_reset(slot, derived_);
}

bool LoopExpander::take(const arch::Command& command, const Give& give) {
  if (arch::is_matmul_loop_command(command.funct, version_)) {
    arch::write_matmul_register(matmul_[matmul_slot_], command, version_);
    if (static_cast<arch::Funct>(command.funct) == arch::Funct::LoopWs) {
      run(matmul_[matmul_slot_], matmul_slot_, give);
      matmul_slot_ ^= 1u;
    }
    return true;
  }
  if (!arch::is_conv_loop_command(command.funct)) return false;
  arch::write_conv_register(conv_[conv_slot_], command, version_);
  if (static_cast<arch::Funct>(command.funct) == arch::Funct::LoopConvWs) {
    run(conv_[conv_slot_], conv_slot_, give);
    conv_slot_ ^= 1u;
  }
  return true;
}

std::uint32_t LoopExpander::use_base(std::uint32_t& base, bool moves) const {
  const std::uint32_t value = base;
  if (moves) base = base == 0 ? derived_.accumulator_rows / 2 : 0;
  return value;
}

// A stream that is skipped does not start: its base stays where it is.
void LoopExpander::run(const arch::MatmulLoop& loop, unsigned slot, const Give& give) {
  if (loop.i == 0 || loop.j == 0 || (loop.k == 0 && !loop.residual_add))
    throw std::invalid_argument("a loop of 0 blocks; set loop_ws_bounds before it");
  const bool null_skips = version_ == arch::IsaVersion::Gemmini2025;
  if (!loop.skip_load_d) {
    arch::MatmulLoadD load;
    load.start(loop, use_base(matmul_bases_.addend, loop.c != 0), derived_);
    drain(load, give);
  }
  if (!loop.skip_load_a) {
    arch::MatmulLoadA load;
    load.set_null_skips(null_skips);
    load.start(loop, slot, derived_);
    drain(load, give);
  }
  if (!loop.skip_load_b) {
    arch::MatmulLoadB load;
    load.set_null_skips(null_skips);
    load.start(loop, slot, derived_);
    drain(load, give);
  }
  if (!loop.skip_execute) {
    arch::MatmulExecute execute;
    execute.start(loop, slot, use_base(matmul_bases_.execute, loop.moves_result_base()), derived_);
    drain(execute, give);
  }
  if (!loop.skip_store) {
    arch::MatmulStore store;
    store.start(loop, slot, use_base(matmul_bases_.store, loop.moves_result_base()), derived_);
    drain(store, give);
  }
}

void LoopExpander::run(const arch::ConvLoop& loop, unsigned slot, const Give& give) {
  if (loop.batches == 0 || loop.out_rows == 0 || loop.out_cols == 0 || loop.pooled_channels == 0 ||
      loop.kernel_rows == 0 || loop.kernel_cols == 0 || loop.kernel_channels == 0)
    throw std::invalid_argument("a loop of 0 steps; set loop_conv_ws_config1 to 4 before it");
  const bool null_skips = version_ == arch::IsaVersion::Gemmini2025;
  const bool moves = loop.output != 0;
  arch::ConvLoadBias bias;
  bias.start(loop, use_base(conv_bases_.addend, moves), derived_);
  drain(bias, give);
  arch::ConvLoadWeights weights;
  weights.set_null_skips(null_skips);
  weights.start(loop, slot, derived_);
  drain(weights, give);
  arch::ConvLoadInput input;
  input.set_null_skips(null_skips);
  input.start(loop, slot, derived_);
  drain(input, give);
  arch::ConvExecute execute;
  execute.start(loop, slot, use_base(conv_bases_.execute, moves), derived_);
  while (execute.active()) {
    if (!execute.left_out()) give(execute.command());
    execute.advance();
  }
  arch::ConvStore store;
  store.start(loop, use_base(conv_bases_.store, moves), derived_);
  drain(store, give);
}

}  // namespace gemel::sim
