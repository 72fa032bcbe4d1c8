// SPDX-License-Identifier: Apache-2.0
#include "sim/arch/program_checker.h"

#include <gmock/gmock.h>

#include <chrono>

#include "sim/arch/isa.h"
#include "sim/arch/program_text.h"
#include "sim/arch/rocc_stream.h"
#include "tests/support/truth.h"

namespace gemel::arch {
namespace {

constexpr char kHeading[] =
    "gemel-program 1\nname \"p\"\nbase 0x80000000\nsize 0x10000\nlayer \"first\" \"gemm\" array macs=1 output=\"\" "
    "min_dram_bytes=0\nhost_op fill\n  output 0x80000000 1 [4]\n  params [7]\nend\ncode\n";

// A weight-stationary product, complete: every line can be left out or changed by a test.
constexpr char kSetUp[] =
    "config_ex dataflow=1 a_stride=1 c_stride=1\n"
    "config_ld dram_stride=16 scale=1 block_stride=16\n"
    "config_st dram_stride=16 acc_scale=1\n";

// Message for the text's first violation on the default machine, or "legal".
std::string check(const std::string& code, const AcceleratorConfig& config = {}, const CheckOptions& options = {}) {
  const Program program = assemble(kHeading + code, "p");
  const std::optional<ProgramViolation> violation = find_violation(program, config, options);
  return violation ? violation->message(program) : "legal";
}

std::string check_after_set_up(const std::string& code) { return check(kSetUp + code); }

TEST(ProgramChecker, AcceptsAWholeProduct) {
  EXPECT_EQ(check_after_set_up("layer 0\n"
                               "mvin dram_address=0x80000000 local=spad:0 cols=16 rows=16\n"
                               "mvin dram_address=0x80000100 local=spad:16 cols=16 rows=16\n"
                               "preload bd=spad:16 bd_cols=16 bd_rows=16 c=acc:0 c_cols=16 c_rows=16\n"
                               "compute_preloaded a=spad:0 a_cols=16 a_rows=16 bd=garbage\n"
                               "preload bd=garbage c=acc:0:accumulate c_cols=16 c_rows=16\n"
                               "compute_accumulated a=spad:0 a_cols=16 a_rows=16 bd=garbage\n"
                               "mvout dram_address=0x80000200 local=acc:0 cols=16 rows=16\n"
                               "fence\nhost 0\n"),
            "legal");
}

TEST(ProgramChecker, NamesTheFirstUnwrittenRowWithCommandAndLayer) {
  EXPECT_EQ(
      check_after_set_up("layer 0\n"
                         "mvin dram_address=0x80000000 local=spad:0 cols=16 rows=15\n"
                         "mvout dram_address=0x80000200 local=spad:0 cols=16 rows=16\n"),
      "command 4 (mvout dram_address=0x80000200 local=spad:0 cols=16 rows=16) of layer 'first': mvout reads 16 lanes "
      "of scratchpad row 15, which were not all written");
}

TEST(ProgramChecker, CountsLanesNotOnlyRows) {
  const std::string fifteen = "mvin dram_address=0x80000000 local=spad:0 cols=15 rows=4\n";
  EXPECT_EQ(check_after_set_up(fifteen + "mvout dram_address=0x80000200 local=spad:0 cols=15 rows=4\n"), "legal");
  EXPECT_THAT(check_after_set_up(fifteen + "mvout dram_address=0x80000200 local=spad:0 cols=16 rows=4\n"),
              testing::HasSubstr("reads 16 lanes of scratchpad row 0"));
}

TEST(ProgramChecker, BlocksOfAWideMvinLieABlockStrideApart) {
  const std::string wide = "mvin dram_address=0x80000000 local=spad:0 cols=33 rows=2\n";
  EXPECT_EQ(check_after_set_up(wide + "mvout dram_address=0x80000200 local=spad:32 cols=1 rows=2\n"), "legal");
  EXPECT_THAT(check_after_set_up(wide + "mvout dram_address=0x80000200 local=spad:32 cols=2 rows=2\n"),
              testing::HasSubstr("scratchpad row 32"));
  EXPECT_THAT(check_after_set_up(wide + "mvout dram_address=0x80000200 local=spad:2 cols=1 rows=1\n"),
              testing::HasSubstr("scratchpad row 2"));
}

TEST(ProgramChecker, AccumulatingReadsWhatItAddsTo) {
  EXPECT_THAT(check_after_set_up("mvin dram_address=0x80000000 local=acc:5:accumulate cols=4 rows=1\n"),
              testing::HasSubstr("accumulating mvin reads 4 lanes of accumulator row 5"));
  EXPECT_THAT(check_after_set_up("mvin dram_address=0x80000000 local=spad:0 cols=16 rows=16\n"
                                 "preload bd=spad:0 bd_cols=16 bd_rows=16 c=acc:9:accumulate c_cols=16 c_rows=3\n"
                                 "compute_preloaded a=spad:0 a_cols=16 a_rows=3 bd=garbage\n"),
              testing::HasSubstr("accumulating C reads 16 lanes of accumulator row 9"));
}

TEST(ProgramChecker, TransposedOperandIsReadTheOtherWayRound) {
  const std::string code =
      "mvin dram_address=0x80000000 local=spad:0 cols=3 rows=7\n"  // A stored as 7 rows of 3
      "mvin dram_address=0x80000000 local=spad:16 cols=16 rows=16\n"
      "preload bd=spad:16 bd_cols=16 bd_rows=7 c=acc:0 c_cols=16 c_rows=3\n"
      "compute_preloaded a=spad:0 a_cols=7 a_rows=3 bd=garbage\n";
  EXPECT_THAT(check_after_set_up(code), testing::HasSubstr("A reads 7 lanes of scratchpad row 0"));
  EXPECT_EQ(check_after_set_up("config_ex dataflow=1 a_transpose=1 a_stride=1 c_stride=1\n" + code), "legal");
}

TEST(ProgramChecker, PixelRepeatsWriteLowerRowsAndHigherLanes) {
  const std::string code =
      "config_ld dram_stride=16 scale=1 block_stride=16 pixel_repeats=3\n"
      "mvin dram_address=0x80000000 local=spad:10 cols=4 rows=1\n";
  const std::string without = "mvin dram_address=0x80000040 local=spad:8 cols=8 rows=1\n";
  EXPECT_THAT(check_after_set_up(code + "mvout dram_address=0x80000200 local=spad:8 cols=12 rows=1\n"),
              testing::HasSubstr("scratchpad row 8"));  // only lanes 8..11
  EXPECT_EQ(check_after_set_up(without + code + "mvout dram_address=0x80000200 local=spad:8 cols=12 rows=1\n"),
            "legal");
}

TEST(ProgramChecker, PooledMvoutReadsTheImageUnderItsWindows) {
  const std::string pool =
      "config_st pool_stride=2 pool_size=2 pool_out_dim=2 pooled_rows=2 pooled_cols=2 out_rows=4 out_cols=4 "
      "dram_stride=16 acc_scale=1\n";
  const std::string image = "mvin dram_address=0x80000000 local=spad:0 cols=16 rows=";
  const std::string out = "mvout dram_address=0x80000200 local=spad:0 cols=16 rows=4\n";
  EXPECT_EQ(check_after_set_up(image + "16\n" + pool + out), "legal");
  EXPECT_THAT(check_after_set_up(image + "15\n" + pool + out), testing::HasSubstr("scratchpad row 15"));
}

TEST(ProgramChecker, RegistersAreUsedOnlyBehindTheirConfig) {
  EXPECT_THAT(check("mvin dram_address=0x80000000 cols=1 rows=1\n"), testing::HasSubstr("load state 0 is used before"));
  EXPECT_THAT(check_after_set_up("mvin3 dram_address=0x80000000 cols=1 rows=1\n"),
              testing::HasSubstr("load state 2 is used before"));
  EXPECT_THAT(check("mvout dram_address=0x80000000 cols=1 rows=1\n"), testing::HasSubstr("mvout before config_st"));
  EXPECT_THAT(check("preload bd=garbage c=garbage\n"), testing::HasSubstr("preload before config_ex"));
  EXPECT_THAT(check("config_ex set_only_strides=1 a_stride=1\n"), testing::HasSubstr("before any full config_ex"));
  EXPECT_THAT(check("config_st dram_stride=16 acc_scale=bits:0xffffffff\nmvout dram_address=0x80000000 local=acc:0 "
                    "cols=1 rows=1\n"),
              testing::HasSubstr("before any config_st with a scale"));
  EXPECT_THAT(check_after_set_up("compute_preloaded a=spad:0 bd=garbage\n"), testing::HasSubstr("without a preload"));
}

TEST(ProgramChecker, LimitsOfRowsColumnsAndStorage) {
  const auto mvin = [](const std::string& rest) {
    return check_after_set_up("mvin dram_address=0x80000000 " + rest + "\n");
  };
  EXPECT_EQ(mvin("local=spad:16368 cols=16 rows=16"), "legal");
  EXPECT_THAT(mvin("local=spad:16369 cols=16 rows=16"),
              testing::HasSubstr("needs 16 rows from scratchpad row 16369; there are 16384"));
  EXPECT_THAT(mvin("local=acc:1024 cols=16 rows=1"), testing::HasSubstr("from accumulator row 1024; there are 1024"));
  EXPECT_EQ(mvin("cols=64 rows=16"), "legal");
  EXPECT_THAT(mvin("cols=65 rows=16"), testing::HasSubstr("the most is 16 and 64"));
  EXPECT_THAT(mvin("cols=16 rows=17"), testing::HasSubstr("mvin of 17 rows"));
  EXPECT_THAT(mvin("local=acc:0 cols=17 rows=16"), testing::HasSubstr("the most is 16 and 16"));
  EXPECT_THAT(mvin("cols=0 rows=16"), testing::HasSubstr("mvin of nothing"));
  EXPECT_THAT(check("config_ld dram_stride=16 block_stride=4\nmvin dram_address=0x80000000 cols=32 rows=5\n"),
              testing::HasSubstr("block stride 4 is less than 5 rows"));
}

TEST(ProgramChecker, MemoryRangesStayInside) {
  EXPECT_EQ(check_after_set_up("mvin dram_address=0x8000ff00 cols=16 rows=16\n"), "legal");
  EXPECT_THAT(check_after_set_up("mvin dram_address=0x8000ff01 cols=16 rows=16\n"),
              testing::HasSubstr("leave memory [0x80000000, 0x80010000)"));
  EXPECT_THAT(check_after_set_up("mvin dram_address=0x7fffffff cols=1 rows=1\n"), testing::HasSubstr("leave memory"));
  EXPECT_EQ(check_after_set_up("mvin cols=16 rows=16\n"), "legal");  // address 0 writes zeros
  EXPECT_THAT(check("config_ld dram_stride=0xffffffffffffffff\nmvin dram_address=0x80000000 cols=1 rows=3\n"),
              testing::HasSubstr("leave memory"));
}

TEST(ProgramChecker, RefusesWhatTheMachineDoesNotHave) {
  EXPECT_THAT(check("config_ex dataflow=1 a_transpose=1 b_transpose=1\n"), testing::HasSubstr("two transposers"));
  EXPECT_THAT(check("config_ex b_transpose=1\n"), testing::HasSubstr("two transposers"));
  EXPECT_THAT(check("config_norm\n"), testing::HasSubstr("config_norm is not built in"));
  EXPECT_THAT(check("config_ld state=3\n"), testing::HasSubstr("load state 3 does not exist"));
  EXPECT_THAT(check("raw 99 0 0\n"), testing::HasSubstr("function code 99 does not exist"));
  AcceleratorConfig ws;
  ws.mesh.dataflow = Dataflow::WeightStationary;
  EXPECT_THAT(check("config_ex\n", ws), testing::HasSubstr("no output-stationary dataflow"));
  AcceleratorConfig lean;
  lean.full_width_accumulator_read = false;
  EXPECT_THAT(
      check(std::string(kSetUp) + "mvin local=acc:0 cols=1 rows=1\nmvout dram_address=0x80000000 local=acc:0:full "
                                  "cols=1 rows=1\n",
            lean),
      testing::HasSubstr("full-width mvout is not built in"));
  AcceleratorConfig later;
  later.isa_version = IsaVersion::Gemmini2025;
  EXPECT_EQ(check("flush\n", later), "program: the program is for isa gemmini_v0_7, the machine has gemmini_2025");
}

constexpr char kLoopSetUp[] =
    "config_ld state=1 dram_stride=16 scale=1 block_stride=16\n"
    "config_ld state=2 dram_stride=64 scale=1 block_stride=16\n"
    "loop_ws_addresses_ab a=0x80000000 b=0x80001000\n"
    "loop_ws_addresses_dc d=0x80002000 c=0x80003000\n"
    "loop_ws_strides_ab a=16 b=16\n"
    "loop_ws_strides_dc d=16 c=16\n";

std::string check_loop(const std::string& code) { return check(std::string(kSetUp) + kLoopSetUp + code); }

TEST(ProgramChecker, ExpandsLoops) {
  EXPECT_EQ(check_loop("loop_ws_bounds i=1 j=1 k=1\nloop_ws accumulate=1\n"), "legal");
  EXPECT_EQ(check_loop("loop_ws_bounds i=1 j=1 k=1\nloop_ws accumulate=1\nmvout dram_address=0x80003000 local=acc:0 "
                       "cols=16 rows=16\n"),
            "legal");
  EXPECT_THAT(check_loop("loop_ws_addresses_dc c=0x80003000\nloop_ws_bounds i=1 j=1 k=1\nloop_ws accumulate=1\n"),
              testing::HasSubstr("(loop_ws accumulate=1): its compute_preloaded a=spad:0 a_cols=16 a_rows=16 "
                                 "bd=garbage bd_cols=16 bd_rows=16: accumulating C reads 16 lanes of accumulator row "
                                 "0, which were not all written"));
  EXPECT_THAT(check_loop("loop_ws_addresses_ab a=0x8000ff81 b=0x80001000\nloop_ws_bounds i=1 j=1 k=1\nloop_ws\n"),
              testing::HasSubstr("its mvin dram_address=0x8000ff81 local=spad:0 cols=16 rows=16: 16 rows of 16 bytes"));
}

TEST(ProgramChecker, RefusesLoopsThatCannotBeUnrolled) {
  EXPECT_THAT(check_loop("loop_ws\n"), testing::HasSubstr("loop_ws before any loop_ws_bounds for its slot"));
  EXPECT_THAT(check_loop("loop_ws_bounds i=1 j=1 k=1\nloop_ws\nloop_ws\n"),
              testing::HasSubstr("loop_ws before any loop_ws_bounds for its slot"));
  EXPECT_THAT(check_loop("loop_ws_bounds i=0 j=1 k=1\nloop_ws\n"), testing::HasSubstr("0 x 1 x 1 blocks"));
  EXPECT_THAT(check_loop("loop_ws_bounds i=1 j=1 k=1 pad_i=16\nloop_ws\n"), testing::HasSubstr("a padding of 16"));
  EXPECT_THAT(check_loop("loop_ws_bounds i=33 j=1 k=1\nloop_ws\n"),
              testing::HasSubstr("the tile's results need 528 rows of the accumulator; a half has 512"));
  EXPECT_THAT(check_loop("loop_ws_bounds i=16 j=1 k=31\nloop_ws\n"),
              testing::HasSubstr("the tile's operands need 8432 rows of the scratchpad; a half has 8192"));
  EXPECT_THAT(check_loop("loop_ws_bounds i=1 j=1 k=1\nloop_ws a_transpose=1 b_transpose=1\n"),
              testing::HasSubstr("two transposers"));
  EXPECT_THAT(check_loop("loop_ws_bounds i=1 j=1 k=1\nloop_ws activation=2\n"),
              testing::HasSubstr("activation 2 is not built in"));
  EXPECT_THAT(check_loop("loop_conv_ws\n"), testing::HasSubstr("loop_conv_ws before any loop_conv_ws_config1"));
  const std::string conv =
      "loop_conv_ws_config1 batch=1 in_dim=4 in_channels=16 out_channels=16 out_dim=4 pool_out_dim=4 stride=1\n"
      "loop_conv_ws_config3 kernel_rows=1 kernel_cols=1 kernel_channels=16\n"
      "loop_conv_ws_config5 weights=0x80000000 output=0x80004000\n"
      "loop_conv_ws_config6 bias=0x80002000 input=0x80001000\n";
  const std::string shape =
      "loop_conv_ws_config2 kernel_dim=1 pool_size=1 pool_stride=1 batches=1 pooled_rows=4 "
      "pooled_cols=4 pooled_channels=16\n";
  const std::string tile = "loop_conv_ws_config4 out_rows=4 out_cols=4 kernel_dilation=1\n";
  EXPECT_EQ(check_loop(conv + shape + tile + "loop_conv_ws no_pool=1\n"), "legal");
  EXPECT_THAT(check_loop(conv + shape + "loop_conv_ws_config4 out_rows=30 out_cols=30 kernel_dilation=1\n" +
                         "loop_conv_ws no_pool=1\n"),
              testing::HasSubstr("the tile's results need 900 rows of the accumulator; a half has 512"));
  EXPECT_THAT(check_loop(conv + shape + "loop_conv_ws_config4 out_rows=4 out_cols=4\nloop_conv_ws no_pool=1\n"),
              testing::HasSubstr("kernel_dilation is 0; at least 1"));
  EXPECT_THAT(check_loop(conv + shape + tile + "loop_conv_ws no_pool=1 activation=3\n"),
              testing::HasSubstr("activation 3 is not built in"));
}

TEST(ProgramChecker, HostOperatorsNeedAFence) {
  EXPECT_EQ(check("host 0\n"), "legal");
  EXPECT_EQ(check("flush\nhost 0\n"), "step 1: a host operator without a fence before it");
  EXPECT_EQ(check("flush\nfence\nhost 0\n"), "legal");
}

TEST(ProgramChecker, EveryRecordedStreamIsLegal) {
  CheckOptions options;
  options.storage_starts_as_zero = true;
  for (const auto& row : test_support::load_truth_cases()) {
    const Program program = make_program(load_rocc(test_support::truth_stream_path(row.name)));
    const auto violation = find_violation(program, AcceleratorConfig{}, options);
    EXPECT_FALSE(violation) << row.name << ": " << violation->message(program);
  }
}

TEST(ProgramChecker, ALargeProgramTakesLessThanASecond) {
  Program program;
  program.size = 1u << 20;
  const auto add = [&](const Command& command) {
    program.steps.push_back({StepKind::Command, static_cast<std::uint32_t>(program.commands.size())});
    program.commands.push_back(command);
  };
  ConfigExecute ex;
  ex.dataflow = Dataflow::WeightStationary;
  ex.a_stride = ex.c_stride = 1;
  add(encode_config_execute(ex));
  ConfigLoad ld;
  ld.dram_stride = 64;
  ld.block_stride = 16;
  add(encode_config_load(ld));
  while (program.commands.size() < 2500000) {
    add(encode_mvin({0, program.base, {LocalAddress::scratchpad(0), 64, 16}}));
    add(encode_preload({{LocalAddress::scratchpad(0), 16, 16}, {LocalAddress::accumulator(16), 16, 16}}));
    add(encode_compute({true, {LocalAddress::scratchpad(16), 16, 16}, {LocalAddress::garbage(), 16, 16}}));
  }
  const auto start = std::chrono::steady_clock::now();
  EXPECT_FALSE(find_violation(program, AcceleratorConfig{}));
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  std::printf("checked %zu commands in %.3f s\n", program.commands.size(), seconds);
  EXPECT_LT(seconds, 4.0);  // generous: other work may share the machine
}

}  // namespace
}  // namespace gemel::arch
