// SPDX-License-Identifier: Apache-2.0
// Row buffer, scaler, repeats and write port together, against section 8 of the page.
#include <array>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "Vload_bench.h"
#include "sim/arch/numerics.h"
#include "tests/rtl/array_side/port_bits.h"
#include "tests/rtl/bench_machine.h"
#include "tests/rtl/unit_bench.h"

namespace gemel::rtl {
namespace {

struct Piece {
  unsigned row = 0, cols = 1, pixel_repeats = 1, repeats = 1, id = 0;
  bool in_accumulator = false, accumulates = false, is_wide = false, is_last = false;
  float scale = 1.0f;
  std::uint64_t mask = 1;
  std::vector<std::uint8_t> data;  // 4 bytes a lane; 0 outside the mask
  std::uint64_t ready = 0;         // not written before

  unsigned flags() const { return (is_wide ? 4u : 0u) | (accumulates ? 2u : 0u) | (in_accumulator ? 1u : 0u); }
};

// One write of a piece.
struct Write {
  unsigned row = 0;
  bool is_suppressed = false;
  std::uint64_t mask = 0;
  std::vector<std::uint8_t> data;
};

std::vector<Write> writes_of(const Piece& piece) {
  const arch::DerivedConfig& derived = bench_derived();
  const unsigned all = piece.in_accumulator ? derived.accumulator_rows : derived.scratchpad_rows;
  std::vector<Write> writes;
  for (unsigned r = piece.repeats; r-- > 0;) {
    for (unsigned n = piece.pixel_repeats; n-- > 0;) {
      Write write;
      const unsigned row = (piece.row + r) % all;
      write.is_suppressed = row < n || (!piece.in_accumulator && row >= all / 2 && row - n < all / 2);
      write.row = row - n;
      write.data.assign(4 * derived.dim, 0);
      for (unsigned i = 0; i < 4 * derived.dim; ++i) {
        if ((piece.mask >> i & 1) == 0) continue;
        if (piece.is_wide) {
          write.mask |= std::uint64_t{1} << i;
          write.data[i] = piece.data[i];
          continue;
        }
        const unsigned lane = i + n * piece.cols;
        if (lane >= derived.dim) continue;
        const std::int8_t value = arch::mvin_scale(static_cast<std::int8_t>(piece.data[i]), piece.scale);
        const unsigned bytes = piece.in_accumulator ? 4 : 1;
        for (unsigned byte = 0; byte < bytes; ++byte) {
          write.mask |= std::uint64_t{1} << (bytes * lane + byte);
          write.data[bytes * lane + byte] = static_cast<std::uint8_t>(value >> (8 * byte));
        }
      }
      writes.push_back(write);
    }
  }
  return writes;
}

class MvinWriter : public UnitBench<Vload_bench> {
 protected:
  void clear_inputs() override {
    top().piece_valid_i = 0;
    top().buffer_reserved_i = 0;
    top().zero_piece_valid_i = 0;
    top().array_valid_i = 0;
  }
  void offer(const Piece& piece) {
    top().piece_valid_i = 1;
    top().piece_row_i = piece.row;
    top().piece_flags_i = static_cast<std::uint8_t>(piece.flags());
    top().piece_cols_i = static_cast<std::uint16_t>(piece.cols);
    top().piece_scale_i = arch::bits_from_float(piece.scale);
    top().piece_pixel_repeats_i = static_cast<std::uint8_t>(piece.pixel_repeats);
    top().piece_repeats_i = static_cast<std::uint16_t>(piece.repeats);
    top().piece_last_i = piece.is_last;
    top().piece_id_i = static_cast<std::uint8_t>(piece.id);
    top().piece_mask_i = piece.mask;
    for (unsigned i = 0; i < piece.data.size(); ++i) rtl_bench::set_bits(top().piece_data_i, 8 * i, 8, piece.data[i]);
  }
  void offer_zeros(const Piece& piece) {
    top().zero_piece_valid_i = 1;
    top().zero_piece_row_i = piece.row;
    top().zero_piece_flags_i = static_cast<std::uint8_t>(piece.flags());
    top().zero_piece_mask_i = piece.mask;
    top().zero_piece_last_i = piece.is_last;
    top().zero_piece_id_i = static_cast<std::uint8_t>(piece.id);
  }
  unsigned pick(unsigned below) { return static_cast<unsigned>(random_() % below); }

