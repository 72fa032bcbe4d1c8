// SPDX-License-Identifier: Apache-2.0
// The execute controller's queue and the expander behind it: when commands are seen and leave, how many there is room
// for, and what weight-stationary work with B transpose becomes.
#include <algorithm>
#include <deque>
#include <vector>

#include "Vpreload_expander_bench.h"
#include "sim/arch/isa.h"
#include "tests/rtl/array_side/port_bits.h"
#include "tests/rtl/unit_bench.h"

namespace gemel::rtl {
namespace {

using arch::Command;
using arch::Funct;
using rtl_bench::get_bits;
using rtl_bench::set_bits;

// Places of execute_issue_t and execute_entry_t, last field lowest; 16 entries in the station.
constexpr unsigned kIdBits = 4;
constexpr unsigned kEntryBits = 1 + kIdBits + 64 + 64 + 7;
constexpr unsigned kDepth = 8;
constexpr std::uint64_t kGarbage = 0xFFFFFFFFu;

struct Entry {
  Command command;
  unsigned id = 0;
  bool has_id = true;
};

class PreloadExpander : public UnitBench<Vpreload_expander_bench> {
 protected:
  void clear_inputs() override {
    top().issue_valid_i = 0;
    top().take_i = 0;
    top().takes_request_i = 0;
    top().last_row_fed_i = 0;
    top().feeder_idle_i = 1;
    top().expands_i = 0;
  }
  void offer(const Entry& entry) {
    top().issue_valid_i = 1;
    set_bits(top().issue_i, 0, kIdBits, entry.id);
    set_bits(top().issue_i, kIdBits, 64, entry.command.rs2);
    set_bits(top().issue_i, kIdBits + 64, 64, entry.command.rs1);
    set_bits(top().issue_i, kIdBits + 128, 7, entry.command.funct);
  }
  bool sees(unsigned i) { return (top().head_valid_o >> i & 1) != 0; }
  Entry head(unsigned i) {
    const unsigned at = i * kEntryBits;
    Entry entry;
    entry.has_id = get_bits(top().head_o, at, 1) != 0;
    entry.id = static_cast<unsigned>(get_bits(top().head_o, at + 1, kIdBits));
    entry.command.rs2 = get_bits(top().head_o, at + 1 + kIdBits, 64);
    entry.command.rs1 = get_bits(top().head_o, at + 1 + kIdBits + 64, 64);
    entry.command.funct = static_cast<std::uint8_t>(get_bits(top().head_o, at + 1 + kIdBits + 128, 7));
    return entry;
  }
  void expect_head(unsigned i, const Entry& expected) {
    ASSERT_TRUE(sees(i));
    const Entry seen = head(i);
    ASSERT_EQ(seen.command.funct, expected.command.funct);
    ASSERT_EQ(seen.command.rs1, expected.command.rs1);
    ASSERT_EQ(seen.command.rs2, expected.command.rs2);
    ASSERT_EQ(seen.has_id, expected.has_id);
    ASSERT_EQ(expected.has_id ? seen.id : 0, expected.has_id ? expected.id : 0);
  }
  bool accept(const Entry& entry) {
    offer(entry);
    settle();
    const bool taken = top().issue_ready_o != 0;
    tick();
    top().issue_valid_i = 0;
    return taken;
  }

