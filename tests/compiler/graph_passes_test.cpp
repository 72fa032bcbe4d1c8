// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <map>

#include "compiler/graph/verify.h"
#include "compiler/passes/fuse_layers.h"
#include "compiler/passes/graph_pass.h"
#include "compiler/reference/graph_executor.h"
#include "tests/compiler/random_network.h"

namespace gemel::compiler {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

std::vector<std::int8_t> counted(std::int64_t count) {
  std::vector<std::int8_t> data(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<std::int8_t>(i * 37 % 255 - 127);
  return data;
}

template <typename Kind>
std::size_t count(const Graph& graph) {
  std::size_t n = 0;
  for (const Node& node : graph.nodes) n += std::holds_alternative<Kind>(node.op);
  return n;
}

// Values of all outputs, by name.
std::map<std::string, std::vector<std::uint8_t>> outputs_of(const Graph& graph) {
  const auto values = execute_graph(graph);
  std::map<std::string, std::vector<std::uint8_t>> outputs;
  for (const TensorId id : graph.outputs) outputs[graph.tensor(id).name] = values.at(id).bytes();
  return outputs;
}

// [1, 4, 5, 6] -> conv -> int8
TensorId add_conv(Graph& graph, const std::string& name, TensorId input, TensorId weights, float scale = 0.01f) {
  Window window;
  window.kernel_h = window.kernel_w = static_cast<std::int64_t>(graph.tensor(weights).shape[0]);
  const TensorId sums = graph.add_node(name + ".sums", name, Conv2d{window, 1}, {input, weights});
  return graph.add_node(name, name, Requantize{scale}, {sums});
}

TEST(FoldConstants, WhatReadsConstantsAloneIsOne) {
  Graph graph;
  graph.name = "g";
  const TensorId x = graph.add_input("x", {2, 3}, ElementType::Int8);
  const TensorId w = graph.add_constant("w", {4, 3}, counted(12));
  const TensorId turned = graph.add_node("turned", "turned", Transpose{{1, 0}}, {w});
  graph.mark_output(graph.add_node("y", "y", MatMul{}, {x, turned}));
  const auto before = outputs_of(graph);
  EXPECT_TRUE(fold_constants(graph));
  verify_graph(graph);
  EXPECT_EQ(graph.nodes.size(), 1u);
  EXPECT_EQ(graph.tensor(turned).role, TensorRole::Constant);
  EXPECT_EQ(graph.tensor(turned).int8_data[1], counted(12)[3]);  // [0][1] was [1][0]
  EXPECT_EQ(outputs_of(graph), before);
  EXPECT_FALSE(fold_constants(graph));
}

TEST(FoldConstants, AnOutputStaysSomethingThatARunWrites) {
  Graph graph;
  graph.name = "g";
  graph.add_input("x", {1}, ElementType::Int8);
  const TensorId w = graph.add_constant("w", {4, 3}, counted(12));
  graph.mark_output(graph.add_node("turned", "turned", Transpose{{1, 0}}, {w}));
  EXPECT_FALSE(fold_constants(graph));
}

TEST(CommonSubexpressions, EqualLayersAreOneAndDeadCodeTakesTheOther) {
  Graph graph;
  graph.name = "g";
  const TensorId x = graph.add_input("x", {1, 4, 5, 6}, ElementType::Int8);
  const TensorId w = graph.add_constant("w", {1, 1, 6, 7}, counted(42));
  const TensorId same = graph.add_constant("same", {1, 1, 6, 7}, counted(42));
  const TensorId a = add_conv(graph, "a", x, w), b = add_conv(graph, "b", x, same);
  const TensorId sum = graph.add_node("sum", "y", Add{}, {a, b});
  graph.mark_output(graph.add_node("y", "y", Requantize{0.5f}, {sum}));
  const auto before = outputs_of(graph);
  EXPECT_TRUE(share_common_subexpressions(graph));
  EXPECT_TRUE(drop_dead_code(graph));
  verify_graph(graph);
  EXPECT_EQ(count<Conv2d>(graph), 1u);
  EXPECT_EQ(outputs_of(graph), before);
}

TEST(CommonSubexpressions, SumsThatAreScaledInTwoWaysStayApart) {
  Graph graph;
  graph.name = "g";
  const TensorId x = graph.add_input("x", {1, 4, 5, 6}, ElementType::Int8);
  const TensorId w = graph.add_constant("w", {1, 1, 6, 7}, counted(42));
  graph.mark_output(add_conv(graph, "a", x, w, 0.01f));
  graph.mark_output(add_conv(graph, "b", x, w, 0.02f));
  EXPECT_FALSE(share_common_subexpressions(graph));
  EXPECT_FALSE(drop_dead_code(graph));
}

TEST(DeadCode, LayersThatNoOutputNeedsGoAndInputsStay) {
  Graph graph;
  graph.name = "g";
  const TensorId x = graph.add_input("x", {1, 4, 5, 6}, ElementType::Int8);
  graph.add_input("unread", {3}, ElementType::Int8);
  const TensorId w = graph.add_constant("w", {1, 1, 6, 7}, counted(42));
  const TensorId v = graph.add_constant("v", {1, 1, 7, 2}, counted(14));
  const TensorId a = add_conv(graph, "a", x, w);
  add_conv(graph, "dead", a, v);
  graph.mark_output(graph.add_node("y", "y", Relu{}, {a}));
  const auto before = outputs_of(graph);
  EXPECT_TRUE(drop_dead_code(graph));
  verify_graph(graph);
  EXPECT_EQ(count<Conv2d>(graph), 1u);
  EXPECT_EQ(graph.inputs.size(), 2u);
  for (const Tensor& tensor : graph.tensors) EXPECT_THAT(tensor.name, Not(HasSubstr("dead")));
  EXPECT_EQ(outputs_of(graph), before);
}

TEST(Transposes, InversesCancelAroundTables) {
  Graph graph;
  graph.name = "g";
  const TensorId x = graph.add_input("x", {1, 4, 5, 6}, ElementType::Int8);
  const TensorId table = graph.add_constant("table", {256}, counted(256));
  const TensorId turned = graph.add_node("turned", "turned", Transpose{{0, 3, 1, 2}}, {x});
  const TensorId looked = graph.add_node("looked", "looked", Lookup{}, {turned, table});
  const TensorId back = graph.add_node("back", "back", Transpose{{0, 2, 3, 1}}, {looked});
  const TensorId w = graph.add_constant("w", {1, 1, 6, 7}, counted(42));
  graph.mark_output(add_conv(graph, "y", back, w));
  const auto before = outputs_of(graph);
  EXPECT_TRUE(sink_transposes(graph));
  verify_graph(graph);
  EXPECT_EQ(count<Transpose>(graph), 0u);
  EXPECT_EQ(outputs_of(graph), before);
}

TEST(Transposes, AReluBehindOneJoinsTheLayerBefore) {
  Graph graph;
  graph.name = "g";
  const TensorId x = graph.add_input("x", {1, 4, 5, 6}, ElementType::Int8);
  const TensorId w = graph.add_constant("w", {1, 1, 6, 7}, counted(42));
  const TensorId a = add_conv(graph, "a", x, w);
  const TensorId turned = graph.add_node("turned", "turned", Transpose{{0, 3, 1, 2}}, {a});
  graph.mark_output(graph.add_node("y", "y", Relu{}, {turned}));
  const auto before = outputs_of(graph);
  EXPECT_TRUE(sink_transposes(graph));
  verify_graph(graph);
  EXPECT_EQ(outputs_of(graph), before);
  std::vector<std::string> ops;
  for (const FusedLayer& layer : fuse_layers(graph).layers) ops.push_back(layer.op);
  EXPECT_THAT(ops, ElementsAre("conv2d+relu", "copy"));
}

// As exporters write a classifier: channels first, flattened, times weights.
TEST(Transposes, AFlattenedImageTurnsTheWeightsInstead) {
  for (const bool transpose_b : {false, true}) {
    for (const std::int64_t images : {1, 3}) {
      Graph graph;
      graph.name = "g";
      const TensorId x = graph.add_input("x", {images, 4, 5, 6}, ElementType::Int8);
      const TensorId turned = graph.add_node("turned", "turned", Transpose{{0, 3, 1, 2}}, {x});
      const TensorId flat = graph.add_node("flat", "flat", Reshape{{images, 120}}, {turned});
      const TensorId w = graph.add_constant("w", transpose_b ? Shape{7, 120} : Shape{120, 7}, counted(840));
      graph.mark_output(graph.add_node("y", "y", MatMul{false, transpose_b}, {flat, w}));
      const auto before = outputs_of(graph);
      EXPECT_TRUE(sink_transposes(graph));
      verify_graph(graph);
      EXPECT_EQ(count<Transpose>(graph), 0u);
      EXPECT_EQ(outputs_of(graph), before);
    }
  }
}

TEST(Transposes, ATransposeAcrossTheRowsOfTheMatrixStays) {
  Graph graph;
  graph.name = "g";
  const TensorId x = graph.add_input("x", {4, 3, 5}, ElementType::Int8);
  const TensorId turned = graph.add_node("turned", "turned", Transpose{{1, 0, 2}}, {x});
  const TensorId flat = graph.add_node("flat", "flat", Reshape{{3, 20}}, {turned});
  const TensorId w = graph.add_constant("w", {20, 7}, counted(140));
  graph.mark_output(graph.add_node("y", "y", MatMul{}, {flat, w}));
  EXPECT_FALSE(sink_transposes(graph));
}

TEST(GraphPasses, NeverChangeABitOfRandomGraphs) {
  std::map<std::string, int> changed;
  for (unsigned seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Graph graph = RandomNetwork(seed).finish();
    const auto wanted = outputs_of(graph);
    for (const GraphPass& pass : graph_passes()) {
      if (!pass.run(graph)) continue;
      ++changed[pass.name];
      ASSERT_NO_THROW(verify_graph(graph)) << pass.name << "\n" << describe_graph(graph);
      ASSERT_EQ(outputs_of(graph), wanted) << pass.name << "\n" << describe_graph(graph);
    }
    ASSERT_NO_THROW(fuse_layers(graph));
    EXPECT_FALSE(sink_transposes(graph)) << "not done at once";
  }
  EXPECT_GT(changed["transposes"], 20);
}

TEST(GraphPasses, EachCanBePrinted) {
  const Graph graph = RandomNetwork(1).finish();
  for (const GraphPass& pass : graph_passes()) {
    EXPECT_THAT(optimise_graph(graph, pass.name).dump, HasSubstr("graph random")) << pass.name;
  }
  EXPECT_EQ(optimise_graph(graph, "fused").dump, "");
}

}  // namespace
}  // namespace gemel::compiler
