// SPDX-License-Identifier: Apache-2.0
#pragma once
// Resize and Upsample: which elements of the input make each of the output, and with which weights, in ONNX Runtime's
// float32 arithmetic. The one place that knows about modes, coordinates and rounding of them.
#include <cstdint>
#include <vector>

#include "compiler/onnx/onnx_model.h"

namespace gemel::compiler {

// Along one dimension: element i of the output is the sum over t < taps of weights[i · taps + t] times the input's
// element elements[i · taps + t]. One tap has weight 1.
struct ResizeTaps {
  std::int64_t input = 1, output = 1;
  std::size_t taps = 1;
  bool keeps = true;  // as if it were not there
  std::vector<std::int64_t> elements;
  std::vector<float> weights;
};

// For each dimension of `shape`, the input's. The two operands: nullptr where the node has none; they are what
// resize_factors_input() and input 3 name. Throws OnnxError where the node asks for what is not supported.
std::vector<ResizeTaps> resize_taps(const OnnxNode& node, const OnnxShape& shape, const OnnxTensor* factors,
                                    const OnnxTensor* sizes);

// Which input holds the factors: another one up to operator set 10.
std::size_t resize_factors_input(const OnnxNode& node);
inline constexpr std::size_t kResizeSizesInput = 3;

// Elements are chosen, not mixed.
bool resizes_by_choice(const OnnxNode& node);

}  // namespace gemel::compiler
