// SPDX-License-Identifier: Apache-2.0
// Operands against results that are on their way (section 10 of the page, RAW hazard), with sets of rows.
#include <algorithm>
#include <deque>

#include "Vcontroller_bench.h"
#include "sim/arch/isa.h"
#include "tests/rtl/array_side/local_rows.h"
#include "tests/rtl/bench_machine.h"
#include "tests/rtl/unit_bench.h"

namespace gemel::rtl {
namespace {

class ResultHazards : public UnitBench<Vcontroller_bench> {
 protected:
  void clear_inputs() override {
    top().new_result_i = 0;
    top().result_done_i = 0;
    top().looks_i = 0;
    top().compute_present_i = 0;
  }
};

TEST_F(ResultHazards, MatchSetsOfRowsUnderRandomResultsAndOperands) {
  SCOPED_TRACE(seed_text());
  std::mt19937 random(test_seed());
  const auto pick = [&](unsigned below) { return static_cast<unsigned>(random() % below); };
  const arch::DerivedConfig& derived = bench_derived();
  const auto block = [&] {
    const unsigned spad[] = {pick(40), derived.scratchpad_rows - 1 - pick(10)};
    const unsigned acc[] = {pick(40), derived.accumulator_rows - 1 - pick(10)};
    arch::LocalAddress address = arch::LocalAddress::scratchpad(spad[pick(2)]);
    if (pick(3) == 0) address = arch::LocalAddress::accumulator(acc[pick(2)]);
    if (pick(6) == 0) address = arch::LocalAddress::garbage();
    return arch::LocalBlock{address, static_cast<std::uint16_t>(1 + pick(derived.dim)),
                            static_cast<std::uint16_t>(1 + pick(derived.dim))};
  };
  std::deque<Rows> results;
  unsigned hazards = 0, clear = 0;
  for (int cycle = 0; cycle < 20000; ++cycle, tick()) {
    const arch::LocalBlock result = block(), preload_bd = block(), a = block(), bd = block();
    const unsigned c_stride = pick(4), a_stride = pick(4), transposed = pick(8);
    top().new_result_i = results.size() < 5 && pick(3) == 0;
    top().result_block_i = arch::encode_local_block(result);
    top().c_stride_i = static_cast<std::uint16_t>(c_stride);
    top().result_done_i = !results.empty() && pick(3) == 0;
    top().looks_i = pick(8) != 0;
    top().compute_present_i = pick(2);
    top().preload_bd_i = arch::encode_local_block(preload_bd);
    top().a_i = arch::encode_local_block(a);
    top().a_stride_i = static_cast<std::uint16_t>(a_stride);
    top().bd_i = arch::encode_local_block(bd);
    top().transposed_i = static_cast<std::uint8_t>(transposed);
    settle();
    ASSERT_EQ(top().in_progress_o != 0, !results.empty()) << "cycle " << now();
    const Rows of_preload = rows_of(preload_bd, (transposed & 1) != 0, 1);
    const Rows of_a = rows_of(a, (transposed & 2) != 0, a_stride), of_bd = rows_of(bd, (transposed & 4) != 0, 1);
    const bool is_hazard = std::any_of(results.begin(), results.end(), [&](const Rows& rows) {
      return meet(of_preload, rows) || (top().compute_present_i && (meet(of_a, rows) || meet(of_bd, rows)));
    });
    ASSERT_EQ(top().hazard_o != 0, top().looks_i && is_hazard) << "cycle " << now();
    ++(is_hazard ? hazards : clear);
    if (top().result_done_i) results.pop_front();
    if (top().new_result_i) results.push_back(rows_of(result, false, c_stride));
  }
  EXPECT_GT(hazards, 1000u);
  EXPECT_GT(clear, 1000u);
}

}  // namespace
}  // namespace gemel::rtl
