// SPDX-License-Identifier: Apache-2.0
#include "sim/arch/rocc_stream.h"

#include <gmock/gmock.h>

#include "tests/support/truth.h"

namespace gemel::arch {
namespace {

TEST(RoccStream, ReadsHeaderAndSteps) {
  const RoccStream s = load_rocc(test_support::truth_stream_path("gemm_os_I16_J16_K16"));
  EXPECT_EQ(s.name, "gemm_os_I16_J16_K16");
  EXPECT_EQ(s.family, "gemm");
  EXPECT_EQ(s.dims, "I=16 J=16 K=16");
  EXPECT_EQ(s.dataflow, "OS");
  EXPECT_EQ(s.isa_version, IsaVersion::GemminiV07);
  EXPECT_EQ(s.base, 0x80000000u);
  EXPECT_EQ(s.size, 0x6000u);
  EXPECT_EQ(s.macs, 4096u);
  ASSERT_EQ(s.outputs.size(), 1u);
  EXPECT_EQ(s.outputs[0].address, 0x80001200u);
  ASSERT_EQ(s.steps.size(), 18u);
  EXPECT_EQ(s.steps[0].kind, StepKind::Command);
  EXPECT_EQ(s.steps[1].kind, StepKind::Fence);
  EXPECT_EQ(s.steps[2].kind, StepKind::Idle);
  EXPECT_EQ(s.steps[2].index, 50u);
  EXPECT_EQ(s.steps[3].kind, StepKind::Begin);
  EXPECT_EQ(s.steps[17].kind, StepKind::End);
  ASSERT_EQ(s.commands.size(), 13u);
  EXPECT_EQ(s.commands[12], (Command{3, 0x80001200, 0x100010c0000000}));
}

TEST(RoccStream, HasAsManyTimedCommandsAsWereMeasured) {
  for (const auto& row : test_support::load_truth_cases()) {
    const RoccStream stream = load_rocc(test_support::truth_stream_path(row.name));
    std::uint64_t timed = 0;
    bool inside = false;
    for (const Step& step : stream.steps) {
      if (step.kind == StepKind::Begin) inside = true;
      if (step.kind == StepKind::End) inside = false;
      timed += inside && step.kind == StepKind::Command;
    }
    EXPECT_EQ(timed, row.commands) << row.name;
    EXPECT_EQ(stream.macs, row.macs) << row.name;
  }
}

TEST(RoccStream, TextReadsBackToTheSameBytes) {
  for (const auto& row : test_support::load_truth_initials()) {
    const RoccStream stream = load_rocc(test_support::truth_stream_path(row.name));
    const std::string text = write_rocc(stream);
    const RoccStream again = parse_rocc(text, "again");
    EXPECT_EQ(write_rocc(again), text) << row.name;
    EXPECT_TRUE(make_program(again) == make_program(stream)) << row.name;
  }
}

TEST(RoccStream, ConvEncodingSelectsTheInstructionSet) {
  EXPECT_EQ(load_rocc(test_support::truth_stream_path("conv_N1_H6_W6_C16_K16_R3_s1_p1_relu_bias")).isa_version,
            IsaVersion::GemminiV07);
  EXPECT_EQ(load_rocc(test_support::truth_stream_path("conv_N1_H6_W6_C16_K16_R3_s1_p1_relu_bias_2025")).isa_version,
            IsaVersion::Gemmini2025);
}

TEST(RoccStream, LaterFillOverridesEarlierAndUnalignedFillsKeepTheFormula) {
  const RoccStream stream = parse_rocc(
      "# format: rocc-1\n# base: 0x1000\n# size: 0x40\n# fill: 0x1000 0x40 i8 0\n# fill: 0x1003 5 i8 9\n"
      "# fill: 0x1010 8 i32 0\nfence\n",
      "x");
  const Program program = make_program(stream);
  const std::vector<std::uint8_t> memory = initial_memory(program);
  for (std::uint64_t a = 0x1000; a < 0x1040; ++a) {
    const std::uint64_t byte = splitmix64(a >> 3) >> (8 * (a & 7)) & 255;
    std::uint8_t expected = static_cast<std::uint8_t>(byte);
    if (a >= 0x1003 && a < 0x1008) expected = static_cast<std::uint8_t>(static_cast<int>(byte % 9) - 4);
    if (a >= 0x1010 && a < 0x1018) {
      expected = static_cast<std::uint8_t>((splitmix64(~(a >> 2)) >> 32) >> (8 * (a & 3)));
    }
    EXPECT_EQ(memory[a - 0x1000], expected) << std::hex << a;
  }
}

TEST(RoccStream, StreamWithoutFillsStartsAsZero) {
  const Program program = make_program(parse_rocc("# format: rocc-1\n# size: 16\nfence\n", "x"));
  EXPECT_TRUE(program.memory.empty());
  EXPECT_EQ(initial_memory(program), std::vector<std::uint8_t>(16));
}

TEST(RoccStream, BytesAndWritesOfTheHostAreReadBackAndRun) {
  const RoccStream stream = parse_rocc(
      "# format: rocc-1\n# size: 0x1000\n# fill: 0x80000000 0x100 i8 0\n# data: 0x80000010 0aFF\nfence\n"
      "write 0x80000020 010203\nwrite 0x80000040 ff\n7 0x0 0x0\n",
      "written.rocc");
  EXPECT_EQ(write_rocc(parse_rocc(write_rocc(stream), "again.rocc")), write_rocc(stream));
  const Program program = make_program(stream);
  std::vector<std::uint8_t> memory = initial_memory(program);
  EXPECT_EQ(memory[0x10], 0x0A);
  EXPECT_EQ(memory[0x11], 0xFF);
  EXPECT_EQ(program.size, 0x1000u + 4);
  ASSERT_EQ(program.host_ops.size(), 2u);
  for (const HostOp& op : program.host_ops) run_host_op(op, memory.data(), program.base, memory.size());
  EXPECT_EQ(memory[0x20], 1);
  EXPECT_EQ(memory[0x22], 3);
  EXPECT_EQ(memory[0x40], 0xFF);
}

}  // namespace
}  // namespace gemel::arch
