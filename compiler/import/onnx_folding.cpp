// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/onnx_folding.h"

#include <algorithm>

#include "compiler/onnx/onnx_error.h"
#include "compiler/quantize/evaluate.h"

namespace gemel::compiler {
namespace {

bool asks_for_shape(const OnnxNode& node) {
  return node.domain.empty() && (node.op_type == "Shape" || node.op_type == "Size");
}

// A tensor of which only the shape is looked at.
OnnxTensor empty_tensor(const OnnxShape& shape) {
  OnnxTensor tensor;
  tensor.type = OnnxType::Int8;
  tensor.shape = shape;
  return tensor;
}

}  // namespace

bool may_be_folded(const OnnxNode& node) {
  const bool changes_form = node.op_type == "QuantizeLinear" || node.op_type == "DequantizeLinear";
  return node.domain.empty() && !changes_form && can_evaluate(node);
}

bool try_folding(OnnxBuilder& builder) {
  const OnnxNode& node = builder.node();
  if (!may_be_folded(node)) return false;
  std::vector<const OnnxTensor*> inputs;
  OnnxTensor shaped;
  for (const std::string& input : node.inputs) inputs.push_back(input.empty() ? nullptr : builder.constant(input));
  if (asks_for_shape(node) && inputs.size() == 1 && !inputs[0] && builder.has_value(node.inputs[0])) {
    shaped = empty_tensor(builder.shape(node.inputs[0]));
    inputs[0] = &shaped;
  }
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (!inputs[i] && !node.inputs[i].empty()) return false;
  }
  for (const std::string& output : node.outputs) {
    if (builder.model().is_output(output)) return false;
  }
  const std::vector<OnnxTensor> results = evaluate_node(node, inputs);
  for (std::size_t i = 0; i < node.outputs.size() && i < results.size(); ++i) {
    if (!node.outputs[i].empty()) builder.fold(node.outputs[i], results[i]);
  }
  return true;
}

}  // namespace gemel::compiler