  static Entry make(Funct funct, std::uint64_t rs1, std::uint64_t rs2, unsigned id) {
    return {{static_cast<std::uint8_t>(funct), rs1, rs2}, id, true};
  }
};

TEST_F(PreloadExpander, SeesACommandTwoCyclesAfterItWasIssued) {
  const Entry entry = make(Funct::ComputePreloaded, 5, 7, 3);
  ASSERT_TRUE(accept(entry));  // in cycle 0
  settle();
  EXPECT_FALSE(sees(0));
  tick();
  settle();
  expect_head(0, entry);
  EXPECT_FALSE(sees(1));
}

TEST_F(PreloadExpander, HasRoomForItsDepthAndTwo) {
  unsigned taken = 0;
  for (unsigned i = 0; i < kDepth + 10; ++i) taken += accept(make(Funct::ComputePreloaded, i, i, i % 16));
  EXPECT_EQ(taken, kDepth + 2);
}

TEST_F(PreloadExpander, CommandsOfARequestLeaveTheQueueWithItsLastRow) {
  for (unsigned i = 0; i < kDepth + 2; ++i) ASSERT_TRUE(accept(make(Funct::ComputePreloaded, i, i, i)));
  EXPECT_FALSE(accept(make(Funct::ComputePreloaded, 0, 0, 0)));
  clear_inputs();
  top().take_i = 2;
  top().takes_request_i = 1;
  settle();
  tick();
  clear_inputs();
  top().feeder_idle_i = 0;
  for (int row = 1; row < 5; ++row) {
    top().last_row_fed_i = row == 4;
    ASSERT_FALSE(accept(make(Funct::ComputePreloaded, 0, 0, 0))) << "row " << row;
  }
  clear_inputs();
  settle();
  expect_head(0, make(Funct::ComputePreloaded, 2, 2, 2));
  EXPECT_TRUE(accept(make(Funct::ComputePreloaded, 0, 0, 0)));
}

TEST_F(PreloadExpander, MovesAPreloadOnlyWithTheCommandBehindIt) {
  ASSERT_TRUE(accept(make(Funct::Preload, 1, 2, 1)));
  top().expands_i = 1;
  for (int i = 0; i < 20; ++i, tick()) {
    settle();
    ASSERT_FALSE(sees(0));
    ASSERT_TRUE(top().single_o);
    ASSERT_TRUE(top().empty_o);
  }
  ASSERT_TRUE(accept(make(Funct::ComputePreloaded, 3, 4, 2)));  // in cycle t: moves, and is seen, in t + 2
  settle();
  EXPECT_FALSE(sees(0));
  tick();
  settle();
  EXPECT_TRUE(sees(0) && sees(1) && sees(2));
}

TEST_F(PreloadExpander, MovesNothingBehindAConfiguration) {
  const Entry config = make(Funct::Config, 0, 0, 1);
  ASSERT_TRUE(accept(config));
  ASSERT_TRUE(accept(make(Funct::ComputeAccumulated, 3, 4, 2)));
  top().expands_i = 1;
  for (int i = 0; i < 10; ++i) {
    tick();
    settle();
  }
  expect_head(0, config);
  EXPECT_FALSE(sees(1));
}

TEST_F(PreloadExpander, MovesTheNextPairWhereItHoldsFewerThanThreeSteps) {
  top().expands_i = 1;
  top().feeder_idle_i = 0;
  for (unsigned pair = 0; pair < 2; ++pair) {
    ASSERT_TRUE(accept(make(Funct::Preload, 1, 2, 2 * pair)));
    ASSERT_TRUE(accept(make(Funct::ComputePreloaded, 3, 4, 2 * pair + 1)));
  }
  tick();
  const auto held_by_queue = [&] { return (top().queue_valid_o & 1) + (top().queue_valid_o >> 1 & 1); };
  const auto take_one = [&] {
    top().take_i = top().takes_request_i = 1;
    settle();
    tick();
    top().take_i = top().takes_request_i = 0;
  };
  top().feeder_idle_i = 1;
  settle();
  tick();  // the first pair moves: four steps
  take_one();
  for (int i = 0; i < 5; ++i, tick()) {  // three
    settle();
    ASSERT_EQ(held_by_queue(), 2);
    ASSERT_FALSE(top().empty_o);
  }
  take_one();
  settle();  // two: the second pair moves before the decision
  ASSERT_EQ(held_by_queue(), 2);
  expect_head(2, {{static_cast<std::uint8_t>(Funct::Preload), 1, 2 | kGarbage}, 0, false});
  tick();
  settle();
  EXPECT_EQ(held_by_queue(), 0);
}

// Random commands, decisions and feeding: contents and order, expanded in each stretch that asks for it.
TEST_F(PreloadExpander, ExpandsTransposedWeightsAndNothingElse) {
  SCOPED_TRACE(seed_text());
  std::mt19937 random(test_seed());
  for (int stretch = 0; stretch < 30; ++stretch) {
    SetUp();
    const bool expands = random() % 2 != 0;
    std::vector<Entry> in, out;
    for (unsigned i = 0; i < 60; ++i) {
      const Entry preload = make(Funct::Preload, random(), random(), i % 16);
      const bool preloaded = random() % 2 != 0;
      const Entry compute =
          make(preloaded ? Funct::ComputePreloaded : Funct::ComputeAccumulated, random(), random(), (i + 1) % 16);
      in.push_back(preload);
      in.push_back(compute);
      if (expands && preloaded) {
        Entry first = preload, inserted = compute, second = preload;
        first.command.rs2 |= kGarbage;
        first.has_id = false;
        inserted.command.funct = static_cast<std::uint8_t>(Funct::ComputeAccumulated);
        inserted.command.rs1 |= kGarbage;
        inserted.command.rs2 |= kGarbage;
        inserted.has_id = false;
        second.command.rs1 |= kGarbage;
        out.insert(out.end(), {first, inserted, second, compute});
      } else {
        out.insert(out.end(), {preload, compute});
      }
    }
    std::size_t next_in = 0, next_out = 0;
    unsigned rows_left = 0;  // of the request being fed
    top().expands_i = expands;
    for (int step = 0; step < 20000 && next_out < out.size(); ++step) {
      const bool offers = next_in < in.size() && random() % 4 != 0;
      if (offers) offer(in[next_in]);
      top().issue_valid_i = offers;
      top().feeder_idle_i = rows_left == 0;
      top().last_row_fed_i = rows_left == 1;
      top().take_i = 0;
      top().takes_request_i = 0;
      settle();
      if (rows_left == 0) {
        const unsigned seen = sees(0) + sees(1) + sees(2);
        for (unsigned i = 0; i < seen; ++i) {
          ASSERT_LT(next_out + i, out.size());
          ASSERT_NO_FATAL_FAILURE(expect_head(i, out[next_out + i])) << "entry " << next_out + i;
        }
        const unsigned takes = std::min<unsigned>(seen, random() % 3);
        if (takes != 0) {
          top().take_i = takes;
          top().takes_request_i = 1;
          next_out += takes;
          rows_left = 1 + random() % 6 + 1;
          settle();
        }
      }
      if (rows_left != 0) --rows_left;
      if (offers && top().issue_ready_o) ++next_in;
      tick();
    }
    ASSERT_EQ(next_out, out.size()) << (expands ? "expanding" : "not expanding");
  }
}

}  // namespace
}  // namespace gemel::rtl