  // Rows where writes meet: at the start, at the middle and at the end of each memory.
  Piece draw() {
    const arch::DerivedConfig& derived = bench_derived();
    Piece piece;
    piece.in_accumulator = pick(2) != 0;
    piece.accumulates = piece.in_accumulator && pick(2) != 0;
    piece.is_wide = piece.in_accumulator && pick(2) != 0;
    const unsigned all = piece.in_accumulator ? derived.accumulator_rows : derived.scratchpad_rows;
    const unsigned places[] = {pick(3), all / 2 + pick(3), all - 1 - pick(2)};
    piece.row = places[pick(3)];
    piece.is_last = pick(3) == 0;
    piece.id = pick(bench_config().reservation_station.load_entries);
    const unsigned bytes = piece.is_wide ? 4 * derived.dim : derived.dim;
    const unsigned first = pick(bytes), useful = 1 + pick(bytes - first);
    piece.mask = ((std::uint64_t{1} << useful) - 1) << first;
    return piece;
  }
  Piece draw_data() {
    Piece piece = draw();
    const float scales[] = {1.0f, 1.0f, 0.5f, -3.25f};
    piece.scale = scales[pick(4)];
    piece.cols = 1 + pick(bench_derived().dim);
    if (!piece.in_accumulator && pick(3) == 0) piece.pixel_repeats = 1 + pick(4);
    if (pick(4) == 0) piece.repeats = 1 + pick(4);
    piece.data.assign(4 * bench_derived().dim, 0);
    for (unsigned i = 0; i < piece.data.size(); ++i) {
      if ((piece.mask >> i & 1) != 0) piece.data[i] = static_cast<std::uint8_t>(random_());
    }
    return piece;
  }

