// SPDX-License-Identifier: Apache-2.0
// Where result rows go and what becomes of their values (section 11 of the page).
#include <algorithm>
#include <deque>
#include <vector>

#include "Vcontroller_bench.h"
#include "sim/arch/isa.h"
#include "sim/arch/numerics.h"
#include "tests/rtl/array_side/port_bits.h"
#include "tests/rtl/bench_machine.h"
#include "tests/rtl/unit_bench.h"

namespace gemel::rtl {
namespace {

struct Result {
  arch::LocalBlock c;
  bool is_real = true;
  unsigned id = 0, rows = 0;  // rows: of the request that drives it out
};

class ResultWriter : public UnitBench<Vcontroller_bench> {
 protected:
  void clear_inputs() override {
    top().tag_valid_i = 0;
    top().row_valid_i = 0;
  }
  unsigned pick(unsigned below) { return static_cast<unsigned>(random_() % below); }

  Result draw(bool is_weight_stationary) {
    const arch::DerivedConfig& derived = bench_derived();
    const unsigned rows[] = {pick(40), derived.accumulator_rows - 1 - pick(4)};
    Result result;
    result.c.address = arch::LocalAddress::scratchpad(pick(2) != 0 ? rows[0] : derived.scratchpad_rows - 1 - pick(4));
    if (pick(2) != 0) result.c.address = arch::LocalAddress::accumulator(rows[pick(2)]);
    if (pick(2) != 0) result.c.address = result.c.address.with_accumulate();
    result.c.rows = static_cast<std::uint16_t>(1 + pick(derived.dim));
    result.c.cols = static_cast<std::uint16_t>(1 + pick(derived.dim));
    result.is_real = pick(5) != 0;
    result.id = pick(bench_config().reservation_station.execute_entries);
    result.rows = is_weight_stationary ? 4 + pick(derived.dim - 3) : derived.dim;
    return result;
  }

  // A row that leaves the array: random values, small and large.
  std::vector<std::int32_t> offer_row() {
    std::vector<std::int32_t> values(bench_derived().dim);
    for (unsigned lane = 0; lane < values.size(); ++lane) {
      const auto bits = static_cast<std::uint32_t>(pick(2) != 0 ? random_() : pick(512) - 256);
      values[lane] = arch::wrap_signed(static_cast<std::int32_t>(bits), bench_config().mesh.output_bits);
      rtl_bench::set_bits(top().row_i, 32 * lane, 32, static_cast<std::uint32_t>(values[lane]));
    }
    return values;
  }

  void run_phase(bool is_weight_stationary);

  std::mt19937 random_{test_seed()};
  unsigned written_ = 0;
};

// Some results under one configuration.
void ResultWriter::run_phase(bool is_weight_stationary) {
  const arch::DerivedConfig& derived = bench_derived();
  const unsigned shift = is_weight_stationary ? pick(8) : pick(2) * pick(16);  // weight-stationary results ignore it
  const unsigned stride = is_weight_stationary ? pick(4) : 1;  // no other has a meaning in output-stationary
  const bool has_relu = pick(2) != 0;
  const unsigned bubbles = pick(2) * pick(60);
  top().weight_stationary_i = is_weight_stationary;
  top().relu_i = has_relu;
  top().shift_i = static_cast<std::uint8_t>(shift);
  top().result_stride_i = static_cast<std::uint16_t>(stride);
  std::deque<Result> tags;
  unsigned tagged = 0, row = 0;
  while (tagged < 12 || !tags.empty()) {
    clear_inputs();
    const bool has_row = !tags.empty() && pick(100) >= bubbles;
    std::vector<std::int32_t> values;
    if (has_row) {
      top().row_valid_i = 1;
      top().row_last_i = row + 1 == tags.front().rows;
      values = offer_row();
    }
    if (tagged < 12 && tags.size() < 5 && pick(3) == 0) {
      const Result result = draw(is_weight_stationary);
      top().tag_valid_i = 1;
      top().tag_real_i = result.is_real;
      top().tag_block_i = arch::encode_local_block(result.c);
      top().tag_id_i = static_cast<std::uint8_t>(result.id);
      tags.push_back(result);
      ++tagged;
    }
    settle();

    const Result* result = has_row ? &tags.front() : nullptr;
    const unsigned c_row = is_weight_stationary ? row : derived.dim - 1 - row;
    const bool writes = result != nullptr && result->is_real && c_row < result->c.rows;
    ASSERT_EQ(top().write_valid_o != 0, writes) << "cycle " << now();
    ASSERT_EQ(top().bank_valid_o != 0, writes) << "cycle " << now();
    const bool is_last = result != nullptr && row + 1 == result->rows;
    ASSERT_EQ(top().result_valid_o != 0, is_last && result->is_real) << "cycle " << now();
    if (is_last && result->is_real) {
      ASSERT_EQ(top().result_id_o, result->id);
    }
    if (writes) {
      const arch::LocalAddress at = result->c.address.plus(c_row * stride, derived);
      const bool in_accumulator = at.is_accumulator();
      ASSERT_EQ(top().write_row_o, at.row(derived));
      ASSERT_EQ(top().write_flags_o, (in_accumulator && at.accumulates() ? 2u : 0u) | (in_accumulator ? 1u : 0u));
      ASSERT_EQ(top().bank_accumulator_o != 0, in_accumulator);
      ASSERT_EQ(top().bank_o, at.bank(derived));
      const unsigned bytes = in_accumulator ? 4 : 1, cols = result->c.cols;
      ASSERT_EQ(top().write_mask_o, (std::uint64_t{1} << (bytes * cols)) - 1);
      for (unsigned lane = 0; lane < cols; ++lane) {
        std::int32_t value = is_weight_stationary ? values[lane] : arch::rounding_shift(values[lane], shift);
        if (!in_accumulator) value = std::clamp(value, has_relu ? 0 : -128, 127);
        ASSERT_EQ(
            rtl_bench::sign_extend(rtl_bench::get_bits(top().write_data_o, 8 * bytes * lane, 8 * bytes), 8 * bytes),
            value)
            << "lane " << lane << ", cycle " << now();
      }
      ++written_;
    }
    if (has_row && ++row == tags.front().rows) {
      tags.pop_front();
      row = 0;
    }
    tick();
  }
}

TEST_F(ResultWriter, PutsRowsWhereTheirTagsSayUnderRandomResults) {
  SCOPED_TRACE(seed_text());
  for (int phase = 0; phase < 300; ++phase) {
    ASSERT_NO_FATAL_FAILURE(run_phase(phase % 2 == 0)) << "phase " << phase;
  }
  EXPECT_GT(written_, 5000u);
}

}  // namespace
}  // namespace gemel::rtl
