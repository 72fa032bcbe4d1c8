// SPDX-License-Identifier: Apache-2.0
// Feeding and flushes (section 10 of the page), without the transposer, which the tests of whole accelerators cover.
#include <algorithm>
#include <array>
#include <deque>
#include <optional>
#include <vector>

#include "Vrow_feeder_bench.h"
#include "tests/rtl/array_side/port_bits.h"
#include "tests/rtl/bench_machine.h"
#include "tests/rtl/unit_bench.h"

namespace gemel::rtl {
namespace {

struct Operand {
  bool is_valid = false;
  unsigned row = 0, rows = 1, cols = 1;
};

struct Request {
  std::array<Operand, 3> ports;  // A, B, D: in the order in which they win
  unsigned a_stride = 1, rows = 4;
  bool is_weight_stationary = true, is_active = false;

  // The row that a port reads for row i; nothing where it is padding.
  unsigned address(unsigned port, unsigned i) const {
    const unsigned offset = port == 0 ? i * a_stride : port == 1 ? i : bench_derived().dim - 1 - i;
    return (ports[port].row + offset) % bench_derived().scratchpad_rows;
  }
  bool reads(unsigned port, unsigned i) const {
    return ports[port].is_valid && (port == 2 ? bench_derived().dim - 1 - i : i) < ports[port].rows;
  }
};

// A row on its way to the array.
struct Entering {
  std::uint64_t at = 0;
  bool is_last = false, is_weight_stationary = false, is_active = false, shifts = false;
  std::array<std::vector<std::uint8_t>, 3> words;
};

class RowFeeder : public UnitBench<Vrow_feeder_bench> {
 protected:
  void clear_inputs() override {
    top().request_valid_i = 0;
    top().flush_valid_i = 0;
    top().bank_read_ready_i = 0xff;
  }
  unsigned pick(unsigned below) { return static_cast<unsigned>(random_() % below); }
  Request draw() {
    const unsigned dim = bench_derived().dim;
    Request request;
    for (Operand& operand : request.ports) {
      operand.is_valid = pick(4) != 0;
      operand.row = pick(2) != 0
                        ? pick(bench_derived().scratchpad_rows)
                        : pick(bench_config().scratchpad.banks) * bench_derived().scratchpad_bank_rows - pick(3);
      operand.row %= bench_derived().scratchpad_rows;
      operand.rows = 1 + pick(dim);
      operand.cols = 1 + pick(dim);
    }
    request.a_stride = pick(4);
    request.rows = 4 + pick(dim - 3);
    request.is_weight_stationary = pick(2) != 0;
    request.is_active = pick(2) != 0;
    return request;
  }
  void offer(const Request& request) {
    top().request_valid_i = 1;
    for (unsigned port = 0; port < 3; ++port) {
      const Operand& operand = request.ports[port];
      rtl_bench::set_bits(top().operand_valid_i, port, 1, operand.is_valid);
      rtl_bench::set_bits(top().operand_row_i, 16 * port, 16, operand.row);
      rtl_bench::set_bits(top().operand_rows_i, 16 * port, 16, operand.rows);
      rtl_bench::set_bits(top().operand_cols_i, 16 * port, 16, operand.cols);
    }
    top().a_stride_i = static_cast<std::uint16_t>(request.a_stride);
    top().rows_i = static_cast<std::uint16_t>(request.rows);
    top().weight_stationary_i = request.is_weight_stationary;
    top().active_i = request.is_active;
  }
  std::mt19937 random_{test_seed()};
};

TEST_F(RowFeeder, FollowsItsRulesUnderRandomRequestsFlushesAndRefusals) {
  SCOPED_TRACE(seed_text());
  const unsigned dim = bench_derived().dim, delay = bench_config().scratchpad.read_delay_cycles;
  std::optional<Request> request;  // being fed
  unsigned row = 0, taken = 0;     // of it: the row at hand, and the ports that have their word of it
  std::uint64_t idle_from = 0;     // flushes end
  std::deque<Entering> entering;
  std::uint64_t last_enters = 0;  // of fed rows
  bool has_fed = false;
  unsigned refused = 0, fed_rows = 0, busy = 0, refusals = 0;
  for (int cycle = 0; cycle < 40000; ++cycle, tick()) {
    if (cycle % 300 == 0) {
      busy = 20 + pick(81);
      refusals = pick(3) * 30;
    }
    clear_inputs();
    std::uint8_t ready = 0xff;
    for (unsigned bank = 0; bank < 8; ++bank) {
      if (pick(100) < refusals) ready = static_cast<std::uint8_t>(ready & ~(1u << bank));
    }
    top().bank_read_ready_i = ready;
    const bool was_idle = !request && idle_from <= now();
    bool flushes = false;
    if (was_idle && pick(100) < busy) {
      if (pick(10) == 0) {
        flushes = true;
        top().flush_valid_i = 1;
        top().flush_drives_out_i = pick(2);
        top().active_i = static_cast<std::uint8_t>(pick(2));
      } else {
        request = draw();
        row = taken = 0;
        offer(*request);
      }
    }
    settle();
    ASSERT_EQ(top().idle_o != 0, was_idle) << "cycle " << now();
    ASSERT_EQ(top().feeding_o != 0, request.has_value()) << "cycle " << now();

    // Each port may take its word of the row at hand.
    unsigned reads = 0;
    bool is_fed = false;
    if (request) {
      const unsigned before = taken;
      const auto bank = [&](unsigned port) {
        return request->address(port, row) / bench_derived().scratchpad_bank_rows;
      };
      for (unsigned port = 0; port < 3; ++port) {
        if ((before >> port & 1) != 0) continue;
        if (!request->ports[port].is_valid) {
          taken |= 1u << port;
          continue;
        }
        bool waits = false;
        for (unsigned other = 0; other < port; ++other) {
          waits |= request->ports[other].is_valid && (before >> other & 1) == 0 && bank(other) == bank(port);
        }
        if (waits) continue;
        if (request->reads(port, row)) reads |= 1u << bank(port);
        if (request->reads(port, row) && (ready >> bank(port) & 1) == 0) {
          ++refused;
          continue;
        }
        taken |= 1u << port;
      }
      is_fed = taken == 7;
    }
    ASSERT_EQ(top().bank_read_valid_o, reads) << "cycle " << now();
    const bool is_last = is_fed && row + 1 == request->rows;
    ASSERT_EQ(top().last_row_fed_o != 0, is_last) << "cycle " << now();

    // What enters the array now.
    while (!entering.empty() && entering.front().at < now()) entering.pop_front();
    const Entering* here = !entering.empty() && entering.front().at == now() ? &entering.front() : nullptr;
    ASSERT_EQ(top().row_valid_o != 0, here != nullptr) << "cycle " << now();
    if (here != nullptr) {
      ASSERT_EQ(top().row_last_o != 0, here->is_last) << "cycle " << now();
      ASSERT_EQ(top().row_weight_stationary_o != 0, here->is_weight_stationary);
      ASSERT_EQ(top().row_active_o != 0, here->is_active);
      ASSERT_EQ(top().row_shift_o != 0, here->shifts) << "cycle " << now();
      for (unsigned lane = 0; lane < dim; ++lane) {
        ASSERT_EQ(rtl_bench::get_bits(top().a_o, 8 * lane, 8), here->words[0][lane]) << "A, cycle " << now();
        ASSERT_EQ(rtl_bench::get_bits(top().b_o, 8 * lane, 8), here->words[1][lane]) << "B, cycle " << now();
        ASSERT_EQ(rtl_bench::get_bits(top().d_o, 8 * lane, 8), here->words[2][lane]) << "D, cycle " << now();
      }
    }

    if (is_fed) {
      Entering next;
      next.at = now() + 2 + delay;
      next.is_last = is_last;
      next.is_weight_stationary = request->is_weight_stationary;
      next.is_active = request->is_active;
      next.shifts = true;
      for (unsigned port = 0; port < 3; ++port) {
        next.words[port].assign(dim, 0);
        if (!request->reads(port, row)) continue;
        const auto word = static_cast<std::uint8_t>(request->address(port, row) % 251 + 1);
        std::fill_n(next.words[port].begin(), request->ports[port].cols, word);
      }
      entering.push_back(next);
      last_enters = next.at;
      has_fed = true;
      ++fed_rows;
      ++row;
      taken = 0;
      if (is_last) request.reset();
    }
    if (flushes) {
      const std::uint64_t from = std::max(now() + 1, has_fed ? last_enters : 0);
      idle_from = from + dim + 1;
      if (top().flush_drives_out_i) {
        for (unsigned i = 0; i < dim; ++i) {
          Entering bubble{from + 1 + i, i + 1 == dim, false, top().active_i != 0, true, {}};
          for (auto& word : bubble.words) word.assign(dim, 0);
          entering.push_back(bubble);
        }
      }
    }
  }
  EXPECT_GT(fed_rows, 5000u);
  EXPECT_GT(refused, 500u);
}

}  // namespace
}  // namespace gemel::rtl
