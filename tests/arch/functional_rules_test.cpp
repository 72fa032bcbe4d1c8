// SPDX-License-Identifier: Apache-2.0
// Rules of the data path that few recorded streams show, each on a 4x4 machine with numbers small enough to check by
// hand.
#include <gmock/gmock.h>

#include <stdexcept>

#include "sim/arch/isa.h"
#include "sim/arch/program_text.h"
#include "tests/support/functional_machine.h"

namespace gemel {
namespace {

using test_support::FunctionalMachine;
using testing::ElementsAre;

constexpr std::uint64_t kBase = 0x80000000;

class FunctionalRules : public testing::Test {
 protected:
  static arch::AcceleratorConfig small() {
    arch::AcceleratorConfig config;
    config.mesh.dim = 4;
    config.scratchpad.capacity_kib = 4;
    config.accumulator.capacity_kib = 4;
    return config;
  }

  arch::DerivedConfig derived_ = arch::derive(small());
  FunctionalMachine machine_{small()};
  std::vector<std::uint8_t> memory_ = std::vector<std::uint8_t>(0x1000);

  void bytes(std::uint64_t offset, const std::vector<int>& values) {
    for (std::size_t i = 0; i < values.size(); ++i) memory_[offset + i] = static_cast<std::uint8_t>(values[i]);
  }
  std::vector<int> result(std::uint64_t offset, std::size_t count) const {
    std::vector<int> values;
    for (std::size_t i = 0; i < count; ++i) values.push_back(static_cast<std::int8_t>(memory_[offset + i]));
    return values;
  }
  // Commands in text, one a line.
  void run(const std::string& code) {
    const arch::Program program = arch::assemble("gemel-program 1\ncode\n" + code, "test");
    for (const arch::Command& command : program.commands) machine_.execute(command, memory_, kBase);
  }
  std::vector<int> spad(std::uint32_t row) const {
    return {machine_.scratchpad_row(row), machine_.scratchpad_row(row) + 4};
  }
  std::vector<int> acc(std::uint32_t row) const {
    return {machine_.accumulator_row(row), machine_.accumulator_row(row) + 4};
  }
};

TEST_F(FunctionalRules, MvinWritesOnlyItsLanesAndItsBlocksLieABlockStrideApart) {
  bytes(0, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10});
  run("config_ld dram_stride=5 scale=1 block_stride=8\nmvin dram_address=0x80000000 local=spad:0 cols=5 rows=2\n");
  EXPECT_THAT(spad(0), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(spad(1), ElementsAre(6, 7, 8, 9));
  EXPECT_THAT(spad(8), ElementsAre(5, 0, 0, 0));
  EXPECT_THAT(spad(9), ElementsAre(10, 0, 0, 0));
}

TEST_F(FunctionalRules, MvinFromAddressZeroWritesZerosAndStrideZeroRepeatsARow) {
  bytes(0, {1, 2, 3, 4, 5, 6, 7, 8});
  run("config_ld scale=1\nmvin dram_address=0x80000000 local=spad:0 cols=4 rows=3\n");
  for (const std::uint32_t row : {0u, 1u, 2u}) EXPECT_THAT(spad(row), ElementsAre(1, 2, 3, 4));
  run("mvin local=spad:1 cols=3 rows=1\n");
  EXPECT_THAT(spad(1), ElementsAre(0, 0, 0, 4));
}

TEST_F(FunctionalRules, ThreeLoadStatesKeepTheirOwnSettings) {
  bytes(0, {10, 20, 30, 40});
  run("config_ld state=0 scale=1\nconfig_ld state=1 scale=0.5\nconfig_ld state=2 scale=-2\n"
      "mvin dram_address=0x80000000 local=spad:0 cols=4 rows=1\nmvin2 dram_address=0x80000000 local=spad:1 cols=4 "
      "rows=1\n"
      "mvin3 dram_address=0x80000000 local=spad:2 cols=4 rows=1\n");
  EXPECT_THAT(spad(0), ElementsAre(10, 20, 30, 40));
  EXPECT_THAT(spad(1), ElementsAre(5, 10, 15, 20));
  EXPECT_THAT(spad(2), ElementsAre(-20, -40, -60, -80));
}

TEST_F(FunctionalRules, MvinToTheAccumulatorIsWideUnlessShrunkAndMayAdd) {
  bytes(0, {1, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF});
  run("config_ld scale=3\nmvin dram_address=0x80000000 local=acc:2 cols=2 rows=1\n");
  EXPECT_THAT(acc(2), ElementsAre(1, -1, 0, 0));  // wide elements are not scaled
  run("config_ld shrink=1 scale=3\nmvin dram_address=0x80000003 local=acc:2:accumulate cols=2 rows=1\n");
  EXPECT_THAT(acc(2), ElementsAre(1, -4, 0, 0));
}

TEST_F(FunctionalRules, PixelRepeatsGoToLowerRowsAndHigherLanesButNotBelowTheHalf) {
  bytes(0, {1, 2, 3, 4});
  run("config_ld dram_stride=2 scale=1 pixel_repeats=3\nmvin dram_address=0x80000000 local=spad:1 cols=2 rows=2\n");
  EXPECT_THAT(spad(2), ElementsAre(3, 4, 0, 0));
  EXPECT_THAT(spad(1), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(spad(0), ElementsAre(0, 0, 1, 2));
  const std::uint32_t half = derived_.scratchpad_rows / 2;
  run("mvin dram_address=0x80000000 local=spad:" + std::to_string(half) + " cols=2 rows=1\n");
  EXPECT_THAT(spad(half), ElementsAre(1, 2, 0, 0));
  EXPECT_THAT(spad(half - 1), ElementsAre(0, 0, 0, 0));
}

TEST_F(FunctionalRules, MvoutOfTheAccumulatorActivatesThenScalesOrIsWide) {
  bytes(0, {0x2C, 1, 0, 0, 0xD4, 0xFE, 0xFF, 0xFF});  // 300, -300
  run("config_ld\nmvin dram_address=0x80000000 local=acc:0 cols=2 rows=1\nconfig_st acc_scale=-0.25 dram_stride=16\n"
      "mvout dram_address=0x80000100 local=acc:0 cols=2 rows=1\n"
      "config_st acc_scale=bits:0xffffffff activation=1 dram_stride=16\n"  // keeps the scale
      "mvout dram_address=0x80000110 local=acc:0 cols=2 rows=1\n"
      "mvout dram_address=0x80000120 local=acc:0:full cols=2 rows=1\n");
  EXPECT_THAT(result(0x100, 2), ElementsAre(-75, 75));
  EXPECT_THAT(result(0x110, 2), ElementsAre(-75, 0));
  EXPECT_THAT(result(0x120, 8), ElementsAre(0x2C, 1, 0, 0, -44, -2, -1, -1));
}

TEST_F(FunctionalRules, MvoutOfTheScratchpadIsVerbatim) {
  bytes(0, {1, 255, 128, 127});
  run("config_ld scale=1\nmvin dram_address=0x80000000 local=spad:0 cols=4 rows=1\n"
      "config_st acc_scale=0.5 activation=1 dram_stride=4\nmvout dram_address=0x80000100 local=spad:0 cols=4 rows=1\n");
  EXPECT_THAT(result(0x100, 4), ElementsAre(1, -1, -128, 127));
}

TEST_F(FunctionalRules, MaxPoolingCountsOutsideAsZeroAndKeepsItsGeometry) {
  bytes(0, {0xFF, 0xFE, 0xFD, 0xFC, 0xFB, 0xFA, 0xF9, 0xF8, 0xF7});  // 3 x 3 image of -1 .. -9, one lane
  run("config_ld dram_stride=1 scale=1\nmvin dram_address=0x80000000 local=spad:0 cols=1 rows=4\n"
      "mvin dram_address=0x80000004 local=spad:4 cols=1 rows=4\nmvin dram_address=0x80000008 local=spad:8 cols=1 "
      "rows=1\n"
      "config_st pool_stride=2 pool_size=2 upper_pad=1 left_pad=1 pool_out_dim=3 pooled_rows=2 pooled_cols=2 "
      "out_rows=3 "
      "out_cols=3 dram_stride=1 acc_scale=1\n"
      "mvout dram_address=0x80000100 local=spad:0 cols=1 rows=4\n");
  EXPECT_THAT(result(0x100, 6), ElementsAre(0, 0, 0, 0, -5, 0));  // pool_out_dim 3: rows three apart
  run("config_st dram_stride=1\nmvout dram_address=0x80000110 local=spad:0 cols=1 rows=2\n");  // pooling off
  EXPECT_THAT(result(0x110, 3), ElementsAre(-1, -2, 0));
  run("config_st pool_size=1 pool_out_dim=4 out_rows=3 out_cols=2 dram_stride=1\n"
      "mvout dram_address=0x80000120 local=spad:0 cols=1 rows=1\n");  // one-dimensional: 3 times 2 rows, four apart
  EXPECT_THAT(result(0x120, 11), ElementsAre(-1, -2, 0, 0, -3, -4, 0, 0, -5, -6, 0));
}

// A = [[1,2],[3,4]] at row 0, B = [[5,6],[7,8]] at row 4, D = [[1,1],[1,1]] at row 8 (2x2 in the 4x4 array).
class FunctionalProducts : public FunctionalRules {
 protected:
  void SetUp() override {
    bytes(0, {1, 2, 3, 4, 5, 6, 7, 8, 1, 1, 1, 1});
    run("config_ld dram_stride=2 scale=1\nmvin dram_address=0x80000000 local=spad:0 cols=2 rows=2\n"
        "mvin dram_address=0x80000004 local=spad:4 cols=2 rows=2\nmvin dram_address=0x80000008 local=spad:8 cols=2 "
        "rows=2\n");
  }
};

TEST_F(FunctionalProducts, WeightStationaryMultipliesAddsAndReusesWeights) {
  run("config_ex dataflow=1 a_stride=1 c_stride=1\npreload bd=spad:4 bd_cols=2 bd_rows=2 c=acc:0 c_cols=2 c_rows=2\n"
      "compute_preloaded a=spad:0 a_cols=2 a_rows=2 bd=spad:8 bd_cols=2 bd_rows=2\n");
  EXPECT_THAT(acc(0), ElementsAre(20, 23, 0, 0));
  EXPECT_THAT(acc(1), ElementsAre(44, 51, 0, 0));
  run("preload bd=garbage c=acc:0:accumulate c_cols=1 c_rows=2\n"
      "compute_accumulated a=spad:0 a_cols=2 a_rows=2 bd=garbage\n");
  EXPECT_THAT(acc(0), ElementsAre(39, 23, 0, 0));
  EXPECT_THAT(acc(1), ElementsAre(87, 51, 0, 0));
}

TEST_F(FunctionalProducts, TransposesAndStridesOfOperandsAndResult) {
  run("config_ex dataflow=1 a_transpose=1 a_stride=1 c_stride=3\n"
      "preload bd=spad:4 bd_cols=2 bd_rows=2 c=acc:0 c_cols=2 c_rows=2\n"
      "compute_preloaded a=spad:0 a_cols=2 a_rows=2 bd=garbage\n");
  EXPECT_THAT(acc(0), ElementsAre(26, 30, 0, 0));  // [[1,3],[2,4]] * B
  EXPECT_THAT(acc(3), ElementsAre(38, 44, 0, 0));
  EXPECT_THAT(acc(1), ElementsAre(0, 0, 0, 0));
  run("config_ex dataflow=1 b_transpose=1 a_stride=4 c_stride=1\n"
      "preload bd=spad:4 bd_cols=2 bd_rows=2 c=acc:8 c_cols=2 c_rows=2\n"
      "compute_preloaded a=spad:0 a_cols=2 a_rows=2 bd=garbage\n");  // A rows at 0 and 4: [[1,2],[5,6]] * B^T
  EXPECT_THAT(acc(8), ElementsAre(17, 23, 0, 0));
  EXPECT_THAT(acc(9), ElementsAre(61, 83, 0, 0));
}

TEST_F(FunctionalProducts, OutputStationaryAccumulatesShiftsAndActivates) {
  run("config_ex dataflow=0 a_stride=1 c_stride=1 shift=1\npreload bd=spad:8 bd_cols=2 bd_rows=2 c=garbage\n"
      "compute_preloaded a=spad:0 a_cols=2 a_rows=2 bd=spad:4 bd_cols=2 bd_rows=2\n"
      "preload bd=garbage c=spad:12 c_cols=2 c_rows=2\n"
      "compute_accumulated a=spad:0 a_cols=2 a_rows=2 bd=spad:4 bd_cols=2 bd_rows=2\n");
  // 1 + 2 * [[19,22],[43,50]] = [[39,45],[87,101]], halved to even
  EXPECT_THAT(spad(12), ElementsAre(20, 22, 0, 0));
  EXPECT_THAT(spad(13), ElementsAre(44, 50, 0, 0));
}

TEST_F(FunctionalProducts, ResultForTheScratchpadSaturatesThenActivates) {
  bytes(0, {100, 0x9C});  // 100, -100
  run("config_ld scale=1\nmvin dram_address=0x80000000 local=spad:16 cols=2 rows=1\n"
      "config_ex dataflow=1 a_stride=1 c_stride=1 activation=1\n"
      "preload bd=spad:16 bd_cols=2 bd_rows=1 c=spad:20 c_cols=2 c_rows=1\n"
      "compute_preloaded a=spad:0 a_cols=1 a_rows=1 bd=garbage\n"  // 1 * [100, -100]
      "preload bd=garbage c=spad:21 c_cols=2 c_rows=1\n"
      "compute_accumulated a=spad:4 a_cols=1 a_rows=1 bd=garbage\n");  // 5 * [100, -100]
  EXPECT_THAT(spad(20), ElementsAre(100, 0, 0, 0));
  EXPECT_THAT(spad(21), ElementsAre(127, 0, 0, 0));
}

TEST_F(FunctionalRules, SumsWrapAtTheWidthOfTheArray) {
  arch::AcceleratorConfig config = small();
  config.mesh.output_bits = 16;
  FunctionalMachine narrow(config);
  machine_ = narrow;
  bytes(0, {128, 128, 128, 128});
  run("config_ld scale=1\nmvin dram_address=0x80000000 local=spad:0 cols=4 rows=4\n"
      "config_ex dataflow=1 a_stride=1 c_stride=1\npreload bd=spad:0 bd_cols=4 bd_rows=4 c=acc:0 c_cols=4 c_rows=1\n"
      "compute_preloaded a=spad:0 a_cols=4 a_rows=1 bd=garbage\n");  // 4 * 16384 = 65536
  EXPECT_THAT(acc(0), ElementsAre(0, 0, 0, 0));
  run("preload bd=garbage c=acc:0 c_cols=4 c_rows=1\ncompute_accumulated a=spad:0 a_cols=2 a_rows=1 bd=garbage\n");
  EXPECT_THAT(acc(0), ElementsAre(-32768, -32768, -32768, -32768));
}

TEST_F(FunctionalRules, RefusesWhatIsUndefined) {
  EXPECT_THROW(run("config_norm\n"), std::invalid_argument);
  EXPECT_THROW(run("config_ld scale=1\nmvin dram_address=0x80000fff cols=2 rows=1\n"), std::invalid_argument);
  EXPECT_THROW(run("config_ex dataflow=1 a_stride=1\npreload bd=acc:0 bd_cols=1 bd_rows=1 c=garbage\n"),
               std::invalid_argument);
}

}  // namespace
}  // namespace gemel
