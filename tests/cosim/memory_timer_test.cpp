// SPDX-License-Identifier: Apache-2.0
// When the reference memory answers, for both bodies.
#include "sim/memory/memory_timer.h"

#include <gtest/gtest.h>

#include <set>
#include <vector>

namespace gemel::sim {
namespace {

std::vector<Cycle> waits(const arch::MemoryConfig& config, unsigned requests) {
  MemoryTimer timer(config);
  std::vector<Cycle> all;
  for (unsigned i = 0; i < requests; ++i) all.push_back(timer.next_answer(10 * i).first - 10 * i);
  return all;
}

TEST(MemoryTimer, WithoutJitterEveryRequestTakesTheLatency) {
  arch::MemoryConfig config;
  config.latency_cycles = 7;
  config.seed = 3;
  EXPECT_EQ(waits(config, 50), std::vector<Cycle>(50, 7));
  EXPECT_FALSE(MemoryTimer(config).has_gaps());
  EXPECT_EQ(MemoryTimer(config).gap_before(5, 1), 0u);
}

TEST(MemoryTimer, JitterAddsEveryAmountUpToTheMost) {
  arch::MemoryConfig config;
  config.latency_cycles = 7;
  config.jitter_cycles = 4;
  const std::vector<Cycle> drawn = waits(config, 500);
  EXPECT_EQ(std::set<Cycle>(drawn.begin(), drawn.end()), (std::set<Cycle>{7, 8, 9, 10, 11}));
}

TEST(MemoryTimer, TheSeedDecidesAndTheTimeDoesNot) {
  arch::MemoryConfig config;
  config.jitter_cycles = 1000;
  const std::vector<Cycle> once = waits(config, 100);
  EXPECT_EQ(waits(config, 100), once);
  MemoryTimer later(config);
  for (unsigned i = 0; i < 100; ++i) EXPECT_EQ(later.next_answer(999 + i).first - (999 + i), once[i]) << i;
  config.seed = 1;
  EXPECT_NE(waits(config, 100), once);
}

TEST(MemoryTimer, GapsStandBeforeAboutOneBeatInFour) {
  arch::MemoryConfig config;
  config.beat_gap_cycles = 3;
  const MemoryTimer timer(config);
  unsigned gaps = 0;
  std::set<Cycle> lengths;
  for (unsigned request = 0; request < 250; ++request) {
    for (unsigned beat = 1; beat < 5; ++beat) {
      const Cycle gap = timer.gap_before(request, beat);
      gaps += gap > 0;
      lengths.insert(gap);
    }
  }
  EXPECT_EQ(lengths, (std::set<Cycle>{0, 1, 2, 3}));
  EXPECT_GT(gaps, 180u);
  EXPECT_LT(gaps, 320u);
}

}  // namespace
}  // namespace gemel::sim