  std::mt19937 random_{test_seed()};
  const unsigned latency_ = bench_config().accumulator.latency_cycles;
  const unsigned capacity_ =
      bench_config().dma.requests_in_flight * std::max(1u, bench_config().dma.max_request_bytes / bench_derived().dim) +
      16;
  std::uint64_t scaler_cycles(float scale) const {
    const unsigned units = bench_config().mvin_scale.units == 0 ? bench_derived().dim : bench_config().mvin_scale.units;
    return scale == 1.0f ? 3
                         : 2 * ((bench_derived().dim + units - 1) / units) + bench_config().mvin_scale.latency_cycles;
  }
};

TEST_F(MvinWriter, RoomIsFreeTheCycleAfterThePiecesLastWrite) {
  settle();
  EXPECT_EQ(top().buffer_free_o, capacity_);
  top().buffer_reserved_i = 2;
  settle();
  tick();
  top().buffer_reserved_i = 0;
  settle();
  EXPECT_EQ(top().buffer_free_o, capacity_ - 2);
  Piece piece = draw_data();
  piece.in_accumulator = piece.is_wide = true;
  piece.accumulates = false;
  piece.repeats = piece.pixel_repeats = 1;
  offer(piece);
  settle();
  EXPECT_FALSE(top().write_valid_o) << "32-bit pieces are ready in the cycle after";
  tick();
  top().piece_valid_i = 0;
  settle();
  EXPECT_TRUE(top().write_valid_o);
  EXPECT_EQ(top().buffer_free_o, capacity_ - 2);
  tick();
  settle();
  EXPECT_EQ(top().buffer_free_o, capacity_ - 1);
}

TEST_F(MvinWriter, ScalerTakesItsCyclesAndHoldsThree) {
  top().buffer_reserved_i = 4;
  settle();
  tick();
  top().buffer_reserved_i = 0;
  Piece piece;
  piece.scale = 0.5f;
  piece.data.assign(4 * bench_derived().dim, 1);
  std::vector<std::uint64_t> writes;
  const std::uint64_t start = now();
  for (int i = 0; i < 100; ++i, tick()) {
    top().piece_valid_i = 0;
    if (i < 4) offer(piece);
    settle();
    if (top().write_valid_o) writes.push_back(now() - start);
  }
  const std::uint64_t h = scaler_cycles(0.5f);
  EXPECT_EQ(writes, (std::vector<std::uint64_t>{h, h + 1, h + 2, 2 * h}));
}

TEST_F(MvinWriter, FollowsItsRulesUnderRandomPiecesZerosAndArrayWrites) {
  SCOPED_TRACE(seed_text());
  const unsigned rates[] = {100, 60, 20, 5};
  unsigned arriving = 100, zeros_offered = 100, array = 0;
  std::deque<Piece> buffer;           // in order of emission
  std::vector<Write> writes;          // of the piece at the head, those to come
  std::vector<std::uint64_t> scaled;  // last writes of pieces that passed the scaler
  std::size_t entered = 0;            // pieces given to the scaler
  std::map<unsigned, std::uint64_t> last_written;
  std::optional<Piece> zeros;
  unsigned free = capacity_, promised = 0, written = 0, zeros_written = 0;
  constexpr std::uint64_t kUnknown = ~std::uint64_t{0};
  for (int cycle = 0; cycle < 40000; ++cycle, tick()) {
    if (cycle % 400 == 0) {
      arriving = rates[pick(4)];
      zeros_offered = rates[pick(4)];
      array = pick(2) * 40;
    }
    top().buffer_reserved_i = 0;
    if (free > 0 && pick(2) != 0) top().buffer_reserved_i = static_cast<std::uint16_t>(1 + pick(std::min(free, 3u)));
    top().piece_valid_i = 0;
    std::optional<Piece> arrives;
    if (promised > 0 && pick(100) < arriving) arrives = draw_data();
    if (arrives) offer(*arrives);
    if (!zeros && pick(100) < zeros_offered) zeros = draw();
    top().zero_piece_valid_i = 0;
    if (zeros) offer_zeros(*zeros);
    top().array_valid_i = pick(100) < array;
    top().array_accumulator_i = static_cast<std::uint8_t>(pick(2));
    top().array_bank_i = static_cast<std::uint8_t>(
        pick(top().array_accumulator_i ? bench_config().accumulator.banks : bench_config().scratchpad.banks));
    settle();
    ASSERT_EQ(top().buffer_free_o, free) << "cycle " << now();

    const auto may_write = [&](const Piece& piece, const Write& write) {
      if (write.is_suppressed) return true;
      const unsigned bank_rows =
          piece.in_accumulator ? bench_derived().accumulator_bank_rows : bench_derived().scratchpad_bank_rows;
      if (top().array_valid_i && (top().array_accumulator_i != 0) == piece.in_accumulator &&
          top().array_bank_i == write.row / bank_rows) {
        return false;
      }
      const auto last = last_written.find(write.row);
      return !piece.accumulates || last == last_written.end() || now() - last->second > latency_;
    };
    // The piece at the head, else the zero writer's.
    if (writes.empty() && !buffer.empty()) writes = writes_of(buffer.front());
    const Piece* writer = nullptr;
    Write write;
    bool finishes = false;
    if (!buffer.empty() && buffer.front().ready <= now() && may_write(buffer.front(), writes.front())) {
      writer = &buffer.front();
      write = writes.front();
      writes.erase(writes.begin());
      finishes = writes.empty();
    } else if (zeros) {
      Write of_zeros{zeros->row, false, zeros->mask, std::vector<std::uint8_t>(4 * bench_derived().dim, 0)};
      if (zeros->in_accumulator && !zeros->is_wide) {  // the mask is of lanes
        of_zeros.mask = 0;
        for (unsigned i = 0; i < bench_derived().dim; ++i) {
          if ((zeros->mask >> i & 1) != 0) of_zeros.mask |= std::uint64_t{15} << (4 * i);
        }
      }
      if (may_write(*zeros, of_zeros)) {
        writer = &*zeros;
        write = of_zeros;
        finishes = true;
      }
    }
    const bool is_zeros = zeros && writer == &*zeros;
    ASSERT_EQ(top().zero_piece_ready_o != 0, is_zeros) << "cycle " << now();
    ASSERT_EQ(top().write_valid_o != 0, writer != nullptr && !write.is_suppressed) << "cycle " << now();
    ASSERT_EQ(top().finished_valid_o != 0, finishes && writer->is_last) << "cycle " << now();
    if (finishes && writer->is_last) {
      ASSERT_EQ(top().finished_id_o, writer->id);
    }
    if (writer != nullptr && !write.is_suppressed) {
      ASSERT_EQ(top().write_row_o, write.row);
      ASSERT_EQ(top().write_flags_o, (writer->accumulates ? 2u : 0u) | (writer->in_accumulator ? 1u : 0u));
      ASSERT_EQ(top().write_mask_o, write.mask);
      for (unsigned i = 0; i < write.data.size(); ++i) {
        if (writer->in_accumulator || (write.mask >> i & 1) != 0) {
          ASSERT_EQ(rtl_bench::get_bits(top().write_data_o, 8 * i, 8), write.data[i]) << "byte " << i;
        }
      }
      if (writer->in_accumulator) last_written[write.row] = now();
    }

    // What the next cycle sees.
    free -= top().buffer_reserved_i;
    promised += top().buffer_reserved_i;
    if (is_zeros) {
      zeros.reset();
      ++zeros_written;
    } else if (finishes) {
      if (!buffer.front().is_wide) scaled.push_back(now());
      buffer.pop_front();
      ++free;
      ++written;
    }
    if (arrives) {
      --promised;
      arrives->ready = arrives->is_wide ? now() + 1 : kUnknown;
      buffer.push_back(*arrives);
    }
    // Piece n enters the scaler when it is emitted and piece n - 3 was written.
    std::size_t n = scaled.size();
    for (Piece& piece : buffer) {
      if (piece.is_wide) continue;
      const bool has_slot = n < 3 || scaled.size() > n - 3;
      if (n++ < entered || !has_slot) continue;
      piece.ready = now() + scaler_cycles(piece.scale);
      ++entered;
    }
  }
  EXPECT_GT(written, 3000u);
  EXPECT_GT(zeros_written, 1000u);
}

}  // namespace
}  // namespace gemel::rtl
