// SPDX-License-Identifier: Apache-2.0
// Default machine: 16-byte beats, transactions of 1, 2 or 4 beats, local rows of 16 or 64 bytes.
#include <algorithm>
#include <cstring>
#include <deque>
#include <vector>

#include "Vbeat_merger_bench.h"
#include "tests/rtl/unit_bench.h"

namespace gemel::rtl {
namespace {

constexpr unsigned kBus = 16, kMost = 64, kDim = 16;

struct Transaction {
  bool is_wide, is_last;
  unsigned position, offset, useful, beats;

  unsigned row_bytes() const { return is_wide ? 4 * kDim : kDim; }
};

// [begin, end) in the transaction.
struct Part {
  unsigned begin, end;
};
std::vector<Part> parts_of(const Transaction& t) {
  std::vector<Part> parts;
  for (unsigned at = 0; at < t.useful;) {
    const unsigned size = std::min(t.useful - at, t.row_bytes() - (t.position + at) % t.row_bytes());
    parts.push_back({t.offset + at, t.offset + at + size});
    at += size;
  }
  return parts;
}

class BeatMerger : public UnitBench<Vbeat_merger_bench> {
 protected:
  void clear_inputs() override {
    top().transaction_valid_i = 0;
    top().beat_valid_i = 0;
  }
  void offer(const Transaction& t) {
    top().transaction_valid_i = 1;
    top().wide_i = t.is_wide;
    top().last_i = t.is_last;
    top().position_i = t.position;
    top().offset_i = t.offset;
    top().useful_i = t.useful;
    top().beats_i = t.beats;
  }
  // Feeds transactions with a beat in every cycle; first cycle of each transaction's first beat, relative to the first.
  std::vector<std::uint64_t> first_beats(const std::vector<Transaction>& transactions) {
    for (const Transaction& t : transactions) {
      offer(t);
      settle();
      tick();
    }
    top().transaction_valid_i = 0;
    top().beat_valid_i = 1;
    std::vector<std::uint64_t> firsts;
    for (const Transaction& t : transactions) {
      for (unsigned beat = 0; beat < t.beats; tick()) {
        settle();
        if (!top().beat_ready_o) continue;
        if (beat++ == 0) firsts.push_back(now());
      }
    }
    const std::uint64_t base = firsts.front();
    for (std::uint64_t& first : firsts) first -= base;
    return firsts;
  }
};

// The last piece comes the cycle after the last beat (E > d).
TEST_F(BeatMerger, SingleBeatsStreamWithoutBubbles) {
  const Transaction t{false, true, 0, 0, 16, 1};
  EXPECT_EQ(first_beats({t, t, t}), (std::vector<std::uint64_t>{0, 1, 2}));
}

// Four beats of which the first completes the only piece (E < d).
TEST_F(BeatMerger, BeatsBehindTheLastPieceCostNothingMore) {
  const Transaction early{false, true, 0, 0, 16, 4}, next{false, true, 0, 0, 16, 1};
  EXPECT_EQ(first_beats({early, next}), (std::vector<std::uint64_t>{0, 4}));
}

// The beat before the last completes the last piece: emitted with the last beat (E = d).
TEST_F(BeatMerger, LastPieceTogetherWithTheLastBeatCostsOneCycle) {
  const Transaction together{false, true, 0, 0, 16, 2}, next{false, true, 0, 0, 16, 1};
  EXPECT_EQ(first_beats({together, next}), (std::vector<std::uint64_t>{0, 3}));
}

// One beat with two pieces: the second is emitted two cycles after it (E = d + 2).
TEST_F(BeatMerger, NextTransactionStartsInTheCycleOfTheLastPiece) {
  const Transaction two{false, true, 8, 0, 16, 1};
  EXPECT_EQ(first_beats({two, two}), (std::vector<std::uint64_t>{0, 2}));
}

TEST_F(BeatMerger, FollowsItsTableUnderRandomTransactionsAndStalls) {
  SCOPED_TRACE(seed_text());
  std::mt19937 random(test_seed());
  struct Live {
    Transaction t;
    std::vector<std::uint8_t> bytes;
    std::vector<Part> parts;
    unsigned beats_taken = 0, parts_out = 0;
    std::vector<std::uint64_t> beat_cycles, part_cycles;
  };
  std::deque<Live> queue;       // front: whose beats are taken
  std::deque<Live> emitting;    // beats may still come to back() only
  std::uint64_t may_start = 0;  // by the table
  bool is_start_known = true;
  int pieces = 0;

  for (int cycle = 0; cycle < 20000; ++cycle, tick()) {
    const unsigned beat_percent = 20 + 80 * ((cycle / 500) % 2);
    if (queue.size() < 10 && random() % 3 == 0) {
      Transaction t{};
      t.is_wide = random() % 4 == 0;
      t.is_last = random() % 2 == 0;
      t.beats = 1u << (random() % 3);
      t.offset = random() % (t.beats * kBus);
      t.useful = 1 + random() % (t.beats * kBus - t.offset);
      t.position = random() % 100;
      Live live{t, {}, parts_of(t), 0, 0, {}, {}};
      for (unsigned i = 0; i < t.beats * kBus; ++i) live.bytes.push_back(static_cast<std::uint8_t>(random()));
      offer(t);
      queue.push_back(live);
    } else {
      top().transaction_valid_i = 0;
    }
    const bool was_just_offered = top().transaction_valid_i && queue.size() == 1;

    // The beat at hand: of the transaction being taken, else of the next one.
    const bool is_inside = !emitting.empty() && emitting.back().beats_taken < emitting.back().t.beats;
    Live* source = is_inside ? &emitting.back() : queue.empty() || was_just_offered ? nullptr : &queue.front();
    const bool is_offered = source != nullptr && random() % 100 < beat_percent;
    top().beat_valid_i = is_offered;
    if (is_offered) std::memcpy(&top().beat_i, &source->bytes[source->beats_taken * kBus], kBus);
    settle();

    // Pieces: the cycle after their last byte's beat, one a cycle.
    Live* at_work = nullptr;
    for (Live& live : emitting) {
      if (live.parts_out < live.parts.size()) {
        at_work = &live;
        break;
      }
    }
    bool piece_due = false;
    if (at_work != nullptr) {
      const unsigned beat = (at_work->parts[at_work->parts_out].end - 1) / kBus;
      piece_due = beat < at_work->beats_taken && at_work->beat_cycles[beat] < now();
    }
    ASSERT_EQ(top().piece_valid_o != 0, piece_due) << "cycle " << now();
    if (piece_due) {
      const Transaction& t = at_work->t;
      const Part part = at_work->parts[at_work->parts_out];
      const unsigned in_row = t.position + part.begin - t.offset;
      ASSERT_EQ(top().piece_row_o, in_row / t.row_bytes() * kDim);
      std::uint64_t mask = 0;
      std::uint8_t data[4 * kDim] = {};
      for (unsigned i = 0; i < part.end - part.begin; ++i) {
        mask |= std::uint64_t{1} << (in_row % t.row_bytes() + i);
        data[in_row % t.row_bytes() + i] = at_work->bytes[part.begin + i];
      }
      ASSERT_EQ(top().piece_mask_o, mask);
      ASSERT_EQ(std::memcmp(&top().piece_data_o, data, sizeof data), 0);
      const bool is_last_part = at_work->parts_out + 1 == at_work->parts.size();
      ASSERT_EQ(top().piece_last_o != 0, is_last_part && t.is_last);
      at_work->part_cycles.push_back(now());
      ++at_work->parts_out;
      ++pieces;
    }

    // When the next transaction may start, by d and E of the one before.
    if (!is_inside && !emitting.empty()) {
      const Live& before = emitting.back();
      is_start_known = before.parts_out == before.parts.size();
      if (is_start_known) {
        const std::uint64_t d = before.beat_cycles.back(), e = before.part_cycles.back();
        may_start = e < d ? d + 1 : e == d ? d + 2 : e;
      }
    }
    const bool is_ready = is_inside || (source != nullptr && is_start_known && now() >= may_start);
    if (is_offered) {
      ASSERT_EQ(top().beat_ready_o != 0, is_ready) << "cycle " << now();
    }
    if (is_offered && is_ready) {
      if (!is_inside) {
        emitting.push_back(queue.front());
        queue.pop_front();
        if (emitting.size() > 4) emitting.pop_front();
      }
      Live& taken = emitting.back();
      taken.beat_cycles.push_back(now());
      ++taken.beats_taken;
      ASSERT_EQ(top().slot_released_o != 0, taken.beats_taken == taken.t.beats);
    } else {
      ASSERT_FALSE(top().slot_released_o);
    }
  }
  EXPECT_GT(pieces, 1000);
}

}  // namespace
}  // namespace gemel::rtl
