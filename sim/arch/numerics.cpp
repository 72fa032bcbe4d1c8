// SPDX-License-Identifier: Apache-2.0
#include "sim/arch/numerics.h"

#include <algorithm>

// The row functions are compiled for several vector widths and chosen when the program is loaded. The sanitizers'
// run-time is not up yet at that time.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
#define GEMEL_VECTORISED __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define GEMEL_VECTORISED
#endif

namespace gemel::arch {

namespace {

// Both comparisons are false for NaN, which therefore becomes the upper limit. Clipping before rounding gives what
// rounding before clipping gives, because the limits are whole numbers. 1.5 * 2^23 is added so that the sum's last
// place is worth 1: the addition itself rounds half to even. (This file is compiled without contraction of
// multiplications and additions.)
constexpr float kRoundToInteger = 12582912.0f;

inline std::int8_t clip_and_round(float value) {
  value = value < 127.0f ? value : 127.0f;
  value = value > -128.0f ? value : -128.0f;
  const float rounded = value + kRoundToInteger;
  std::int32_t bits;
  std::memcpy(&bits, &rounded, sizeof bits);
  return static_cast<std::int8_t>(bits);
}

inline std::int32_t wrapping_add(std::int32_t a, std::int32_t b) {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(a) + static_cast<std::uint32_t>(b));
}

// Applies `step(i)` to n elements in groups of the smallest usual row, so that a row of 16 is vectorised too.
template <typename Step>
[[gnu::always_inline]] inline void for_each_lane(unsigned n, Step step) {
  constexpr unsigned kGroup = 16;
  unsigned i = 0;
  for (; i + kGroup <= n; i += kGroup) {
    for (unsigned lane = 0; lane < kGroup; ++lane) step(i + lane);
  }
  for (; i < n; ++i) step(i);
}

}  // namespace

std::int8_t saturate_to_int8(float value) { return clip_and_round(value); }

std::int8_t mvin_scale(std::int8_t value, float scale) { return clip_and_round(static_cast<float>(value) * scale); }

std::int8_t accumulator_scale(std::int32_t value, float scale, Activation activation) {
  if (activation == Activation::Relu) value = std::max(value, 0);
  return clip_and_round(static_cast<float>(value) * scale);
}

GEMEL_VECTORISED void mvin_scale_row(const std::int8_t* in, std::int8_t* out, unsigned n, float scale) {
  if (scale == 1.0f) {
    std::memmove(out, in, n);
    return;
  }
  for_each_lane(n, [=](unsigned i) { out[i] = clip_and_round(static_cast<float>(in[i]) * scale); });
}

GEMEL_VECTORISED void mvin_scale_row_to_accumulator(const std::int8_t* __restrict__ in, std::int32_t* __restrict__ out,
                                                    unsigned n, float scale, bool accumulate) {
  if (accumulate) {
    for_each_lane(
        n, [=](unsigned i) { out[i] = wrapping_add(out[i], clip_and_round(static_cast<float>(in[i]) * scale)); });
  } else {
    for_each_lane(n, [=](unsigned i) { out[i] = clip_and_round(static_cast<float>(in[i]) * scale); });
  }
}

GEMEL_VECTORISED void accumulator_scale_row(const std::int32_t* __restrict__ in, std::int8_t* __restrict__ out,
                                            unsigned n, float scale, Activation activation) {
  const std::int32_t least = activation == Activation::Relu ? 0 : INT32_MIN;
  for_each_lane(n, [=](unsigned i) { out[i] = clip_and_round(static_cast<float>(std::max(in[i], least)) * scale); });
}

GEMEL_VECTORISED void add_row(const std::int32_t* in, std::int32_t* out, unsigned n) {
  for_each_lane(n, [=](unsigned i) { out[i] = wrapping_add(out[i], in[i]); });
}

GEMEL_VECTORISED void result_to_scratchpad_row(const std::int32_t* __restrict__ in, std::int8_t* __restrict__ out,
                                               unsigned n, Activation activation) {
  const std::int32_t least = activation == Activation::Relu ? 0 : -128;
  for_each_lane(n, [=](unsigned i) { out[i] = static_cast<std::int8_t>(std::min(std::max(in[i], least), 127)); });
}

GEMEL_VECTORISED void max_row(const std::int8_t* in, std::int8_t* out, unsigned n) {
  for_each_lane(n, [=](unsigned i) { out[i] = std::max(in[i], out[i]); });
}

}  // namespace gemel::arch
