// SPDX-License-Identifier: Apache-2.0
// Resize and Upsample: elements that are chosen are addressing, elements that are mixed are the host's.
#include <algorithm>

#include "compiler/import/onnx_movement.h"
#include "compiler/import/onnx_operators.h"
#include "compiler/onnx/resize_taps.h"
#include "sim/arch/numerics.h"

namespace gemel::compiler {
namespace {

// Of the node, which reads x; its constants stand from input `first` on.
std::vector<ResizeTaps> taps_of(const OnnxBuilder& builder, const std::string& x, std::size_t first) {
  const OnnxNode& node = builder.node();
  const auto operand = [&](std::size_t i) -> const OnnxTensor* {
    const std::string& name = node.input(i + first);
    return name.empty() ? nullptr : &builder.need_constant(name, "operand");
  };
  return resize_taps(node, builder.shape(x), operand(resize_factors_input(node)), operand(kResizeSizesInput));
}

}  // namespace

void import_resize(OnnxBuilder& builder) {
  const std::string& x = builder.node().input(0);
  const std::vector<ResizeTaps> dimensions = taps_of(builder, x, 0);
  if (!resizes_by_choice(builder.node())) {
    builder.fail(
        "mode '" + builder.node().string_or("mode", "") +
        "' on integers is not supported; expected 'nearest', or DequantizeLinear before and QuantizeLinear behind it");
  }
  const bool is_image = builder.rank(x) == 4;
  TensorId tensor = tensor_of(builder, x, is_image);
  for (std::size_t d = 0; d < dimensions.size(); ++d) {
    if (dimensions[d].keeps) continue;
    tensor = picked(builder, tensor, placed_axis(d, is_image), dimensions[d].elements);
  }
  define_moved(builder, 0, is_image, builder.type(x), tensor);
}

// Inputs x, its scale and zero point, those of the result, then the operands of Resize from its second on.
void import_quantized_resize(OnnxBuilder& builder) {
  const OnnxNode& node = builder.node();
  const OnnxQuantization from = builder.tensor_quantization(node.input(1), node.input(2));
  const OnnxQuantization to = builder.tensor_quantization(node.input(3), node.input(4));
  builder.need_image(node.input(0));
  std::vector<ResizeTaps> dimensions = taps_of(builder, node.input(0), 4);
  if (!dimensions[0].keeps || !dimensions[1].keeps) {
    builder.fail("resizes samples or channels; expected scales of 1 there");
  }
  dimensions.erase(dimensions.begin(), dimensions.begin() + 2);
  if (dimensions.size() == 1) dimensions.insert(dimensions.begin(), ResizeTaps{});  // images of one row
  std::vector<TensorId> inputs{builder.channels_last(node.input(0))};
  const char* const names[] = {".rows", ".columns"};
  for (std::size_t d = 0; d < 2; ++d) {
    ResizeTaps& taps = dimensions[d];
    if (taps.keeps) {
      for (std::int64_t i = 0; i < taps.output; ++i) taps.elements.push_back(i);
      taps.weights.assign(taps.elements.size(), 1.0f);
    }
    const Shape shape{taps.output, static_cast<std::int64_t>(taps.taps)};
    std::vector<std::int32_t> elements(taps.elements.begin(), taps.elements.end()), weights;
    for (const float weight : taps.weights) weights.push_back(static_cast<std::int32_t>(arch::bits_from_float(weight)));
    inputs.push_back(builder.add_constant(node.name + names[d], shape, std::move(elements)));
    inputs.push_back(builder.add_constant(node.name + names[d] + "_weights", shape, std::move(weights)));
  }
  builder.remark("at most 1 away from ONNX Runtime's, which may cut off where it mixes integers");
  builder.image_result(node.outputs[0], to.type(), builder.rank(node.input(0)),
                       Interpolate{from.scale(), to.scale(), from.zero_point(), to.zero_point()}, std::move(inputs));
}

}  // namespace gemel::compiler
