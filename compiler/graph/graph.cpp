// SPDX-License-Identifier: Apache-2.0
#include "compiler/graph/graph.h"

#include "compiler/graph/verify.h"
#include "sim/arch/numerics.h"

namespace gemel::compiler {

TensorId Graph::add_input(std::string tensor_name, Shape shape, ElementType type) {
  Tensor tensor;
  tensor.name = std::move(tensor_name);
  tensor.shape = std::move(shape);
  tensor.type = type;
  tensor.role = TensorRole::Input;
  tensors.push_back(std::move(tensor));
  inputs.push_back(tensors.size() - 1);
  return tensors.size() - 1;
}

TensorId Graph::add_constant(std::string tensor_name, Shape shape, std::vector<std::int8_t> data) {
  Tensor tensor;
  tensor.name = std::move(tensor_name);
  tensor.shape = std::move(shape);
  tensor.type = ElementType::Int8;
  tensor.role = TensorRole::Constant;
  tensor.int8_data = std::move(data);
  tensors.push_back(std::move(tensor));
  return tensors.size() - 1;
}

TensorId Graph::add_constant(std::string tensor_name, Shape shape, std::vector<std::int32_t> data) {
  Tensor tensor;
  tensor.name = std::move(tensor_name);
  tensor.shape = std::move(shape);
  tensor.type = ElementType::Int32;
  tensor.role = TensorRole::Constant;
  tensor.int32_data = std::move(data);
  tensors.push_back(std::move(tensor));
  return tensors.size() - 1;
}

TensorId Graph::add_constant(std::string tensor_name, Shape shape, const std::vector<float>& data) {
  std::vector<std::int32_t> bits;
  for (const float value : data) bits.push_back(static_cast<std::int32_t>(arch::bits_from_float(value)));
  const TensorId id = add_constant(std::move(tensor_name), std::move(shape), std::move(bits));
  tensors[id].type = ElementType::Float32;
  return id;
}

TensorId Graph::add_node(std::string node_name, std::string layer, Operator op, std::vector<TensorId> node_inputs) {
  std::vector<const Tensor*> operands;
  for (TensorId id : node_inputs) operands.push_back(&tensors.at(id));
  InferredType type;
  try {
    type = infer_type(op, operands);
  } catch (const GraphError& error) {
    throw GraphError("'" + node_name + "': " + error.what());
  }
  Tensor result;
  result.name = node_name;
  result.shape = std::move(type.shape);
  result.type = type.type;
  tensors.push_back(std::move(result));
  nodes.push_back({std::move(node_name), std::move(layer), std::move(op), std::move(node_inputs), tensors.size() - 1});
  return tensors.size() - 1;
}

void Graph::mark_output(TensorId tensor) {
  tensors.at(tensor).role = TensorRole::Output;
  outputs.push_back(tensor);
}

std::vector<std::vector<std::size_t>> consumers_of(const Graph& graph) {
  std::vector<std::vector<std::size_t>> consumers(graph.tensors.size());
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
    for (TensorId input : graph.nodes[n].inputs) {
      auto& list = consumers[input];
      if (list.empty() || list.back() != n) list.push_back(n);
    }
  }
  return consumers;
}

std::vector<std::size_t> producers_of(const Graph& graph) {
  std::vector<std::size_t> producers(graph.tensors.size(), kNoNode);
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) producers[graph.nodes[n].output] = n;
  return producers;
}

std::uint64_t node_macs(const Graph& graph, const Node& node) {
  const Shape& out = graph.tensor(node.output).shape;
  std::int64_t depth = 0;
  if (std::holds_alternative<Conv2d>(node.op)) {
    const Shape& weights = graph.tensor(node.inputs[1]).shape;
    depth = weights[0] * weights[1] * weights[2];
  } else if (const auto* matmul = std::get_if<MatMul>(&node.op)) {
    const Shape& a = graph.tensor(node.inputs[0]).shape;
    depth = matmul->transpose_a ? a[a.size() - 2] : a[a.size() - 1];
  }
  return static_cast<std::uint64_t>(element_count(out) * depth);
}

std::uint64_t graph_macs(const Graph& graph) {
  std::uint64_t macs = 0;
  for (const Node& node : graph.nodes) macs += node_macs(graph, node);
  return macs;
}

}  // namespace gemel::compiler
