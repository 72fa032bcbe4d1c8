// SPDX-License-Identifier: Apache-2.0
#include "compiler/quantize/scale_plan.h"

#include <algorithm>
#include <cmath>

#include "compiler/onnx/onnx_error.h"
#include "compiler/quantize/attention_masks.h"
#include "compiler/quantize/graph_edit.h"

namespace gemel::compiler {
namespace {

constexpr const char* kKeeping[] = {
    "Reshape", "Flatten",  "Transpose",    "Squeeze",      "Unsqueeze",     "Slice",     "Split",     "Gather",
    "Expand",  "Identity", "Dropout",      "MaxPool",      "Concat",        "Pad",       "Relu",      "Clip",
    "Resize",  "Tile",     "DepthToSpace", "SpaceToDepth", "GlobalMaxPool", "ReduceMax", "ReduceMin", "Upsample"};

bool limits(const OnnxNode& node) { return node.domain.empty() && (node.op_type == "Relu" || node.op_type == "Clip"); }

// A product with a constant number above 0.
bool rescales(GraphEdit& edit, const OnnxNode& node) {
  if (node.op_type != "Mul" || !node.domain.empty()) return false;
  const auto factor = edit.with_number(node);
  if (!factor || edit.is_float_constant(factor->other) || !(factor->number > 1e-12f && factor->number < 1e12f)) {
    return false;
  }
  // [[c]] times a row would be a matrix.
  const OnnxTensor& number = *edit.model().initializer(node.inputs[factor->number_first ? 0 : 1]);
  const auto other = edit.model().notes.find(factor->other);
  return number.shape.empty() ||
         (other != edit.model().notes.end() && number.shape.size() <= other->second.shape.size());
}

// Values whose scales are multiples of each other's, whatever the scale of one is.
class Ties {
 public:
  struct Place {
    std::string root;
    double factor = 1;  // scale = factor · that of the root
  };
  Place find(const std::string& value) {
    Place place{value, 1};
    for (auto up = parents_.find(value); up != parents_.end(); up = parents_.find(place.root)) {
      place = {up->second.root, place.factor * up->second.factor};
    }
    return place;
  }

  // scale of a = ratio · scale of b. False where they are tied already.
  bool tie(const std::string& a, const std::string& b, double ratio) {
    const Place x = find(a), y = find(b);
    if (x.root == y.root) return false;
    parents_[x.root] = {y.root, ratio * y.factor / x.factor};
    double& root = scales_[y.root];
    root = std::max(root, scales_[x.root] / parents_[x.root].factor);
    return true;
  }
  void start(const std::string& value, double scale) { scales_[value] = scale; }
  void raise(const std::string& value, double scale) {
    const Place place = find(value);
    double& root = scales_[place.root];
    root = std::max(root, scale / place.factor);
  }
  double scale(const std::string& value) {
    const Place place = find(value);
    return place.factor * scales_.at(place.root);
  }

