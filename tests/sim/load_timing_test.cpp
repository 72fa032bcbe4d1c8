// SPDX-License-Identifier: Apache-2.0
// Front end, station, load controller, DMA reader, scaler, write port and zero writer against
// docs/microarchitecture.md: exact cycles, each derived from the page. L is the memory's latency; the default machine
// has 16 lanes and 16-byte beats.
#include <gmock/gmock.h>

#include "tests/sim/timeline.h"

namespace gemel {
namespace {

using arch::AcceleratorConfig;
using test_sim::Class;
using test_sim::Cycle;
using test_sim::repeat;
using test_sim::run;
using test_sim::Timeline;
using test_sim::operator+;
using Lines = std::vector<std::string>;

AcceleratorConfig with_latency(std::uint32_t latency) {
  AcceleratorConfig config;
  config.memory.latency_cycles = latency;
  return config;
}

Lines load(const std::string& config, const std::string& mvin) { return {"config_ld " + config, mvin}; }

const char* const kPlain = "scale=1 block_stride=16 dram_stride=64";

// §2: accepted in t, allocated in t + 4; §3: issued in the cycle after, one a cycle.
TEST(FrontEnd, CommandIssuesFiveCyclesAfterItWasAccepted) {
  const Timeline t = run(repeat(3, {"config_ld scale=1 dram_stride=16"}));
  EXPECT_THAT(t.accepted, testing::ElementsAre(0, 1, 2));
  EXPECT_THAT(t.issues(Class::Load), testing::ElementsAre(5, 6, 7));
}

// §2: a flush is consumed at the head of the unrolled queue; it holds nothing up.
TEST(FrontEnd, FlushNeverEntersTheStation) {
  const Timeline t = run({"flush", "config_ld scale=1 dram_stride=16"});
  EXPECT_THAT(t.issues(Class::Load), testing::ElementsAre(6));
}

// Eight mvins fill the station, eight more the queues. The first completes in c; its entry is taken in c + 1, and a
// place moves up through matmul, convolution and raw queue, a cycle each: the 17th mvin is accepted in c + 5.
TEST(FrontEnd, HoldsEightCommandsBehindAFullStation) {
  AcceleratorConfig config = with_latency(300);
  config.dma.loads_in_flight = 1;
  const Timeline t = run(Lines{"config_ld scale=1 dram_stride=16"} +
                             repeat(17, {"mvin dram_address=0x80000000 local=spad:0 cols=16 rows=1"}),
                         config);
  const Cycle first = t.completions(Class::Load)[0];
  EXPECT_LT(t.accepted[16], 100u);  // the 16th mvin
  EXPECT_EQ(t.accepted[17], first + 5);
}

// §4: seen in t = 7 (issued in 6, behind the configuration). §5: row n is requested in 7 + n, its transaction issued in
// 9 + n; §6: at the memory in 13 + n, beat taken in 13 + L + n, consumed two cycles later; §7: emitted in 16 + L + n;
// §8: written in 19 + L + n. The last of R rows completes the cycle after: 19 + L + R.
TEST(LoadUnit, RowsOfAnMvinComeOneACycle) {
  for (const std::uint32_t latency : {1u, 40u, 300u}) {
    for (const unsigned rows : {1u, 2u, 15u, 16u}) {
      AcceleratorConfig config = with_latency(latency);
      config.dma.requests_in_flight = 64;
      const Timeline t =
          run(load(kPlain, "mvin dram_address=0x80000000 local=spad:0 cols=16 rows=" + std::to_string(rows)), config);
      SCOPED_TRACE(rows);
      ASSERT_EQ(t.read_requests.size(), rows);
      EXPECT_EQ(t.read_requests.front(), 13u);
      EXPECT_EQ(t.read_requests.back(), 13u + rows - 1);
      EXPECT_THAT(t.completions(Class::Load), testing::ElementsAre(19 + latency + rows));
      EXPECT_EQ(t.cycles, 20 + latency + rows);
    }
  }
}

// §5: issued in t, a slot is free again in t + L + 7 after one beat, t + L + 10 after four.
TEST(DmaReader, SlotIsFreeTheCycleAfterItsLastBeatWasConsumed) {
  AcceleratorConfig config;
  config.dma.requests_in_flight = 1;
  const Timeline narrow = run(load(kPlain, "mvin dram_address=0x80000000 local=spad:0 cols=16 rows=4"), config);
  EXPECT_THAT(narrow.read_requests, testing::ElementsAre(13, 13 + 47, 13 + 2 * 47, 13 + 3 * 47));
  const Timeline wide = run(load(kPlain, "mvin dram_address=0x80000000 local=spad:0 cols=64 rows=3"), config);
  EXPECT_THAT(wide.read_requests, testing::ElementsAre(13, 13 + 50, 13 + 2 * 50));
}

// §5: 62 bytes from 2 bytes before a 64-byte boundary: at size 16 and up the first takes 2 useful bytes, the smallest
// size wins; then 60 in one of 64.
TEST(DmaReader, SplitTakesTheSizeWithMostUsefulBytes) {
  const Timeline t = run(load(kPlain, "mvin dram_address=0x8000003e local=spad:0 cols=62 rows=1"));
  EXPECT_THAT(t.read_requests, testing::ElementsAre(13, 14));
  // 16 + 64 bytes of beats: five, the last consumed in 13 + 40 + 2 + 4 = 59. Its last piece, the fourth of the row, is
  // complete with it, emitted in 60, written in 63.
  EXPECT_THAT(t.completions(Class::Load), testing::ElementsAre(64));
}

// §4: with one tracker, the next mvin requests in c + 1, where c is the completion of the one before; at the memory six
// cycles later.
TEST(LoadUnit, TrackerIsFreeTheCycleAfterCompletion) {
  AcceleratorConfig config;
  config.dma.loads_in_flight = 1;
  const Timeline t = run(load(kPlain, "mvin dram_address=0x80000000 local=spad:0 cols=16 rows=2") +
                             Lines{"mvin dram_address=0x80000000 local=spad:16 cols=16 rows=1"},
                         config);
  EXPECT_EQ(t.read_requests[2], t.completions(Class::Load)[0] + 1 + 6);
}

// §4: next command two cycles after the first request of a single row, so the second row is two cycles behind.
TEST(LoadUnit, SingleRowMvinTakesTwoCycles) {
  const Timeline t = run(load(kPlain, "mvin dram_address=0x80000000 local=spad:0 cols=16 rows=1") +
                         Lines{"mvin dram_address=0x80000100 local=spad:16 cols=16 rows=1"});
  EXPECT_THAT(t.read_requests, testing::ElementsAre(13, 15));
}

// §8: a scaled row holds one of three slots for 2 * 16 / 4 + 4 = 12 cycles: three rows every twelve cycles. Rows 0 to 2
// are emitted in 56 to 58 and written in 68 to 70, row 15 in 68 + 5 * 12.
TEST(MvinWriter, ScaledRowsHoldTheirSlotsForTwelveCycles) {
  const Timeline t = run(
      load("scale=0.5 block_stride=16 dram_stride=64", "mvin dram_address=0x80000000 local=spad:0 cols=16 rows=16"));
  EXPECT_THAT(t.completions(Class::Load), testing::ElementsAre(68 + 60 + 1));
}

// §8: 32-bit rows bypass the scaler. Row n: four beats, the last consumed in 58 + 4 n, emitted the cycle after, written
// the cycle after that: 60 + 4 n.
TEST(MvinWriter, WideRowsAreWrittenTheCycleAfterTheyWereEmitted) {
  const Timeline t = run(load("scale=1 dram_stride=64", "mvin dram_address=0x80000000 local=acc:0 cols=16 rows=16"));
  EXPECT_THAT(t.completions(Class::Load), testing::ElementsAre(60 + 60 + 1));
}

// §8: DRAM stride 0 fetches one row and writes it 16 times: 59 to 74.
TEST(MvinWriter, RepeatedRowIsFetchedOnce) {
  const Timeline t = run(load("scale=1 dram_stride=0", "mvin dram_address=0x80000000 local=spad:0 cols=16 rows=16"));
  EXPECT_THAT(t.read_requests, testing::ElementsAre(13));
  EXPECT_THAT(t.completions(Class::Load), testing::ElementsAre(59 + 15 + 1));
}

// §8: three copies of each row: the first from 59 on, three cycles a row; the copies hold the slot, which is never
// short.
TEST(MvinWriter, PixelRepeatsTakeOneWriteEach) {
  const Timeline t =
      run(load("scale=1 dram_stride=64 pixel_repeats=3", "mvin dram_address=0x80000000 local=spad:8 cols=4 rows=16"));
  EXPECT_THAT(t.completions(Class::Load), testing::ElementsAre(59 + 3 * 16 - 1 + 1));
}

// §4: requested in 7, in the working register in 8, one piece a cycle from 9 on; the next row enters with the last
// piece.
TEST(ZeroWriter, WritesOnePieceACycle) {
  const Timeline one = run(load(kPlain, "mvin local=spad:0 cols=16 rows=16"));
  EXPECT_THAT(one.completions(Class::Load), testing::ElementsAre(9 + 15 + 1));
  const Timeline four = run(load(kPlain, "mvin local=spad:0 cols=64 rows=16"));
  EXPECT_THAT(four.completions(Class::Load), testing::ElementsAre(9 + 63 + 1));
  EXPECT_TRUE(four.read_requests.empty());
}

// §3: a load waits for an mvout of its rows; it may issue the cycle after the mvout completes.
TEST(ReservationStation, LoadWaitsForTheMvoutOfItsRows) {
  const Lines set_up = load(kPlain, "mvin dram_address=0x80000000 local=spad:0 cols=16 rows=16") +
                       Lines{"config_st dram_stride=16 acc_scale=1", "fence"};
  const Lines store = {"mvout dram_address=0x80010000 local=spad:0 cols=16 rows=16"};
  const Timeline overlapping = run(set_up + store + Lines{"mvin dram_address=0x80000000 local=spad:15 cols=16 rows=1"});
  EXPECT_EQ(overlapping.issues(Class::Load)[2], overlapping.completions(Class::Store)[0] + 1);
  const Timeline apart = run(set_up + store + Lines{"mvin dram_address=0x80000000 local=spad:16 cols=16 rows=1"});
  EXPECT_EQ(apart.issues(Class::Load)[2], apart.accepted[4] + 5);
}

}  // namespace
}  // namespace gemel
