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

// One group of a row, as the compiler's own vectors: it maps them to whatever the processor has.
constexpr unsigned kGroup = 16;
typedef std::int8_t Int8Group __attribute__((vector_size(kGroup)));
typedef std::int32_t Int32Group __attribute__((vector_size(4 * kGroup)));
typedef float FloatGroup __attribute__((vector_size(4 * kGroup)));

template <typename Group, typename Element>
[[gnu::always_inline]] inline void load(const Element* from, unsigned n, Group& group) {
  if (n == kGroup) {
    std::memcpy(&group, from, sizeof group);
  } else {
    group = Group{};
    std::memcpy(&group, from, n * sizeof(Element));
  }
}

template <typename Group, typename Element>
[[gnu::always_inline]] inline void store(const Group& group, unsigned n, Element* to) {
  if (n == kGroup) {
    std::memcpy(to, &group, sizeof group);
  } else {
    std::memcpy(to, &group, n * sizeof(Element));
  }
}

// clip_and_round() of value * scale, still as 32-bit numbers.
[[gnu::always_inline]] inline void scale_group(Int32Group& value, float scale) {
  const FloatGroup zero{};
  FloatGroup real = __builtin_convertvector(value, FloatGroup) * (zero + scale);
  const FloatGroup most = zero + 127.0f;
  const FloatGroup least = zero - 128.0f;
  real = real < most ? real : most;
  real = real > least ? real : least;
  real += zero + kRoundToInteger;
  std::memcpy(&value, &real, sizeof value);
  value -= static_cast<std::int32_t>(0x4B400000);  // the bits of kRoundToInteger
}

// sum = a + b, wrapping.
[[gnu::always_inline]] inline void add_group(const Int32Group& a, const Int32Group& b, Int32Group& sum) {
  typedef std::uint32_t UInt32Group __attribute__((vector_size(4 * kGroup)));
  sum = (Int32Group)((UInt32Group)a + (UInt32Group)b);
}

// out = f(in, out) over a row: `f` changes the vector of new values, given that of old ones.
template <typename In, typename InGroup, typename Out, typename OutGroup, typename Function>
[[gnu::always_inline]] inline void map_row(const In* in, Out* out, unsigned n, Function f) {
  for (; n > 0;) {
    const unsigned now = n < kGroup ? n : kGroup;
    InGroup a;
    OutGroup b;
    load(in, now, a);
    load(out, now, b);
    f(a, b);
    store(b, now, out);
    in += now;
    out += now;
    n -= now;
  }
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
  map_row<std::int8_t, Int8Group, std::int8_t, Int8Group>(in, out, n, [scale](const Int8Group& x, Int8Group& result) {
    Int32Group value = __builtin_convertvector(x, Int32Group);
    scale_group(value, scale);
    result = __builtin_convertvector(value, Int8Group);
  });
}

GEMEL_VECTORISED void mvin_scale_row_to_accumulator(const std::int8_t* in, std::int32_t* out, unsigned n, float scale,
                                                    bool accumulate) {
  const std::int32_t keep = accumulate ? -1 : 0;
  map_row<std::int8_t, Int8Group, std::int32_t, Int32Group>(in, out, n,
                                                            [scale, keep](const Int8Group& x, Int32Group& sum) {
                                                              Int32Group value = __builtin_convertvector(x, Int32Group);
                                                              scale_group(value, scale);
                                                              add_group(value, sum & keep, sum);
                                                            });
}

GEMEL_VECTORISED void accumulator_scale_row(const std::int32_t* in, std::int8_t* out, unsigned n, float scale,
                                            Activation activation) {
  const Int32Group least = Int32Group{} + (activation == Activation::Relu ? 0 : INT32_MIN);
  map_row<std::int32_t, Int32Group, std::int8_t, Int8Group>(in, out, n,
                                                            [scale, &least](const Int32Group& x, Int8Group& result) {
                                                              Int32Group value = x > least ? x : least;
                                                              scale_group(value, scale);
                                                              result = __builtin_convertvector(value, Int8Group);
                                                            });
}

GEMEL_VECTORISED void add_row(const std::int32_t* in, std::int32_t* out, unsigned n) {
  map_row<std::int32_t, Int32Group, std::int32_t, Int32Group>(
      in, out, n, [](const Int32Group& x, Int32Group& sum) { add_group(x, sum, sum); });
}

GEMEL_VECTORISED void result_to_scratchpad_row(const std::int32_t* in, std::int8_t* out, unsigned n,
                                               Activation activation) {
  const Int32Group least = Int32Group{} + (activation == Activation::Relu ? 0 : -128);
  const Int32Group most = Int32Group{} + 127;
  map_row<std::int32_t, Int32Group, std::int8_t, Int8Group>(in, out, n, [&](const Int32Group& x, Int8Group& result) {
    Int32Group value = x > least ? x : least;
    value = value < most ? value : most;
    result = __builtin_convertvector(value, Int8Group);
  });
}

GEMEL_VECTORISED void max_row(const std::int8_t* in, std::int8_t* out, unsigned n) {
  map_row<std::int8_t, Int8Group, std::int8_t, Int8Group>(
      in, out, n, [](const Int8Group& x, Int8Group& best) { best = x > best ? x : best; });
}

}  // namespace gemel::arch