 private:
  std::map<std::string, Place> parents_;
  std::map<std::string, double> scales_;  // of the roots: no member saturates before its limit
};

// The nearest ratio of small whole numbers.
double whole_ratio(double ratio) {
  constexpr int kMost = 15, kMostAlone = 127;
  double best = 1;
  const auto look_at = [&](double candidate) {
    if (std::fabs(std::log(candidate / ratio)) < std::fabs(std::log(best / ratio))) best = candidate;
  };
  for (int p = 1; p <= kMostAlone; ++p) {
    look_at(p);
    look_at(1.0 / p);
  }
  for (int p = 2; p <= kMost; ++p) {
    for (int q = 2; q <= kMost; ++q) look_at(static_cast<double>(p) / q);
  }
  return best;
}

}  // namespace

bool keeps_numbers(const OnnxNode& node) {
  return node.domain.empty() &&
         std::any_of(std::begin(kKeeping), std::end(kKeeping), [&](const char* op) { return node.op_type == op; });
}

QuantizedValues quantized_values(const OnnxModel& given) {
  OnnxModel model = given;
  GraphEdit edit(model);
  QuantizedValues values;
  std::set<std::string> sums;  // that a Softmax reads
  for (const MaskedSoftmax& softmax : find_masked_softmax(edit)) {
    sums.insert(softmax.sum);
    values.masks.insert(softmax.mask_values.begin(), softmax.mask_values.end());
  }
  for (const OnnxValue& input : model.inputs) {
    if (input.type == OnnxType::Float) values.activations.insert(input.name);
  }
  for (const OnnxNode& node : model.nodes) {
    if (rescales(edit, node)) {
      values.rescaled.insert(node.outputs[0]);
      continue;
    }
    for (const std::string& output : node.outputs) {
      const auto note = model.notes.find(output);
      const bool is_number = note == model.notes.end() || note->second.type == OnnxType::Float;
      if (output.empty() || !is_number || sums.count(output) != 0) continue;
      const OnnxNode* reader = edit.only_reader(output);
      // A limit becomes part of the step before it; a Relu after a bias too.
      const bool is_limited =
          reader && limits(*reader) && (!keeps_numbers(node) || limits(node)) && values.rescaled.count(output) == 0;
      const bool has_bias = reader && node.op_type == "MatMul" && edit.is_float_constant(node.input(1)) &&
                            reader->op_type == "Add" && reader->inputs.size() == 2;
      bool is_row = false;
      if (has_bias) {
        const std::string& other = reader->inputs[reader->inputs[0] == output ? 1 : 0];
        const OnnxTensor* bias = model.initializer(other);
        is_row = bias && bias->shape.size() == 1 && bias->shape[0] == model.initializer(node.input(1))->shape.back();
      }
      if (is_limited || is_row) continue;
      values.activations.insert(output);
    }
    // Constants that are no weights, biases or parameters.
    static const std::set<std::string> kElementwise{"Add", "Sub", "Mul", "Div", "Max", "Min", "Pow"};
    if (kElementwise.count(node.op_type) != 0) {
      for (std::size_t i = 0; i < node.inputs.size(); ++i) {
        if (!edit.is_float_constant(node.inputs[i])) continue;
        const OnnxNode* product = edit.producer(node.inputs[1 - std::min<std::size_t>(i, 1)], "MatMul");
        if (product && values.activations.count(product->outputs[0]) == 0) continue;
        values.constants.insert(node.inputs[i]);
      }
    }
    if (node.op_type == "Concat" || (node.op_type == "Gather" && edit.is_float_constant(node.input(0)))) {
      for (const std::string& input : node.inputs) {
        if (edit.is_float_constant(input)) values.constants.insert(input);
      }
    }
  }
  return values;
}

std::map<std::string, float> planned_scales(const OnnxModel& given, const QuantizedValues& values,
                                            const QuantizationProfile& profile) {
  OnnxModel model = given;
  GraphEdit edit(model);
  Ties ties;
  const auto start = [&](const std::string& name, float limit) { ties.start(name, static_cast<double>(limit) / 127); };
  const auto is_mask = [&](const std::string& name) { return values.masks.count(name) != 0; };
  for (const std::string& name : values.activations) {
    if (is_mask(name)) {
      start(name, 0);
      continue;
    }
    const auto entry = profile.values.find(name);
    if (entry == profile.values.end()) throw OnnxError("the profile has no value '" + name + "'; make a new one");
    // What is always 0 has any scale.
    start(name, entry->second.least == 0 && entry->second.most == 0 ? 0 : entry->second.limit);
  }
  for (const auto& [name, value] : profile.values) {
    if (values.activations.count(name) == 0) {
      throw OnnxError("the profile names the value '" + name + "', which is not quantised in this model");
    }
  }
  for (const std::string& name : values.constants) {
    if (is_mask(name)) {
      start(name, 0);
      continue;
    }
    float limit = 0;
    for (const float v : model.initializers.at(name).elements<float>()) {
      if (std::isfinite(v)) limit = std::max(limit, std::fabs(v));
    }
    start(name, limit);
  }
  for (const std::string& name : values.rescaled) ties.start(name, 0);
  const auto is_known = [&](const std::string& name) {
    return values.activations.count(name) + values.constants.count(name) + values.rescaled.count(name) != 0;
  };
  for (const OnnxNode& node : model.nodes) {
    if (values.rescaled.count(node.outputs[0]) != 0) {
      const auto factor = edit.with_number(node);
      ties.tie(node.outputs[0], factor->other, static_cast<double>(factor->number));
    } else if (keeps_numbers(node) && is_known(node.input(0))) {
      const std::size_t data = node.op_type == "Concat" ? node.inputs.size() : 1;
      for (std::size_t i = 1; i < data; ++i) ties.tie(node.inputs[i], node.inputs[0], 1);
      for (const std::string& output : node.outputs) {
        if (is_known(output)) ties.tie(output, node.inputs[0], 1);
      }
    }
  }
  // What a mask hides must lie this far below everything else: its share is then less than 1 in a million.
  constexpr double kDepth = 16;
  std::set<std::string> sums;
  for (const MaskedSoftmax& softmax : find_masked_softmax(edit)) {
    sums.insert(softmax.sum);
    const double bias = static_cast<double>(softmax.bias);
    double limit = softmax.hides ? 2 * (127 * ties.scale(softmax.scores) + bias) + kDepth : bias;
    if (limit == 0) limit = 127;
    for (const std::string& name : softmax.mask_values) ties.raise(name, limit / 127);
  }
  for (const OnnxNode& node : model.nodes) {
    if (node.op_type != "Add" || node.inputs.size() != 2 || sums.count(node.outputs[0]) != 0) continue;
    const std::string &a = node.inputs[0], &b = node.inputs[1];
    if (a == b || !is_known(a) || !is_known(b)) continue;
    const bool is_zero = ties.scale(a) == 0 || ties.scale(b) == 0;
    ties.tie(a, b, is_zero ? 1 : whole_ratio(ties.scale(a) / ties.scale(b)));
  }
  std::map<std::string, float> scales;
  for (const auto* names : {&values.activations, &values.constants, &values.rescaled}) {
    for (const std::string& name : *names) {
      const auto scale = static_cast<float>(ties.scale(name));
      scales[name] = scale == 0 ? 1.0f : scale;
    }
  }
  return scales;
}

}  // namespace gemel::compiler
