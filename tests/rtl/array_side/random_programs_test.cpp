// SPDX-License-Identifier: Apache-2.0
// Random programs on the whole accelerator: whatever the overlaps, memory ends as if commands ran one after the other.
// Built once for each configuration: GEMEL_RTL_CONFIG and GEMEL_RTL_OVERRIDES say which.
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>
#include <sstream>

#include "sim/arch/accelerator_config_yaml.h"
#include "sim/cosim/rtl_system.h"
#include "sim/cosim/twin_abi.h"
#include "tests/rtl/array_side/random_array_program.h"
#include "tests/support/functional_machine.h"

namespace gemel::rtl {
namespace {

arch::AcceleratorConfig configuration(std::mt19937_64& random) {
  std::istringstream words(GEMEL_RTL_OVERRIDES);
  std::vector<std::string> overrides;
  for (std::string word; words >> word;) overrides.push_back(word);
  arch::AcceleratorConfig config = arch::load_accelerator_config(GEMEL_RTL_CONFIG, overrides);
  config.memory.latency_cycles = static_cast<std::uint32_t>(1 + random() % 60);
  config.host.issue_gap_cycles = random() % 2 != 0 ? 0 : static_cast<std::uint32_t>(random() % 12);
  return config;
}

TEST(RandomPrograms, LeaveMemoryAsIfCommandsRanOneAfterTheOther) {
  const char* given = std::getenv("GEMEL_TEST_SEED");
  const char* count = std::getenv("GEMEL_TEST_PROGRAMS");
  const std::uint64_t first = given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  const unsigned programs = count != nullptr ? static_cast<unsigned>(std::strtoul(count, nullptr, 10)) : 40;
  for (std::uint64_t seed = first; seed < first + programs; ++seed) {
    SCOPED_TRACE(testing::Message() << "GEMEL_TEST_SEED=" << seed << " GEMEL_TEST_PROGRAMS=1");
    std::mt19937_64 random(seed);
    const arch::AcceleratorConfig config = configuration(random);
    const arch::Program program = RandomArrayProgram(config, seed).make(static_cast<unsigned>(5 + random() % 60));
    test_support::FunctionalMachine machine(config);
    const std::vector<std::uint8_t> expected = machine.run(program);
    sim::RtlSystem system(*gemel_twin(), program, config, nullptr, nullptr);
    system.run({});
    const std::vector<std::uint8_t>& memory = system.memory().bytes();
    ASSERT_EQ(memory.size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
      ASSERT_EQ(memory[i], expected[i]) << "at 0x" << std::hex << program.base + i;
    }
  }
}

}  // namespace
}  // namespace gemel::rtl
