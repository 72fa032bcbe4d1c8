// SPDX-License-Identifier: Apache-2.0
// A bank of the scratchpad: who wins, and byte-masked contents. Built for one and for two ports.
#include <array>

#include "Vscratchpad_bank.h"
#include "tests/rtl/unit_bench.h"

namespace gemel::rtl {
namespace {

constexpr bool kTwoPorts = BANK_PORTS == 2;
constexpr unsigned kRowsUsed = 8;

std::uint32_t merged(std::uint32_t old_word, std::uint32_t word, unsigned mask) {
  for (unsigned lane = 0; lane < 4; ++lane) {
    const std::uint32_t bits = 0xFFu << (8 * lane);
    if (mask >> lane & 1u) old_word = (old_word & ~bits) | (word & bits);
  }
  return old_word;
}

class ScratchpadBank : public UnitBench<Vscratchpad_bank> {
 protected:
  void clear_inputs() override {
    top().array_write_valid_i = 0;
    top().load_write_valid_i = 0;
    top().execute_read_valid_i = 0;
    top().store_read_valid_i = 0;
  }
};

TEST_F(ScratchpadBank, WritesBeforeReadsAndTheExecuteControllerBeforeTheStore) {
  SCOPED_TRACE(seed_text());
  std::mt19937 random(test_seed());
  std::array<std::uint32_t, kRowsUsed> memory{};
  for (unsigned row = 0; row < kRowsUsed; ++row) {
    clear_inputs();
    top().load_write_valid_i = 1;
    top().load_write_row_i = row;
    top().load_write_mask_i = 15;
    top().load_write_data_i = 0;
    settle();
    tick();
  }
  bool was_read = false;
  std::uint32_t expected = 0;
  for (int step = 0; step < 20000; ++step) {
    const bool writes = random() % 3 == 0, by_array = random() % 2 != 0;
    const bool execute = random() % 2 != 0, store = random() % 2 != 0;
    const unsigned row = random() % kRowsUsed, mask = random() % 16;
    const unsigned execute_row = random() % kRowsUsed, store_row = random() % kRowsUsed;
    const std::uint32_t word = random();
    top().array_write_valid_i = writes && by_array;
    top().load_write_valid_i = writes && !by_array;
    // The side that does not write shows something else.
    top().array_write_row_i = by_array ? row : row ^ 1;
    top().load_write_row_i = by_array ? row ^ 1 : row;
    top().array_write_mask_i = by_array ? mask : 15;
    top().load_write_mask_i = by_array ? 15 : mask;
    top().array_write_data_i = by_array ? word : ~word;
    top().load_write_data_i = by_array ? ~word : word;
    top().execute_read_valid_i = execute;
    top().execute_read_row_i = execute_row;
    top().store_read_valid_i = store;
    top().store_read_row_i = store_row;
    settle();
    if (was_read) {
      ASSERT_EQ(top().read_data_o, expected) << "in " << now();
    }
    const bool port_free = kTwoPorts || !writes;
    ASSERT_EQ(top().execute_read_ready_o != 0, port_free) << "in " << now();
    ASSERT_EQ(top().store_read_ready_o != 0, port_free && !execute) << "in " << now();
    was_read = port_free && (execute || store);
    expected = memory[execute ? execute_row : store_row];
    if (writes) memory[row] = merged(memory[row], word, mask);
    tick();
  }
}

}  // namespace
}  // namespace gemel::rtl
