// SPDX-License-Identifier: Apache-2.0
// The load controller against section 4 of the page.
#include <deque>
#include <optional>
#include <vector>

#include "Vload_bench.h"
#include "sim/arch/isa.h"
#include "tests/rtl/bench_machine.h"
#include "tests/rtl/unit_bench.h"

namespace gemel::rtl {
namespace {

struct Issued {
  arch::Command command;
  unsigned id = 0;
  std::uint64_t seen_from = 0;

  bool is_config() const { return static_cast<arch::Funct>(command.funct) == arch::Funct::Config; }
};

// One mvin at work: its row requests, made and to be made.
struct Running {
  arch::Mvin mvin;
  arch::ConfigLoad state;
  unsigned rows = 0, requested = 0;
  std::uint64_t first = 0, last = 0;  // cycles of its first and last request
};

class LoadController : public UnitBench<Vload_bench> {
 protected:
  void clear_inputs() override {
    top().issue_valid_i = 0;
    top().reader_ready_i = 1;
    top().zero_ready_i = 1;
    top().written_valid_i = 0;
    top().done_ready_i = 1;
  }
  void offer(const arch::Command& command, unsigned id = 0) {
    top().issue_valid_i = 1;
    top().issue_funct_i = command.funct;
    top().issue_rs1_i = command.rs1;
    top().issue_rs2_i = command.rs2;
    top().issue_id_i = static_cast<std::uint8_t>(id);
  }
  // The cycle in which it was issued.
  std::uint64_t take(const arch::Command& command, unsigned id = 0) {
    offer(command, id);
    settle();
    while (!top().issue_ready_o) {
      tick();
      settle();
    }
    tick();
    top().issue_valid_i = 0;
    return now() - 1;
  }
  static arch::Command mvin(std::uint64_t address, unsigned rows) {
    return arch::encode_mvin({0, address, {arch::LocalAddress(0), 1, static_cast<std::uint16_t>(rows)}});
  }
  static arch::Command config(std::uint64_t stride) {
    arch::ConfigLoad config;
    config.block_stride = 16;
    config.dram_stride = stride;
    return arch::encode_config_load(config);
  }
  // Cycles in which rows are requested, over `cycles`.
  std::vector<std::uint64_t> requests(unsigned cycles) {
    std::vector<std::uint64_t> found;
    for (unsigned i = 0; i < cycles; ++i, tick()) {
      settle();
      if (top().reader_valid_o || top().zero_valid_o) found.push_back(now());
    }
    return found;
  }
  const unsigned depth_ = bench_config().queues.load;
  const unsigned trackers_ = bench_config().dma.loads_in_flight;
};

TEST_F(LoadController, RequestsARowACycleFromTheCycleAfterTheIssue) {
  take(config(64));
  settle();
  tick();
  const std::uint64_t issued = take(mvin(0x80000000, 3));
  EXPECT_EQ(requests(8), (std::vector<std::uint64_t>{issued + 1, issued + 2, issued + 3}));
}

TEST_F(LoadController, StrideZeroFetchesOneRowForAllUnlessTheyAreZeros) {
  take(config(0));
  take(mvin(0x80000000, 3));
  EXPECT_EQ(requests(8).size(), 1u);
  EXPECT_EQ(top().reader_valid_o, 0);
  top().written_valid_i = 1;
  settle();
  tick();
  top().written_valid_i = 0;
  settle();
  tick();
  take(mvin(0, 3));
  EXPECT_EQ(requests(8).size(), 3u);
}

TEST_F(LoadController, CompletionIsRequestedTheCycleAfterTheLastWrite) {
  take(mvin(0, 1), 5);
  EXPECT_EQ(requests(4).size(), 1u);
  top().done_ready_i = 0;
  top().written_valid_i = 1;
  top().written_id_i = 5;
  settle();
  EXPECT_FALSE(top().done_valid_o);
  tick();
  top().written_valid_i = 0;
  for (int i = 0; i < 3; ++i, tick()) {
    settle();
    EXPECT_TRUE(top().done_valid_o) << "until it is granted";
    EXPECT_EQ(top().done_id_o, 5u);
  }
}

TEST_F(LoadController, FollowsItsRulesUnderRandomCommandsAndStalls) {
  SCOPED_TRACE(seed_text());
  std::mt19937 random(test_seed());
  const auto pick = [&](unsigned below) { return static_cast<std::uint32_t>(random() % below); };
  const auto draw_config = [&](unsigned state) {
    arch::ConfigLoad config;
    config.state = static_cast<std::uint8_t>(state);
    config.shrink = pick(2) != 0;
    config.pixel_repeats = static_cast<std::uint8_t>(1 + pick(3));
    config.block_stride = static_cast<std::uint16_t>(pick(100));
    config.scale = pick(2) != 0 ? 1.0f : 0.5f;
    config.dram_stride = pick(3) == 0 ? 0 : pick(4096);
    return config;
  };
  const auto draw = [&](unsigned number) -> arch::Command {
    if (number < 3) return arch::encode_config_load(draw_config(number));
    if (pick(6) == 0) return arch::encode_config_load(draw_config(pick(3)));
    arch::LocalAddress local = arch::LocalAddress::scratchpad(pick(500));
    if (pick(3) == 0) local = arch::LocalAddress::accumulator(pick(100));
    if (pick(2) == 0) local = local.with_accumulate();
    return arch::encode_mvin(
        {static_cast<std::uint8_t>(pick(3)),
         pick(4) == 0 ? 0 : 0x80000000u + pick(4096),
         {local, static_cast<std::uint16_t>(1 + pick(16)), static_cast<std::uint16_t>(1 + pick(4))}});
  };
  const unsigned rates[] = {100, 90, 50, 15};
  unsigned issued = 100, reader = 100, zeros = 100, written = 100, granted = 100;

  std::deque<Issued> queue;
  std::array<arch::ConfigLoad, 3> states;
  std::optional<Running> running;
  std::uint64_t next_look = 0;
  std::deque<unsigned> unwritten, finished;  // entries: not all written; completion asked for
  unsigned used = 0, number = 0, rows = 0;
  arch::Command next = draw(number++);
  for (int cycle = 0; cycle < 40000; ++cycle, tick()) {
    if (cycle % 400 == 0) {
      for (unsigned* rate : {&issued, &reader, &zeros, &written, &granted}) *rate = rates[pick(4)];
    }
    top().issue_valid_i = 0;
    if (pick(100) < issued) offer(next, number % bench_config().reservation_station.load_entries);
    top().reader_ready_i = pick(100) < reader;
    top().zero_ready_i = pick(100) < zeros;
    top().done_ready_i = pick(100) < granted;
    top().written_valid_i = !unwritten.empty() && pick(100) < written;
    const std::size_t chosen = unwritten.empty() ? 0 : pick(static_cast<unsigned>(unwritten.size()));
    if (top().written_valid_i) top().written_id_i = static_cast<std::uint8_t>(unwritten[chosen]);
    settle();

    ASSERT_EQ(top().issue_ready_o != 0, queue.size() < depth_) << "cycle " << now();
    ASSERT_EQ(top().done_valid_o != 0, !finished.empty()) << "cycle " << now();
    if (!finished.empty()) {
      ASSERT_EQ(top().done_id_o, finished.front());
    }

    // What the head of the queue does in this cycle.
    const bool is_seen = !queue.empty() && queue.front().seen_from <= now() && next_look <= now();
    bool waits_for_tracker = false, waits_for_reader = false, is_active = false, leaves = false;
    bool to_reader = false, to_zeros = false;
    if (is_seen && queue.front().is_config()) {
      const arch::ConfigLoad config = arch::decode_config_load(queue.front().command.rs1, queue.front().command.rs2);
      states[config.state] = config;
      next_look = now() + 1;
      leaves = true;
      is_active = true;
    } else if (is_seen && !running && used == trackers_) {
      waits_for_tracker = true;
    } else if (is_seen) {
      const bool starts = !running;
      if (starts) {
        running = Running{arch::decode_mvin(queue.front().command), {}, 0, 0, 0, 0};
        running->state = states[running->mvin.state];
        const bool is_repeated = running->state.dram_stride == 0 && running->mvin.dram_address != 0;
        running->rows = is_repeated ? 1 : running->mvin.local.rows;
      }
      const arch::Mvin& mvin = running->mvin;
      if (running->requested < running->rows) {
        (mvin.dram_address == 0 ? to_zeros : to_reader) = true;
        const bool is_ready = mvin.dram_address == 0 ? top().zero_ready_i : top().reader_ready_i;
        waits_for_reader = !is_ready;
        is_active = is_ready || !starts;
        const bool in_accumulator = mvin.local.address.is_accumulator();
        const bool accumulates = in_accumulator && mvin.local.address.accumulates();
        const bool is_wide = in_accumulator && !running->state.shrink;
        ASSERT_EQ(top().requested_address_o, mvin.dram_address + running->requested * running->state.dram_stride);
        ASSERT_EQ(top().requested_row_o, mvin.local.address.row(bench_derived()) + running->requested);
        ASSERT_EQ(top().requested_flags_o, (is_wide ? 4u : 0u) | (accumulates ? 2u : 0u) | (in_accumulator ? 1u : 0u));
        ASSERT_EQ(top().requested_cols_o, mvin.local.cols);
        ASSERT_EQ(top().requested_block_stride_o, running->state.block_stride);
        ASSERT_EQ(top().requested_scale_o, arch::bits_from_float(running->state.scale));
        ASSERT_EQ(top().requested_pixel_repeats_o, in_accumulator ? 1 : running->state.pixel_repeats);
        ASSERT_EQ(top().requested_repeats_o, running->rows < mvin.local.rows ? mvin.local.rows : 1);
        ASSERT_EQ(top().requested_last_o != 0, running->requested + 1 == running->rows);
        ASSERT_EQ(top().requested_id_o, queue.front().id);
        if (!is_ready && starts) {
          running.reset();
        } else if (is_ready) {
          ++rows;
          if (starts) {
            running->first = now();
            ++used;
          }
          running->last = now();
          ++running->requested;
        }
      }
      if (running && running->requested == running->rows) {
        next_look = std::max(running->last + 1, running->first + 2);
        leaves = next_look == now() + 1;
        if (running->last == now()) unwritten.push_back(queue.front().id);
        if (!leaves) next_look = 0;  // the cycle behind a single row: still at the head
      }
    }
    ASSERT_EQ(top().reader_valid_o != 0, to_reader) << "cycle " << now();
    ASSERT_EQ(top().zero_valid_o != 0, to_zeros) << "cycle " << now();
    ASSERT_EQ(top().waits_for_tracker_o != 0, waits_for_tracker) << "cycle " << now();
    ASSERT_EQ(top().waits_for_reader_o != 0, waits_for_reader) << "cycle " << now();
    ASSERT_EQ(top().active_o != 0, is_active) << "cycle " << now();

    // What the next cycle sees.
    if (leaves) {
      queue.pop_front();
      running.reset();
    }
    if (top().issue_valid_i && top().issue_ready_o) {
      queue.push_back({next, number % bench_config().reservation_station.load_entries, now() + 1});
      next = draw(number++);
    }
    if (top().done_valid_o && top().done_ready_i) {
      finished.pop_front();
      --used;
    }
    if (top().written_valid_i) {
      finished.push_back(unwritten[chosen]);
      unwritten.erase(unwritten.begin() + static_cast<std::ptrdiff_t>(chosen));
    }
  }
  EXPECT_GT(rows, 3000u);
}

}  // namespace
}  // namespace gemel::rtl
