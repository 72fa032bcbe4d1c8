// SPDX-License-Identifier: Apache-2.0
// A bank of the accumulator against a plain array in which every accepted write takes effect at once. Built for one and
// for two ports.
#include <array>
#include <cstring>
#include <vector>

#include "Vaccumulator_bank.h"
#include "tests/rtl/array_side/port_bits.h"
#include "tests/rtl/unit_bench.h"

namespace gemel::rtl {
namespace {

using rtl_bench::get_bits;
using rtl_bench::set_bits;

constexpr unsigned kLanes = 4;
constexpr unsigned kBytes = 4 * kLanes;
constexpr unsigned kRowsUsed = 6;  // few, so that writes meet
constexpr bool kTwoPorts = BANK_PORTS == 2;
constexpr std::uint64_t kLatency = BANK_LATENCY;

using Row = std::array<std::uint8_t, kBytes>;

struct Write {
  bool valid = false;
  bool by_array = false;
  bool accumulate = false;
  unsigned row = 0;
  unsigned mask = 0;
  Row data{};
};

class AccumulatorBank : public UnitBench<Vaccumulator_bank> {
 protected:
  void clear_inputs() override { apply({}, false, 0); }

  void apply(const Write& write, bool read, unsigned read_row) {
    top().array_write_valid_i = write.valid && write.by_array;
    top().load_write_valid_i = write.valid && !write.by_array;
    top().array_write_accumulate_i = write.accumulate;
    top().load_write_accumulate_i = write.accumulate;
    top().array_write_row_i = write.row;
    top().load_write_row_i = write.row;
    top().array_write_mask_i = write.mask;
    top().load_write_mask_i = write.mask;
    for (unsigned i = 0; i < kBytes; ++i) {
      set_bits(top().array_write_data_i, 8 * i, 8, write.data[i]);
      set_bits(top().load_write_data_i, 8 * i, 8, write.data[i]);
    }
    top().store_read_valid_i = read;
    top().store_read_row_i = read_row;
  }

  void take(const Write& write) {
    Row& row = memory_[write.row];
    for (unsigned lane = 0; lane < kLanes; ++lane) {
      std::uint32_t old_value, value;
      std::memcpy(&old_value, &row[4 * lane], 4);
      std::memcpy(&value, &write.data[4 * lane], 4);
      if (write.accumulate) {
        value += old_value;
        if ((write.mask >> (4 * lane) & 15u) != 0) std::memcpy(&row[4 * lane], &value, 4);
      } else {
        for (unsigned i = 4 * lane; i < 4 * lane + 4; ++i) {
          if (write.mask >> i & 1u) row[i] = write.data[i];
        }
      }
    }
  }

  Write random_write() {
    Write write;
    write.valid = true;
    write.by_array = random_() % 2 != 0;
    write.accumulate = random_() % 2 != 0;
    write.row = random_() % kRowsUsed;
    write.mask = random_() % 2 != 0 ? 0xFFFF : random_() & 0xFFFF;
    for (unsigned i = 0; i < kBytes; ++i) {
      write.data[i] = write.accumulate && !(write.mask >> i & 1u) ? 0 : static_cast<std::uint8_t>(random_());
    }
    return write;
  }

  std::mt19937 random_{test_seed()};
  std::array<Row, kRowsUsed> memory_{};
};

TEST_F(AccumulatorBank, ReadsAndSumsSeeEveryWriteAcceptedBefore) {
  SCOPED_TRACE(seed_text());
  for (unsigned row = 0; row < kRowsUsed; ++row) {
    Write write = random_write();
    write.row = row;
    write.accumulate = false;
    write.mask = 0xFFFF;
    apply(write, false, 0);
    settle();
    take(write);
    tick();
  }
  std::uint64_t last_write = now();
  bool was_read = false;
  Row expected{};
  unsigned reads = 0;
  for (int step = 0; step < 40000; ++step) {
    const unsigned write_rate = step / 500 % 2 == 0 ? 90 : 10;
    const Write write = random_() % 100 < write_rate ? random_write() : Write{};
    const unsigned read_row = random_() % kRowsUsed;
    const bool read = random_() % 2 != 0;
    apply(write, read, read_row);
    settle();
    if (was_read) {
      for (unsigned i = 0; i < kBytes; ++i)
        ASSERT_EQ(get_bits(top().read_data_o, 8 * i, 8), expected[i]) << "in " << now();
    }
    if (write.valid) last_write = now();
    const bool ready = kTwoPorts ? !(write.valid && write.accumulate) : now() - last_write > kLatency + 1;
    ASSERT_EQ(top().store_read_ready_o != 0, ready) << "in " << now();
    was_read = read && ready;
    reads += was_read;
    if (was_read) expected = memory_[read_row];
    if (write.valid) take(write);
    tick();
  }
  EXPECT_GT(reads, 1000u);
}

}  // namespace
}  // namespace gemel::rtl
