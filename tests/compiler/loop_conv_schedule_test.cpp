// SPDX-License-Identifier: Apache-2.0
#include "compiler/schedule/loop_conv_schedule.h"

#include <gmock/gmock.h>

#include <stdexcept>

namespace gemel::compiler {
namespace {

constexpr BufferId kInput = 1, kWeights = 2, kOutput = 3, kBias = 4;

Machine small_machine() {
  Machine machine;
  machine.config.mesh.dim = 4;
  machine.config.scratchpad.capacity_kib = 4;
  machine.config.accumulator.capacity_kib = 4;
  machine.derived = arch::derive(machine.config);
  return machine;
}

// 3x3 with padding of 1 over 8x8 pixels.
Contraction convolution(std::int32_t lanes, std::int32_t outputs) {
  Contraction work;
  work.name = "convolution";
  work.in_h = work.in_w = work.out_h = work.out_w = 8;
  work.pad_top = work.pad_left = 1;
  work.lanes = lanes;
  work.outputs = outputs;
  work.taps.clear();
  for (std::int32_t t = 0; t < 9; ++t) work.taps.push_back({t / 3, t % 3});
  work.input = {{kInput, 0}, 64 * lanes, 8 * lanes, lanes};
  work.output = {{kOutput, 0}, 64 * outputs, 8 * outputs, outputs};
  work.weights.buffer = kWeights;
  work.bias = BufferRef{kBias, 0};
  work.scale = 0.5f;
  return work;
}

ConvLoopRun run_of(const Contraction& work, const Machine& machine) {
  return schedule_conv_loops(work, machine, choose_conv_loops(work, machine, 1).at(0));
}

TEST(ConvLoopSchedule, TilesAtTheBorderHaveItsPaddingAndInputFromTheFirstPixelInside) {
  ConvLoopPlan plan;
  plan.tile_h = plan.tile_w = 4;
  plan.kernel_rows = 3;
  const Contraction work = convolution(4, 4);
  const ConvLoopRun run = schedule_conv_loops(work, small_machine(), plan);
  EXPECT_NO_THROW(verify_loops(run, small_machine()));
  ASSERT_EQ(run.loops.size(), 4u);
  const arch::ConvLoop& first = run.loops[0].registers;
  EXPECT_EQ(first.upper_pad, 1u);
  EXPECT_EQ(first.left_pad, 1u);
  EXPECT_EQ(first.lower_pad, 0u);
  EXPECT_EQ(run.loops[0].input.offset, 0);
  const arch::ConvLoop& last = run.loops[3].registers;
  EXPECT_EQ(last.upper_pad, 0u);
  EXPECT_EQ(last.right_pad, 1u);
  EXPECT_EQ(last.lower_pad, 1u);
  EXPECT_EQ(run.loops[3].input.offset, (3 * 8 + 3) * 4);
  EXPECT_EQ(run.loops[3].output->offset, (4 * 8 + 4) * 4);
}

TEST(ConvLoopSchedule, ASumOfSeveralLoopsTakesTheBiasFirstAndIsStoredLast) {
  const ConvLoopRun run = run_of(convolution(100, 4), small_machine());
  EXPECT_NO_THROW(verify_loops(run, small_machine()));
  std::size_t starts = 0, stores = 0;
  for (const ConvLoopOp& op : run.loops) {
    EXPECT_EQ(op.bias.has_value(), op.starts);
    starts += op.starts ? 1 : 0;
    stores += op.output ? 1 : 0;
  }
  EXPECT_EQ(starts, stores);
  EXPECT_GT(run.loops.size(), starts);
}

TEST(ConvLoopSchedule, ALoopWithoutBiasStartsFromZerosUnlessItGoesOn) {
  Contraction work = convolution(4, 4);
  work.bias.reset();
  ConvLoopOp op = run_of(work, small_machine()).loops.at(0);
  const auto address = [](const BufferRef& ref) { return std::uint64_t{1000} * ref.buffer; };
  EXPECT_NE(registers_of(op, address).bias, 0u);
  EXPECT_TRUE(registers_of(op, address).no_bias);
  op.starts = false;
  EXPECT_EQ(registers_of(op, address).bias, 0u);
}

TEST(ConvLoopSchedule, ARunThatForgetsItsSumsDoesNotVerify) {
  ConvLoopRun run = run_of(convolution(100, 4), small_machine());
  run.loops.pop_back();
  EXPECT_THROW(verify_loops(run, small_machine()), std::logic_error);
}

TEST(ConvLoopSchedule, ALoopThatFitsNoHalfDoesNotVerify) {
  ConvLoopRun run = run_of(convolution(4, 4), small_machine());
  run.loops.front().registers.kernel_channels = 4000;
  EXPECT_THROW(verify_loops(run, small_machine()), std::logic_error);
}

TEST(ConvLoopSchedule, TheTextNamesTapsLanesAndPadding) {
  const std::string text = describe_loops(run_of(convolution(4, 4), small_machine()), 100);
  EXPECT_THAT(text, testing::HasSubstr("3x3 taps of 4 lanes, padding 1 1 "));
  EXPECT_THAT(text, testing::HasSubstr("buffer3+0 = buffer1+0 * buffer2+0 + buffer4+0"));
}

}  // namespace
}  // namespace gemel::compiler
