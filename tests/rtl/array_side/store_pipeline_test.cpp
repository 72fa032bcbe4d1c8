// SPDX-License-Identifier: Apache-2.0
// The store pipeline against the recurrences of docs/microarchitecture.md, section 12, under random requests, grants
// and readiness of the writer. Built once for each machine: kReadDelay, kUnitCycles and kScaleLatency.
#include <algorithm>
#include <vector>

#include "Vstore_pipeline_bench.h"
#include "tests/rtl/unit_bench.h"

namespace gemel::rtl {
namespace {

constexpr std::uint64_t kReadDelay = STORE_READ_DELAY;
constexpr std::uint64_t kWindow = kReadDelay + 1;
constexpr std::uint64_t kUnitCycles = STORE_UNIT_CYCLES;  // lanes over multipliers, rounded up
constexpr std::uint64_t kScaleLatency = STORE_SCALE_LATENCY;

enum Source : std::uint8_t { kScratchpad, kAccumulator, kOutside };

struct Element {
  Source source;
  unsigned row;
  bool full_width;
  std::uint64_t q, r, N, s, a;
};

// What happens in each cycle, whatever the pipeline does.
struct Weather {
  std::vector<bool> offered, scratchpad_grant, accumulator_grant, writer_ready;

  static std::uint64_t first(const std::vector<bool>& when, std::uint64_t from) {
    while (from < when.size() && !when[from]) ++from;
    return from;
  }
};

void predict(std::vector<Element>& elements, const Weather& weather) {
  std::vector<const Element*> scaled;  // accumulator elements so far
  for (std::size_t n = 0; n < elements.size(); ++n) {
    Element& e = elements[n];
    const auto a_before = [&](std::size_t distance) { return n >= distance ? elements[n - distance].a : 0; };
    const std::uint64_t after_q = n > 0 ? elements[n - 1].q + 1 : 0;
    const std::uint64_t dispatch_room = n > 1 ? elements[n - 2].r + 1 : 0;
    e.q = Weather::first(weather.offered, std::max(after_q, dispatch_room));
    std::uint64_t from = std::max(e.q + 1, n > 0 ? elements[n - 1].r + 1 : 0);
    const auto before = [&](std::size_t k) { return scaled.size() >= k ? scaled[scaled.size() - k] : nullptr; };
    std::uint64_t ready = 0;
    if (e.source == kAccumulator) {
      if (before(1)) from = std::max(from, before(1)->N);
      e.r = Weather::first(weather.accumulator_grant, from);
      e.N = std::max({e.r + 1, before(1) ? before(1)->N + 1 : 0, before(2) ? before(2)->s + 1 : 0});
      e.s = std::max({e.N + 1, before(1) ? before(1)->s + kUnitCycles : 0, a_before(kWindow),
                      before(kScaleLatency) ? before(kScaleLatency)->a : 0});
      ready = e.s + kScaleLatency;
      scaled.push_back(&e);
    } else {
      from = std::max(from, a_before(kWindow));
      e.r = e.source == kScratchpad ? Weather::first(weather.scratchpad_grant, from) : from;
      ready = e.r + (e.source == kScratchpad ? 1 + kReadDelay : 3);
    }
    e.a = Weather::first(weather.writer_ready, std::max(ready, n > 0 ? elements[n - 1].a + 1 : 0));
  }
}

class StorePipeline : public UnitBench<Vstore_pipeline_bench> {
 protected:
  void clear_inputs() override {
    top().request_valid_i = 0;
    top().element_ready_i = 0;
    top().scratchpad_grant_i = 0;
    top().accumulator_grant_i = 0;
  }

  std::vector<bool> sequence(std::size_t cycles, unsigned percent) {
    std::vector<bool> result(cycles);
    for (std::size_t i = 0; i < cycles; ++i) result[i] = random_() % 100 < percent;
    result.back() = true;
    return result;
  }

