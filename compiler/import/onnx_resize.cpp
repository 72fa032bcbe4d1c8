// SPDX-License-Identifier: Apache-2.0
// Resize and Upsample: which element of the input each of the output is, in ONNX Runtime's float32 arithmetic.
#include <algorithm>
#include <cmath>

#include "compiler/import/onnx_movement.h"
#include "compiler/import/onnx_operators.h"

namespace gemel::compiler {
namespace {

struct Scaling {
  float factor = 1;
  std::int64_t input = 1, output = 1;
};

// Up to operator set 10 there was one way; later ones name it.
struct ResizeRule {
  bool is_old = false;
  std::string coordinates, nearest;
};

ResizeRule read_rule(const OnnxBuilder& builder) {
  const OnnxNode& node = builder.node();
  const std::string mode = node.string_or("mode", "nearest");
  if (mode != "nearest") builder.fail("mode '" + mode + "' is not supported; expected 'nearest'");
  ResizeRule rule;
  rule.is_old = node.op_type == "Upsample" || node.opset < 11;
  rule.coordinates = node.string_or("coordinate_transformation_mode", "half_pixel");
  rule.nearest = node.string_or("nearest_mode", "round_prefer_floor");
  static const char* const kCoordinates[] = {"half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric",
                                             "tf_half_pixel_for_nn"};
  static const char* const kNearest[] = {"round_prefer_floor", "round_prefer_ceil", "floor", "ceil"};
  const auto is_one_of = [](const std::string& text, const auto& list) {
    return std::any_of(std::begin(list), std::end(list), [&](const char* entry) { return text == entry; });
  };
  if (!is_one_of(rule.coordinates, kCoordinates)) {
    builder.fail("coordinate_transformation_mode '" + rule.coordinates +
                 "' is not supported; expected half_pixel, pytorch_half_pixel, align_corners or asymmetric");
  }
  if (!is_one_of(rule.nearest, kNearest)) {
    builder.fail("nearest_mode '" + rule.nearest +
                 "' is unknown; expected round_prefer_floor, round_prefer_ceil, floor or ceil");
  }
  if (node.string_or("keep_aspect_ratio_policy", "stretch") != "stretch") {
    builder.fail("keep_aspect_ratio_policy is not supported; expected 'stretch'");
  }
  return rule;
}

// For each dimension.
std::vector<Scaling> read_scalings(const OnnxBuilder& builder, const ResizeRule& rule, const OnnxShape& shape) {
  const OnnxNode& node = builder.node();
  std::vector<std::int64_t> axes = node.ints_or("axes", {});
  if (axes.empty()) {
    for (std::size_t d = 0; d < shape.size(); ++d) axes.push_back(static_cast<std::int64_t>(d));
  }
  std::vector<Scaling> scalings;
  for (const std::int64_t extent : shape) scalings.push_back({1, extent, extent});
  const std::string& factors_name = node.input(rule.is_old ? 1 : 2);
  const bool has_sizes = !node.input(3).empty();
  if (!has_sizes && factors_name.empty()) builder.fail("has neither scales nor sizes");
  std::vector<double> numbers;
  if (has_sizes) {
    for (const std::int64_t size : builder.need_integers(node.input(3), "sizes")) {
      numbers.push_back(static_cast<double>(size));
    }
  } else {
    numbers = builder.need_constant(factors_name, "scales").reals();
  }
  if (numbers.size() != axes.size()) {
    builder.fail((has_sizes ? "sizes has " : "scales has ") + std::to_string(numbers.size()) + " elements; expected " +
                 std::to_string(axes.size()));
  }
  for (std::size_t i = 0; i < axes.size(); ++i) {
    Scaling& scaling = scalings[axis_of(builder, axes[i], shape.size())];
    const auto extent = static_cast<float>(scaling.input);
    scaling.factor = has_sizes ? static_cast<float>(numbers[i]) / extent : static_cast<float>(numbers[i]);
    const float wanted = has_sizes ? static_cast<float>(numbers[i]) : scaling.factor * extent;
    if (!(wanted >= 1 && wanted <= 65536) || !std::isfinite(scaling.factor)) {
      builder.fail("would make " + std::to_string(wanted) + " elements of " + std::to_string(scaling.input) +
                   "; expected 1 to 65536");
    }
    scaling.output = static_cast<std::int64_t>(wanted);
  }
  return scalings;
}

float original_coordinate(const ResizeRule& rule, const Scaling& s, float at) {
  if (rule.is_old || rule.coordinates == "asymmetric") return at / s.factor;
  if (rule.coordinates == "align_corners") {
    return s.output == 1 ? 0.0f : at * static_cast<float>(s.input - 1) / static_cast<float>(s.output - 1);
  }
  if (rule.coordinates == "tf_half_pixel_for_nn") return (at + 0.5f) / s.factor;
  if (rule.coordinates == "pytorch_half_pixel" && s.output == 1) return 0.0f;
  return (at + 0.5f) / s.factor - 0.5f;
}

std::int64_t nearest_element(const ResizeRule& rule, const Scaling& s, float at) {
  if (rule.is_old) return static_cast<std::int64_t>(s.factor < 1 ? std::ceil(at) : at);
  if (rule.nearest == "floor") return static_cast<std::int64_t>(std::floor(at));
  if (rule.nearest == "ceil") return static_cast<std::int64_t>(std::ceil(at));
  const bool is_tie = at - std::floor(at) == 0.5f;
  if (rule.nearest == "round_prefer_floor" && is_tie) return static_cast<std::int64_t>(std::floor(at));
  return static_cast<std::int64_t>(is_tie ? std::ceil(at) : std::round(at));
}

}  // namespace

void import_resize(OnnxBuilder& builder) {
  const std::string& x = builder.node().input(0);
  const ResizeRule rule = read_rule(builder);
  const std::vector<Scaling> scalings = read_scalings(builder, rule, builder.shape(x));
  const bool is_image = builder.rank(x) == 4;
  TensorId tensor = tensor_of(builder, x, is_image);
  for (std::size_t d = 0; d < scalings.size(); ++d) {
    const Scaling& s = scalings[d];
    if (s.factor == 1.0f) continue;
    std::vector<std::int64_t> indices;
    for (std::int64_t i = 0; i < s.output; ++i) {
      const float at = original_coordinate(rule, s, static_cast<float>(i));
      indices.push_back(std::min(std::max<std::int64_t>(nearest_element(rule, s, at), 0), s.input - 1));
    }
    tensor = picked(builder, tensor, placed_axis(d, is_image), indices);
  }
  define_moved(builder, 0, is_image, builder.type(x), tensor);
}

}  // namespace gemel::compiler
