// SPDX-License-Identifier: Apache-2.0
#include "compiler/reference/result_check.h"

#include <gmock/gmock.h>

namespace gemel::compiler {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// relu of x [2, 3]: a program that would leave it at 0x1010.
struct ReluProgram {
  Graph graph;
  arch::Program program;
  std::vector<std::uint8_t> memory;

  ReluProgram() {
    const TensorId x = graph.add_input("x", {2, 3}, ElementType::Int8);
    graph.mark_output(graph.add_node("y", "y", Relu{}, {x}));
    program.base = 0x1000;
    program.size = 0x20;
    program.tensors = {{"x", 0x1000, ElementType::Int8, {2, 3}, arch::TensorPlace::Role::Input},
                       {"y", 0x1010, ElementType::Int8, {2, 3}, arch::TensorPlace::Role::Output}};
    program.layers.resize(1);
    program.layers[0].name = "y";
    program.layers[0].op = "relu";
    program.layers[0].output = "y";
    program.memory = {{0x1000, {1, 0xFF, 3, 0x80, 5, 127}}};
    memory = arch::initial_memory(program);
    const std::vector<std::uint8_t> result = {1, 0, 3, 0, 5, 127};
    std::copy(result.begin(), result.end(), memory.begin() + 0x10);
  }
};

TEST(ResultCheck, EqualMemoryIsVerified) {
  const ReluProgram relu;
  const CheckReport report = check_result(relu.graph, relu.program, relu.memory);
  EXPECT_TRUE(report.is_verified());
  EXPECT_EQ(report.checked_layers, 1u);
  EXPECT_THAT(report.first_difference, IsEmpty());
}

TEST(ResultCheck, NamesTheFirstElementThatDiffers) {
  ReluProgram relu;
  relu.memory[0x10 + 4] = 0xF9;  // -7 instead of 5
  relu.memory[0x10 + 5] = 0;
  const CheckReport report = check_result(relu.graph, relu.program, relu.memory);
  EXPECT_FALSE(report.is_verified());
  EXPECT_THAT(report.first_difference, HasSubstr("layer y (relu)"));
  EXPECT_THAT(report.first_difference, HasSubstr("[1, 1]: got -7, expected 5; 2 of 6 elements differ"));
}

TEST(ResultCheck, UsesTheInputThatTheProgramHolds) {
  ReluProgram relu;
  relu.program.memory.push_back({0x1000, {9}});  // later segments override
  EXPECT_FALSE(check_result(relu.graph, relu.program, relu.memory).is_verified());
  relu.memory[0x10] = 9;
  EXPECT_TRUE(check_result(relu.graph, relu.program, relu.memory).is_verified());
}

TEST(ResultCheck, ALayerWithoutAPlaceInMemoryIsNotCalledVerified) {
  ReluProgram relu;
  relu.program.layers[0].output = "";
  const CheckReport report = check_result(relu.graph, relu.program, relu.memory);
  EXPECT_FALSE(report.is_verified());
  EXPECT_THAT(report.unchecked_layers, ElementsAre("y", "output y"));
}

TEST(ResultCheck, AProgramWithoutTheLayerOfAnOutputIsNotCalledVerified) {
  ReluProgram relu;
  relu.program.layers.clear();
  EXPECT_FALSE(check_result(relu.graph, relu.program, relu.memory).is_verified());
}

}  // namespace
}  // namespace gemel::compiler
