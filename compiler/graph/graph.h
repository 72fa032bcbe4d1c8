// SPDX-License-Identifier: Apache-2.0
#pragma once
// A typed graph: tensors, and nodes in an order in which each node's inputs are produced before it.
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "compiler/graph/operators.h"
#include "compiler/graph/tensor.h"

namespace gemel::compiler {

struct Node {
  std::string name;   // unique; its output tensor usually bears the same name
  std::string layer;  // layer of the workload that it came from
  Operator op;
  std::vector<TensorId> inputs;
  TensorId output = 0;
};

class Graph {
 public:
  std::string name;
  std::vector<Tensor> tensors;
  std::vector<Node> nodes;
  std::vector<TensorId> inputs;
  std::vector<TensorId> outputs;

  TensorId add_input(std::string tensor_name, Shape shape, ElementType type);
  TensorId add_constant(std::string tensor_name, Shape shape, std::vector<std::int8_t> data);
  TensorId add_constant(std::string tensor_name, Shape shape, std::vector<std::int32_t> data);
  TensorId add_constant(std::string tensor_name, Shape shape, const std::vector<float>& data);

  // Appends a node; its output tensor (name `node_name`) gets the inferred shape and type. Throws GraphError
  // where the operator does not accept these inputs.
  TensorId add_node(std::string node_name, std::string layer, Operator op, std::vector<TensorId> node_inputs);

  void mark_output(TensorId tensor);

  const Tensor& tensor(TensorId id) const { return tensors.at(id); }
};

// consumers[t]: nodes that read tensor t, in order.
std::vector<std::vector<std::size_t>> consumers_of(const Graph& graph);

// producers[t]: node that writes tensor t, or npos.
inline constexpr std::size_t kNoNode = static_cast<std::size_t>(-1);
std::vector<std::size_t> producers_of(const Graph& graph);

// Useful multiply-accumulates of convolutions and matrix products; other operators count none.
std::uint64_t node_macs(const Graph& graph, const Node& node);
std::uint64_t graph_macs(const Graph& graph);

// "conv2d{kernel=3x3 groups=4}": equal texts mean equal operators.
std::string describe_operator(const Operator& op);

// One line a node: name: op{attributes}(inputs) -> type shape.
std::string describe_graph(const Graph& graph);

}  // namespace gemel::compiler
