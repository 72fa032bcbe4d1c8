// SPDX-License-Identifier: Apache-2.0
// The zero writer against section 4 of the page.
#include <optional>

#include "Vload_bench.h"
#include "tests/rtl/bench_machine.h"
#include "tests/rtl/unit_bench.h"

namespace gemel::rtl {
namespace {

struct Zeros {
  unsigned row = 0, flags = 0, cols = 1, block_stride = 0, id = 0;
  bool is_last = false;

  bool is_wide() const { return (flags & 4) != 0; }
  unsigned blocks() const { return (cols + bench_derived().dim - 1) / bench_derived().dim; }
  std::uint64_t mask(unsigned block) const {
    const unsigned lanes = std::min(cols - block * bench_derived().dim, bench_derived().dim);
    return (std::uint64_t{1} << (is_wide() ? 4 * lanes : lanes)) - 1;
  }
};

class ZeroWriter : public UnitBench<Vload_bench> {
 protected:
  void clear_inputs() override {
    top().zeros_valid_i = 0;
    top().block_ready_i = 1;
  }
  void offer(const Zeros& zeros) {
    top().zeros_valid_i = 1;
    top().zeros_row_i = zeros.row;
    top().zeros_flags_i = static_cast<std::uint8_t>(zeros.flags);
    top().zeros_cols_i = static_cast<std::uint16_t>(zeros.cols);
    top().zeros_block_stride_i = static_cast<std::uint16_t>(zeros.block_stride);
    top().zeros_last_i = zeros.is_last;
    top().zeros_id_i = static_cast<std::uint8_t>(zeros.id);
  }
};

TEST_F(ZeroWriter, FirstBlockComesTwoCyclesAfterTheRowWasTaken) {
  offer({});
  settle();
  EXPECT_TRUE(top().zeros_ready_o);
  tick();
  top().zeros_valid_i = 0;
  settle();
  EXPECT_FALSE(top().block_valid_o);
  tick();
  settle();
  EXPECT_TRUE(top().block_valid_o);
  tick();
  settle();
  EXPECT_FALSE(top().block_valid_o);
}

TEST_F(ZeroWriter, ReadyInTheCycleInWhichTheInputRegisterIsEmptied) {
  for (int i = 0; i < 2; ++i) {
    offer({});
    settle();
    EXPECT_TRUE(top().zeros_ready_o);
    tick();
  }
  top().block_ready_i = 0;
  settle();
  EXPECT_FALSE(top().zeros_ready_o);
  top().block_ready_i = 1;
  settle();
  EXPECT_TRUE(top().zeros_ready_o);
}

TEST_F(ZeroWriter, FollowsItsRulesUnderRandomRowsAndStalls) {
  SCOPED_TRACE(seed_text());
  std::mt19937 random(test_seed());
  const unsigned dim = bench_derived().dim;
  const auto draw = [&] {
    Zeros zeros;
    zeros.flags = random() % 8;
    zeros.row = random() % 100;
    const unsigned edges[] = {1, dim - 1, dim, dim + 1, 3 * dim};
    zeros.cols = random() % 2 != 0 ? edges[random() % 5] : 1 + random() % (4 * dim);
    zeros.block_stride = random() % 5;
    zeros.is_last = random() % 2 != 0;
    zeros.id = random() % bench_config().reservation_station.load_entries;
    return zeros;
  };
  const unsigned rates[] = {100, 90, 50, 15};
  unsigned offered = 100, granted = 100, written = 0;
  std::optional<Zeros> input, working;
  unsigned block = 0;
  Zeros next = draw();
  for (int cycle = 0; cycle < 40000; ++cycle, tick()) {
    if (cycle % 400 == 0) {
      for (unsigned* rate : {&offered, &granted}) *rate = rates[random() % 4];
    }
    top().zeros_valid_i = 0;
    if (random() % 100 < offered) offer(next);
    top().block_ready_i = random() % 100 < granted;
    settle();

    ASSERT_EQ(top().block_valid_o != 0, working.has_value()) << "cycle " << now();
    if (working) {
      const bool is_last_block = block + 1 == working->blocks();
      ASSERT_EQ(top().block_row_o, working->row + block * working->block_stride);
      ASSERT_EQ(top().block_flags_o, working->flags);
      ASSERT_EQ(top().block_mask_o, working->mask(block)) << working->cols << " columns, block " << block;
      ASSERT_EQ(top().block_last_o != 0, working->is_last && is_last_block);
      ASSERT_EQ(top().block_id_o, working->id);
      ASSERT_TRUE(top().block_plain_o);
      if (top().block_ready_i) {
        ++written;
        ++block;
        if (is_last_block) working.reset();
      }
    }
    const bool moves = input && !working;
    ASSERT_EQ(top().zeros_ready_o != 0, !input || moves) << "cycle " << now();
    if (moves) {
      working = std::exchange(input, std::nullopt);
      block = 0;
    }
    if (top().zeros_valid_i && top().zeros_ready_o) input = std::exchange(next, draw());
  }
  EXPECT_GT(written, 5000u);
}

}  // namespace
}  // namespace gemel::rtl
