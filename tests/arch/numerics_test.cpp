// SPDX-License-Identifier: Apache-2.0
// The vectorised arithmetic against brute force: exact rational comparison where a float32 operation rounds.
#include "sim/arch/numerics.h"

#include <gmock/gmock.h>

#include <cfenv>
#include <limits>
#include <random>
#include <vector>

#include "tests/support/random_commands.h"

namespace gemel::arch {
namespace {

// Half to even on a double that is exact (every float32 is).
std::int64_t round_half_even(double value) {
  const double floor = std::floor(value);
  const double rest = value - floor;
  const auto whole = static_cast<std::int64_t>(floor);
  if (rest > 0.5 || (rest == 0.5 && (whole & 1))) return whole + 1;
  return whole;
}

std::int8_t slow_int8(float value) {
  if (std::isnan(value)) return 127;
  if (value >= 128.0f) return 127;
  if (value <= -129.0f) return -128;
  return static_cast<std::int8_t>(std::min<std::int64_t>(std::max<std::int64_t>(round_half_even(value), -128), 127));
}

// int32 to float32, half to even, by integer arithmetic.
float slow_int_to_float(std::int32_t value) {
  const bool negative = value < 0;
  std::uint64_t magnitude = negative ? 0 - static_cast<std::int64_t>(value) : value;
  int shift = 0;
  while ((magnitude >> shift) >= (1u << 24)) ++shift;
  std::uint64_t kept = magnitude >> shift;
  const std::uint64_t rest = magnitude & ((std::uint64_t{1} << shift) - 1);
  const std::uint64_t half = shift > 0 ? std::uint64_t{1} << (shift - 1) : 0;
  if (shift > 0 && (rest > half || (rest == half && (kept & 1)))) ++kept;
  const float result = std::ldexp(static_cast<float>(kept), shift);
  return negative ? -result : result;
}

// Product of two float32: exact in double, then rounded once.
float slow_product(float a, float b) { return static_cast<float>(static_cast<double>(a) * static_cast<double>(b)); }

std::vector<float> interesting_scales() {
  std::vector<float> scales = {0.0f,
                               -0.0f,
                               1.0f,
                               -1.0f,
                               0.5f,
                               -0.5f,
                               0.25f,
                               1.5f,
                               2.0f,
                               127.0f,
                               1e-3f,
                               1e-30f,
                               1e30f,
                               0.0078125f,
                               1.68665671f,
                               0.99999994f,
                               1.0000001f,
                               3.0f,
                               1.0f / 3,
                               1e-45f,
                               3.4e38f,
                               std::numeric_limits<float>::infinity(),
                               -std::numeric_limits<float>::infinity(),
                               std::numeric_limits<float>::quiet_NaN(),
                               -std::numeric_limits<float>::quiet_NaN()};
  for (int i = 1; i < 256; i += 2) scales.push_back(static_cast<float>(i) / 256.0f);
  return scales;
}

std::vector<std::int32_t> interesting_sums() {
  std::vector<std::int32_t> sums = {INT32_MIN, INT32_MIN + 1, INT32_MAX, INT32_MAX - 1, INT32_MAX - 63, INT32_MAX - 64};
  for (int bit = 0; bit < 31; ++bit) {
    for (int delta = -3; delta <= 3; ++delta) {
      const std::int64_t value = (std::int64_t{1} << bit) + delta;
      if (value <= INT32_MAX) sums.push_back(static_cast<std::int32_t>(value));
      sums.push_back(static_cast<std::int32_t>(-value));
    }
  }
  for (std::int32_t value = -600; value <= 600; ++value) sums.push_back(value);
  return sums;
}

TEST(Numerics, SaturationToInt8RoundsHalfToEven) {
  EXPECT_EQ(saturate_to_int8(0.5f), 0);
  EXPECT_EQ(saturate_to_int8(1.5f), 2);
  EXPECT_EQ(saturate_to_int8(-0.5f), 0);
  EXPECT_EQ(saturate_to_int8(-1.5f), -2);
  EXPECT_EQ(saturate_to_int8(126.5f), 126);
  EXPECT_EQ(saturate_to_int8(127.5f), 127);
  EXPECT_EQ(saturate_to_int8(-128.5f), -128);
  EXPECT_EQ(saturate_to_int8(-129.0f), -128);
  EXPECT_EQ(saturate_to_int8(std::numeric_limits<float>::infinity()), 127);
  EXPECT_EQ(saturate_to_int8(-std::numeric_limits<float>::infinity()), -128);
  EXPECT_EQ(saturate_to_int8(std::numeric_limits<float>::quiet_NaN()), 127);
  for (int i = -1200; i <= 1200; ++i) {
    const float value = static_cast<float>(i) / 8.0f;
    EXPECT_EQ(saturate_to_int8(value), slow_int8(value)) << value;
  }
}

TEST(Numerics, MvinScaleOfEveryInt8EqualsBruteForce) {
  std::int8_t in[256];
  for (int i = 0; i < 256; ++i) in[i] = static_cast<std::int8_t>(i - 128);
  for (const float scale : interesting_scales()) {
    std::int8_t row[256];
    mvin_scale_row(in, row, 256, scale);
    std::int32_t wide[256];
    std::fill(wide, wide + 256, 1000);
    mvin_scale_row_to_accumulator(in, wide, 256, scale, false);
    std::int32_t sums[256];
    for (unsigned i = 0; i < 256; ++i)
      sums[i] = static_cast<std::int32_t>(static_cast<std::uint32_t>(INT32_MAX - 100) + i);
    mvin_scale_row_to_accumulator(in, sums, 256, scale, true);
    for (int i = 0; i < 256; ++i) {
      const std::int8_t expected = slow_int8(slow_product(in[i], scale));
      ASSERT_EQ(mvin_scale(in[i], scale), expected) << int{in[i]} << " * " << scale;
      ASSERT_EQ(row[i], expected) << int{in[i]} << " * " << scale;
      ASSERT_EQ(wide[i], expected) << int{in[i]} << " * " << scale;
      const std::uint32_t sum = static_cast<std::uint32_t>(INT32_MAX - 100) + static_cast<std::uint32_t>(i) +
                                static_cast<std::uint32_t>(expected);
      ASSERT_EQ(sums[i], static_cast<std::int32_t>(sum));
    }
  }
}

TEST(Numerics, AccumulatorScaleEqualsBruteForceInAllCorners) {
  std::vector<std::int32_t> sums = interesting_sums();
  const std::uint64_t seed = test_support::test_seed(3);
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 1000; ++i) sums.push_back(static_cast<std::int32_t>(random() >> (32 + random() % 24)));
  std::vector<float> scales = interesting_scales();
  for (int i = 0; i < 100; ++i) scales.push_back(float_from_bits(static_cast<std::uint32_t>(random())));
  const auto n = static_cast<unsigned>(sums.size());
  std::vector<std::int8_t> row(n);
  for (const float scale : scales) {
    for (const Activation activation : {Activation::None, Activation::Relu}) {
      accumulator_scale_row(sums.data(), row.data(), n, scale, activation);
      for (unsigned i = 0; i < n; ++i) {
        const std::int32_t value = activation == Activation::Relu && sums[i] < 0 ? 0 : sums[i];
        const std::int8_t expected = slow_int8(slow_product(slow_int_to_float(value), scale));
        ASSERT_EQ(row[i], expected) << sums[i] << " * " << scale;
        ASSERT_EQ(accumulator_scale(sums[i], scale, activation), expected) << sums[i] << " * " << scale;
      }
    }
  }
}

TEST(Numerics, ActivationComesBeforeScale) {
  EXPECT_EQ(accumulator_scale(-10, -1.0f, Activation::Relu), 0);  // the other order would give 10
  EXPECT_EQ(accumulator_scale(10, -1.0f, Activation::Relu), -10);
}

TEST(Numerics, RowsOfEveryLengthTouchOnlyTheirElements) {
  for (const unsigned n : {0u, 1u, 2u, 15u, 16u, 17u, 31u, 32u, 33u, 48u, 63u, 64u, 65u, 127u, 128u}) {
    std::vector<std::int32_t> sums(n);
    std::vector<std::int8_t> bytes(n);
    for (unsigned i = 0; i < n; ++i) {
      sums[i] = static_cast<std::int32_t>(i) * 7 - 200;
      bytes[i] = static_cast<std::int8_t>(i * 5 - 60);
    }
    const auto guarded = [n] { return std::vector<std::int8_t>(n + 2, 99); };
    std::vector<std::int8_t> out = guarded();
    accumulator_scale_row(sums.data(), out.data() + 1, n, 0.75f, Activation::None);
    EXPECT_TRUE(out.front() == 99 && out.back() == 99) << n;
    for (unsigned i = 0; i < n; ++i) EXPECT_EQ(out[i + 1], slow_int8(static_cast<float>(sums[i]) * 0.75f));

    out = guarded();
    result_to_scratchpad_row(sums.data(), out.data() + 1, n, Activation::None);
    EXPECT_TRUE(out.front() == 99 && out.back() == 99) << n;
    for (unsigned i = 0; i < n; ++i) EXPECT_EQ(out[i + 1], std::min(std::max(sums[i], -128), 127));
    result_to_scratchpad_row(sums.data(), out.data() + 1, n, Activation::Relu);
    for (unsigned i = 0; i < n; ++i) EXPECT_EQ(out[i + 1], std::min(std::max(sums[i], 0), 127));

    out = guarded();
    max_row(bytes.data(), out.data() + 1, n);
    EXPECT_TRUE(out.front() == 99 && out.back() == 99) << n;
    for (unsigned i = 0; i < n; ++i) EXPECT_EQ(out[i + 1], std::max<std::int8_t>(bytes[i], 99));

    std::vector<std::int32_t> total(n + 2, INT32_MAX);
    add_row(sums.data(), total.data() + 1, n);
    EXPECT_TRUE(total.front() == INT32_MAX && total.back() == INT32_MAX) << n;
    for (unsigned i = 0; i < n; ++i) {
      EXPECT_EQ(total[i + 1],
                static_cast<std::int32_t>(static_cast<std::uint32_t>(INT32_MAX) + static_cast<std::uint32_t>(sums[i])));
    }
    std::vector<std::int8_t> in_place = bytes;
    mvin_scale_row(in_place.data(), in_place.data(), n, 0.5f);
    for (unsigned i = 0; i < n; ++i) EXPECT_EQ(in_place[i], slow_int8(static_cast<float>(bytes[i]) * 0.5f));
  }
}

TEST(Numerics, WrapSignedKeepsTheLowBits) {
  EXPECT_EQ(wrap_signed(524287, 20), 524287);
  EXPECT_EQ(wrap_signed(524288, 20), -524288);
  EXPECT_EQ(wrap_signed(-524289, 20), 524287);
  EXPECT_EQ(wrap_signed(32 * 16384, 20), -524288);  // 32 products of -128 and -128
  EXPECT_EQ(wrap_signed(std::int64_t{1} << 31, 32), INT32_MIN);
}

TEST(Numerics, RoundingShiftIsHalfToEven) {
  const std::int32_t values[] = {0, 1, 2, 3, 4, 5, 6, 7, -1, -2, -3, -4, -5, -6, 1000, -1000, INT32_MAX, INT32_MIN};
  for (const std::int32_t value : values) {
    EXPECT_EQ(rounding_shift(value, 0), value);
    for (unsigned shift = 1; shift < 32; ++shift) {
      EXPECT_EQ(rounding_shift(value, shift),
                round_half_even(std::ldexp(static_cast<double>(value), -static_cast<int>(shift))))
          << value << " >> " << shift;
    }
  }
}

}  // namespace
}  // namespace gemel::arch
