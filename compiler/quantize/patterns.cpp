// SPDX-License-Identifier: Apache-2.0
#include "compiler/quantize/patterns.h"

#include <algorithm>
#include <cmath>

#include "compiler/onnx/onnx_error.h"

namespace gemel::compiler {
namespace {

// y = scale · x + shift for each channel.
struct ChannelLine {
  std::vector<float> scale, shift;
};

ChannelLine line_of(const OnnxModel& model, const OnnxNode& node) {
  std::vector<std::vector<float>> parameters;
  for (std::size_t i = 1; i < 5; ++i) {
    const OnnxTensor* tensor = model.initializer(node.input(i));
    if (!tensor || tensor->type != OnnxType::Float) {
      throw OnnxError(node.described() + ": '" + node.input(i) + "' must be a float constant");
    }
    parameters.push_back(tensor->elements<float>());
    if (parameters.back().size() != parameters[0].size()) {
      throw OnnxError(node.described() + ": its parameters have different lengths");
    }
  }
  ChannelLine line;
  const float epsilon = node.float_or("epsilon", 1e-5f);
  for (std::size_t c = 0; c < parameters[0].size(); ++c) {
    line.scale.push_back(parameters[0][c] / std::sqrt(parameters[3][c] + epsilon));
    line.shift.push_back(parameters[1][c] - parameters[2][c] * line.scale[c]);
  }
  return line;
}

bool near(float value, float wanted) { return std::fabs(value - wanted) <= 1e-3f * std::fabs(wanted); }

// The other operand, where one is this value.
const std::string* other_operand(const OnnxNode& node, const std::string& value) {
  if (node.inputs.size() != 2) return nullptr;
  if (node.inputs[0] == value) return &node.inputs[1];
  return node.inputs[1] == value ? &node.inputs[0] : nullptr;
}

bool is_mean_of_last(const OnnxModel& model, const OnnxNode& node, std::size_t rank) {
  std::vector<std::int64_t> axes = node.ints_or("axes", {});
  if (const OnnxTensor* tensor = model.initializer(node.input(1))) axes = tensor->integers();
  return node.int_or("keepdims", 1) == 1 && axes.size() == 1 &&
         (axes[0] == -1 || axes[0] == static_cast<std::int64_t>(rank) - 1);
}

// From t = 1 + f(..x..): the node that ends x · t / 2, in any order; null where it is none.
OnnxNode* end_of_gelu(GraphEdit& edit, const OnnxNode& sum, const std::string& x) {
  OnnxNode* product = edit.only_reader(sum.outputs[0], "Mul");
  if (!product) return nullptr;
  if (const auto half = edit.with_number(*product)) {  // (t / 2) · x
    OnnxNode* last = near(half->number, 0.5f) ? edit.only_reader(product->outputs[0], "Mul") : nullptr;
    const std::string* other = last ? other_operand(*last, product->outputs[0]) : nullptr;
    return other && *other == x ? last : nullptr;
  }
  const std::string* other = other_operand(*product, sum.outputs[0]);
  if (!other) return nullptr;
  if (*other == x) {  // (x · t) / 2
    OnnxNode* last = edit.only_reader(product->outputs[0], "Mul");
    const auto half = last ? edit.with_number(*last) : std::nullopt;
    return half && near(half->number, 0.5f) ? last : nullptr;
  }
  const OnnxNode* halved = edit.producer(*other, "Mul");  // (x / 2) · t
  const auto half = halved ? edit.with_number(*halved) : std::nullopt;
  return half && near(half->number, 0.5f) && half->other == x ? product : nullptr;
}

OnnxNode* sum_with_one(GraphEdit& edit, const OnnxNode& node) {
  OnnxNode* sum = edit.only_reader(node.outputs[0], "Add");
  const auto one = sum ? edit.with_number(*sum) : std::nullopt;
  return one && one->number == 1.0f ? sum : nullptr;
}

void find_erf_gelu(GraphEdit& edit, const OnnxNode& erf) {
  OnnxNode* scaled = edit.producer(erf.inputs[0]);
  const auto factor = scaled ? edit.with_number(*scaled) : std::nullopt;
  if (!factor || factor->number_first) return;
  const bool divides = scaled->op_type == "Div" && near(factor->number, 1.41421356f);
  if (!divides && !(scaled->op_type == "Mul" && near(factor->number, 0.70710678f))) return;
  const OnnxNode* sum = sum_with_one(edit, erf);
  OnnxNode* last = sum ? end_of_gelu(edit, *sum, factor->other) : nullptr;
  if (last) edit.replace_by_gelu(*last, factor->other, false);
}

// tanh(√(2/π) · (x + 0.044715 · x³)).
void find_tanh_gelu(GraphEdit& edit, const OnnxNode& tanh) {
  const OnnxNode* scaled = edit.producer(tanh.inputs[0], "Mul");
  const auto outer = scaled ? edit.with_number(*scaled) : std::nullopt;
  if (!outer || !near(outer->number, 0.79788456f)) return;
  const OnnxNode* inner = edit.producer(outer->other, "Add");
  if (!inner || inner->inputs.size() != 2) return;
  for (std::size_t i = 0; i < 2; ++i) {
    const OnnxNode* cubed = edit.producer(inner->inputs[1 - i], "Mul");
    const auto small = cubed ? edit.with_number(*cubed) : std::nullopt;
    if (!small || !near(small->number, 0.044715f)) continue;
    const OnnxNode* power = edit.producer(small->other, "Pow");
    if (!power || power->inputs[0] != inner->inputs[i]) continue;
    const OnnxNode* sum = sum_with_one(edit, tanh);
    const std::string x = inner->inputs[i];
    OnnxNode* last = sum ? end_of_gelu(edit, *sum, x) : nullptr;
    if (!last) continue;
    edit.replace_by_gelu(*last, x, true);
    return;
  }
}

}  // namespace

void fold_batch_norm(GraphEdit& edit) {
  OnnxModel& model = edit.model();
  for (OnnxNode& node : model.nodes) {
    if (node.op_type != "BatchNormalization" || !node.domain.empty()) continue;
    const ChannelLine line = line_of(model, node);
    const auto channels = static_cast<std::int64_t>(line.scale.size());
    OnnxNode* conv = edit.producer(node.inputs[0], "Conv");
    const OnnxTensor* weights = conv ? model.initializer(conv->input(1)) : nullptr;
    const bool has_bias = conv && !conv->input(2).empty();
    const bool folds = weights && weights->type == OnnxType::Float && !weights->shape.empty() &&
                       weights->shape[0] == channels && edit.only_reader(node.inputs[0]) == &node &&
                       (!has_bias || edit.is_float_constant(conv->input(2)));
    if (!folds) {
      OnnxShape shape{channels, 1, 1, 1};
      if (const OnnxValue* note = model.notes.count(node.inputs[0]) ? &model.notes.at(node.inputs[0]) : nullptr) {
        shape.resize(std::max<std::size_t>(note->shape.size(), 3));
      }
      const std::string scale =
          edit.add_constant(node.name + ".scale", make_onnx_tensor(OnnxType::Float, shape, line.scale));
      const std::string shift =
          edit.add_constant(node.name + ".shift", make_onnx_tensor(OnnxType::Float, {channels}, line.shift));
      edit.replace(node, "Conv", 11, {node.inputs[0], scale, shift});
      node.attributes["group"] = OnnxAttribute::of(channels);
      continue;
    }
    std::vector<float> values = weights->elements<float>();
    std::vector<float> bias = has_bias ? model.initializers.at(conv->inputs[2]).elements<float>()
                                       : std::vector<float>(line.scale.size(), 0.0f);
    const std::size_t each = values.size() / line.scale.size();
    for (std::size_t i = 0; i < values.size(); ++i) values[i] *= line.scale[i / each];
    for (std::size_t c = 0; c < bias.size(); ++c) bias[c] = bias[c] * line.scale[c] + line.shift[c];
    const OnnxShape shape = weights->shape;
    const std::string w = edit.add_constant(conv->name + ".weights", make_onnx_tensor(OnnxType::Float, shape, values));
    const std::string b = edit.add_constant(conv->name + ".bias", make_onnx_tensor(OnnxType::Float, {channels}, bias));
    const std::map<std::string, OnnxAttribute> attributes = conv->attributes;
    edit.replace(node, "Conv", conv->opset, {conv->inputs[0], w, b});
    node.name = conv->name;
    node.attributes = attributes;
    conv->name += ".before_normalisation";
  }
}

void find_gelu(GraphEdit& edit) {
  for (OnnxNode& node : edit.model().nodes) {
    if (!node.domain.empty() || node.inputs.empty()) continue;
    if (node.op_type == "Erf") find_erf_gelu(edit, node);
    if (node.op_type == "Tanh") find_tanh_gelu(edit, node);
  }
}

void find_layer_norm(GraphEdit& edit, const std::map<std::string, OnnxShape>& shapes) {
  OnnxModel& model = edit.model();
  for (OnnxNode& root : model.nodes) {
    if (root.op_type != "Sqrt" || !root.domain.empty()) continue;
    const OnnxNode* sum = edit.producer(root.inputs[0], "Add");
    const auto epsilon = sum ? edit.with_number(*sum) : std::nullopt;
    const OnnxNode* variance = epsilon ? edit.producer(epsilon->other, "ReduceMean") : nullptr;
    const OnnxNode* square = variance ? edit.producer(variance->inputs[0]) : nullptr;
    if (!square || square->inputs.size() != 2) continue;
    const auto exponent = edit.with_number(*square);
    const bool is_power = square->op_type == "Pow" && exponent && exponent->number == 2.0f;
    if (!is_power && !(square->op_type == "Mul" && square->inputs[0] == square->inputs[1])) continue;
    const std::string centred = square->inputs[0];
    const OnnxNode* difference = edit.producer(centred, "Sub");
    const OnnxNode* mean = difference ? edit.producer(difference->inputs[1], "ReduceMean") : nullptr;
    if (!mean || mean->inputs[0] != difference->inputs[0]) continue;
    const std::string x = mean->inputs[0];
    const auto shape = shapes.find(x);
    if (shape == shapes.end() || shape->second.empty() || !is_mean_of_last(model, *mean, shape->second.size()) ||
        !is_mean_of_last(model, *variance, shape->second.size())) {
      continue;
    }
    OnnxNode* last = edit.only_reader(root.outputs[0], "Div");
    if (!last || last->inputs[0] != centred) continue;
    const OnnxShape row{shape->second.back()};
    const auto row_constant = [&](const OnnxNode* node, const std::string& value) -> std::string {
      const std::string* other = node ? other_operand(*node, value) : nullptr;
      return other && edit.is_float_constant(*other) && model.initializers.at(*other).shape == row ? *other : "";
    };
    std::string gamma, beta;
    OnnxNode* product = edit.only_reader(last->outputs[0], "Mul");
    gamma = row_constant(product, last->outputs[0]);
    if (!gamma.empty()) {
      last = product;
      OnnxNode* shifted = edit.only_reader(last->outputs[0], "Add");
      beta = row_constant(shifted, last->outputs[0]);
      if (!beta.empty()) last = shifted;
    } else {
      gamma = edit.add_constant(last->name + ".ones",
                                make_onnx_tensor(OnnxType::Float, row, std::vector<float>(row[0], 1.0f)));
    }
    edit.replace(*last, "LayerNormalization", 17, {x, gamma});
    if (!beta.empty()) last->inputs.push_back(beta);
    last->attributes["axis"] = OnnxAttribute::of(std::int64_t{-1});
    last->attributes["epsilon"] = OnnxAttribute::of(epsilon->number);
  }
}

void find_image_means(GraphEdit& edit, const std::map<std::string, OnnxShape>& shapes) {
  OnnxModel& model = edit.model();
  std::vector<OnnxNode> nodes;
  for (OnnxNode& node : model.nodes) {
    nodes.push_back(node);
    if (node.op_type != "ReduceMean" || !node.domain.empty()) continue;
    const auto shape = shapes.find(node.inputs[0]);
    std::vector<std::int64_t> axes = node.ints_or("axes", {});
    if (const OnnxTensor* tensor = model.initializer(node.input(1))) axes = tensor->integers();
    for (std::int64_t& axis : axes) axis = axis < 0 ? axis + 4 : axis;
    std::sort(axes.begin(), axes.end());
    if (shape == shapes.end() || shape->second.size() != 4 || axes != std::vector<std::int64_t>{2, 3}) continue;
    OnnxNode& mean = nodes.back();
    mean.op_type = "GlobalAveragePool";
    mean.inputs.resize(1);
    mean.attributes.clear();
    if (node.int_or("keepdims", 1) == 1) continue;
    OnnxNode flat;
    flat.name = node.name + ".flat";
    flat.op_type = "Flatten";
    flat.opset = node.opset;
    flat.outputs = node.outputs;
    mean.outputs = {model.unused_name(node.outputs[0] + ".image")};
    flat.inputs = mean.outputs;
    nodes.push_back(std::move(flat));
  }
  model.nodes = std::move(nodes);
  edit.index();
}

void turn_around_constants(GraphEdit& edit) {
  for (OnnxNode& node : edit.model().nodes) {
    const bool subtracts = node.op_type == "Sub", divides = node.op_type == "Div";
    if ((!subtracts && !divides) || !node.domain.empty() || node.inputs.size() != 2) continue;
    if (!edit.is_float_constant(node.inputs[1])) continue;
    const OnnxTensor& tensor = edit.model().initializers.at(node.inputs[1]);
    std::vector<float> values = tensor.elements<float>();
    for (float& v : values) v = subtracts ? -v : 1.0f / v;
    const std::string name =
        edit.add_constant(node.inputs[1] + ".turned", make_onnx_tensor(OnnxType::Float, tensor.shape, values));
    edit.replace(node, subtracts ? "Add" : "Mul", node.opset, {node.inputs[0], name});
  }
}

}  // namespace gemel::compiler
