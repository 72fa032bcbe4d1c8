// SPDX-License-Identifier: Apache-2.0
// The DMA reader against section 5 of the page.
#include <deque>
#include <optional>
#include <set>
#include <vector>

#include "Vdma_bench.h"
#include "tests/rtl/bench_machine.h"
#include "tests/rtl/data_side/dma_split_rule.h"
#include "tests/rtl/unit_bench.h"

namespace gemel::rtl {
namespace {

struct Row {
  std::uint64_t address = 0;
  unsigned cols = 0;
  bool is_wide = false;
  std::uint32_t tag = 0;

  std::vector<SplitTransaction> transactions() const {
    return split_row(address, is_wide ? 4 * cols : cols, bench_derived().bus_bytes,
                     bench_config().dma.max_request_bytes);
  }
  // Local rows that a transaction's bytes lie in.
  unsigned pieces(const SplitTransaction& transaction) const {
    const unsigned row_bytes = is_wide ? bench_derived().accumulator_row_bytes : bench_derived().scratchpad_row_bytes;
    std::set<unsigned> rows;
    for (unsigned i = 0; i < transaction.useful; ++i) rows.insert((transaction.position + i) / row_bytes);
    return static_cast<unsigned>(rows.size());
  }
};

class DmaReader : public UnitBench<Vdma_bench> {
 protected:
  void clear_inputs() override {
    top().row_valid_i = 0;
    top().request_ready_i = 1;
    top().slot_released_i = 0;
    top().buffer_free_i = 16;
  }
  void offer(const Row& row) {
    top().row_valid_i = 1;
    top().row_address_i = row.address;
    top().row_wide_i = row.is_wide;
    top().row_cols_i = static_cast<std::uint16_t>(row.cols);
    top().row_tag_i = row.tag;
  }
  const unsigned slots_ = bench_config().dma.requests_in_flight;
  const unsigned bus_ = bench_derived().bus_bytes;
};

TEST_F(DmaReader, FirstTransactionComesTwoCyclesAfterTheRowWasTaken) {
  offer({0x80000000, 1, false, 7});
  settle();
  EXPECT_TRUE(top().row_ready_o);
  EXPECT_FALSE(top().request_valid_o);
  tick();
  top().row_valid_i = 0;
  settle();
  EXPECT_FALSE(top().request_valid_o) << "in the input register";
  EXPECT_FALSE(top().reader_active_o);
  tick();
  settle();
  EXPECT_TRUE(top().request_valid_o);
  EXPECT_TRUE(top().transaction_valid_o);
  EXPECT_TRUE(top().reader_active_o);
  EXPECT_EQ(top().transaction_tag_o, 7u);
  EXPECT_EQ(top().buffer_reserved_o, 1u);
  EXPECT_FALSE(top().reader_busy_o) << "nothing is outstanding yet";
  tick();
  settle();
  EXPECT_FALSE(top().request_valid_o);
  EXPECT_TRUE(top().reader_busy_o);
}

TEST_F(DmaReader, RowsOfOneTransactionFollowEachOtherInEveryCycle) {
  for (unsigned i = 0; i < slots_ + 2; ++i) {
    offer({0x80000000, 1, false, i});
    settle();
    EXPECT_TRUE(top().row_ready_o) << i;
    if (i >= 2) {
      EXPECT_EQ(top().transaction_tag_o, i - 2);
      EXPECT_TRUE(top().request_valid_o) << i;
    }
    tick();
  }
}

TEST_F(DmaReader, SlotReleasedInACycleIsUsedInTheNext) {
  for (unsigned i = 0; i < slots_ + 3; ++i) {
    offer({0x80000000, 1, false, i});
    settle();
    tick();
  }
  settle();
  EXPECT_FALSE(top().request_valid_o);
  EXPECT_TRUE(top().reader_waits_for_slot_o);
  EXPECT_FALSE(top().row_ready_o) << "both registers hold a row";
  top().slot_released_i = 1;
  settle();
  EXPECT_FALSE(top().request_valid_o);
  tick();
  top().slot_released_i = 0;
  settle();
  EXPECT_TRUE(top().request_valid_o);
}

TEST_F(DmaReader, NeedsRoomForAllPiecesOfATransaction) {
  const Row row{0x80000000, bench_config().dma.max_request_bytes, false, 0};
  const unsigned pieces = row.pieces(row.transactions().front());
  offer(row);
  settle();
  tick();
  top().row_valid_i = 0;
  settle();
  tick();
  top().buffer_free_i = static_cast<std::uint16_t>(pieces - 1);
  settle();
  EXPECT_FALSE(top().request_valid_o);
  EXPECT_TRUE(top().reader_waits_for_buffer_o);
  tick();
  top().buffer_free_i = static_cast<std::uint16_t>(pieces);
  settle();
  EXPECT_TRUE(top().request_valid_o);
  EXPECT_EQ(top().buffer_reserved_o, pieces);
}

TEST_F(DmaReader, FollowsItsRulesUnderRandomRowsAndStalls) {
  SCOPED_TRACE(seed_text());
  std::mt19937 random(test_seed());
  const unsigned most = bench_config().dma.max_request_bytes;
  const auto draw = [&] {
    Row row;
    row.is_wide = random() % 3 == 0;
    row.cols = 1 + random() % (row.is_wide ? std::max(most / 4, bench_derived().dim) : most);
    row.address = 0x80000000u + random() % 4096;
    row.tag = static_cast<std::uint32_t>(random());
    return row;
  };
  const unsigned rates[] = {100, 90, 50, 15};
  unsigned offered = 100, granted = 100, released = 100, roomy = 100;

  std::optional<Row> input, working;
  std::vector<SplitTransaction> left;  // of the working row
  Row next = draw();
  unsigned outstanding = 0, requests = 0;
  for (int cycle = 0; cycle < 40000; ++cycle, tick()) {
    if (cycle % 400 == 0) {
      for (unsigned* rate : {&offered, &granted, &released, &roomy}) *rate = rates[random() % 4];
    }
    top().row_valid_i = 0;
    if (random() % 100 < offered) offer(next);
    top().request_ready_i = random() % 100 < granted;
    top().slot_released_i = outstanding > 0 && random() % 100 < released;
    const unsigned room = random() % 100 < roomy ? 16 : random() % 4;
    top().buffer_free_i = static_cast<std::uint16_t>(room);
    settle();

    const bool has_slot = outstanding < slots_;
    const unsigned pieces = working ? working->pieces(left.front()) : 0;
    const bool requests_now = working && has_slot && room >= pieces;
    const bool issues = requests_now && top().request_ready_i;
    ASSERT_EQ(top().request_valid_o != 0, requests_now) << "cycle " << now();
    ASSERT_EQ(top().transaction_valid_o != 0, issues) << "cycle " << now();
    ASSERT_EQ(top().reader_busy_o != 0, outstanding > 0);
    ASSERT_EQ(top().reader_active_o != 0, working.has_value());
    ASSERT_EQ(top().reader_waits_for_slot_o != 0, working && !has_slot);
    ASSERT_EQ(top().reader_waits_for_buffer_o != 0, working && has_slot && room < pieces);
    ASSERT_EQ(top().reader_waits_for_port_o != 0, requests_now && !issues);
    ASSERT_EQ(top().buffer_reserved_o, issues ? pieces : 0);
    if (requests_now) {
      const SplitTransaction& expected = left.front();
      ASSERT_EQ(top().request_address_o, expected.address);
      ASSERT_EQ(top().request_beats_o, expected.size / bus_);
      ASSERT_EQ(top().transaction_tag_o, working->tag);
      ASSERT_EQ(top().transaction_position_o, expected.position);
      ASSERT_EQ(top().transaction_offset_o, expected.offset);
      ASSERT_EQ(top().transaction_useful_o, expected.useful);
      ASSERT_EQ(top().transaction_beats_o, expected.size / bus_);
      ASSERT_EQ(top().transaction_last_o != 0, left.size() == 1);
    }

    // The registers of the next cycle.
    outstanding -= top().slot_released_i;
    if (issues) {
      left.erase(left.begin());
      if (left.empty()) working.reset();
      ++outstanding;
      ++requests;
    }
    const bool moves = input && !working;
    ASSERT_EQ(top().row_ready_o != 0, !input || moves) << "cycle " << now();
    if (moves) {
      working = std::exchange(input, std::nullopt);
      left = working->transactions();
    }
    if (top().row_valid_i && top().row_ready_o) input = std::exchange(next, draw());
  }
  EXPECT_GT(requests, 3000u);
}

}  // namespace
}  // namespace gemel::rtl
