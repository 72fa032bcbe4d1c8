// SPDX-License-Identifier: Apache-2.0
#pragma once
// The arithmetic of the machine, exact: float32 multiply, round half to even, saturate.
// Source: Gemmini v0.7.1 RTL (see docs/isa.md for where its functional model differs).
#include <cmath>
#include <cstdint>
#include <cstring>

namespace gemel::arch {

// Of results on their way to memory; those behind Relu are in normaliser.h.
enum class Activation : std::uint8_t { None = 0, Relu = 1, LayerNorm = 2, Igelu = 3, Softmax = 4 };

inline float float_from_bits(std::uint32_t bits) {
  float f;
  std::memcpy(&f, &bits, sizeof f);
  return f;
}
inline std::uint32_t bits_from_float(float f) {
  std::uint32_t bits;
  std::memcpy(&bits, &f, sizeof bits);
  return bits;
}

// float32 to int8: round half to even, saturate; NaN gives 0x7F as the RTL's converter does.
std::int8_t saturate_to_int8(float value);

// One element of a scaled mvin: int8 -> float32, times scale (RNE), round half to even, saturate.
// Scale bits equal to 1.0 pass the value unchanged.
std::int8_t mvin_scale(std::int8_t value, float scale);

// One element of an accumulator read of 8 bits: activation on the 32-bit value first, then int32 -> float32 (RNE),
// times scale (RNE), to int32 (RNE, saturating), clipped to int8.
std::int8_t accumulator_scale(std::int32_t value, float scale, Activation activation);

// Rows of `n` elements; the same results as the functions above, vectorised. `in` and `out` may be the same
// address where the element types agree, and must not overlap otherwise.
void mvin_scale_row(const std::int8_t* in, std::int8_t* out, unsigned n, float scale);
// The same into the accumulator (mvin with shrink): sign-extended, stored or added (wrapping).
void mvin_scale_row_to_accumulator(const std::int8_t* in, std::int32_t* out, unsigned n, float scale, bool accumulate);
void accumulator_scale_row(const std::int32_t* in, std::int8_t* out, unsigned n, float scale, Activation activation);
// out += in, wrapping.
void add_row(const std::int32_t* in, std::int32_t* out, unsigned n);
// A result of the array on its way to the scratchpad: saturate to int8, then the activation.
void result_to_scratchpad_row(const std::int32_t* in, std::int8_t* out, unsigned n, Activation activation);
// out = max(in, out): max-pooling of one window element.
void max_row(const std::int8_t* in, std::int8_t* out, unsigned n);

// Keeps the low `bits` of `value` as a signed number: what an adder of that width does.
constexpr std::int32_t wrap_signed(std::int64_t value, unsigned bits) {
  if (bits >= 32) return static_cast<std::int32_t>(static_cast<std::uint32_t>(value));
  const std::uint32_t sign = 1u << (bits - 1);
  const std::uint32_t low = static_cast<std::uint32_t>(value) & ((sign << 1) - 1u);
  return static_cast<std::int32_t>((low ^ sign) - sign);
}

// Arithmetic right shift, rounding half to even; shift 0 returns the value.
constexpr std::int32_t rounding_shift(std::int32_t value, unsigned shift) {
  if (shift == 0) return value;
  const std::int64_t v = value;
  const std::int64_t floor = v >> shift;
  const std::int64_t rest = v - floor * (std::int64_t{1} << shift);
  const std::int64_t half = std::int64_t{1} << (shift - 1);
  return static_cast<std::int32_t>(floor + ((rest > half || (rest == half && (floor & 1))) ? 1 : 0));
}

}  // namespace gemel::arch
