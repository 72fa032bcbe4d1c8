// SPDX-License-Identifier: Apache-2.0
#include "compiler/graph/verify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gemel::compiler {
namespace {

using ::testing::HasSubstr;

// x -> sums = x · w -> y = requantised sums, output.
Graph small_graph() {
  Graph graph;
  graph.name = "small";
  const TensorId x = graph.add_input("x", {2, 3}, ElementType::Int8);
  const TensorId w = graph.add_constant("w", {3, 4}, std::vector<std::int8_t>(12, 1));
  const TensorId sums = graph.add_node("sums", "y", MatMul{}, {x, w});
  graph.mark_output(graph.add_node("y", "y", Requantize{0.5f}, {sums}));
  return graph;
}

std::string error_of(const Graph& graph) {
  try {
    verify_graph(graph);
  } catch (const GraphError& error) {
    return error.what();
  }
  return "(no error)";
}

TEST(VerifyGraph, AcceptsASoundGraph) { EXPECT_EQ(error_of(small_graph()), "(no error)"); }

TEST(VerifyGraph, RefusesRepeatedNames) {
  Graph graph = small_graph();
  graph.tensors[1].name = "x";
  EXPECT_THAT(error_of(graph), HasSubstr("'x': two tensors have this name"));
  graph = small_graph();
  graph.nodes[1].name = "sums";
  EXPECT_THAT(error_of(graph), HasSubstr("two nodes have this name"));
}

TEST(VerifyGraph, RefusesUseBeforeProduction) {
  Graph graph = small_graph();
  std::swap(graph.nodes[0], graph.nodes[1]);
  EXPECT_THAT(error_of(graph), HasSubstr("'y': reads 'sums' before anything produces it"));
}

TEST(VerifyGraph, RefusesASecondProducer) {
  Graph graph = small_graph();
  Node again = graph.nodes[0];
  again.name = "again";
  graph.nodes.insert(graph.nodes.begin() + 1, again);
  EXPECT_THAT(error_of(graph), HasSubstr("'again': writes 'sums', which already has a value"));
}

TEST(VerifyGraph, RefusesAWriteToAConstant) {
  Graph graph = small_graph();
  graph.nodes[1].output = 1;
  EXPECT_THAT(error_of(graph), HasSubstr("already has a value"));
}

TEST(VerifyGraph, RefusesADeclaredTypeThatInferenceContradicts) {
  Graph graph = small_graph();
  graph.tensors[2].shape = {2, 5};
  EXPECT_THAT(error_of(graph), HasSubstr("produces int32 2x4, but its output is declared int32 2x5"));
  graph = small_graph();
  graph.tensors[2].type = ElementType::Int8;
  EXPECT_THAT(error_of(graph), HasSubstr("produces int32 2x4, but its output is declared int8 2x4"));
}

TEST(VerifyGraph, RefusesConstantsWithMissingOrForeignData) {
  Graph graph = small_graph();
  graph.tensors[1].int8_data.pop_back();
  EXPECT_THAT(error_of(graph), HasSubstr("'w': holds 11 elements"));
  graph = small_graph();
  graph.tensors[0].int8_data.resize(6);
  EXPECT_THAT(error_of(graph), HasSubstr("'x': holds 6 elements"));
}

TEST(VerifyGraph, RefusesEmptyDimensions) {
  Graph graph = small_graph();
  graph.tensors[0].shape = {0, 3};
  EXPECT_THAT(error_of(graph), HasSubstr("has a dimension below 1"));
}

TEST(VerifyGraph, NeedsAnOutputThatSomethingProduces) {
  Graph graph = small_graph();
  graph.outputs.clear();
  EXPECT_EQ(error_of(graph), "the graph has no output");
  graph = small_graph();
  graph.tensors[graph.outputs[0]].role = TensorRole::Intermediate;
  EXPECT_THAT(error_of(graph), HasSubstr("is not marked as output"));
}

TEST(VerifyGraph, RefusesReferencesOutsideTheTables) {
  Graph graph = small_graph();
  graph.nodes[0].inputs[0] = 99;
  EXPECT_THAT(error_of(graph), HasSubstr("reads a tensor that does not exist"));
  graph = small_graph();
  graph.nodes[1].output = 99;
  EXPECT_THAT(error_of(graph), HasSubstr("writes a tensor that does not exist"));
}

// The worst sum of K products with weights of magnitude 127 is K·128·127; the largest K below 2^31 is 132104.
TEST(VerifyGraph, RefusesSumsThatCanLeave32BitsAndAcceptsTheLongestThatCanNot) {
  for (const std::int64_t depth : {132104, 132105}) {
    Graph graph;
    const TensorId x = graph.add_input("x", {1, depth}, ElementType::Int8);
    const TensorId w =
        graph.add_constant("w", {depth, 1}, std::vector<std::int8_t>(static_cast<std::size_t>(depth), 127));
    const TensorId sums = graph.add_node("sums", "y", MatMul{}, {x, w});
    graph.mark_output(graph.add_node("y", "y", Requantize{0.5f}, {sums}));
    if (depth == 132104) {
      EXPECT_EQ(error_of(graph), "(no error)");
    } else {
      EXPECT_THAT(error_of(graph),
                  HasSubstr("'sums': matmul can reach 2147498880, which leaves the accumulator's 32 bits"));
    }
  }
}

TEST(VerifyGraph, CountsBiasAndResidualInTheWorstSum) {
  Graph graph;
  const TensorId x = graph.add_input("x", {1, 1}, ElementType::Int8);
  const TensorId w = graph.add_constant("w", {1, 1}, std::vector<std::int8_t>{1});
  const TensorId bias = graph.add_constant("bias", {1}, std::vector<std::int32_t>{2147483647 - 128 - 128 * 127});
  const TensorId sums = graph.add_node("sums", "y", MatMul{}, {x, w, bias});
  const TensorId added = graph.add_node("added", "y", Add{1, 127}, {sums, x});
  graph.mark_output(graph.add_node("y", "y", Requantize{0.5f}, {added}));
  EXPECT_EQ(error_of(graph), "(no error)");
  ++graph.tensors[bias].int32_data[0];
  EXPECT_THAT(error_of(graph), HasSubstr("'added': add can reach 2147483648"));
}

Graph pooled_graph(bool with_relu, bool padded) {
  Graph graph;
  const TensorId x = graph.add_input("x", {1, 4, 4, 1}, ElementType::Int8);
  const TensorId before = with_relu ? graph.add_node("r", "r", Relu{}, {x}) : x;
  Window window{2, 2, 2, 2, {}, 1, 1};
  if (padded) window.padding = {1, 1, 1, 1};
  graph.mark_output(graph.add_node("y", "y", MaxPool{window}, {before}));
  return graph;
}

TEST(VerifyGraph, PaddedMaxPoolNeedsAnInputThatCanNotBeNegative) {
  EXPECT_EQ(error_of(pooled_graph(false, false)), "(no error)");
  EXPECT_EQ(error_of(pooled_graph(true, true)), "(no error)");
  EXPECT_THAT(error_of(pooled_graph(false, true)), HasSubstr("must come from a relu"));
}

TEST(NonNegativeTensors, FollowTheSignThroughMovesAndSums) {
  Graph graph;
  const TensorId x = graph.add_input("x", {1, 4}, ElementType::Int8);
  const TensorId r = graph.add_node("r", "r", Relu{}, {x});
  const TensorId both = graph.add_node("both", "both", Concat{0}, {r, r});
  const TensorId mixed = graph.add_node("mixed", "mixed", Concat{0}, {r, x});
  const TensorId sum = graph.add_node("sum", "sum", Add{1, 3}, {r, r});
  const TensorId difference = graph.add_node("difference", "difference", Add{1, -1}, {r, r});
  const TensorId scaled = graph.add_node("scaled", "scaled", Requantize{0.5f}, {sum});
  const std::vector<bool> result = non_negative_tensors(graph);
  EXPECT_FALSE(result[x]);
  EXPECT_TRUE(result[r]);
  EXPECT_TRUE(result[both]);
  EXPECT_FALSE(result[mixed]);
  EXPECT_TRUE(result[sum]);
  EXPECT_FALSE(result[difference]);
  EXPECT_TRUE(result[scaled]);
}

}  // namespace
}  // namespace gemel::compiler
