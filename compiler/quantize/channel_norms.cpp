// SPDX-License-Identifier: Apache-2.0
#include "compiler/quantize/channel_norms.h"

#include <algorithm>

namespace gemel::compiler {
namespace {

class ChannelNorm {
 public:
  ChannelNorm(OnnxModel& model, const OnnxNode& norm, const OnnxShape& shape, std::vector<OnnxNode>& nodes)
      : model_(model), norm_(norm), shape_(shape), nodes_(nodes) {}

  void split() {
    const std::int64_t channels = shape_[1];
    const std::int64_t groups = norm_.op_type == "GroupNormalization" ? norm_.int_or("num_groups", 1) : channels;
    const std::int64_t row = onnx_element_count(shape_) / (shape_[0] * groups);
    std::vector<float> gamma = channel_numbers(1, channels), beta = channel_numbers(2, channels);
    const bool is_plain = std::all_of(gamma.begin(), gamma.end(), [](float v) { return v == 1.0f; }) &&
                          std::all_of(beta.begin(), beta.end(), [](float v) { return v == 0.0f; });
    const std::string rows = reshaped(norm_.inputs[0], {shape_[0], groups, row}, ".rows");
    OnnxNode& normalised =
        add("LayerNormalization", 17, {rows, numbers(std::vector<float>(row, 1.0f), ".ones")}, ".row_norm");
    normalised.attributes["axis"] = OnnxAttribute::of(std::int64_t{-1});
    normalised.attributes["epsilon"] = OnnxAttribute::of(norm_.float_or("epsilon", 1e-5f));
    const std::string image = reshaped(normalised.outputs[0], shape_, ".image");
    if (is_plain) {
      nodes_.back().outputs = norm_.outputs;
      return;
    }
    const std::string none = numbers(std::vector<float>(gamma.size(), 0.0f), ".mean"),
                      one = numbers(std::vector<float>(gamma.size(), 1.0f), ".variance");
    OnnxNode& scaled =
        add("BatchNormalization", 15,
            {image, numbers(std::move(gamma), ".scale"), numbers(std::move(beta), ".offset"), none, one}, "");
    scaled.attributes["epsilon"] = OnnxAttribute::of(0.0f);
    scaled.outputs = norm_.outputs;
  }

 private:
  // Input i for each channel; in old operator sets it may be for each group.
  std::vector<float> channel_numbers(std::size_t i, std::int64_t channels) const {
    const std::vector<float> given = model_.initializers.at(norm_.inputs[i]).elements<float>();
    std::vector<float> all;
    for (std::int64_t c = 0; c < channels; ++c) {
      all.push_back(given[static_cast<std::size_t>(c * static_cast<std::int64_t>(given.size()) / channels)]);
    }
    return all;
  }

  std::string numbers(std::vector<float> values, const char* suffix) {
    const std::string name = model_.unused_name(norm_.name + suffix);
    model_.initializers[name] = make_onnx_tensor(OnnxType::Float, {static_cast<std::int64_t>(values.size())}, values);
    return name;
  }

  OnnxNode& add(const char* op, std::int64_t opset, std::vector<std::string> inputs, const char* suffix) {
    OnnxNode node;
    node.name = norm_.name + suffix;
    node.op_type = op;
    node.opset = std::max(norm_.opset, opset);
    node.inputs = std::move(inputs);
    node.outputs = {model_.unused_name(norm_.outputs[0] + suffix)};
    nodes_.push_back(std::move(node));
    return nodes_.back();
  }

  std::string reshaped(const std::string& value, const OnnxShape& shape, const char* suffix) {
    const std::string wanted = model_.unused_name(norm_.name + suffix + "_shape");
    model_.initializers[wanted] = make_onnx_tensor(OnnxType::Int64, {static_cast<std::int64_t>(shape.size())}, shape);
    const std::string result = add("Reshape", 13, {value, wanted}, suffix).outputs[0];
    model_.notes[result] = {result, OnnxType::Float, shape};
    return result;
  }

  OnnxModel& model_;
  const OnnxNode norm_;
  const OnnxShape shape_;
  std::vector<OnnxNode>& nodes_;
};

bool is_channel_norm(const OnnxModel& model, const OnnxNode& node) {
  if (!node.domain.empty()) return false;
  if (node.op_type != "InstanceNormalization" && node.op_type != "GroupNormalization") return false;
  return node.inputs.size() == 3 && model.initializer(node.inputs[1]) != nullptr &&
         model.initializer(node.inputs[2]) != nullptr;
}

}  // namespace

void split_channel_norms(OnnxModel& model, const std::map<std::string, OnnxShape>& shapes) {
  const std::vector<OnnxNode> before = std::move(model.nodes);
  std::vector<OnnxNode> nodes;
  for (const OnnxNode& node : before) {
    if (is_channel_norm(model, node)) {
      ChannelNorm(model, node, shapes.at(node.inputs[0]), nodes).split();
    } else {
      nodes.push_back(node);
    }
  }
  model.nodes = std::move(nodes);
}

}  // namespace gemel::compiler
