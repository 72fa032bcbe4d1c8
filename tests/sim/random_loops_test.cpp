// SPDX-License-Identifier: Apache-2.0
// Random programs of loop instructions on the model: memory as the functional machine leaves it, which computes loops
// from their meaning; the same cycles without data. GEMEL_SEED=N replaces the fresh seed of the day; GEMEL_PROGRAMS=N
// runs N programs a machine and layout.
#include <gmock/gmock.h>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <string>

#include "sim/arch/program_checker.h"
#include "sim/cosim/program_generator_loops.h"
#include "sim/top/run.h"
#include "tests/sim/machines.h"
#include "tests/support/functional_machine.h"

namespace gemel {
namespace {

using arch::AcceleratorConfig;

std::uint64_t number_from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text != nullptr ? std::strtoull(text, nullptr, 0) : otherwise;
}

std::uint64_t fresh_seed() {
  static const std::uint64_t seed = number_from_environment(
      "GEMEL_SEED", static_cast<std::uint64_t>(std::chrono::system_clock::now().time_since_epoch().count()) & 0xFFFFFF);
  return seed;
}

void check(const AcceleratorConfig& config, std::uint64_t seed) {
  SCOPED_TRACE("seed " + std::to_string(seed) + " on " + config.name + ", " + test_sim::differences(config));
  const arch::Program program = arch::make_program(sim::random_loop_stream(config, seed));
  const auto violation = arch::find_violation(program, config);
  ASSERT_FALSE(violation) << violation->message(program);
  const std::vector<std::uint8_t> expected = test_support::FunctionalMachine(config).run(program);
  const sim::RunResult result = sim::run_program(program, config);
  for (std::size_t i = 0; i < expected.size(); ++i)
    ASSERT_EQ(unsigned{result.memory[i]}, unsigned{expected[i]}) << "byte " << i << " of memory";
  sim::RunOptions timing_only;
  timing_only.timing_only = true;
  ASSERT_EQ(sim::run_program(program, config, timing_only).statistics.cycles, result.statistics.cycles);
}

std::vector<AcceleratorConfig> weight_stationary_machines() {
  std::vector<AcceleratorConfig> machines;
  for (const AcceleratorConfig& config : test_sim::machines())
    if (config.mesh.dataflow != arch::Dataflow::OutputStationary) machines.push_back(config);
  return machines;
}

class RandomLoops : public testing::TestWithParam<std::size_t> {};

TEST_P(RandomLoops, LeaveMemoryAsTheFunctionalMachineDoes) {
  AcceleratorConfig config = weight_stationary_machines()[GetParam()];
  const std::uint64_t programs = number_from_environment("GEMEL_PROGRAMS", 8);
  std::cout << config.name << ", fresh programs from GEMEL_SEED=" << fresh_seed() << "\n";
  for (const arch::IsaVersion version : {arch::IsaVersion::GemminiV07, arch::IsaVersion::Gemmini2025}) {
    config.isa_version = version;
    for (std::uint64_t i = 0; i < programs && !HasFatalFailure(); ++i) check(config, i);
    for (std::uint64_t i = 0; i < programs && !HasFatalFailure(); ++i) check(config, (fresh_seed() << 20) + i);
  }
}

INSTANTIATE_TEST_SUITE_P(Machines, RandomLoops, testing::Range<std::size_t>(0, weight_stationary_machines().size()),
                         [](const testing::TestParamInfo<std::size_t>& info) {
                           return weight_stationary_machines()[info.param].name;
                         });

}  // namespace
}  // namespace gemel
