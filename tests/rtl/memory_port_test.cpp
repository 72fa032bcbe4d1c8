// SPDX-License-Identifier: Apache-2.0
#include <deque>
#include <vector>

#include "Vmemory_port_bench.h"
#include "tests/rtl/unit_bench.h"

namespace gemel::rtl {
namespace {

class MemoryPort : public UnitBench<Vmemory_port_bench> {
 protected:
  void clear_inputs() override {
    top().read_valid_i = 0;
    top().write_in_burst_i = 0;
    top().write_valid_i = 0;
    top().write_first_i = 0;
    top().write_last_i = 0;
    top().beat_ready_i = 1;
    top().request_ready_i = 1;
    top().r_valid_i = 0;
    top().b_valid_i = 0;
  }
  void cycle() {
    settle();
    tick();
  }
};

TEST_F(MemoryPort, RequestIsAtTheMemoryFourCyclesAfterItEntered) {
  top().read_valid_i = 1;
  top().read_address_i = 0x80000040;
  settle();
  EXPECT_TRUE(top().read_ready_o);
  tick();
  top().read_valid_i = 0;
  for (int cycles = 1; cycles < 4; ++cycles) {
    settle();
    EXPECT_FALSE(top().ar_valid_o) << cycles << " cycles after";
    tick();
  }
  settle();
  EXPECT_TRUE(top().ar_valid_o);
  EXPECT_EQ(top().ar_addr_o, 0x80000040u);
  tick();
  settle();
  EXPECT_FALSE(top().ar_valid_o);
}

TEST_F(MemoryPort, ReaderGoesBeforeTheFirstBeatOfAWrite) {
  top().read_valid_i = 1;
  top().write_valid_i = 1;
  settle();
  EXPECT_TRUE(top().read_ready_o);
  EXPECT_FALSE(top().write_ready_o);
}

TEST_F(MemoryPort, WriterInsideATransactionKeepsTheReaderOut) {
  top().read_valid_i = 1;
  top().write_in_burst_i = 1;
  top().write_valid_i = 1;
  settle();
  EXPECT_FALSE(top().read_ready_o);
  EXPECT_TRUE(top().write_ready_o);
}

TEST_F(MemoryPort, TwoReadsEnterBetweenTwoBeatsOfAWriteThatCannotSend) {
  top().read_valid_i = 1;
  top().write_in_burst_i = 1;
  for (const bool ready : {true, true, false, false}) {
    settle();
    EXPECT_EQ(top().read_ready_o != 0, ready);
    cycle();
  }
  top().write_valid_i = 1;  // the next beat, behind which there may be two again
  cycle();
  top().write_valid_i = 0;
  for (const bool ready : {true, true, false}) {
    settle();
    EXPECT_EQ(top().read_ready_o != 0, ready);
    cycle();
  }
}

TEST_F(MemoryPort, AddressOfAWriteComesWithItsFirstBeatOnly) {
  top().write_valid_i = 1;
  top().write_first_i = 1;
  cycle();
  top().write_in_burst_i = 1;
  top().write_first_i = 0;
  top().write_last_i = 1;
  cycle();
  clear_inputs();
  cycle();
  cycle();
  settle();
  EXPECT_TRUE(top().aw_valid_o && top().w_valid_o && !top().w_last_o);
  tick();
  settle();
  EXPECT_TRUE(!top().aw_valid_o && top().w_valid_o && top().w_last_o);
}

TEST_F(MemoryPort, BeatTakenFromMemoryReachesTheMergerTwoCyclesLater) {
  top().r_valid_i = 1;
  top().r_data_i = 7;
  settle();
  EXPECT_TRUE(top().r_ready_o);
  tick();
  top().r_valid_i = 0;
  settle();
  EXPECT_FALSE(top().beat_valid_o);
  tick();
  settle();
  EXPECT_TRUE(top().beat_valid_o);
  EXPECT_EQ(top().beat_o, 7u);
}

TEST_F(MemoryPort, AcknowledgeWaitsBehindABeatThatTheMergerDoesNotTake) {
  top().beat_ready_i = 0;
  top().r_valid_i = 1;
  cycle();
  top().r_valid_i = 0;
  top().b_valid_i = 1;
  cycle();
  top().b_valid_i = 0;
  for (int i = 0; i < 5; ++i) {
    settle();
    EXPECT_FALSE(top().acknowledge_o);
    tick();
  }
  top().beat_ready_i = 1;
  cycle();
  settle();
  EXPECT_TRUE(top().acknowledge_o);
}

TEST_F(MemoryPort, TwoQueuesHoldFourBeats) {
  top().beat_ready_i = 0;
  top().r_valid_i = 1;
  int taken = 0;
  for (int i = 0; i < 12; ++i) {
    settle();
    taken += top().r_ready_o;
    tick();
  }
  EXPECT_EQ(taken, 4);
}

// Whatever the memory refuses and the merger delays, reads arrive once each and in order.
TEST_F(MemoryPort, KeepsOrderUnderRandomStalls) {
  SCOPED_TRACE(seed_text());
  std::mt19937 random(test_seed());
  std::deque<std::uint64_t> sent;
  std::deque<std::uint32_t> offered;
  std::uint64_t next_address = 1;
  std::uint32_t next_beat = 1;
  int arrived = 0, delivered = 0;
  for (int i = 0; i < 5000; ++i, tick()) {
    top().read_valid_i = random() % 2;
    top().read_address_i = next_address;
    top().request_ready_i = random() % 3 != 0;
    top().r_valid_i = random() % 2;
    top().r_data_i = next_beat;
    top().beat_ready_i = random() % 3 != 0;
    settle();
    if (top().ar_valid_o && top().request_ready_i) {
      ASSERT_FALSE(sent.empty());
      ASSERT_EQ(top().ar_addr_o, sent.front());
      sent.pop_front();
      ++arrived;
    }
    if (top().read_valid_i && top().read_ready_o) sent.push_back(next_address++);
    if (top().beat_valid_o && top().beat_ready_i) {
      ASSERT_FALSE(offered.empty());
      ASSERT_EQ(top().beat_o, offered.front());
      offered.pop_front();
      ++delivered;
    }
    if (top().r_valid_i && top().r_ready_o) offered.push_back(next_beat++);
    ASSERT_LE(sent.size(), 4u);
  }
  EXPECT_GT(arrived, 1000);
  EXPECT_GT(delivered, 1000);
}

}  // namespace
}  // namespace gemel::rtl
