// SPDX-License-Identifier: Apache-2.0
#include "sim/sweep/sampling.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <limits>
#include <map>
#include <set>

namespace gemel::sim {
namespace {

using ::testing::ElementsAre;

const auto kAcceptAll = [](const Steps&) { return true; };

Sampling sampling(Sampling::Method method, std::size_t machines, std::uint64_t seed) {
  Sampling sampling;
  sampling.method = method;
  sampling.machines = machines;
  sampling.seed = seed;
  return sampling;
}

TEST(Sampling, WholeSpaceRunsTheLastAxisFastest) {
  const SampledSpace space = sample_space({2, 3}, {}, kAcceptAll);
  EXPECT_THAT(space.taken, ElementsAre(Steps{0, 0}, Steps{0, 1}, Steps{0, 2}, Steps{1, 0}, Steps{1, 1}, Steps{1, 2}));
}

TEST(Sampling, SpaceWithoutAxesIsOneMachine) {
  EXPECT_THAT(sample_space({}, {}, kAcceptAll).taken, ElementsAre(Steps{}));
}

TEST(Sampling, SizeOfAHugeSpaceIsTheLargestNumber) {
  EXPECT_EQ(space_size({1000, 1000}), 1000000u);
  EXPECT_EQ(space_size(std::vector<std::size_t>(30, 1000)), std::numeric_limits<std::uint64_t>::max());
}

TEST(Sampling, RandomMachinesDifferAndFollowTheSeed) {
  const std::vector<std::vector<std::size_t>> spaces{{7, 9, 5}, std::vector<std::size_t>(12, 1000)};  // small, huge
  for (const auto& sizes : spaces) {
    const SampledSpace space = sample_space(sizes, sampling(Sampling::Method::Random, 100, 3), kAcceptAll);
    EXPECT_EQ(space.taken.size(), 100u);
    EXPECT_EQ(std::set<Steps>(space.taken.begin(), space.taken.end()).size(), 100u);
    EXPECT_TRUE(std::is_sorted(space.taken.begin(), space.taken.end()));
    for (const Steps& steps : space.taken) {
      for (std::size_t i = 0; i < sizes.size(); ++i) EXPECT_LT(steps[i], sizes[i]);
    }
    EXPECT_EQ(space.taken, sample_space(sizes, sampling(Sampling::Method::Random, 100, 3), kAcceptAll).taken);
    EXPECT_NE(space.taken, sample_space(sizes, sampling(Sampling::Method::Random, 100, 4), kAcceptAll).taken);
  }
}

TEST(Sampling, RandomDrawsAgainWhatIsRefused) {
  const auto is_even = [](const Steps& steps) { return steps[0] % 2 == 0; };
  const SampledSpace space = sample_space({100, 10}, sampling(Sampling::Method::Random, 200, 1), is_even);
  EXPECT_EQ(space.taken.size(), 200u);
  EXPECT_GT(space.refused, 0u);
  for (const Steps& steps : space.taken) EXPECT_EQ(steps[0] % 2, 0u);
}

TEST(Sampling, RandomTakesTheWholeSpaceWhereItIsSmaller) {
  EXPECT_EQ(sample_space({3, 4}, sampling(Sampling::Method::Random, 50, 1), kAcceptAll).taken,
            sample_space({3, 4}, {}, kAcceptAll).taken);
}

TEST(Sampling, RandomDrawsEachMachineAboutAsOften) {
  std::map<Steps, int> drawn;
  for (std::uint64_t seed = 0; seed < 4000; ++seed) {
    for (const Steps& steps : sample_space({2, 3}, sampling(Sampling::Method::Random, 2, seed), kAcceptAll).taken) {
      ++drawn[steps];
    }
  }
  ASSERT_EQ(drawn.size(), 6u);
  // 8000 draws over 6 machines: 1333 each, standard deviation below 30.
  for (const auto& [steps, times] : drawn) EXPECT_NEAR(times, 1333, 150);
}

// With as many samples as values, each value of each axis is used exactly once.
TEST(Sampling, LatinHypercubeUsesEachStratumOnce) {
  const std::vector<std::size_t> sizes{20, 20, 20};
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const SampledSpace space = sample_space(sizes, sampling(Sampling::Method::LatinHypercube, 20, seed), kAcceptAll);
    ASSERT_EQ(space.taken.size(), 20u);
    for (std::size_t axis = 0; axis < sizes.size(); ++axis) {
      std::set<std::size_t> values;
      for (const Steps& steps : space.taken) values.insert(steps[axis]);
      EXPECT_EQ(values.size(), 20u) << "seed " << seed << ", axis " << axis;
    }
  }
}

TEST(Sampling, LatinHypercubeCoversAxesOfOtherLengths) {
  // 10 samples: each of 5 values twice, each of 2 values five times, 1000 values in ten different tenths.
  const SampledSpace space = sample_space({5, 2, 1000}, sampling(Sampling::Method::LatinHypercube, 10, 9), kAcceptAll);
  ASSERT_EQ(space.taken.size(), 10u);
  std::map<std::size_t, int> first, second, third;
  for (const Steps& steps : space.taken) {
    ++first[steps[0]];
    ++second[steps[1]];
    ++third[steps[2] / 100];
  }
  for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(first[i], 2);
  for (std::size_t i = 0; i < 2; ++i) EXPECT_EQ(second[i], 5);
  for (std::size_t i = 0; i < 10; ++i) EXPECT_EQ(third[i], 1);
}

TEST(Sampling, LatinHypercubeCountsWhatItLoses) {
  const SampledSpace few = sample_space({2, 2}, sampling(Sampling::Method::LatinHypercube, 40, 1), kAcceptAll);
  EXPECT_EQ(few.taken.size() + few.duplicates, 40u);
  const auto is_low = [](const Steps& steps) { return steps[0] < 10; };
  const SampledSpace half = sample_space({20, 20}, sampling(Sampling::Method::LatinHypercube, 20, 1), is_low);
  EXPECT_EQ(half.taken.size(), 10u);
  EXPECT_EQ(half.refused, 10u);
}

}  // namespace
}  // namespace gemel::sim
