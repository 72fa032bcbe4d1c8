// SPDX-License-Identifier: Apache-2.0
// The counters against section 15 of the page.
#include <array>
#include <map>
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
    top().classes_busy_i = 0;
    for (int i = 0; i < 3; ++i) top().entries_i[i] = 0;
    for (int i = 0; i < 2; ++i) top().slots_i[i] = 0;
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

// Bits of the bench's events.
enum Wire : unsigned {
  kLoadActive,
  kLoadWaits,
  kStoreActive,
  kStoreWaits,
  kStoreRefused,
  kReaderActive,
  kReaderRefused,
  kWriterActive,
  kWriterRefused,
  kFeeding,
  kMatmulLoop,
  kAllocates,
  kReadBeat,
  kWriteBeat,
  kWires
};

// The page's table: how much an event adds in a cycle with these inputs.
struct Inputs {
  unsigned events = 0, classes_busy = 0;
  std::array<unsigned, 3> entries{};  // load, store, execute
  std::array<unsigned, 2> slots{};
  bool operator[](Wire wire) const { return (events >> wire & 1) != 0; }
};
std::uint64_t amount(bool external, unsigned id, const Inputs& in) {
  constexpr unsigned kLoad = 1, kStore = 2, kExecute = 4;
  if (external) {
    if (id >= 1 && id <= 3) return 0;  // read as they are
    if (id == 4) return in[kReadBeat] ? bench_derived().bus_bytes : 0;
    if (id == 5) return in[kWriteBeat] ? bench_derived().bus_bytes : 0;
    return in.slots[id - 6];
  }
  const std::map<unsigned, unsigned> classes = {
      {1, kLoad}, {2, kStore}, {3, kExecute}, {4, kLoad | kStore}, {5, kLoad | kExecute}, {6, kStore | kExecute},
      {7, 7}};
  if (const auto found = classes.find(id); found != classes.end()) return in.classes_busy == found->second;
  const std::map<unsigned, Wire> wires = {{8, kLoadWaits},      {9, kLoadActive},    {11, kStoreWaits},
                                          {12, kStoreActive},   {14, kStoreRefused}, {18, kReaderActive},
                                          {20, kReaderRefused}, {21, kWriterActive}, {23, kWriterRefused},
                                          {24, kFeeding},       {43, kMatmulLoop}};
  if (const auto found = wires.find(id); found != wires.end()) return in[found->second];
  if (id == 41) return !in[kAllocates];
  if (id == 42) return in.entries != std::array<unsigned, 3>{};
  return 0;
}

TEST_F(CounterFile, CountsFromTheCycleAfterItsConfigurationToTheCycleBeforeTheRead) {
  top().events_i = 1u << kLoadActive;
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
  top().events_i = 1u << kReadBeat;
  settle();
  tick();
  top().events_i = 1u << kWriteBeat;
  settle();
  tick();
  settle();
  tick();
  top().events_i = 0;
  EXPECT_EQ(read(0), bench_derived().bus_bytes);
  EXPECT_EQ(read(1), 2 * bench_derived().bus_bytes);
}

TEST_F(CounterFile, ResetZeroesCountersThatGoOnCountingTheirEvents) {
  top().events_i = 1u << kLoadActive;
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
  top().events_i = 1u << kLoadActive;
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
  const std::pair<bool, unsigned> ids[] = {{false, 0},  {false, 1},  {false, 2},  {false, 3},  {false, 4},  {false, 5},
                                           {false, 6},  {false, 7},  {false, 8},  {false, 9},  {false, 11}, {false, 12},
                                           {false, 14}, {false, 15}, {false, 18}, {false, 19}, {false, 20}, {false, 21},
                                           {false, 22}, {false, 23}, {false, 24}, {false, 32}, {false, 40}, {false, 41},
                                           {false, 42}, {false, 43}, {true, 1},   {true, 2},   {true, 3},   {true, 4},
                                           {true, 5},   {true, 6},   {true, 7}};
  struct Counter {
    std::pair<bool, unsigned> event{false, 0};
    std::uint64_t value = 0, snapshot = 0;
  };
  std::array<Counter, 8> counters;
  bool is_frozen = false;
  unsigned reads = 0;
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
          if (random() % 2 != 0) access = configure(access.counter, ids[chosen].second, ids[chosen].first);
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
    Inputs inputs;
    inputs.events = random() % (1u << kWires);
    inputs.classes_busy = random() % 8;
    for (unsigned& each : inputs.entries) each = random() % 3;
    for (unsigned& each : inputs.slots) each = random() % 17;
    top().events_i = inputs.events;
    top().classes_busy_i = inputs.classes_busy;
    for (int i = 0; i < 3; ++i) top().entries_i[i] = inputs.entries[i];
    for (int i = 0; i < 2; ++i) top().slots_i[i] = inputs.slots[i];
    settle();

    Counter& counter = counters[access.counter];
    const bool is_read = is_accessed && !access.reset && !access.drop_snapshot && !access.configure;
    const auto value = [&](const Counter& each) -> std::uint64_t {
      const auto [external, id] = each.event;
      return external && id >= 1 && id <= 3 ? inputs.entries[id - 1] : each.value;
    };
    const std::uint64_t expected = is_frozen ? counter.snapshot : value(counter);
    if (is_accessed && access.take_snapshot) {
      for (Counter& each : counters) each.snapshot = value(each);
      is_frozen = true;
    }
    if (is_accessed && (access.drop_snapshot || access.reset)) is_frozen = false;
    for (Counter& each : counters) each.value += amount(each.event.first, each.event.second, inputs);
    if (is_accessed && access.configure) counter.event = {access.external, access.event};
    for (Counter& each : counters) {
      if (is_accessed && (access.reset || (access.configure && &each == &counter))) each.value = 0;
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