  // Runs the elements through the unit and compares each of their cycles.
  void run(std::vector<Element> elements, const Weather& weather) {
    predict(elements, weather);
    const std::uint64_t end = elements.back().a;
    ASSERT_LT(end + 1, weather.offered.size()) << "the test is too short";
    std::size_t requested = 0, read = 0, taken = 0;
    for (std::uint64_t t = 0; t <= end; ++t) {
      const bool offers = requested < elements.size() && weather.offered[t];
      top().request_valid_i = offers;
      if (offers) {
        top().source_i = elements[requested].source;
        top().row_i = elements[requested].row;
        top().full_width_i = elements[requested].full_width;
        top().last_i = requested % 3 == 2;
      }
      top().scratchpad_grant_i = weather.scratchpad_grant[t];
      top().accumulator_grant_i = weather.accumulator_grant[t];
      top().element_ready_i = weather.writer_ready[t];
      settle();
      // Elements outside are read without a trace but for the last of an mvout.
      while (read < requested && elements[read].source == kOutside && elements[read].r <= t) {
        ASSERT_EQ(top().last_read_o != 0, read % 3 == 2) << "element " << read << " in " << t;
        ASSERT_EQ(elements[read].r, t) << "element " << read;
        ++read;
      }
      if (top().scratchpad_read_o || top().accumulator_read_o) {
        ASSERT_LT(read, requested);
        ASSERT_EQ(t, elements[read].r) << "read of element " << read;
        ASSERT_EQ(top().accumulator_read_o != 0, elements[read].source == kAccumulator);
        ASSERT_EQ(top().last_read_o != 0, read % 3 == 2);
        ++read;
      }
      if (offers && top().request_ready_o) {
        ASSERT_EQ(t, elements[requested].q) << "request of element " << requested;
        ++requested;
      }
      ASSERT_EQ(top().busy_o != 0, taken < requested && elements[taken].q < t) << "in " << t;
      if (top().element_valid_o && top().element_ready_i) {
        ASSERT_EQ(t, elements[taken].a) << "element " << taken;
        ASSERT_EQ(top().element_row_o, elements[taken].source == kOutside ? 0 : elements[taken].row);
        ASSERT_TRUE(top().element_alike_o);
        ++taken;
      }
      tick();
    }
    ASSERT_EQ(taken, elements.size());
  }

  std::vector<Element> elements(std::size_t n, unsigned percent_scratchpad, unsigned percent_accumulator) {
    std::vector<Element> result(n);
    for (Element& e : result) {
      const unsigned kind = random_() % 100;
      e.source = kind < percent_scratchpad                         ? kScratchpad
                 : kind < percent_scratchpad + percent_accumulator ? kAccumulator
                                                                   : kOutside;
      e.row = 1 + random_() % 127;  // as an int8 it stays what it is
      e.full_width = e.source == kAccumulator && random_() % 3 == 0;
    }
    return result;
  }

  std::mt19937 random_{test_seed()};
};

TEST_F(StorePipeline, StreamsFromTheScratchpadARowACycle) {
  const std::size_t cycles = 200;
  const Weather open{sequence(cycles, 100), sequence(cycles, 100), sequence(cycles, 100), sequence(cycles, 100)};
  std::vector<Element> stream = elements(50, 100, 0);
  predict(stream, open);
  EXPECT_EQ(stream.back().a - stream.front().a, 49u);
  run(stream, open);
}

TEST_F(StorePipeline, StreamsFromTheAccumulatorAsFastAsTheWindowAllows) {
  const std::size_t cycles = 2000;
  const Weather open{sequence(cycles, 100), sequence(cycles, 100), sequence(cycles, 100), sequence(cycles, 100)};
  run(elements(100, 0, 100), open);
}

TEST_F(StorePipeline, FollowsItsRecurrencesUnderRandomStalls) {
  SCOPED_TRACE(seed_text());
  const unsigned rates[] = {100, 90, 50, 20};
  for (int round = 0; round < 60; ++round) {
    SetUp();
    const std::size_t cycles = 30000;
    const Weather weather{sequence(cycles, rates[random_() % 4]), sequence(cycles, rates[random_() % 4]),
                          sequence(cycles, rates[random_() % 4]), sequence(cycles, rates[random_() % 4])};
    const unsigned scratchpad = random_() % 101;
    ASSERT_NO_FATAL_FAILURE(run(elements(300, scratchpad, random_() % (101 - scratchpad)), weather))
        << "round " << round;
  }
}

}  // namespace
}  // namespace gemel::rtl
