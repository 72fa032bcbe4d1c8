// SPDX-License-Identifier: Apache-2.0
// Normalising activations against the oracle of tests/support, against real numbers, and at the edges of int32.
#include "sim/arch/normaliser.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <iostream>
#include <numeric>
#include <vector>

#include "sim/cosim/random_source.h"
#include "tests/support/functional_normaliser.h"

namespace gemel::arch {
namespace {

constexpr std::int32_t kLeast = std::numeric_limits<std::int32_t>::min();
constexpr std::int32_t kMost = std::numeric_limits<std::int32_t>::max();
using Row = std::vector<std::int32_t>;

Statistics statistics_of(const std::vector<NormCommand>& commands, const Row& row, const NormaliserConstants& c = {}) {
  Statistics s;
  for (const NormCommand command : commands) s.take(command, row.data(), static_cast<unsigned>(row.size()), c);
  return s;
}
Statistics layer_statistics(const Row& row) {
  return statistics_of({NormCommand::Mean, NormCommand::InverseDeviation}, row);
}

// Constants for values that stand for x / scale.
NormaliserConstants exponential_constants(double scale) {
  NormaliserConstants c;
  c.qb = static_cast<std::int32_t>(1.353 / scale);
  c.qc = static_cast<std::int32_t>(0.344 / (0.3585 * scale * scale));
  c.qln2 = static_cast<std::int32_t>(std::log(2.0) / scale);
  c.qln2_inv = 65536 / c.qln2;
  return c;
}

TEST(Igelu, FollowsTheRealFunction) {
  const double scale = 0.01;
  NormaliserConstants c;
  c.qb = static_cast<std::int32_t>(-1.769 / (scale / std::sqrt(2.0)));
  c.qc = static_cast<std::int32_t>(1.0 / (-0.2888 * (scale * scale / 2)));
  for (const double x : {-6.0, -2.5, -1.0, -0.3, 0.0, 0.3, 1.0, 2.5, 6.0}) {
    const double real = x * 0.5 * (1 + std::erf(x / std::sqrt(2.0)));
    const double unit = scale * (-0.2888 * (scale * scale / 2)) / 2;  // of the result
    EXPECT_NEAR(igelu(static_cast<std::int32_t>(std::lround(x / scale)), c) * unit, real, 0.03) << x;
  }
}

TEST(Igelu, WrapsAtTheEdges) {
  EXPECT_EQ(igelu(0, {}), 0);
  EXPECT_EQ(igelu(5, {-3, -2, 0, 0}), 5 * ((3 - 3) * (3 - 3) - 2 - 2));
  EXPECT_EQ(igelu(-2, {-3, -2, 0, 0}), -2 * (-((2 - 3) * (2 - 3) - 2) - 2));
  for (const std::int32_t q : {kLeast, kLeast + 1, -1, 0, 1, kMost})
    for (const std::int32_t b : {kLeast, -1, 0, 1, kMost})
      EXPECT_EQ(igelu(q, {b, b, 0, 0}), test_support::oracle_igelu(q, b, b)) << q << " " << b;
}

TEST(Exponential, FollowsTheRealFunction) {
  const double scale = 0.002;
  const NormaliserConstants c = exponential_constants(scale);
  const double unit = 0.3585 * scale * scale;
  for (const double x : {0.0, -0.1, -0.69, -0.7, -1.5, -3.0, -7.0, -12.0})
    EXPECT_NEAR(iexp(static_cast<std::int32_t>(std::lround(x / scale)), c) * unit, std::exp(x), 0.01) << x;
}

TEST(Exponential, OfMoreThanThirtyOneHalvingsIsZero) {
  NormaliserConstants c{10, 1000, 0, 65536};  // a halving for each unit
  EXPECT_EQ(iexp(0, c), 1100);
  EXPECT_EQ(iexp(-4, c), (36 + 1000) >> 4);
  EXPECT_EQ(iexp(-31, {0, kMost - 961, 0, 65536}), kMost >> 31);
  EXPECT_EQ(iexp(-32, {0, kMost - 1024, 0, 65536}), 0);
  EXPECT_EQ(iexp(-4, {0, -1000 - 16, 0, 65536}), -63);  // towards minus infinity
  EXPECT_EQ(iexp(1, c), 0);
  EXPECT_EQ(iexp(kLeast, {1, 1, 1, kMost}), 0);
}

TEST(Statistics, MeanIsRoundedTowardsZeroAndItsSumWraps) {
  EXPECT_EQ(layer_statistics({7}).mean(), 7);
  EXPECT_EQ(layer_statistics({-7, -8}).mean(), -7);
  EXPECT_EQ(layer_statistics({kLeast}).mean(), kLeast);
  EXPECT_EQ(layer_statistics({kMost, 1}).mean(), kLeast / 2);
  EXPECT_EQ(layer_statistics({kLeast, kLeast}).mean(), 0);
}

TEST(Statistics, DeviationIsAWholeNumberAndNeverZero) {
  EXPECT_EQ(layer_statistics({5}).inverse_deviation(), 1.0f);           // variance 0
  EXPECT_EQ(layer_statistics({4, 4, 4, 5}).inverse_deviation(), 1.0f);  // less than 1
  EXPECT_EQ(layer_statistics({0, 6}).inverse_deviation(), 1.0f / 3);
  EXPECT_EQ(layer_statistics({0, 7}).inverse_deviation(), 1.0f / 3);  // mean 3, variance 12
  EXPECT_EQ(layer_statistics({0, 65534}).inverse_deviation(), 1.0f / 32767);
  // The sum of two squares of 46340 wraps below 0.
  EXPECT_EQ(layer_statistics({0, 92680}).inverse_deviation(), 1.0f / 2147483648.0f);
}

TEST(Statistics, StartAnewBehindMeanDeviationAndWrite) {
  const Row row = {1, 2, 3};
  const auto mean_behind = [&](const std::vector<NormCommand>& commands) {
    Statistics s = statistics_of(commands, row);
    const std::int32_t more[] = {10};
    s.take(NormCommand::Mean, more, 1, {});
    return s.mean();
  };
  EXPECT_EQ(mean_behind({NormCommand::Sum}), 4);
  EXPECT_EQ(mean_behind({NormCommand::Sum, NormCommand::Max}), 4);
  EXPECT_EQ(mean_behind({NormCommand::Mean}), 10);
  EXPECT_EQ(mean_behind({NormCommand::Mean, NormCommand::InverseDeviation}), 10);
  EXPECT_EQ(mean_behind({NormCommand::Sum, NormCommand::Write}), 10);
}

TEST(Statistics, RunningMaximumStartsAnewBehindTheInverseSumToo) {
  const NormaliserConstants c{10, 1000, 0, 0};
  Statistics s = statistics_of({NormCommand::Max, NormCommand::InverseSumExponentials}, {-5, -9}, c);
  EXPECT_EQ(s.max(), -5);
  EXPECT_EQ(s.inverse_sum_exponentials(), 127.0f / static_cast<float>(iexp(0, c) + iexp(-4, c)));
  const Row low = {-100};
  s.take(NormCommand::Max, low.data(), 1, c);
  s.take(NormCommand::SumExponentials, low.data(), 1, c);
  EXPECT_EQ(s.max(), -100);
}

TEST(Statistics, OfASumOfZeroIsInfiniteAndGivesTheLimits) {
  NormaliserSettings settings;
  settings.activation = Activation::Softmax;
  settings.constants = {0, 0, 0, 0};
  const Statistics s = statistics_of({NormCommand::Max, NormCommand::InverseSumExponentials}, {3}, settings.constants);
  EXPECT_TRUE(std::isinf(s.inverse_sum_exponentials()));
  EXPECT_EQ(normalised(3, settings, s), 127);  // 0 times infinity
  EXPECT_EQ(normalised(4, settings, s), 127);
}

TEST(Normalised, LayerNormTakesTheEdgesOfInt32) {
  NormaliserSettings settings;
  settings.activation = Activation::LayerNorm;
  const Statistics s = layer_statistics({0});  // mean 0, deviation 1
  EXPECT_EQ(normalised(kMost, settings, s), kMost);
  EXPECT_EQ(normalised(kLeast, settings, s), kLeast);
  EXPECT_EQ(normalised(-3, settings, layer_statistics({-1, 1, -1, 1, 4, -4})), -1);  // towards zero
}

TEST(Normalised, SoftmaxOfARowAddsUpToTheLargestInt8) {
  const double scale = 0.01;
  NormaliserSettings settings;
  settings.activation = Activation::Softmax;
  settings.constants = exponential_constants(scale);
  Row row;
  for (int i = 0; i < 12; ++i) row.push_back(i * 37 % 12 * 25);
  const Statistics s = statistics_of({NormCommand::Max, NormCommand::InverseSumExponentials}, row, settings.constants);
  double total = 0;
  for (const std::int32_t x : row) total += std::exp((x - *std::max_element(row.begin(), row.end())) * scale);
  std::vector<std::int8_t> out(row.size());
  normalised_scale_row(row.data(), out.data(), static_cast<unsigned>(row.size()), 1.0f, settings, s);
  for (std::size_t i = 0; i < row.size(); ++i)
    EXPECT_NEAR(out[i], 127 * std::exp((row[i] - *std::max_element(row.begin(), row.end())) * scale) / total, 1.0) << i;
  EXPECT_NEAR(std::accumulate(out.begin(), out.end(), 0), 127, 6);
}

// Any commands in any order, values of every size: what the oracle says.
TEST(Normalised, AgreesWithTheOracleOnRandomRows) {
  const auto seed = static_cast<std::uint64_t>(std::chrono::system_clock::now().time_since_epoch().count()) & 0xFFFFFF;
  std::cout << "seed " << seed << "\n";
  sim::RandomSource random(seed);
  const auto number = [&] {
    const auto value = static_cast<std::int32_t>(random.next() >> 32);
    return random.percent(5) ? random.pick({kLeast, kMost, 0, -1}) : value >> random.between(0, 31);
  };
  for (int program = 0; program < 300; ++program) {
    test_support::FunctionalNormaliser oracle;
    NormaliserSettings settings;
    Statistics contexts[kStatisticsContexts];
    for (int step = 0; step < 60; ++step) {
      if (random.percent(20)) {
        ConfigStore store;
        store.activation = static_cast<std::uint8_t>(random.below(4));
        settings.configure(store);
        oracle.config_store(store);
      }
      if (random.percent(20)) {
        ConfigNormalise norm;
        norm.stats_id = static_cast<std::uint8_t>(random.below(4));
        norm.activation_msb = (static_cast<unsigned>(settings.activation) & 3) == 0 && random.percent(70);
        norm.set_stats_id_only = random.percent(20);
        norm.is_inverse_ln2 = random.percent(50);
        norm.q_const = number();
        norm.qb = number();
        norm.qc = number();
        ASSERT_FALSE(find_norm_violation(norm, settings));
        settings.configure(norm);
        oracle.config_norm(norm);
      }
      Row row(random.size(9));
      for (std::int32_t& x : row) x = number();
      const auto command = static_cast<NormCommand>(random.below(8));
      const bool last = random.percent(60);
      Statistics& statistics = contexts[settings.context];
      statistics.take(last ? command : before_last_block(command), row.data(), static_cast<unsigned>(row.size()),
                      settings.constants);
      oracle.block(static_cast<unsigned>(command), last, row.data(), static_cast<std::uint32_t>(row.size()));
      const float scale = random.pick({1.0f, -0.5f, 30.0f, 1e-6f});
      std::vector<std::int8_t> out(row.size());
      normalised_scale_row(row.data(), out.data(), static_cast<unsigned>(row.size()), scale, settings, statistics);
      for (std::size_t i = 0; i < row.size(); ++i)
        ASSERT_EQ(out[i], oracle.value(row[i], scale)) << "program " << program << " step " << step << " lane " << i;
    }
  }
}

TEST(ConfigNorm, RefusesWhatDoesNotExist) {
  ConfigNormalise norm;
  norm.stats_id = 4;
  EXPECT_THAT(*find_norm_violation(norm, {}), testing::HasSubstr("no statistics context 4; use 0 to 3"));
  norm.stats_id = 3;
  norm.activation_msb = true;
  EXPECT_FALSE(find_norm_violation(norm, {}));
  NormaliserSettings relu;
  relu.activation = Activation::Relu;
  EXPECT_THAT(*find_norm_violation(norm, relu), testing::HasSubstr("config_st with activation 0"));
  norm.set_stats_id_only = true;
  EXPECT_FALSE(find_norm_violation(norm, relu));
}

}  // namespace
}  // namespace gemel::arch
