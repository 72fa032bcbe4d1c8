// SPDX-License-Identifier: Apache-2.0
// The counters against section 15 of the page.
#include <array>
#include <map>
#include <optional>
#include <utility>

#include "Vcommand_bench.h"
#include "sim/arch/isa.h"
#include "tests/rtl/bench_machine.h"
#include "tests/rtl/unit_bench.h"

namespace gemel::rtl {
namespace {

using arch::CounterAccess;

class CounterFile : public UnitBench<Vcommand_bench> {
 protected:
  void clear_inputs() override {
    top().access_valid_i = 0;
    top().events_i = 0;
  }
  void offer(const CounterAccess& access) {
    top().access_valid_i = 1;
    top().access_rs1_i = arch::encode_counter(access).rs1;
  }
  void access(const CounterAccess& access) {
    offer(access);
    settle();
    tick();
    top().access_valid_i = 0;
  }
  std::uint64_t read(unsigned counter) {
    CounterAccess reading;
    reading.counter = static_cast<std::uint8_t>(counter);
    access(reading);
    settle();
    EXPECT_TRUE(top().response_valid_o);
    return top().response_data_o;
  }
  static CounterAccess configure(unsigned counter, unsigned event, bool external = false) {
    CounterAccess access;
    access.configure = true;
    access.counter = static_cast<std::uint8_t>(counter);
    access.event = static_cast<std::uint8_t>(event);
    access.external = external;
    return access;
  }
};

TEST_F(CounterFile, CountsFromTheCycleAfterItsConfigurationToTheCycleBeforeTheRead) {
  top().events_i = 1;  // the load controller is active in every cycle
  access(configure(2, 9));
  for (int i = 0; i < 5; ++i) {
    settle();
    tick();
  }
  EXPECT_EQ(read(2), 5u);
}

TEST_F(CounterFile, TrafficIsCountedInBytes) {
  access(configure(0, 4, true));
  access(configure(1, 5, true));
  top().events_i = 1u << 5;
  settle();
  tick();
  top().events_i = 1u << 6;
  settle();
  tick();
  settle();
  tick();
  top().events_i = 0;
  EXPECT_EQ(read(0), bench_derived().bus_bytes);
  EXPECT_EQ(read(1), 2 * bench_derived().bus_bytes);
}

TEST_F(CounterFile, ResetZeroesCountersThatGoOnCountingTheirEvents) {
  top().events_i = 1;
  access(configure(0, 9));
  access(configure(1, 9));
  CounterAccess reset;
  reset.reset = true;
  access(reset);
  settle();
  tick();
  EXPECT_EQ(read(0), 1u);
  EXPECT_EQ(read(1), 2u);
}

TEST_F(CounterFile, ResetDropsTheSnapshot) {
  top().events_i = 1;
  access(configure(0, 9));
  for (int i = 0; i < 5; ++i) {
    settle();
    tick();
  }
  CounterAccess snapshot;
  snapshot.take_snapshot = true;
  access(snapshot);
  EXPECT_EQ(read(0), 5u);
  CounterAccess reset;
  reset.reset = true;
  access(reset);
  EXPECT_EQ(read(0), 0u);
}

TEST_F(CounterFile, MatchesTotalsUnderRandomAccessesAndEvents) {
  SCOPED_TRACE(seed_text());
  std::mt19937 random(test_seed());
  const std::map<std::pair<bool, unsigned>, unsigned> wires = {{{false, 9}, 0},  {{false, 12}, 1}, {{false, 18}, 2},
                                                               {{false, 21}, 3}, {{false, 24}, 4}, {{true, 4}, 5},
                                                               {{true, 5}, 6}};
  const unsigned ids[] = {9, 12, 18, 21, 24, 4, 5, 0, 15, 16, 17, 19, 22, 32, 33, 34, 38, 39, 40};
  std::array<std::uint64_t, 7> totals{};  // of each wire up to now
  struct Counter {
    std::optional<unsigned> wire;
    std::uint64_t from = 0, snapshot = 0;
  };
  std::array<Counter, 8> counters;
  bool is_frozen = false;
  unsigned reads = 0;
  const auto value = [&](const Counter& counter) { return counter.wire ? totals[*counter.wire] - counter.from : 0; };
  for (int cycle = 0; cycle < 20000; ++cycle) {
    CounterAccess access;
    const bool is_accessed = random() % 4 == 0;
    top().access_valid_i = 0;
    if (is_accessed) {
      access.counter = random() % 8;
      switch (random() % 12) {
        case 0:
        case 1:
        case 2: {  // some of them, or several
          const unsigned chosen = random() % std::size(ids);
          if (random() % 2 != 0) access = configure(access.counter, ids[chosen], ids[chosen] == 4 || ids[chosen] == 5);
          access.take_snapshot = random() % 3 == 0;
          access.drop_snapshot = random() % 3 == 0;
          access.reset = random() % 5 == 0;
          break;
        }
        default:
          break;
      }
      offer(access);
    }
    top().events_i = random() % 128;
    settle();

    Counter& counter = counters[access.counter];
    const bool is_read =
        is_accessed && !access.reset && !access.take_snapshot && !access.drop_snapshot && !access.configure;
    const std::uint64_t expected = is_frozen ? counter.snapshot : value(counter);
    if (is_accessed && access.take_snapshot) {
      for (Counter& each : counters) each.snapshot = value(each);
      is_frozen = true;
    }
    if (is_accessed && (access.drop_snapshot || access.reset)) is_frozen = false;
    for (unsigned wire = 0; wire < totals.size(); ++wire) {
      if ((top().events_i >> wire & 1) != 0) totals[wire] += wire >= 5 ? bench_derived().bus_bytes : 1;
    }
    if (is_accessed && access.configure) {
      const auto wire = wires.find({access.external, access.event});
      counter.wire = wire == wires.end() ? std::nullopt : std::optional<unsigned>(wire->second);
    }
    for (Counter& each : counters) {
      const bool is_zeroed = is_accessed && (access.reset || (access.configure && &each == &counter));
      if (is_zeroed && each.wire) each.from = totals[*each.wire];
    }
    tick();
    settle();
    ASSERT_EQ(top().response_valid_o != 0, is_read) << "cycle " << cycle;
    if (is_read) {
      ASSERT_EQ(top().response_data_o, expected) << "cycle " << cycle;
      ++reads;
    }
  }
  EXPECT_GT(reads, 3000u);
}

}  // namespace
}  // namespace gemel::rtl
