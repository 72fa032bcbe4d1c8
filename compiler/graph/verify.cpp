// SPDX-License-Identifier: Apache-2.0
#include "compiler/graph/verify.h"

#include <algorithm>
#include <unordered_set>

namespace gemel::compiler {
namespace {

[[noreturn]] void fail(const std::string& where, const std::string& reason) {
  throw GraphError("'" + where + "': " + reason);
}

void verify_tensors(const Graph& graph) {
  std::unordered_set<std::string> names;
  for (const Tensor& tensor : graph.tensors) {
    if (tensor.name.empty()) throw GraphError("a tensor has no name");
    if (!names.insert(tensor.name).second) fail(tensor.name, "two tensors have this name");
    for (std::int64_t extent : tensor.shape) {
      if (extent < 1) fail(tensor.name, "shape " + describe_shape(tensor.shape) + " has a dimension below 1");
    }
    const bool is_int8 = element_bytes(tensor.type) == 1;
    const auto wanted = tensor.role == TensorRole::Constant ? static_cast<std::size_t>(element_count(tensor.shape)) : 0;
    if (tensor.int8_data.size() != (is_int8 ? wanted : 0) || tensor.int32_data.size() != (is_int8 ? 0 : wanted)) {
      fail(tensor.name, "holds " + std::to_string(tensor.int8_data.size() + tensor.int32_data.size()) +
                            " elements of data where its role and shape want " + std::to_string(wanted));
    }
  }
}

void verify_references(const Graph& graph) {
  for (const Node& node : graph.nodes) {
    for (TensorId input : node.inputs) {
      if (input >= graph.tensors.size()) fail(node.name, "reads a tensor that does not exist");
    }
    if (node.inputs.empty()) fail(node.name, "reads nothing");
    if (node.output >= graph.tensors.size()) fail(node.name, "writes a tensor that does not exist");
  }
}

// The largest magnitude that a node's int32 result can have, or 0 where the node makes no sum. Interval arithmetic
// over the worst inputs; a constant bias counts with its largest element.
std::int64_t largest_sum(const Graph& graph, const Node& node, const std::vector<std::int64_t>& magnitude) {
  std::int64_t sum = 0;
  if (std::holds_alternative<Conv2d>(node.op) || std::holds_alternative<MatMul>(node.op)) {
    const Tensor& out = graph.tensor(node.output);
    const auto depth = static_cast<std::int64_t>(node_macs(graph, node)) / element_count(out.shape);
    sum = depth * magnitude[node.inputs[0]] * magnitude[node.inputs[1]];
    if (node.inputs.size() > 2) sum += magnitude[node.inputs[2]];
  } else if (const auto* add = std::get_if<Add>(&node.op)) {
    sum = std::abs(std::int64_t{add->a_multiplier}) * magnitude[node.inputs[0]] +
          std::abs(std::int64_t{add->b_multiplier}) * magnitude[node.inputs[1]];
  } else if (const auto* pool = std::get_if<SumPool>(&node.op)) {
    sum = pool->window.kernel_h * pool->window.kernel_w * magnitude[node.inputs[0]];
  }
  return sum;
}

std::int64_t constant_magnitude(const Tensor& tensor) {
  std::int64_t largest = 0;
  for (std::int8_t v : tensor.int8_data) largest = std::max(largest, std::abs(std::int64_t{v}));
  for (std::int32_t v : tensor.int32_data) largest = std::max(largest, std::abs(std::int64_t{v}));
  return largest;
}

void verify_sums(const Graph& graph) {
  constexpr std::int64_t kLimit = 2147483647;
  std::vector<std::int64_t> magnitude(graph.tensors.size());
  for (std::size_t t = 0; t < graph.tensors.size(); ++t) {
    const Tensor& tensor = graph.tensors[t];
    magnitude[t] = tensor.type == ElementType::Int8 ? 128 : kLimit;
    if (tensor.role == TensorRole::Constant) magnitude[t] = constant_magnitude(tensor);
  }
  for (const Node& node : graph.nodes) {
    const std::int64_t sum = largest_sum(graph, node, magnitude);
    if (sum > kLimit) {
      fail(node.name, std::string(operator_name(node.op)) + " can reach " + std::to_string(sum) +
                          ", which leaves the accumulator's 32 bits");
    }
    if (graph.tensor(node.output).type == ElementType::Int32) {
      magnitude[node.output] = sum != 0 ? sum : magnitude[node.inputs[0]];
    }
  }
}

}  // namespace

std::vector<bool> non_negative_tensors(const Graph& graph) {
  std::vector<bool> result(graph.tensors.size(), false);
  for (std::size_t t = 0; t < graph.tensors.size(); ++t) {
    const Tensor& tensor = graph.tensors[t];
    if (tensor.role != TensorRole::Constant) continue;
    result[t] = std::all_of(tensor.int8_data.begin(), tensor.int8_data.end(), [](std::int8_t v) { return v >= 0; }) &&
                std::all_of(tensor.int32_data.begin(), tensor.int32_data.end(), [](std::int32_t v) { return v >= 0; });
  }
  for (const Node& node : graph.nodes) {
    const Operator& op = node.op;
    if (std::holds_alternative<Relu>(op)) {
      result[node.output] = true;
    } else if (const auto* softmax = std::get_if<Softmax>(&op)) {
      result[node.output] = softmax->zero_point >= 0;
    } else if (const auto* quantize = std::get_if<QuantizeSums>(&op)) {
      result[node.output] = quantize->least >= 0;
    } else if (std::holds_alternative<Requantize>(op) || std::holds_alternative<MaxPool>(op) ||
               std::holds_alternative<SumPool>(op) || std::holds_alternative<Concat>(op) ||
               std::holds_alternative<Reshape>(op) || std::holds_alternative<Transpose>(op) ||
               std::holds_alternative<Slice>(op)) {
      result[node.output] =
          std::all_of(node.inputs.begin(), node.inputs.end(), [&](TensorId id) { return bool{result[id]}; });
    } else if (const auto* add = std::get_if<Add>(&op)) {
      result[node.output] =
          result[node.inputs[0]] && result[node.inputs[1]] && add->a_multiplier >= 0 && add->b_multiplier >= 0;
    }
  }
  return result;
}

void verify_graph(const Graph& graph) {
  verify_tensors(graph);
  verify_references(graph);
  std::vector<bool> available(graph.tensors.size(), false);
  for (std::size_t t = 0; t < graph.tensors.size(); ++t) {
    available[t] = graph.tensors[t].role == TensorRole::Input || graph.tensors[t].role == TensorRole::Constant;
  }
  const std::vector<bool> non_negative = non_negative_tensors(graph);
  std::unordered_set<std::string> names;
  for (const Node& node : graph.nodes) {
    if (!names.insert(node.name).second) fail(node.name, "two nodes have this name");
    std::vector<const Tensor*> operands;
    for (TensorId input : node.inputs) {
      if (!available[input]) fail(node.name, "reads '" + graph.tensors[input].name + "' before anything produces it");
      operands.push_back(&graph.tensors[input]);
    }
    const Tensor& out = graph.tensors[node.output];
    if (available[node.output]) fail(node.name, "writes '" + out.name + "', which already has a value");
    InferredType type;
    try {
      type = infer_type(node.op, operands);
    } catch (const GraphError& error) {
      fail(node.name, error.what());
    }
    if (type.shape != out.shape || type.type != out.type) {
      fail(node.name, std::string("produces ") + element_type_name(type.type) + " " + describe_shape(type.shape) +
                          ", but its output is declared " + element_type_name(out.type) + " " +
                          describe_shape(out.shape));
    }
    if (const auto* pool = std::get_if<MaxPool>(&node.op)) {
      if (pool->window.padding.any() && !pool->ignores_padding && !non_negative[node.inputs[0]]) {
        fail(node.name,
             "a padded max_pool counts padding as 0, so its input '" + operands[0]->name + "' must come from a relu");
      }
    }
    available[node.output] = true;
  }
  if (graph.outputs.empty()) throw GraphError("the graph has no output");
  for (TensorId output : graph.outputs) {
    if (output >= graph.tensors.size() || !available[output]) throw GraphError("an output has no producer");
    if (graph.tensors[output].role != TensorRole::Output) fail(graph.tensors[output].name, "is not marked as output");
  }
  verify_sums(graph);
}

}  // namespace gemel::compiler
