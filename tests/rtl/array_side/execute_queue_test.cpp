// SPDX-License-Identifier: Apache-2.0
// The execute controller's queue: when commands are seen, how many there is room for, and what weight-stationary work
// with B transpose becomes.
#include <algorithm>
#include <deque>
#include <vector>

#include "Vexecute_queue.h"
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

class ExecuteQueue : public UnitBench<Vexecute_queue> {
 protected:
  void clear_inputs() override {
    top().issue_valid_i = 0;
    top().pop_i = 0;
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
  static Entry configuration(bool weight_stationary, bool b_transpose, unsigned id) {
    arch::ConfigExecute config;
    config.dataflow = weight_stationary ? arch::Dataflow::WeightStationary : arch::Dataflow::OutputStationary;
    config.b_transpose = b_transpose;
    return {arch::encode_config_execute(config), id, true};
  }
};

TEST_F(ExecuteQueue, SeesACommandTwoCyclesAfterItWasIssued) {
  const Entry entry = make(Funct::ComputePreloaded, 5, 7, 3);
  ASSERT_TRUE(accept(entry));  // in cycle 0
  settle();
  EXPECT_FALSE(sees(0));
  tick();
  settle();
  expect_head(0, entry);
  EXPECT_FALSE(sees(1));
}

TEST_F(ExecuteQueue, HasRoomForItsDepthAndTwo) {
  unsigned taken = 0;
  for (unsigned i = 0; i < kDepth + 10; ++i) taken += accept(make(Funct::ComputePreloaded, i, i, i % 16));
  EXPECT_EQ(taken, kDepth + 2);
}

TEST_F(ExecuteQueue, HoldsAPreloadBackUntilItsComputeIsThere) {
  ASSERT_TRUE(accept(configuration(true, true, 0)));
  ASSERT_TRUE(accept(make(Funct::Preload, 1, 2, 1)));
  tick();
  tick();
  top().pop_i = 1;  // the configuration
  settle();
  tick();
  top().pop_i = 0;
  for (int i = 0; i < 20; ++i, tick()) {
    settle();
    ASSERT_FALSE(sees(0));
    ASSERT_TRUE(top().lone_preload_o);
  }
  ASSERT_TRUE(accept(make(Funct::ComputePreloaded, 3, 4, 2)));  // in cycle t: expanded from t + 1, seen from t + 2
  settle();
  EXPECT_FALSE(sees(0));
  tick();
  settle();
  EXPECT_TRUE(sees(0));
  EXPECT_FALSE(top().lone_preload_o);
}

// Random commands and pops: contents and order, with the expansion where it belongs.
TEST_F(ExecuteQueue, ExpandsTransposedWeightsAndNothingElse) {
  SCOPED_TRACE(seed_text());
  std::mt19937 random(test_seed());
  std::vector<Entry> in;
  std::vector<Entry> out;
  bool transposed = false;
  for (unsigned i = 0; i < 3000; ++i) {
    const unsigned kind = random() % 12;
    Entry entry;
    if (i % 64 == 0 || kind == 0) {
      const bool weight_stationary = random() % 3 != 0, b_transpose = random() % 2 != 0;
      entry = configuration(weight_stationary, b_transpose, i % 16);
      if (random() % 4 == 0) {
        entry.command.rs1 |= 1u << 7;  // only the strides
      } else {
        transposed = weight_stationary && b_transpose;
      }
      in.push_back(entry);
      out.push_back(entry);
      continue;
    }
    const Entry preload = make(Funct::Preload, random(), random(), i % 16);
    const bool preloaded = random() % 2 != 0;
    const Entry compute =
        make(preloaded ? Funct::ComputePreloaded : Funct::ComputeAccumulated, random(), random(), (i + 1) % 16);
    in.push_back(preload);
    in.push_back(compute);
    if (transposed && preloaded) {
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
  for (int step = 0; step < 100000 && next_out < out.size(); ++step) {
    const bool offers = next_in < in.size() && random() % 4 != 0;
    if (offers) offer(in[next_in]);
    top().issue_valid_i = offers;
    settle();
    const unsigned seen = sees(0) + sees(1) + sees(2);
    for (unsigned i = 0; i < seen; ++i) {
      ASSERT_LT(next_out + i, out.size());
      if (out[next_out + i].has_id || out[next_out + i].command.funct != static_cast<int>(Funct::ComputeAccumulated)) {
        ASSERT_NO_FATAL_FAILURE(expect_head(i, out[next_out + i])) << "entry " << next_out + i;
      } else {
        // The inserted compute names nothing; its other fields do not matter.
        ASSERT_EQ(head(i).command.funct, static_cast<int>(Funct::ComputeAccumulated));
        ASSERT_EQ(head(i).command.rs1 & kGarbage, kGarbage);
        ASSERT_EQ(head(i).command.rs2 & kGarbage, kGarbage);
        ASSERT_FALSE(head(i).has_id);
      }
    }
    const unsigned pops = std::min<unsigned>(seen, random() % 4 == 0 ? random() % 3 : 0);
    top().pop_i = pops;
    next_out += pops;
    settle();
    if (offers && top().issue_ready_o) ++next_in;
    tick();
  }
  EXPECT_EQ(next_out, out.size());
}

}  // namespace
}  // namespace gemel::rtl
