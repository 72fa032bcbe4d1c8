// SPDX-License-Identifier: Apache-2.0
#include "compiler/quantize/graph_edit.h"

#include <algorithm>

namespace gemel::compiler {

GraphEdit::GraphEdit(OnnxModel& model) : model_(model) { index(); }

void GraphEdit::index() {
  producers_.clear();
  for (std::size_t n = 0; n < model_.nodes.size(); ++n) {
    for (const std::string& output : model_.nodes[n].outputs) {
      if (!output.empty()) producers_[output] = n;
    }
  }
  readers_ = onnx_readers(model_);
}

OnnxNode* GraphEdit::producer(const std::string& value) {
  const auto found = producers_.find(value);
  return found == producers_.end() ? nullptr : &model_.nodes[found->second];
}

OnnxNode* GraphEdit::producer(const std::string& value, const char* op) {
  OnnxNode* node = producer(value);
  return node && node->domain.empty() && node->op_type == op ? node : nullptr;
}

OnnxNode* GraphEdit::only_reader(const std::string& value) {
  const auto found = readers_.find(value);
  if (found == readers_.end() || found->second.size() != 1 || model_.is_output(value)) return nullptr;
  return &model_.nodes[found->second[0]];
}

OnnxNode* GraphEdit::only_reader(const std::string& value, const char* op) {
  OnnxNode* node = only_reader(value);
  return node && node->domain.empty() && node->op_type == op ? node : nullptr;
}

std::optional<GraphEdit::WithNumber> GraphEdit::with_number(const OnnxNode& node) const {
  if (node.inputs.size() != 2) return std::nullopt;
  for (std::size_t i = 0; i < 2; ++i) {
    const OnnxTensor* tensor = model_.initializer(node.inputs[1 - i]);
    if (!tensor || tensor->type != OnnxType::Float || tensor->count() != 1) continue;
    return WithNumber{tensor->elements<float>()[0], node.inputs[i], i == 1};
  }
  return std::nullopt;
}

bool GraphEdit::is_float_constant(const std::string& value) const {
  const OnnxTensor* tensor = model_.initializer(value);
  return tensor && tensor->type == OnnxType::Float;
}

void GraphEdit::replace(OnnxNode& last, const std::string& op, std::int64_t opset, std::vector<std::string> inputs) {
  last.op_type = op;
  last.domain.clear();
  last.opset = std::max(last.opset, opset);
  last.inputs = std::move(inputs);
  last.attributes.clear();
  readers_ = onnx_readers(model_);
}

void GraphEdit::replace_by_gelu(OnnxNode& last, const std::string& x, bool approximate) {
  const auto opset = model_.opsets.find("");
  if (opset != model_.opsets.end() && opset->second >= 20) {
    replace(last, "Gelu", opset->second, {x});
    if (approximate) last.attributes["approximate"] = OnnxAttribute::of(std::string("tanh"));
    return;
  }
  replace(last, approximate ? "FastGelu" : "Gelu", 1, {x});
  last.domain = kOnnxMicrosoft;
  last.opset = 1;
  model_.opsets[kOnnxMicrosoft] = 1;
}

std::string GraphEdit::add_constant(const std::string& wanted, OnnxTensor tensor) {
  const std::string name = model_.unused_name(wanted);
  model_.initializers[name] = std::move(tensor);
  return name;
}

void GraphEdit::drop_dead() {
  std::set<std::string> needed;
  for (const OnnxValue& output : model_.outputs) needed.insert(output.name);
  std::vector<OnnxNode> kept;
  for (std::size_t n = model_.nodes.size(); n-- > 0;) {
    OnnxNode& node = model_.nodes[n];
    const bool is_needed = std::any_of(node.outputs.begin(), node.outputs.end(),
                                       [&](const std::string& o) { return !o.empty() && needed.count(o) != 0; });
    if (!is_needed) continue;
    needed.insert(node.inputs.begin(), node.inputs.end());
    kept.push_back(std::move(node));
  }
  std::reverse(kept.begin(), kept.end());
  model_.nodes = std::move(kept);
  for (auto it = model_.initializers.begin(); it != model_.initializers.end();) {
    it = needed.count(it->first) != 0 ? std::next(it) : model_.initializers.erase(it);
  }
  index();
}

}  // namespace gemel::compiler
