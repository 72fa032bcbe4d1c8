// SPDX-License-Identifier: Apache-2.0
// The DMA writer against section 13 of the page.
#include <deque>
#include <map>
#include <vector>

#include "Vdma_bench.h"
#include "tests/rtl/array_side/port_bits.h"
#include "tests/rtl/bench_machine.h"
#include "tests/rtl/data_side/dma_split_rule.h"
#include "tests/rtl/unit_bench.h"

namespace gemel::rtl {
namespace {

struct Element {
  std::uint64_t address = 0;
  bool is_first = true, is_last = true, is_pooled = false, is_full_width = false;
  unsigned block = 0, lanes = 1;
  std::vector<std::uint8_t> data;  // 4 bytes a lane of the array; the rest of them must not matter
};

struct Beat {
  std::uint64_t address = 0;  // of its transaction
  unsigned beats = 0;
  bool is_first = false, is_last = false;
  std::uint64_t mask = 0;
  std::vector<std::uint8_t> data;
};

// The beats that bring `bytes` to `address`.
std::vector<Beat> beats_of(std::uint64_t address, const std::vector<std::uint8_t>& bytes) {
  const unsigned bus = bench_derived().bus_bytes;
  std::vector<Beat> beats;
  for (const SplitTransaction& transaction :
       split_row(address, static_cast<unsigned>(bytes.size()), bus, bench_config().dma.max_request_bytes)) {
    for (unsigned at = 0; at < transaction.size; at += bus) {
      Beat beat{transaction.address, transaction.size / bus, at == 0, at + bus == transaction.size, 0, {}};
      for (unsigned i = 0; i < bus; ++i) {
        const std::uint64_t from_start = transaction.address + at + i - (address + transaction.position);
        const bool is_useful = from_start < transaction.useful;
        if (is_useful) beat.mask |= std::uint64_t{1} << i;
        beat.data.push_back(is_useful ? bytes[transaction.position + from_start] : 0);
      }
      beats.push_back(beat);
    }
  }
  return beats;
}

class DmaWriter : public UnitBench<Vdma_bench> {
 protected:
  void clear_inputs() override {
    top().element_valid_i = 0;
    top().beat_ready_i = 1;
    top().acknowledge_i = 0;
  }
  void offer(const Element& element) {
    top().element_valid_i = 1;
    top().element_address_i = element.address;
    top().element_first_i = element.is_first;
    top().element_last_i = element.is_last;
    top().element_pool_i = element.is_pooled;
    top().element_full_width_i = element.is_full_width;
    top().element_block_i = static_cast<std::uint16_t>(element.block);
    top().element_lanes_i = static_cast<std::uint16_t>(element.lanes);
    for (unsigned i = 0; i < element.data.size(); ++i) {
      rtl_bench::set_bits(top().element_data_i, 8 * i, 8, element.data[i]);
    }
  }
  void take(const Element& element) {
    offer(element);
    settle();
    ASSERT_TRUE(top().element_ready_o);
    tick();
    top().element_valid_i = 0;
  }
  std::vector<std::uint8_t> noise() {
    std::vector<std::uint8_t> bytes(4 * bench_derived().dim);
    for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random_());
    return bytes;
  }
  // A row of some blocks, or a window of some elements.
  std::vector<Element> draw() {
    const unsigned dim = bench_derived().dim, most = bench_config().dma.max_request_bytes;
    Element element;
    element.address = 0x80000000u + random_() % 4096;
    element.is_pooled = random_() % 3 == 0;
    element.is_full_width = !element.is_pooled && random_() % 3 == 0;
    const unsigned blocks = std::max(1u, most / (element.is_full_width ? 4 * dim : dim));
    const unsigned count = 1 + random_() % (element.is_pooled ? 9 : blocks);
    std::vector<Element> row(count, element);
    const unsigned lanes = 1 + random_() % dim;
    for (unsigned i = 0; i < count; ++i) {
      row[i].is_first = i == 0;
      row[i].is_last = i + 1 == count;
      row[i].block = element.is_pooled ? 0 : i;
      row[i].lanes = row[i].is_last || element.is_pooled ? lanes : dim;
      row[i].data = noise();
    }
    return row;
  }
  std::mt19937 random_{test_seed()};
  const unsigned slots_ = bench_config().dma.requests_in_flight;
};

TEST_F(DmaWriter, FirstBeatComesTheCycleAfterTheLastBlock) {
  Element element;
  element.address = 0x80000000;
  element.data = noise();
  element.is_last = false;
  element.lanes = bench_derived().dim;
  take(element);
  settle();
  EXPECT_FALSE(top().beat_valid_o);
  EXPECT_TRUE(top().element_ready_o) << "more of the same row may come at once";
  EXPECT_TRUE(top().writer_busy_o);
  element.is_first = false;
  element.is_last = true;
  element.block = 1;
  take(element);
  settle();
  EXPECT_TRUE(top().beat_valid_o);
  EXPECT_EQ(top().beat_mask_o, (std::uint64_t{1} << std::min(2 * bench_derived().dim, bench_derived().bus_bytes)) - 1);
}

TEST_F(DmaWriter, IsReadyInTheCycleOfTheRowsLastBeat) {
  Element element;
  element.address = 0x80000000 + bench_derived().bus_bytes - 1;
  element.lanes = 2;  // the last byte of one bus word and the first of the next
  element.data = noise();
  take(element);
  top().beat_ready_i = 0;
  settle();
  EXPECT_TRUE(top().beat_valid_o);
  EXPECT_FALSE(top().element_ready_o);
  EXPECT_TRUE(top().writer_waits_for_port_o);
  top().beat_ready_i = 1;
  settle();
  EXPECT_FALSE(top().element_ready_o) << "a second beat is to come";
  tick();
  settle();
  EXPECT_TRUE(top().beat_valid_o);
  EXPECT_TRUE(top().element_ready_o);
}

TEST_F(DmaWriter, BusyUntilTheCycleAfterTheAcknowledge) {
  Element element;
  element.address = 0x80000000;
  element.data = noise();
  take(element);
  settle();
  tick();
  settle();
  EXPECT_FALSE(top().writer_active_o);
  EXPECT_TRUE(top().writer_busy_o);
  top().acknowledge_i = 1;
  settle();
  EXPECT_TRUE(top().writer_busy_o);
  tick();
  top().acknowledge_i = 0;
  settle();
  EXPECT_FALSE(top().writer_busy_o);
}

TEST_F(DmaWriter, FollowsItsRulesUnderRandomRowsAndStalls) {
  SCOPED_TRACE(seed_text());
  const unsigned rates[] = {100, 90, 50, 15};
  unsigned offered = 100, granted = 100, acknowledged = 100;
  std::vector<Element> row = draw();
  std::size_t next = 0;
  std::vector<std::uint8_t> bytes;  // collected of the row
  std::deque<Beat> beats;           // of the row that is being sent
  unsigned outstanding = 0, completable = 0, sent = 0;
  for (int cycle = 0; cycle < 40000; ++cycle, tick()) {
    if (cycle % 400 == 0) {
      for (unsigned* rate : {&offered, &granted, &acknowledged}) *rate = rates[random_() % 4];
    }
    top().element_valid_i = 0;
    if (random_() % 100 < offered) offer(row[next]);
    top().beat_ready_i = random_() % 100 < granted;
    top().acknowledge_i = completable > 0 && random_() % 100 < acknowledged;
    settle();

    const bool is_sending = !beats.empty();
    const bool is_inside = is_sending && !beats.front().is_first;
    const bool has_slot = outstanding < slots_ || (slots_ == 1 && is_inside);
    const bool sends = is_sending && has_slot && top().beat_ready_i;
    ASSERT_EQ(top().beat_valid_o != 0, is_sending && has_slot) << "cycle " << now();
    ASSERT_EQ(top().in_burst_o != 0, is_inside) << "cycle " << now();
    ASSERT_EQ(top().element_ready_o != 0, !is_sending || (sends && beats.size() == 1)) << "cycle " << now();
    ASSERT_EQ(top().writer_busy_o != 0, is_sending || next > 0 || outstanding > 0) << "cycle " << now();
    ASSERT_EQ(top().writer_active_o != 0, is_sending);
    ASSERT_EQ(top().writer_waits_for_slot_o != 0, is_sending && !has_slot);
    ASSERT_EQ(top().writer_waits_for_port_o != 0, is_sending && has_slot && !sends);
    if (is_sending && has_slot) {
      const Beat& beat = beats.front();
      ASSERT_EQ(top().beat_address_o, beat.address);
      ASSERT_EQ(top().beat_beats_o, beat.beats);
      ASSERT_EQ(top().beat_first_o != 0, beat.is_first);
      ASSERT_EQ(top().beat_last_o != 0, beat.is_last);
      ASSERT_EQ(top().beat_mask_o, beat.mask);
      for (unsigned i = 0; i < beat.data.size(); ++i) {
        if ((beat.mask >> i & 1) != 0) {
          ASSERT_EQ(rtl_bench::get_bits(top().beat_data_o, 8 * i, 8), beat.data[i]) << "byte " << i;
        }
      }
    }

    outstanding -= top().acknowledge_i;
    completable -= top().acknowledge_i;
    if (sends) {
      outstanding += beats.front().is_first;
      completable += beats.front().is_last;  // the memory acknowledges whole transactions
      beats.pop_front();
      ++sent;
    }
    if (top().element_valid_i && top().element_ready_o) {
      const Element& element = row[next++];
      const unsigned width = element.is_full_width ? 4 : 1;
      if (element.is_pooled && !element.is_first) {
        for (unsigned i = 0; i < element.lanes; ++i) {
          const auto collected = static_cast<std::int8_t>(bytes[i]), here = static_cast<std::int8_t>(element.data[i]);
          bytes[i] = static_cast<std::uint8_t>(std::max(collected, here));
        }
      } else {
        bytes.resize(std::size_t{element.block} * bench_derived().dim * width);
        bytes.insert(bytes.end(), element.data.begin(), element.data.begin() + element.lanes * width);
      }
      if (element.is_last) {
        for (const Beat& beat : beats_of(element.address, bytes)) beats.push_back(beat);
        bytes.clear();
        row = draw();
        next = 0;
      }
    }
  }
  EXPECT_GT(sent, 3000u);
}

}  // namespace
}  // namespace gemel::rtl
