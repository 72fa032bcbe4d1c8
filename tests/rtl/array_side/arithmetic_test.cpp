// SPDX-License-Identifier: Apache-2.0
// The floating-point units against the host's own binary32 and sim/arch/numerics.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <random>
#include <vector>

#include "Varithmetic_bench.h"
#include "sim/arch/numerics.h"

namespace gemel::rtl_bench {
namespace {

constexpr std::uint32_t kQuietNan = 0x7FC00000u;

// Where rounding, exponents and special values change their behaviour.
std::vector<std::uint32_t> corner_floats() {
  std::vector<std::uint32_t> corners;
  const std::uint32_t exponents[] = {0,   1,   2,   23,  24,  25,  63,  102, 103, 104, 125, 126, 127, 128,
                                     133, 134, 135, 149, 150, 151, 157, 158, 190, 252, 253, 254, 255};
  const std::uint32_t fractions[] = {0, 1, 2, 0x3FFFFF, 0x400000, 0x400001, 0x7FFFFE, 0x7FFFFF, 0x555555, 0x000800};
  for (const std::uint32_t exponent : exponents) {
    for (const std::uint32_t fraction : fractions) {
      corners.push_back(exponent << 23 | fraction);
      corners.push_back(0x80000000u | exponent << 23 | fraction);
    }
  }
  return corners;
}

class Arithmetic : public testing::Test {
 protected:
  void expect_product(std::uint32_t a, std::uint32_t b) {
    unit_->float_a_i = a;
    unit_->float_b_i = b;
    unit_->eval();
    const volatile float x = arch::float_from_bits(a);
    const volatile float y = arch::float_from_bits(b);
    const float product = x * y;
    const std::uint32_t expected = std::isnan(product) ? kQuietNan : arch::bits_from_float(product);
    ASSERT_EQ(unit_->product_o, expected) << std::hex << "0x" << a << " * 0x" << b;
    ASSERT_EQ(static_cast<std::int8_t>(unit_->rounded_o), arch::saturate_to_int8(arch::float_from_bits(a)))
        << std::hex << "0x" << a << " to int8";
  }

  void expect_scaled(std::int32_t value, std::uint32_t scale, bool relu) {
    unit_->int32_i = static_cast<std::uint32_t>(value);
    unit_->int8_i = static_cast<std::uint8_t>(value);
    unit_->float_b_i = scale;
    unit_->relu_i = relu;
    unit_->eval();
    const auto narrow = static_cast<std::int8_t>(static_cast<std::uint8_t>(value));
    const float factor = arch::float_from_bits(scale);
    ASSERT_EQ(unit_->int32_float_o, arch::bits_from_float(static_cast<float>(value))) << value;
    ASSERT_EQ(unit_->int8_float_o, arch::bits_from_float(static_cast<float>(narrow))) << int{narrow};
    ASSERT_EQ(static_cast<std::int8_t>(unit_->mvin_scaled_o), arch::mvin_scale(narrow, factor))
        << int{narrow} << " * 0x" << std::hex << scale;
    const auto activation = relu ? arch::Activation::Relu : arch::Activation::None;
    ASSERT_EQ(static_cast<std::int8_t>(unit_->accumulator_scaled_o), arch::accumulator_scale(value, factor, activation))
        << value << " * 0x" << std::hex << scale << (relu ? " after ReLU" : "");
  }

  std::unique_ptr<Varithmetic_bench> unit_ = std::make_unique<Varithmetic_bench>();
};

TEST_F(Arithmetic, ProductsOfAllPairsOfCornersAreExact) {
  const std::vector<std::uint32_t> corners = corner_floats();
  for (const std::uint32_t a : corners) {
    for (const std::uint32_t b : corners) expect_product(a, b);
  }
}

TEST_F(Arithmetic, ProductsOfRandomBitsAreExact) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  for (int i = 0; i < 1'000'000; ++i) ASSERT_NO_FATAL_FAILURE(expect_product(random(), random()));
}

TEST_F(Arithmetic, ProductsThatAreSubnormalRoundOnce) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  for (int i = 0; i < 300'000; ++i) {
    const std::uint32_t exponent = random() % 80 + 20;
    const std::uint32_t other = 127 - exponent + random() % 50 - 25;
    ASSERT_NO_FATAL_FAILURE(
        expect_product((random() & 0x807FFFFFu) | exponent << 23, (random() & 0x807FFFFFu) | (other & 0xFF) << 23));
  }
}

TEST_F(Arithmetic, HalvesRoundToEvenAndLimitsSaturate) {
  for (int quarter = -4 * 140; quarter <= 4 * 140; ++quarter) {
    const std::uint32_t bits = arch::bits_from_float(static_cast<float>(quarter) / 4);
    for (const std::uint32_t near : {bits - 1, bits, bits + 1}) expect_product(near, bits);
  }
}

TEST_F(Arithmetic, RowsScaleAsTheModelsNumericsDo) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  const std::int32_t limits[] = {
      0,         1,         -1,           127, 128, -128, -129, 1 << 24, (1 << 24) + 1, (1 << 25) + 2, (1 << 25) + 6,
      INT32_MAX, INT32_MIN, INT32_MIN + 1};
  for (const std::int32_t value : limits) {
    for (const std::uint32_t scale : corner_floats()) {
      expect_scaled(value, scale, false);
      expect_scaled(value, scale, true);
    }
  }
  for (int i = 0; i < 500'000; ++i) {
    const auto value = static_cast<std::int32_t>(random()) >> (random() % 32);
    // Half of the scales bring the product near the int8 range.
    std::uint32_t scale = random();
    if (i % 2 == 0) scale = (scale & 0x807FFFFFu) | (127 - random() % 32) << 23;
    ASSERT_NO_FATAL_FAILURE(expect_scaled(value, scale, random() % 2 == 0));
  }
}

}  // namespace
}  // namespace gemel::rtl_bench
