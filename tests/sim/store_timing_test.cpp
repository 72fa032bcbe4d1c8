// SPDX-License-Identifier: Apache-2.0
// Store controller, store pipeline and DMA writer against docs/microarchitecture.md, sections 12 and 13. An mvout
// accepted in t hands out its first element in q = t + 6, which is read in t + 7.
#include <gmock/gmock.h>

#include "tests/sim/timeline.h"

namespace gemel {
namespace {

using arch::AcceleratorConfig;
using test_sim::Class;
using test_sim::Cycle;
using test_sim::run;
using test_sim::Timeline;
using test_sim::operator+;
using Lines = std::vector<std::string>;

// 16 rows of scratchpad and accumulator with something in them, and time for all to be quiet.
const Lines kSetUp = {"config_ld scale=1 dram_stride=64", "mvin dram_address=0x80000000 local=spad:0 cols=16 rows=16",
                      "mvin dram_address=0x80000000 local=acc:0 cols=16 rows=16", "fence"};
constexpr unsigned kCommands = 3;

// Cycles of the write beats since the mvout (command 4, behind its config_st) was accepted.
std::vector<Cycle> beats(const std::string& config_st, const std::string& mvout, const AcceleratorConfig& config = {}) {
  const Timeline t = run(kSetUp + Lines{"config_st " + config_st, "mvout " + mvout}, config);
  std::vector<Cycle> all;
  for (const Cycle beat : t.write_beats) all.push_back(beat - t.accepted[kCommands + 1]);
  return all;
}

// §12: read in t + 7, accepted by the writer 1 + read_delay later, t + 12; its beat in t + 13, at the memory in t + 17.
TEST(StorePipeline, ScratchpadRowsComeOneACycle) {
  const std::vector<Cycle> b =
      beats("dram_stride=16 acc_scale=1", "dram_address=0x80010000 local=spad:0 cols=16 rows=16");
  ASSERT_EQ(b.size(), 16u);
  for (unsigned n = 0; n < 16; ++n) EXPECT_EQ(b[n], 17 + n) << n;
}

// §12: N = r + 1, s = N + 1, a = s + 8; s(n) >= a(n - 5): five rows every eight cycles. First beat at the memory in
// t + 7 + 1 + 1 + 8 + 1 + 4.
TEST(StorePipeline, ScaledRowsComeFiveInEightCycles) {
  const std::vector<Cycle> b =
      beats("dram_stride=16 acc_scale=1", "dram_address=0x80010000 local=acc:0 cols=16 rows=16");
  ASSERT_EQ(b.size(), 16u);
  for (unsigned n = 0; n < 16; ++n) EXPECT_EQ(b[n], 22 + n / 5 * 8 + n % 5) << n;
}

// §13: four beats a row keep the writer busy: it is ready for the next row in the cycle of the last beat.
TEST(StorePipeline, FullWidthRowsFillTheBus) {
  const std::vector<Cycle> b =
      beats("dram_stride=64 acc_scale=1", "dram_address=0x80010000 local=acc:0:full cols=16 rows=8");
  ASSERT_EQ(b.size(), 32u);
  for (unsigned n = 0; n < 32; ++n) EXPECT_EQ(b[n], 22 + n) << n;
}

// §12: one multiplier for two lanes: a row every eight cycles.
TEST(StorePipeline, FewScaleUnitsSlowScaledRowsDown) {
  AcceleratorConfig config;
  config.accumulator_scale.units = 2;
  const std::vector<Cycle> b =
      beats("dram_stride=16 acc_scale=1", "dram_address=0x80010000 local=acc:0 cols=16 rows=4", config);
  ASSERT_EQ(b.size(), 4u);
  for (unsigned n = 0; n < 4; ++n) EXPECT_EQ(b[n], 22 + 8 * n) << n;
}

// §13: with two slots, a third transaction goes when the first acknowledge was consumed: beat in b, acknowledge at the
// memory L later, two cycles to come out, free the cycle after. Every beat needs a free slot at the start of its cycle.
TEST(DmaWriter, WaitsForAWriteSlot) {
  AcceleratorConfig config;
  config.dma.requests_in_flight = 2;
  const std::vector<Cycle> b =
      beats("dram_stride=16 acc_scale=1", "dram_address=0x80010000 local=spad:0 cols=16 rows=4", config);
  ASSERT_EQ(b.size(), 4u);
  EXPECT_EQ(b[0], 17u);
  EXPECT_EQ(b[1], 18u);
  EXPECT_EQ(b[2], 17u + 4 + 40 + 2 + 1);
  EXPECT_EQ(b[3], 18u + 4 + 40 + 2 + 1);
}

// §12: the mvout completes the cycle after its last element was read: t + 7 + 15 + 1.
TEST(StoreController, MvoutCompletesTheCycleAfterItsLastRead) {
  const Timeline t = run(kSetUp + Lines{"config_st dram_stride=16 acc_scale=1",
                                        "mvout dram_address=0x80010000 local=spad:0 cols=16 rows=16"});
  EXPECT_EQ(t.completions(Class::Store)[0], t.accepted[kCommands + 1] + 7 + 15 + 1);
}

// Window of 2 x 2 over 4 x 4 rows: four elements a pixel, and the last one starts the beat. Elements are scaled, five
// in eight cycles: element 3 is accepted in a(0) + 3, element 7 in a(0) + 8 + 2, element 11 in a(0) + 16 + 1.
TEST(StoreController, PooledPixelLeavesWithItsLastElement) {
  const std::vector<Cycle> b = beats(
      "dram_stride=16 acc_scale=1 pool_stride=2 pool_size=2 pool_out_dim=2 pooled_rows=2 pooled_cols=2 out_rows=4 "
      "out_cols=4",
      "dram_address=0x80010000 local=acc:0 cols=16 rows=16");
  ASSERT_EQ(b.size(), 4u);
  EXPECT_EQ(b[0], 22u + 3);
  EXPECT_EQ(b[1], 22u + 10);
}

}  // namespace
}  // namespace gemel
