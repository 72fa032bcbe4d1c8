// SPDX-License-Identifier: Apache-2.0
#include "sim/arch/loop_expander.h"

namespace gemel::arch {

namespace {

template <typename Stream>
void run(Stream& stream, const LoopExpander::Sink& sink) {
  if (stream.gives_nothing()) return;
  for (; stream.active(); stream.advance()) sink(stream.command());
}

}  // namespace

LoopExpander::LoopExpander(IsaVersion version, const DerivedConfig& derived) : version_(version), derived_(derived) {
  for (unsigned slot = 0; slot < 2; ++slot) matmul_[slot] = matmul_loop_after_reset(slot, derived_);
}

std::uint32_t LoopExpander::take_base(std::uint32_t& base, bool moves) {
  const std::uint32_t taken = base;
  if (moves) base = base == 0 ? derived_.accumulator_rows / 2 : 0;
  return taken;
}

void LoopExpander::command(const Command& command, const Sink& sink) {
  if (is_conv_loop_command(command.funct)) {
    write_conv_register(conv_[conv_slot_], command, version_);
    if (static_cast<Funct>(command.funct) == Funct::LoopConvWs) run_conv(sink);
    return;
  }
  write_matmul_register(matmul_[matmul_slot_], command, version_);
  if (static_cast<Funct>(command.funct) == Funct::LoopWs) run_matmul(sink);
}

void LoopExpander::run_matmul(const Sink& sink) {
  const MatmulLoop& loop = matmul_[matmul_slot_];
  const bool null_skips = version_ == IsaVersion::Gemmini2025;
  if (!loop.skip_load_d) {
    MatmulLoadD d;
    d.start(loop, take_base(matmul_d_base_, loop.c != 0), derived_);
    run(d, sink);
  }
  if (!loop.skip_load_a) {
    MatmulLoadA a;
    a.set_null_skips(null_skips);
    a.start(loop, matmul_slot_, derived_);
    run(a, sink);
  }
  if (!loop.skip_load_b) {
    MatmulLoadB b;
    b.set_null_skips(null_skips);
    b.start(loop, matmul_slot_, derived_);
    run(b, sink);
  }
  if (!loop.skip_execute) {
    MatmulExecute execute;
    execute.start(loop, matmul_slot_, take_base(matmul_execute_base_, loop.moves_result_base()), derived_);
    run(execute, sink);
  }
  if (!loop.skip_store) {
    MatmulStore store;
    store.start(loop, matmul_slot_, take_base(matmul_store_base_, loop.moves_result_base()), derived_);
    run(store, sink);
  }
  matmul_slot_ ^= 1u;
}

void LoopExpander::run_conv(const Sink& sink) {
  const ConvLoop& loop = conv_[conv_slot_];
  const bool null_skips = version_ == IsaVersion::Gemmini2025;
  const bool moves = loop.output != 0;
  ConvLoadBias bias;
  bias.start(loop, take_base(conv_bias_base_, moves), derived_);
  run(bias, sink);
  ConvLoadWeights weights;
  weights.set_null_skips(null_skips);
  weights.start(loop, conv_slot_, derived_);
  run(weights, sink);
  ConvLoadInput input;
  input.set_null_skips(null_skips);
  input.start(loop, conv_slot_, derived_);
  run(input, sink);
  ConvExecute execute;
  execute.start(loop, conv_slot_, take_base(conv_execute_base_, moves), derived_);
  for (; execute.active(); execute.advance())
    if (!execute.left_out()) sink(execute.command());
  ConvStore store;
  store.start(loop, take_base(conv_store_base_, moves), derived_);
  run(store, sink);
  conv_slot_ ^= 1u;
}

}  // namespace gemel::arch
