// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/workload_yaml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "compiler/reference/graph_executor.h"

namespace gemel::compiler {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Graph parsed(const std::string& layers, const std::string& inputs = "  - {name: x, shape: [1, 8, 8, 4]}\n") {
  return parse_workload("schema: workload/v1\nname: test\ninputs:\n" + inputs + "layers:\n" + layers, "test.yaml");
}

const Node& node_of(const Graph& graph, const std::string& name) {
  for (const Node& node : graph.nodes) {
    if (node.name == name) return node;
  }
  throw std::out_of_range(name);
}

const Tensor& tensor_of(const Graph& graph, const std::string& name) {
  for (const Tensor& tensor : graph.tensors) {
    if (tensor.name == name) return tensor;
  }
  throw std::out_of_range(name);
}

const Window& window_of(const Graph& graph, const std::string& layer) {
  return std::get<Conv2d>(node_of(graph, layer + ".sums").op).window;
}

TEST(WorkloadYaml, LayersFollowOneAnotherUnlessInputsAreNamed) {
  const Graph graph = parsed(
      "  - {name: a, op: conv2d, out_channels: 2, kernel: 3}\n"
      "  - {name: b, op: relu}\n"
      "  - {name: c, op: relu, inputs: a}\n");
  EXPECT_EQ(graph.tensor(node_of(graph, "b").inputs[0]).name, "a");
  EXPECT_EQ(graph.tensor(node_of(graph, "c").inputs[0]).name, "a");
  std::vector<std::string> outputs;
  for (TensorId id : graph.outputs) outputs.push_back(graph.tensor(id).name);
  EXPECT_THAT(outputs, ElementsAre("b", "c"));  // what nothing reads
}

TEST(WorkloadYaml, ReadsWindows) {
  const Graph graph = parsed(
      "  - {name: a, op: conv2d, inputs: x, out_channels: 2, kernel: [3, 5], stride: [2, 1], padding: [1, 2], "
      "dilation: [1, 1]}\n"
      "  - {name: b, op: conv2d, inputs: x, out_channels: 2, kernel: 3, padding: [0, 1, 2, 0], dilation: 2}\n"
      "  - {name: p, op: max_pool, inputs: x, kernel: [2, 4]}\n");
  const Window& a = window_of(graph, "a");
  EXPECT_THAT((std::vector<std::int64_t>{a.kernel_h, a.kernel_w, a.stride_h, a.stride_w}), ElementsAre(3, 5, 2, 1));
  EXPECT_THAT((std::vector<std::int64_t>{a.padding.top, a.padding.left, a.padding.bottom, a.padding.right}),
              ElementsAre(1, 2, 1, 2));
  const Window& b = window_of(graph, "b");
  EXPECT_THAT((std::vector<std::int64_t>{b.padding.top, b.padding.left, b.padding.bottom, b.padding.right}),
              ElementsAre(0, 1, 2, 0));
  EXPECT_EQ(b.dilation_w, 2);
  EXPECT_EQ(std::get<MaxPool>(node_of(graph, "p").op).window.stride_w, 4);  // default: the kernel
}

TEST(WorkloadYaml, SamePaddingGivesCeilOutputsAndPutsTheOddElementAfter) {
  const Graph graph = parsed(
      "  - {name: a, op: conv2d, inputs: x, out_channels: 2, kernel: 3, stride: 2, padding: same}\n"
      "  - {name: b, op: conv2d, inputs: x, out_channels: 2, kernel: 4, stride: 3, padding: same}\n"
      "  - {name: c, op: conv2d, inputs: x, out_channels: 2, kernel: 1, stride: 3, padding: same}\n");
  const Padding& a = window_of(graph, "a").padding;  // 4 outputs need 9 elements of 8
  EXPECT_THAT((std::vector<std::int64_t>{a.top, a.left, a.bottom, a.right}), ElementsAre(0, 0, 1, 1));
  const Padding& b = window_of(graph, "b").padding;  // 3 outputs need 10
  EXPECT_THAT((std::vector<std::int64_t>{b.top, b.left, b.bottom, b.right}), ElementsAre(1, 1, 1, 1));
  EXPECT_FALSE(window_of(graph, "c").padding.any());
  EXPECT_EQ(tensor_of(graph, "a").shape, (Shape{1, 4, 4, 2}));
  EXPECT_EQ(tensor_of(graph, "b").shape, (Shape{1, 3, 3, 2}));
  EXPECT_EQ(tensor_of(graph, "c").shape, (Shape{1, 3, 3, 2}));
}

TEST(WorkloadYaml, ConvolutionWithEverything) {
  const Graph graph = parsed(
      "  - {name: c, op: conv2d, out_channels: 4, kernel: 3, padding: 1, groups: 2, add: x, add_multiplier: -5,"
      " activation: relu, scale: 0.5}\n");
  std::vector<std::string> nodes;
  for (const Node& node : graph.nodes) nodes.push_back(node.name + ":" + operator_name(node.op));
  EXPECT_THAT(nodes, ElementsAre("c.sums:conv2d", "c.add:add", "c.relu:relu", "c:requantize"));
  EXPECT_EQ(tensor_of(graph, "c.weights").shape, (Shape{3, 3, 2, 4}));
  EXPECT_EQ(tensor_of(graph, "c.bias").shape, (Shape{4}));
  EXPECT_EQ(std::get<Add>(node_of(graph, "c.add").op).b_multiplier, -5);
  EXPECT_EQ(std::get<Requantize>(node_of(graph, "c").op).scale, 0.5f);
}

TEST(WorkloadYaml, DepthwiseTakesItsChannelsFromTheInput) {
  const Graph graph = parsed("  - {name: d, op: depthwise_conv2d, kernel: 3, bias: false}\n");
  EXPECT_EQ(std::get<Conv2d>(node_of(graph, "d.sums").op).groups, 4);
  EXPECT_EQ(tensor_of(graph, "d.weights").shape, (Shape{3, 3, 1, 4}));
  EXPECT_EQ(node_of(graph, "d.sums").inputs.size(), 2u);
}

TEST(WorkloadYaml, AverageDividesByTheWindow) {
  const Graph graph = parsed(
      "  - {name: a, op: average_pool, kernel: [2, 4], scale: 3}\n"
      "  - {name: g, op: global_average_pool, inputs: x, scale: 1}\n");
  EXPECT_EQ(std::get<Requantize>(node_of(graph, "a").op).scale, 3.0f / 8);
  EXPECT_EQ(std::get<Requantize>(node_of(graph, "g").op).scale, 1.0f / 64);
}

TEST(WorkloadYaml, CalibratedScaleUsesTheRangeOfInt8) {
  const Graph graph = parsed("  - {name: c, op: conv2d, out_channels: 64, kernel: 3}\n");
  const auto values = execute_graph(graph);
  const std::vector<std::int8_t>& data = values.at(graph.outputs[0]).int8_data;
  std::vector<int> magnitudes;
  for (std::int8_t v : data) magnitudes.push_back(std::abs(int{v}));
  std::sort(magnitudes.begin(), magnitudes.end());
  EXPECT_NEAR(magnitudes[magnitudes.size() * 999 / 1000], 100, 8);
}

TEST(WorkloadYaml, RepeatChainsItsBlocksAndKnowsWhatEnters) {
  const Graph graph = parsed(
      "  - {name: stem, op: conv2d, out_channels: 4, kernel: 1}\n"
      "  - repeat: 2\n"
      "    name: block\n"
      "    layers:\n"
      "      - {name: a, op: conv2d, out_channels: 6, kernel: 1}\n"
      "      - {name: b, op: conv2d, out_channels: 4, kernel: 1, add: block_input}\n"
      "  - {name: end, op: relu, inputs: block}\n");
  EXPECT_EQ(graph.tensor(node_of(graph, "block.0.a.sums").inputs[0]).name, "stem");
  EXPECT_EQ(graph.tensor(node_of(graph, "block.0.b.add").inputs[1]).name, "stem");
  EXPECT_EQ(graph.tensor(node_of(graph, "block.1.a.sums").inputs[0]).name, "block.0.b");
  EXPECT_EQ(graph.tensor(node_of(graph, "block.1.b.add").inputs[1]).name, "block.0.b");
  EXPECT_EQ(graph.tensor(node_of(graph, "end").inputs[0]).name, "block.1.b");
  EXPECT_NE(tensor_of(graph, "block.0.a.weights").int8_data, tensor_of(graph, "block.1.a.weights").int8_data);
}

TEST(WorkloadYaml, SameFileGivesTheSameGraph) {
  const std::string layers = "  - {name: c, op: conv2d, out_channels: 8, kernel: 3, activation: relu}\n";
  const Graph first = parsed(layers), second = parsed(layers);
  EXPECT_EQ(describe_graph(first), describe_graph(second));
  for (std::size_t t = 0; t < first.tensors.size(); ++t) {
    EXPECT_EQ(first.tensors[t].int8_data, second.tensors[t].int8_data);
    EXPECT_EQ(first.tensors[t].int32_data, second.tensors[t].int32_data);
  }
}

TEST(WorkloadYaml, NamedOutputsAndMatrixLayers) {
  const Graph graph = parse_workload(
      "schema: workload/v1\nname: m\ninputs: [{name: a, shape: [2, 3, 4], type: int8}, {name: b, shape: [2, 5, 4]}]\n"
      "layers:\n"
      "  - {name: p, op: matmul, inputs: [a, b], transpose_b: true}\n"
      "  - {name: s, op: softmax, causal: true, causal_offset: 2}\n"
      "  - {name: n, op: layer_norm, epsilon: 0.001}\n"
      "  - {name: g, op: gelu}\n"
      "  - {name: m, op: mul, inputs: [g, n]}\n"
      "  - {name: c, op: constant, shape: [3, 5]}\n"
      "  - {name: q, op: add, inputs: [m, c], multipliers: [1, -1]}\n"
      "outputs: [q, s]\n",
      "test.yaml");
  EXPECT_EQ(tensor_of(graph, "q").shape, (Shape{2, 3, 5}));
  EXPECT_EQ(std::get<Softmax>(node_of(graph, "s").op).causal_offset, 2);
  EXPECT_EQ(std::get<LayerNorm>(node_of(graph, "n").op).epsilon, 0.001f);
  ASSERT_EQ(graph.outputs.size(), 2u);
  EXPECT_EQ(graph.tensor(graph.outputs[0]).name, "q");
}

}  // namespace
}  // namespace gemel::compiler
