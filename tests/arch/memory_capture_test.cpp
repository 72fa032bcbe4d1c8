// SPDX-License-Identifier: Apache-2.0
#include "sim/arch/memory_capture.h"

#include <gmock/gmock.h>

namespace gemel::arch {
namespace {

using ::testing::ElementsAre;

// Layers a, b, a again: the second part of a's result.
Program three_layers() {
  Program program;
  for (const char* output : {"a", "b", "a"}) {
    Layer layer;
    layer.output = output;
    program.layers.push_back(layer);
  }
  program.tensors.push_back({"a", 0x80000040, ElementType::Int32, {2, 3}, TensorPlace::Role::Intermediate});
  program.tensors.push_back({"b", 0x80000000, ElementType::Int8, {5}, TensorPlace::Role::Intermediate});
  program.commands.resize(1);
  program.host_ops.resize(1);
  return program;
}

TEST(LayerResults, AreTakenAtTheFenceBehindTheLastLayerThatWritesThem) {
  Program program = three_layers();
  program.steps = {{StepKind::Layer, 0}, {StepKind::Command, 0}, {StepKind::Fence, 0},   {StepKind::Layer, 1},
                   {StepKind::Host, 0},  {StepKind::Layer, 2},   {StepKind::Command, 0}, {StepKind::Fence, 0}};
  const LayerResultPlan plan = plan_layer_results(program);
  EXPECT_THAT(plan.tensors, ElementsAre("b", "a"));
  ASSERT_EQ(plan.captures.size(), 2u);
  EXPECT_EQ(plan.captures[0].step, 4u);  // the host operator itself
  EXPECT_EQ(plan.captures[0].bytes, 5u);
  EXPECT_EQ(plan.captures[1].step, 7u);
  EXPECT_EQ(plan.captures[1].address, 0x80000040u);
  EXPECT_EQ(plan.captures[1].bytes, 24u);
}

TEST(LayerResults, AResultWithNothingBehindItIsReadFromMemoryAtTheEnd) {
  Program program = three_layers();
  program.base = 0x80000000;
  program.steps = {{StepKind::Layer, 0}, {StepKind::Command, 0}};
  EXPECT_TRUE(plan_layer_results(program).captures.empty());
  const std::vector<std::uint8_t> memory{1, 2, 3, 4, 5};
  EXPECT_EQ(tensor_data(program, memory, {}, program.tensors[1]), memory.data());
  const TensorContents results{{"b", {9, 9, 9, 9, 9}}};
  EXPECT_EQ(*tensor_data(program, memory, results, program.tensors[1]), 9);
}

}  // namespace
}  // namespace gemel::arch
