// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include "compiler/graph/graph.h"

namespace gemel::compiler {
namespace {

std::string number(float value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.9g", static_cast<double>(value));
  return text;
}

std::string pair(std::int64_t a, std::int64_t b) { return std::to_string(a) + "x" + std::to_string(b); }

template <typename List>
std::string joined(const List& list) {
  std::string text;
  for (auto element : list) text += (text.empty() ? "" : ",") + std::to_string(element);
  return "[" + text + "]";
}

std::string window_text(const Window& window) {
  std::string text = "kernel=" + pair(window.kernel_h, window.kernel_w);
  if (window.stride_h != 1 || window.stride_w != 1) text += " stride=" + pair(window.stride_h, window.stride_w);
  const Padding& pad = window.padding;
  if (pad.any()) {
    text += " padding=[" + std::to_string(pad.top) + "," + std::to_string(pad.left) + "," + std::to_string(pad.bottom) +
            "," + std::to_string(pad.right) + "]";
  }
  if (window.dilation_h != 1 || window.dilation_w != 1) {
    text += " dilation=" + pair(window.dilation_h, window.dilation_w);
  }
  return text;
}

struct Attributes {
  std::string operator()(const Conv2d& op) const {
    return window_text(op.window) + (op.groups == 1 ? "" : " groups=" + std::to_string(op.groups));
  }
  std::string operator()(const MatMul& op) const {
    std::string text;
    if (op.transpose_a) text += "transpose_a";
    if (op.transpose_b) text += text.empty() ? "transpose_b" : " transpose_b";
    return text;
  }
  std::string operator()(const Add& op) const {
    return "multipliers=" + joined(std::vector<std::int32_t>{op.a_multiplier, op.b_multiplier});
  }
  std::string operator()(const Relu&) const { return ""; }
  std::string operator()(const Requantize& op) const { return "scale=" + number(op.scale); }
  std::string operator()(const MaxPool& op) const {
    return window_text(op.window) + (op.ignores_padding ? " ignores_padding" : "");
  }
  std::string operator()(const SumPool& op) const { return window_text(op.window); }
  std::string operator()(const Concat& op) const { return "axis=" + std::to_string(op.axis); }
  std::string operator()(const Reshape& op) const { return "shape=" + joined(op.shape); }
  std::string operator()(const Transpose& op) const { return "permutation=" + joined(op.permutation); }
  std::string operator()(const Slice& op) const {
    return "axis=" + std::to_string(op.axis) + " range=" + std::to_string(op.begin) + ".." + std::to_string(op.end);
  }
  std::string scales(float input, float output) const {
    return "input_scale=" + number(input) + " output_scale=" + number(output);
  }
  std::string operator()(const Softmax& op) const {
    const std::string causal = op.causal ? " causal_offset=" + std::to_string(op.causal_offset) : "";
    return scales(op.input_scale, op.output_scale) + causal +
           (op.zero_point == 0 ? "" : " zero_point=" + std::to_string(op.zero_point)) +
           (op.mask_scale == 1.0f ? "" : " mask_scale=" + number(op.mask_scale)) + (op.logarithm ? " logarithm" : "");
  }
  std::string operator()(const GatherRows&) const { return ""; }
  std::string operator()(const Interpolate& op) const {
    return scales(op.input_scale, op.output_scale) +
           " zero_points=" + joined(std::vector<std::int32_t>{op.input_zero_point, op.output_zero_point});
  }
  std::string operator()(const LayerNorm& op) const {
    return scales(op.input_scale, op.output_scale) + " epsilon=" + number(op.epsilon);
  }
  std::string operator()(const Gelu& op) const { return scales(op.input_scale, op.output_scale); }
  std::string operator()(const Mul& op) const {
    return "a_scale=" + number(op.a_scale) + " b_scale=" + number(op.b_scale) +
           " output_scale=" + number(op.output_scale);
  }
  std::string operator()(const Pad& op) const {
    return "before=" + joined(op.before) + " after=" + joined(op.after) + " value=" + std::to_string(op.value);
  }
  std::string operator()(const Lookup& op) const { return op.result == ElementType::UInt8 ? "uint8" : ""; }
  std::string operator()(const LookupPair&) const { return ""; }
  std::string operator()(const QuantizeSums& op) const {
    return "zero_point=" + std::to_string(op.zero_point) +
           " limits=" + joined(std::vector<std::int32_t>{op.least, op.most}) + " offset=" + std::to_string(op.offset) +
           " factors=" + joined(op.factors);
  }
  std::string quantization(float scale, std::int32_t zero_point) const {
    return "scale=" + number(scale) + " zero_point=" + std::to_string(zero_point);
  }
  std::string operator()(const QuantizeFloat& op) const { return quantization(op.scale, op.zero_point); }
  std::string operator()(const DequantizeFloat& op) const { return quantization(op.scale, op.zero_point); }
};

std::string typed(const Tensor& tensor) {
  return std::string(element_type_name(tensor.type)) + " " + describe_shape(tensor.shape);
}

}  // namespace

std::string describe_operator(const Operator& op) {
  const std::string attributes = std::visit(Attributes{}, op);
  return operator_name(op) + (attributes.empty() ? "" : "{" + attributes + "}");
}

std::string describe_graph(const Graph& graph) {
  std::string text = "graph " + graph.name + "\n";
  for (const Tensor& tensor : graph.tensors) {
    if (tensor.role == TensorRole::Input) text += "input " + tensor.name + ": " + typed(tensor) + "\n";
  }
  for (const Tensor& tensor : graph.tensors) {
    if (tensor.role == TensorRole::Constant) text += "constant " + tensor.name + ": " + typed(tensor) + "\n";
  }
  for (const Node& node : graph.nodes) {
    std::string operands;
    for (TensorId input : node.inputs) operands += (operands.empty() ? "" : ", ") + graph.tensor(input).name;
    text += node.name + ": " + describe_operator(node.op) + "(" + operands + ") -> " +
            typed(graph.tensor(node.output)) + "\n";
  }
  for (TensorId output : graph.outputs) text += "output " + graph.tensor(output).name + "\n";
  text += "macs " + std::to_string(graph_macs(graph)) + "\n";
  return text;
}

}  // namespace gemel::compiler
