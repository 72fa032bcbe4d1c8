// SPDX-License-Identifier: Apache-2.0
// The load side's write port against section 8 of the page.
#include <map>

#include "Vload_bench.h"
#include "tests/rtl/bench_machine.h"
#include "tests/rtl/unit_bench.h"

namespace gemel::rtl {
namespace {

struct Offer {
  bool is_valid = false, is_suppressed = false, in_accumulator = false, accumulates = false;
  unsigned row = 0;

  unsigned bank() const {
    return row / (in_accumulator ? bench_derived().accumulator_bank_rows : bench_derived().scratchpad_bank_rows);
  }
};

class LocalWritePort : public UnitBench<Vload_bench> {
 protected:
  void clear_inputs() override {
    top().offer_valid_i = 0;
    top().array_valid_i = 0;
  }
  void offer(const Offer& buffer, const Offer& zeros) {
    const auto both = [&](bool Offer::*flag) {
      return static_cast<std::uint8_t>((buffer.*flag ? 1 : 0) | (zeros.*flag ? 2 : 0));
    };
    top().offer_valid_i = both(&Offer::is_valid);
    top().offer_suppressed_i = both(&Offer::is_suppressed);
    top().offer_accumulator_i = both(&Offer::in_accumulator);
    top().offer_accumulate_i = both(&Offer::accumulates);
    top().offer_first_row_i = buffer.row;
    top().offer_second_row_i = zeros.row;
    settle();
  }
  const unsigned latency_ = bench_config().accumulator.latency_cycles;
};

TEST_F(LocalWritePort, RowBufferGoesBeforeTheZeroWriter) {
  const Offer write{true, false, false, false, 3};
  offer(write, write);
  EXPECT_EQ(top().granted_o, 1u);
  EXPECT_FALSE(top().port_write_second_o);
  offer({}, write);
  EXPECT_EQ(top().granted_o, 2u);
  EXPECT_TRUE(top().port_write_second_o);
}

TEST_F(LocalWritePort, ZeroWriterWritesWhereTheRowBufferWaits) {
  top().array_valid_i = 1;
  top().array_accumulator_i = 0;
  top().array_bank_i = 0;
  offer({true, false, false, false, 0}, {true, false, true, false, 0});
  EXPECT_EQ(top().granted_o, 2u);
  EXPECT_TRUE(top().port_write_valid_o);
}

TEST_F(LocalWritePort, SuppressedWriteTakesItsCycleAndWritesNothing) {
  offer({true, true, false, false, 0}, {true, false, false, false, 0});
  EXPECT_EQ(top().granted_o, 1u);
  EXPECT_FALSE(top().port_write_valid_o);
}

TEST_F(LocalWritePort, SuppressedRepeatOfZerosDoesNotNeedThePort) {
  offer({true, false, false, false, 0}, {true, true, false, false, 0});
  EXPECT_EQ(top().granted_o, 3u);
  EXPECT_TRUE(top().port_write_valid_o);
  EXPECT_FALSE(top().port_write_second_o);
}

TEST_F(LocalWritePort, AccumulatingWriteWaitsUntilMoreThanTheLatencyHasPassed) {
  const Offer plain{true, false, true, false, 5}, accumulating{true, false, true, true, 5};
  offer(plain, {});
  EXPECT_EQ(top().granted_o, 1u);
  tick();
  for (unsigned cycles = 1; cycles <= latency_; ++cycles, tick()) {
    offer({}, accumulating);
    EXPECT_EQ(top().granted_o, 0u) << cycles << " cycles after";
  }
  offer({}, accumulating);
  EXPECT_EQ(top().granted_o, 2u);
}

TEST_F(LocalWritePort, FollowsItsRulesUnderRandomWrites) {
  SCOPED_TRACE(seed_text());
  std::mt19937 random(test_seed());
  const auto draw = [&](unsigned percent) {
    Offer offer;
    offer.is_valid = random() % 100 < percent;
    offer.is_suppressed = random() % 8 == 0;
    offer.in_accumulator = random() % 4 != 0;
    offer.accumulates = random() % 2 != 0;
    const unsigned bank_rows =
        offer.in_accumulator ? bench_derived().accumulator_bank_rows : bench_derived().scratchpad_bank_rows;
    const unsigned banks = offer.in_accumulator ? bench_config().accumulator.banks : bench_config().scratchpad.banks;
    offer.row = random() % banks * bank_rows + random() % 3;
    return offer;
  };
  std::map<unsigned, std::uint64_t> last_written;  // accumulator rows
  Offer offers[2];
  unsigned percent = 100, grants = 0, waits = 0;
  for (int cycle = 0; cycle < 40000; ++cycle, tick()) {
    if (cycle % 400 == 0) percent = 20 + 80 * (random() % 2);
    for (Offer& offer : offers) {
      if (!offer.is_valid) offer = draw(percent);  // what was offered stays until it is taken
    }
    top().array_valid_i = random() % 3 == 0;
    top().array_accumulator_i = random() % 2;
    top().array_bank_i = static_cast<std::uint8_t>(
        random() % (top().array_accumulator_i ? bench_config().accumulator.banks : bench_config().scratchpad.banks));
    offer(offers[0], offers[1]);

    const auto may_write = [&](const Offer& offer) {
      if (!offer.is_valid || offer.is_suppressed) return offer.is_valid;
      const bool meets_array = top().array_valid_i && (top().array_accumulator_i != 0) == offer.in_accumulator &&
                               top().array_bank_i == offer.bank();
      const auto last = last_written.find(offer.row);
      const bool is_recent =
          offer.in_accumulator && offer.accumulates && last != last_written.end() && now() - last->second <= latency_;
      return !meets_array && !is_recent;
    };
    const bool first = may_write(offers[0]);
    const bool second = may_write(offers[1]) && (!first || offers[1].is_suppressed);
    ASSERT_EQ(top().granted_o, (first ? 1u : 0u) | (second ? 2u : 0u)) << "cycle " << now();
    if (!first && !second) {
      ASSERT_FALSE(top().port_write_valid_o);
      waits += offers[0].is_valid || offers[1].is_valid;
      continue;
    }
    Offer& granted = offers[first ? 0 : 1];
    ASSERT_EQ(top().port_write_valid_o != 0, !granted.is_suppressed);
    if (!granted.is_suppressed) {
      ASSERT_EQ(top().port_write_row_o, granted.row);
      ASSERT_EQ(top().port_write_second_o != 0, !first);
      if (granted.in_accumulator) last_written[granted.row] = now();
    }
    if (first) offers[0].is_valid = false;
    if (second) offers[1].is_valid = false;
    grants += first + second;
  }
  EXPECT_GT(grants, 5000u);
  EXPECT_GT(waits, 100u);
}

}  // namespace
}  // namespace gemel::rtl
