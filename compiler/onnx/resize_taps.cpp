// SPDX-License-Identifier: Apache-2.0
#include "compiler/onnx/resize_taps.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "compiler/onnx/onnx_error.h"

namespace gemel::compiler {
namespace {

[[noreturn]] void fail(const OnnxNode& node, const std::string& what) {
  throw OnnxError(node.described() + ": " + what);
}

bool is_old(const OnnxNode& node) { return node.op_type == "Upsample" || node.opset < 11; }

std::string mode_of(const OnnxNode& node) { return node.string_or("mode", "nearest"); }

// Up to operator set 10 there was one way; later ones name it.
struct Rule {
  bool is_old = false;
  std::string mode, coordinates, nearest;
  float cubic = -0.75f;
};

std::string one_of(const OnnxNode& node, const char* attribute, const char* otherwise,
                   const std::vector<std::string>& known) {
  const std::string text = node.string_or(attribute, otherwise);
  if (std::find(known.begin(), known.end(), text) != known.end()) return text;
  std::string list;
  for (std::size_t i = 0; i < known.size(); ++i)
    list += (i == 0 ? "" : i + 1 == known.size() ? " or " : ", ") + known[i];
  fail(node, std::string(attribute) + " '" + text + "' is not supported; expected " + list);
}

Rule read_rule(const OnnxNode& node) {
  Rule rule;
  rule.is_old = is_old(node);
  rule.mode = one_of(node, "mode", "nearest", {"nearest", "linear", "cubic"});
  rule.coordinates =
      one_of(node, "coordinate_transformation_mode", rule.is_old ? "asymmetric" : "half_pixel",
             {"half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric", "tf_half_pixel_for_nn"});
  rule.nearest =
      one_of(node, "nearest_mode", "round_prefer_floor", {"round_prefer_floor", "round_prefer_ceil", "floor", "ceil"});
  one_of(node, "keep_aspect_ratio_policy", "stretch", {"stretch"});
  rule.cubic = node.float_or("cubic_coeff_a", -0.75f);
  if (node.int_or("antialias", 0) != 0 && rule.mode != "nearest") fail(node, "antialias is not supported; expected 0");
  if (node.int_or("exclude_outside", 0) != 0 && rule.mode == "cubic") {
    fail(node, "exclude_outside is not supported; expected 0");
  }
  return rule;
}

struct Scaling {
  float factor = 1;
  std::int64_t input = 1, output = 1;
};

std::vector<Scaling> read_scalings(const OnnxNode& node, const OnnxShape& shape, const OnnxTensor* factors,
                                   const OnnxTensor* sizes) {
  std::vector<std::int64_t> axes = node.ints_or("axes", {});
  const auto rank = static_cast<std::int64_t>(shape.size());
  if (axes.empty()) {
    axes.resize(shape.size());
    std::iota(axes.begin(), axes.end(), 0);
  }
  std::vector<Scaling> scalings;
  for (const std::int64_t extent : shape) scalings.push_back({1, extent, extent});
  const bool has_sizes = sizes != nullptr && sizes->count() != 0;
  if (!has_sizes && (factors == nullptr || factors->count() == 0)) fail(node, "has neither scales nor sizes");
  std::vector<double> numbers;
  if (has_sizes) {
    for (const std::int64_t size : sizes->integers()) numbers.push_back(static_cast<double>(size));
  } else {
    numbers = factors->reals();
  }
  if (numbers.size() != axes.size()) {
    fail(node, (has_sizes ? "sizes has " : "scales has ") + std::to_string(numbers.size()) + " elements; expected " +
                   std::to_string(axes.size()));
  }
  for (std::size_t i = 0; i < axes.size(); ++i) {
    if (axes[i] < -rank || axes[i] >= rank) {
      fail(node, "axis " + std::to_string(axes[i]) + " is outside the " + std::to_string(rank) + " dimensions");
    }
    Scaling& scaling = scalings[static_cast<std::size_t>(axes[i] < 0 ? axes[i] + rank : axes[i])];
    const auto extent = static_cast<float>(scaling.input);
    scaling.factor = has_sizes ? static_cast<float>(numbers[i]) / extent : static_cast<float>(numbers[i]);
    const float wanted = has_sizes ? static_cast<float>(numbers[i]) : scaling.factor * extent;
    if (!(wanted >= 1 && wanted <= 65536) || !std::isfinite(scaling.factor)) {
      fail(node, "would make " + std::to_string(wanted) + " elements of " + std::to_string(scaling.input) +
                     "; expected 1 to 65536");
    }
    scaling.output = static_cast<std::int64_t>(wanted);
  }
  return scalings;
}

float original_coordinate(const Rule& rule, const Scaling& s, float at) {
  if (rule.coordinates == "asymmetric") return at / s.factor;
  if (rule.coordinates == "align_corners") {
    return s.output == 1 ? 0.0f : at * static_cast<float>(s.input - 1) / static_cast<float>(s.output - 1);
  }
  if (rule.coordinates == "tf_half_pixel_for_nn") return (at + 0.5f) / s.factor;
  if (rule.coordinates == "pytorch_half_pixel" && s.output == 1) return 0.0f;
  return (at + 0.5f) / s.factor - 0.5f;
}

std::int64_t nearest_element(const Rule& rule, const Scaling& s, float at) {
  if (rule.is_old) return static_cast<std::int64_t>(s.factor < 1 ? std::ceil(at) : at);
  if (rule.nearest == "floor") return static_cast<std::int64_t>(std::floor(at));
  if (rule.nearest == "ceil") return static_cast<std::int64_t>(std::ceil(at));
  const bool is_tie = at - std::floor(at) == 0.5f;
  if (rule.nearest == "round_prefer_floor" && is_tie) return static_cast<std::int64_t>(std::floor(at));
  return static_cast<std::int64_t>(is_tie ? std::ceil(at) : std::round(at));
}

// Keys' cubic, of a tap `distance` away.
float cubic_weight(float a, float distance) {
  const float d = std::fabs(distance);
  if (d <= 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a;
}

void add_element(const Rule& rule, const Scaling& s, std::int64_t i, ResizeTaps& taps) {
  const auto inside = [&](std::int64_t element) { return std::min(std::max<std::int64_t>(element, 0), s.input - 1); };
  const float at = original_coordinate(rule, s, static_cast<float>(i));
  if (rule.mode == "nearest") {
    taps.elements.push_back(inside(nearest_element(rule, s, at)));
    taps.weights.push_back(1);
  } else if (rule.mode == "linear") {
    const float limited = std::min(std::max(at, 0.0f), static_cast<float>(s.input - 1));
    const auto first = static_cast<std::int64_t>(limited);
    const float beyond = limited - static_cast<float>(first);
    taps.elements.insert(taps.elements.end(), {first, inside(first + 1)});
    taps.weights.insert(taps.weights.end(), {1 - beyond, beyond});
  } else {
    const auto first = static_cast<std::int64_t>(std::floor(at));
    const float beyond = at - static_cast<float>(first);
    for (std::int64_t t = -1; t <= 2; ++t) {
      taps.elements.push_back(inside(first + t));
      taps.weights.push_back(cubic_weight(rule.cubic, beyond - static_cast<float>(t)));
    }
  }
}

}  // namespace

std::size_t resize_factors_input(const OnnxNode& node) { return is_old(node) ? 1 : 2; }

bool resizes_by_choice(const OnnxNode& node) { return mode_of(node) == "nearest"; }

std::vector<ResizeTaps> resize_taps(const OnnxNode& node, const OnnxShape& shape, const OnnxTensor* factors,
                                    const OnnxTensor* sizes) {
  const Rule rule = read_rule(node);
  std::vector<ResizeTaps> result;
  for (const Scaling& s : read_scalings(node, shape, factors, sizes)) {
    ResizeTaps taps;
    taps.input = s.input;
    taps.output = s.output;
    taps.keeps = s.factor == 1.0f;
    if (!taps.keeps) {
      taps.taps = rule.mode == "nearest" ? 1 : rule.mode == "linear" ? 2 : 4;
      for (std::int64_t i = 0; i < s.output; ++i) add_element(rule, s, i, taps);
    }
    result.push_back(std::move(taps));
  }
  return result;
}

}  // namespace gemel::compiler
