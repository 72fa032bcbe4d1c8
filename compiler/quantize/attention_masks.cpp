// SPDX-License-Identifier: Apache-2.0
#include "compiler/quantize/attention_masks.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "compiler/quantize/integer_tables.h"
#include "compiler/quantize/scale_plan.h"

namespace gemel::compiler {
namespace {

const OnnxShape* shape_of(const OnnxModel& model, const std::string& value) {
  if (const OnnxTensor* tensor = model.initializer(value)) return &tensor->shape;
  const auto note = model.notes.find(value);
  return note == model.notes.end() ? nullptr : &note->second.shape;
}

bool is_along_last(const OnnxNode& softmax, const OnnxShape& shape) {
  const auto rank = static_cast<std::int64_t>(shape.size());
  const std::int64_t axis = softmax.int_or("axis", softmax.opset < 13 ? 1 : -1);
  return axis == -1 || axis == rank - 1;
}

// Adds `value` and what it is made of; false where it depends on more than constants and integer inputs.
bool collect_mask(GraphEdit& edit, const std::string& value, MaskedSoftmax& found) {
  const OnnxModel& model = edit.model();
  if (edit.is_float_constant(value)) {
    for (const float v : model.initializer(value)->elements<float>()) {
      if (v <= kHidden) found.hides = true;
      if (v > kHidden && std::isfinite(v)) found.bias = std::max(found.bias, std::fabs(v));
    }
    found.mask_values.push_back(value);
    return true;
  }
  const OnnxNode* node = edit.producer(value);
  if (!node) return false;
  found.mask_values.push_back(value);
  if (node->op_type == "Add" && node->domain.empty() && node->inputs.size() == 2) {
    return collect_mask(edit, node->inputs[0], found) && collect_mask(edit, node->inputs[1], found);
  }
  return keeps_numbers(*node) && node->op_type != "Concat" && collect_mask(edit, node->input(0), found);
}

bool leads_back_to_add(GraphEdit& edit, const std::string& value) {
  const OnnxNode* node = edit.producer(value);
  while (node && node->domain.empty() && node->op_type == "Reshape") node = edit.producer(node->input(0));
  return node && node->domain.empty() && node->op_type == "Add";
}

// The Softmax at this place changes places with the Reshape before it; where it is then.
std::optional<std::size_t> swapped_with_reshape(GraphEdit& edit, std::size_t at) {
  OnnxModel& model = edit.model();
  OnnxNode& softmax = model.nodes[at];
  OnnxNode* reshape = edit.producer(softmax.input(0), "Reshape");
  if (!reshape || edit.only_reader(softmax.input(0)) != &softmax || !leads_back_to_add(edit, softmax.input(0))) {
    return std::nullopt;
  }
  const OnnxShape* before = shape_of(model, reshape->input(0));
  const OnnxShape* after = shape_of(model, softmax.input(0));
  if (!before || !after || before->empty() || after->empty() || before->back() != after->back() ||
      !is_along_last(softmax, *after)) {
    return std::nullopt;
  }
  // What lies between has the shape before and a new name.
  const std::string result = softmax.outputs[0], between = model.unused_name(result + ".rows");
  model.notes[between] = {between, OnnxType::Float, *before};
  softmax.inputs[0] = reshape->inputs[0];
  softmax.outputs[0] = between;
  softmax.attributes["axis"] = OnnxAttribute::of(std::int64_t{-1});
  reshape->inputs[0] = between;
  reshape->outputs[0] = result;
  const auto place = static_cast<std::size_t>(reshape - model.nodes.data());
  std::swap(softmax, *reshape);
  edit.index();
  return place;
}

}  // namespace

std::vector<MaskedSoftmax> find_masked_softmax(GraphEdit& edit) {
  const OnnxModel& model = edit.model();
  std::vector<MaskedSoftmax> all;
  for (const OnnxNode& softmax : model.nodes) {
    if (softmax.op_type != "Softmax" || !softmax.domain.empty()) continue;
    const OnnxNode* add = edit.producer(softmax.input(0), "Add");
    const OnnxShape* shape = shape_of(model, softmax.input(0));
    if (!add || !shape || add->inputs.size() != 2 || !is_along_last(softmax, *shape)) continue;
    if (edit.only_reader(softmax.input(0)) != &softmax) continue;
    for (std::size_t i = 0; i < 2; ++i) {
      MaskedSoftmax found{softmax.input(0), add->inputs[i], add->inputs[1 - i], {}, false, 0};
      const OnnxShape* scores = shape_of(model, found.scores);
      if (!scores || *scores != *shape || edit.is_float_constant(found.scores)) continue;
      const bool is_mask = collect_mask(edit, found.mask, found);
      if (!is_mask) {
        found.mask_values.clear();
        found.hides = false;
        if (i == 0) {  // perhaps it is the other way round
          const OnnxShape* other = shape_of(model, found.mask);
          MaskedSoftmax turned{found.sum, found.mask, found.scores, {}, false, 0};
          if (other && *other == *shape && collect_mask(edit, turned.mask, turned)) found = turned;
        }
      }
      all.push_back(std::move(found));
      break;
    }
  }
  return all;
}

void move_reshapes_behind_softmax(GraphEdit& edit) {
  OnnxModel& model = edit.model();
  for (std::size_t n = 0; n < model.nodes.size(); ++n) {
    if (model.nodes[n].op_type != "Softmax" || !model.nodes[n].domain.empty()) continue;
    std::size_t at = n;
    while (const std::optional<std::size_t> before = swapped_with_reshape(edit, at)) at = *before;
  }
}

}  // namespace gemel::compiler
