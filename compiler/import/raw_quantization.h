// SPDX-License-Identifier: Apache-2.0
#pragma once
// Real numbers of the bytes of a tensor and back, in ONNX Runtime's float32 arithmetic.
#include <algorithm>
#include <cmath>
#include <cstdint>

#include "compiler/import/onnx_builder.h"

namespace gemel::compiler {

// A value's numbers as ONNX has them: unsigned ones not moved.
struct RawQuantization {
  float scale = 1;
  std::int32_t zero_point = 0;
  std::int32_t shift = 0;  // raw = kept + shift

  explicit RawQuantization(const OnnxQuantization& q)
      : scale(q.scale()), zero_point(q.zero_point()), shift(q.is_unsigned ? 128 : 0) {
    zero_point += shift;
  }
  float real(std::int32_t kept) const { return scale * static_cast<float>(kept + shift - zero_point); }
  // Half-even, saturating; NaN becomes the least.
  std::int8_t kept_of_rounded(float scaled) const {
    const float low = static_cast<float>(-128 + shift), high = static_cast<float>(127 + shift);
    const float limited = scaled > low ? std::min(scaled, high) : low;
    return static_cast<std::int8_t>(static_cast<std::int32_t>(std::nearbyint(limited)) - shift);
  }
  std::int8_t kept(float value) const {
    const float scaled = value / scale;
    const float low = static_cast<float>(-128 + shift - zero_point),
                high = static_cast<float>(127 + shift - zero_point);
    const float limited = scaled > low ? std::min(scaled, high) : low;
    return static_cast<std::int8_t>(static_cast<std::int32_t>(std::nearbyint(limited)) + zero_point - shift);
  }
};

}  // namespace gemel::compiler
