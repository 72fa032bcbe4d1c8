// SPDX-License-Identifier: Apache-2.0
// The data oracle against memory contents that the real RTL left behind.
#include "tests/support/functional_machine.h"

#include <gmock/gmock.h>

#include <map>

#include "sim/arch/rocc_stream.h"
#include "tests/support/truth.h"

namespace gemel {
namespace {

using test_support::FunctionalMachine;

std::vector<std::string> output_crcs(const arch::Program& program, const std::vector<std::uint8_t>& memory) {
  std::vector<std::string> crcs;
  for (const arch::OutputRange& range : program.outputs) {
    crcs.push_back(test_support::crc_text(memory.data() + (range.address - program.base), range.bytes));
  }
  return crcs;
}

TEST(FunctionalMachine, LeavesTheSameMemoryAsTheRtlForEveryStream) {
  std::map<std::string, test_support::TruthCase> streams;
  for (const auto& row : test_support::load_truth_cases()) streams[row.name] = row;
  ASSERT_GE(streams.size(), 120u);
  for (const auto& [name, row] : streams) {
    const arch::Program program = arch::make_program(arch::load_rocc(test_support::truth_stream_path(name)));
    FunctionalMachine machine{arch::AcceleratorConfig{}};
    const std::vector<std::uint8_t> memory = machine.run(program);
    EXPECT_EQ(test_support::crc_text(memory.data(), memory.size()), row.crc_region) << name;
    EXPECT_EQ(output_crcs(program, memory), row.crc_outputs) << name;
  }
}

TEST(FunctionalMachine, InitialMemoryFollowsFromTheFormula) {
  const auto initials = test_support::load_truth_initials();
  ASSERT_GE(initials.size(), 120u);
  for (const auto& row : initials) {
    const arch::Program program = arch::make_program(arch::load_rocc(test_support::truth_stream_path(row.name)));
    const std::vector<std::uint8_t> memory = arch::initial_memory(program);
    EXPECT_EQ(test_support::crc_text(memory.data(), memory.size()), row.crc_region) << row.name;
    EXPECT_EQ(output_crcs(program, memory), row.crc_outputs) << row.name;
  }
}

}  // namespace
}  // namespace gemel
