// SPDX-License-Identifier: Apache-2.0
// Programs that once failed on the model, as the shrinker left them, each with what was wrong.
#include <gmock/gmock.h>

#include <string>

#include "sim/arch/accelerator_config_yaml.h"
#include "sim/arch/rocc_stream.h"
#include "sim/cosim/order_rules.h"
#include "sim/top/run.h"
#include "tests/support/functional_machine.h"

namespace gemel {
namespace {

void expect_right(const std::string& machine, const std::vector<std::string>& overrides, const std::string& steps) {
  const arch::AcceleratorConfig config = arch::load_accelerator_config(machine, overrides);
  const arch::Program program = arch::make_program(arch::parse_rocc(
      "# format: rocc-1\n# base: 0x80000000\n# size: 0x4000\n# fill: 0x80000000 0x4000 i8 0\n" + steps, "program"));
  ASSERT_EQ(sim::find_order_violation(program, config).value_or(""), "");
  const sim::RunResult result = sim::run_program(program, config);
  EXPECT_TRUE(result.memory == test_support::FunctionalMachine(config).run(program));
  sim::RunOptions timing_only;
  timing_only.timing_only = true;
  EXPECT_EQ(sim::run_program(program, config, timing_only).statistics.cycles, result.statistics.cycles);
}

// An mvout first looked at in the cycle of a read from the full dispatch queue was never looked at again.
TEST(FoundPrograms, MvoutBehindAFullDispatchQueue) {
  expect_right("tiny_4x4", {}, R"(begin
0 0x3d178d5000050105 0x10
0 0x3d178d5000040109 0x6
0 0x2040403050001b2 0x399d49520000000f
2 0x80001210 0x40004800000be
1 0x80001df0 0x40004800000c2
3 0x80003d40 0x40004800000be
3 0x800024c0 0x40004800000be
fence
end
)");
}

// A second configuration waited for ever behind a load queue of one: the queue gave the first away before the station
// looked.
TEST(FoundPrograms, ConfigurationBehindALoadQueueOfOne) {
  expect_right("tiny_4x4", {"queues.load=1"}, R"(begin
0 0x3d178d5000050105 0x10
0 0x3d178d5000040109 0x6
fence
end
)");
}

// Many elements outside the image between two of the accumulator: what the second waits for had left the ring.
TEST(FoundPrograms, PoolingMostlyOutsideTheImage) {
  expect_right("small_8x8", {}, R"(begin
0 0x3d178d50000b0105 0x20
0 0xbf80000000080115 0x20
0 0x6 0xbca3d70a00000020
2 0x80003e80 0x8000800001800
2 0x80000ef8 0x8000800001808
14 0x80000ec0 0x20004800000f9
3 0x8000217c 0x20004800000f9
14 0x80000300 0x800088000017c
2 0x8000107c 0x8000880000184
0 0x602040306000196 0x3f00000000000020
3 0x80003440 0x8000800001800
3 0x8000326f 0x800018000017c
fence
end
)");
}

// 32-bit elements of several blocks of columns in one mvout.
TEST(FoundPrograms, FullWidthMvoutOfFourBlocks) {
  expect_right("tiny_4x4", {}, R"(begin
0 0x3d178d5000050105 0x10
0 0x3d178d5000040109 0x6
0 0x6 0xbca3d70a00000010
2 0x80003aa4 0x400048000007c
1 0x800017c0 0x4000480000080
2 0x80000540 0x4000480000084
1 0x80000250 0x4000480000088
3 0x80003000 0x40010a000007c
fence
end
)");
}

// Copies of a row just above the middle of the scratchpad (row 2048 of 4096) stop there.
TEST(FoundPrograms, PixelRepeatsStopAtTheMiddleOfTheScratchpad) {
  expect_right("tiny_4x4", {}, R"(begin
0 0x2 0x3f80000000000010
0 0x3f80000000040101 0x8
0 0x4000000000040415 0x2
2 0x80001860 0x40004000007fc
14 0x80001470 0x30001000007ff
3 0x80003954 0x40004000007fc
fence
end
)");
}

// An array of two still feeds four rows where nothing is preloaded.
TEST(FoundPrograms, ArrayOfTwoFeedsFourRows) {
  expect_right("tiny_4x4", {"mesh.dim=2", "mesh.output_bits=auto"}, R"(begin
0 0x10004 0x1000000000000
0 0x3f80000000020101 0x8
0 0x2 0x3f80000000000008
2 0x80000000 0x2000200000000
2 0x80000100 0x2000200000010
6 0x2000200000000 0x2000280000000
4 0x2000200000010 0x20002ffffffff
6 0x20002ffffffff 0x2000280000004
5 0x2000200000000 0x2000200000010
3 0x80002000 0x20002a0000000
3 0x80002010 0x20002a0000004
fence
end
)");
}

}  // namespace
}  // namespace gemel
