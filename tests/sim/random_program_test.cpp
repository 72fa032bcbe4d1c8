// SPDX-License-Identifier: Apache-2.0
// Random programs with hazards on the model: memory as the functional machine leaves it, the same cycles without data,
// no deadlock. The accounting of every unit is checked inside each run. GEMEL_SEED=N replaces the fresh seed of the
// day; GEMEL_PROGRAMS=N runs N programs a machine.
#include "sim/cosim/random_program.h"

#include <gmock/gmock.h>

#include <chrono>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>

#include "sim/cosim/order_rules.h"
#include "sim/cosim/program_shrinker.h"
#include "sim/top/run.h"
#include "tests/sim/machines.h"
#include "tests/support/functional_machine.h"

namespace gemel {
namespace {

using arch::AcceleratorConfig;
using arch::RoccStream;

std::uint64_t number_from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text != nullptr ? std::strtoull(text, nullptr, 0) : otherwise;
}

std::uint64_t fresh_seed() {
  static const std::uint64_t seed = number_from_environment(
      "GEMEL_SEED", static_cast<std::uint64_t>(std::chrono::system_clock::now().time_since_epoch().count()) & 0xFFFFFF);
  return seed;
}

// What is wrong with the model on this program, or "".
std::string fault(const RoccStream& stream, const AcceleratorConfig& config) {
  const arch::Program program = arch::make_program(stream);
  try {
    const std::vector<std::uint8_t> expected = test_support::FunctionalMachine(config).run(program);
    const sim::RunResult with_data = sim::run_program(program, config);
    for (std::size_t i = 0; i < expected.size(); ++i) {
      if (expected[i] != with_data.memory[i])
        return "byte " + std::to_string(i) + " of memory is " + std::to_string(with_data.memory[i]) + " instead of " +
               std::to_string(expected[i]);
    }
    sim::RunOptions timing_only;
    timing_only.timing_only = true;
    const sim::RunResult without_data = sim::run_program(program, config, timing_only);
    if (without_data.statistics.cycles != with_data.statistics.cycles)
      return std::to_string(with_data.statistics.cycles) + " cycles with data, " +
             std::to_string(without_data.statistics.cycles) + " without";
  } catch (const std::exception& error) {
    return error.what();
  }
  return "";
}

// Expects no fault; otherwise shrinks the program and prints it.
void check(const AcceleratorConfig& config, std::uint64_t seed) {
  const RoccStream stream = sim::random_stream(config, seed);
  const auto illegal = sim::find_order_violation(arch::make_program(stream), config);
  ASSERT_FALSE(illegal) << "seed " << seed << " on " << config.name << " is not legal: " << *illegal << "\n"
                        << test_sim::differences(config) << "\n"
                        << arch::write_rocc(stream);
  const std::string what = fault(stream, config);
  if (what.empty()) return;
  const RoccStream small = sim::shrink(
      stream, config, [&](const RoccStream& candidate) { return !fault(candidate, config).empty(); }, 1500);
  FAIL() << "seed " << seed << " on " << config.name << ": " << what << "\nmachine: " << test_sim::differences(config)
         << "\nsmallest program that fails (" << fault(small, config) << "):\n"
         << arch::write_rocc(small);
}

class RandomPrograms : public testing::TestWithParam<std::size_t> {};

TEST_P(RandomPrograms, LeaveMemoryAsTheFunctionalMachineDoes) {
  const AcceleratorConfig config = test_sim::machines()[GetParam()];
  const std::uint64_t programs = number_from_environment("GEMEL_PROGRAMS", config.mesh.dim >= 32 ? 12 : 30);
  std::cout << config.name << ", fresh programs from GEMEL_SEED=" << fresh_seed() << "\n";
  for (std::uint64_t i = 0; i < programs && !HasFatalFailure(); ++i) check(config, i);
  for (std::uint64_t i = 0; i < programs && !HasFatalFailure(); ++i) check(config, (fresh_seed() << 20) + i);
}

INSTANTIATE_TEST_SUITE_P(Machines, RandomPrograms, testing::Range<std::size_t>(0, test_sim::machines().size()),
                         [](const testing::TestParamInfo<std::size_t>& info) {
                           return test_sim::machines()[info.param].name;
                         });

TEST(RandomMachines, LeaveMemoryAsTheFunctionalMachineDoes) {
  const std::uint64_t programs = number_from_environment("GEMEL_PROGRAMS", 150);
  std::cout << "fresh programs from GEMEL_SEED=" << fresh_seed() << "\n";
  for (std::uint64_t i = 0; i < programs && !HasFatalFailure(); ++i) check(test_sim::random_machine(i, 16), i);
  for (std::uint64_t i = 0; i < programs && !HasFatalFailure(); ++i) {
    const std::uint64_t seed = (fresh_seed() << 20) + i;
    check(test_sim::random_machine(seed, i % 16 == 0 ? 128 : 16), seed);
  }
}

}  // namespace
}  // namespace gemel
