// SPDX-License-Identifier: Apache-2.0
// Resize and Upsample of floats.
#include "compiler/onnx/resize_taps.h"
#include "compiler/quantize/operands.h"

namespace gemel::compiler {
namespace {

// One dimension after the other.
std::vector<float> mixed(const std::vector<float>& x, OnnxShape& shape, std::size_t d, const ResizeTaps& taps) {
  std::size_t outer = 1, inner = 1;
  for (std::size_t i = 0; i < d; ++i) outer *= static_cast<std::size_t>(shape[i]);
  for (std::size_t i = d + 1; i < shape.size(); ++i) inner *= static_cast<std::size_t>(shape[i]);
  const auto from = static_cast<std::size_t>(taps.input), to = static_cast<std::size_t>(taps.output);
  std::vector<float> result(outer * to * inner, 0.0f);
  for (std::size_t o = 0; o < outer; ++o) {
    for (std::size_t i = 0; i < to; ++i) {
      float* row = result.data() + (o * to + i) * inner;
      for (std::size_t t = 0; t < taps.taps; ++t) {
        const float weight = taps.weights[i * taps.taps + t];
        const float* source =
            x.data() + (o * from + static_cast<std::size_t>(taps.elements[i * taps.taps + t])) * inner;
        for (std::size_t k = 0; k < inner; ++k) row[k] += weight * source[k];
      }
    }
  }
  shape[d] = taps.output;
  return result;
}

}  // namespace

OnnxTensors evaluate_resize(const Operands& in) {
  const auto operand = [&](std::size_t i) { return in.has(i) ? &in.at(i) : nullptr; };
  OnnxShape shape = in.shape(0);
  const std::vector<ResizeTaps> dimensions =
      resize_taps(in.node(), shape, operand(resize_factors_input(in.node())), operand(kResizeSizesInput));
  OnnxShape result = shape;
  for (std::size_t d = 0; d < shape.size(); ++d) result[d] = dimensions[d].output;
  in.checked_count(result);
  std::vector<float> values = in.floats(0);
  for (std::size_t d = 0; d < shape.size(); ++d) {
    if (!dimensions[d].keeps) values = mixed(values, shape, d, dimensions[d]);
  }
  return {float_tensor(shape, values)};
}

}  // namespace gemel::compiler
