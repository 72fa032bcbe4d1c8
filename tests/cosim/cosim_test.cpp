// SPDX-License-Identifier: Apache-2.0
// Model and Verilated RTL on the same programs: every event in the same cycle, the same memory, the same figures.
// GEMEL_SEED=N replaces the fresh seed of the day; GEMEL_PROGRAMS=N runs N programs a machine, GEMEL_MACHINES=N takes N
// machines drawn at random.
#include <gmock/gmock.h>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "compiler/emit/compile.h"
#include "compiler/import/workload_yaml.h"
#include "compiler/passes/fuse_layers.h"
#include "sim/arch/accelerator_config_yaml.h"
#include "sim/arch/rocc_stream.h"
#include "sim/cosim/compare.h"
#include "sim/cosim/first_layers.h"
#include "sim/cosim/program_shrinker.h"
#include "sim/cosim/random_program.h"
#include "sim/cosim/random_surroundings.h"
#include "sim/cosim/run_rtl.h"
#include "sim/cosim/twin_builder.h"
#include "tests/sim/machines.h"
#include "tests/support/truth.h"

namespace gemel {
namespace {

using arch::AcceleratorConfig;

struct Machine {
  const char* name;
  const char* base;
  std::vector<std::string> overrides;
  std::uint64_t programs;
  bool always = true;  // else only where GEMEL_EVERY_MACHINE is set, as CI does: each machine takes a twin of its own
};

// Small ones, and those that differ most in what stands around the array.
const Machine kMachines[] = {
    {"tiny_4x4", "tiny_4x4", {}, 150},
    {"narrow_8x8",
     "small_8x8",
     {"mesh.tile_latency_cycles=1", "scratchpad.banks=2", "scratchpad.read_delay_cycles=2", "accumulator.banks=1",
      "accumulator.ports=1", "accumulator.latency_cycles=3", "accumulator_scale.units=2", "queues.load=2",
      "queues.store=1", "queues.execute=3", "dma.bus_width_bits=64", "dma.requests_in_flight=3",
      "dma.loads_in_flight=1"},
     100,
     false},
    {"normalising_4x4", "tiny_4x4", {"normalisations=true", "accumulator_scale.units=2"}, 100},
    {"gemmini_16x16", "gemmini_16x16", {}, 40},
};

std::uint64_t number_from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text != nullptr ? std::strtoull(text, nullptr, 0) : otherwise;
}

std::uint64_t fresh_seed() {
  static const std::uint64_t seed = number_from_environment(
      "GEMEL_SEED", static_cast<std::uint64_t>(std::chrono::system_clock::now().time_since_epoch().count()) & 0xFFFFFF);
  return seed;
}

AcceleratorConfig config_of(const Machine& machine) {
  return arch::load_accelerator_config(machine.base, machine.overrides);
}

std::string twin_of(const AcceleratorConfig& config) {
  setenv("GEMEL_CACHE_DIR", GEMEL_TWIN_CACHE, 0);
  sim::TwinOptions options;
  options.quick = true;
  return sim::build_twin(config, options);
}

std::string difference(const std::string& twin, const arch::Program& program, const AcceleratorConfig& config) {
  const sim::Comparison result = sim::compare_bodies(twin, program, config);
  return result.difference ? sim::difference_text(*result.difference) : "";
}

class RandomPrograms : public testing::TestWithParam<std::size_t> {};

// Compares `programs` random ones; `config` gets other surroundings with each.
void compare_random_programs(const AcceleratorConfig& base, std::uint64_t programs) {
  AcceleratorConfig config = base;
  const std::string twin = twin_of(config);
  const std::string machine = config.name + " (" + test_sim::differences(config) + ")";
  std::cout << machine << ", programs from GEMEL_SEED=" << fresh_seed() << "\n";
  for (std::uint64_t i = 0; i < programs; ++i) {
    const std::uint64_t seed = (fresh_seed() << 20) + i;
    config = base;
    sim::draw_surroundings(config, seed);
    const arch::RoccStream stream = sim::random_stream_or_loops(config, seed);
    if (difference(twin, arch::make_program(stream), config).empty()) continue;
    const auto differs = [&](const arch::RoccStream& candidate) {
      return !difference(twin, arch::make_program(candidate), config).empty();
    };
    const arch::RoccStream small = sim::shrink(stream, config, differs, 200);
    FAIL() << "seed " << seed << " on " << machine << ", " << sim::surroundings_text(config, base) << "\n"
           << difference(twin, arch::make_program(small), config) << arch::write_rocc(small);
  }
}

TEST_P(RandomPrograms, ModelAndRtlAgreeInEveryEvent) {
  const Machine& machine = kMachines[GetParam()];
  if (!machine.always && number_from_environment("GEMEL_EVERY_MACHINE", 0) == 0)
    GTEST_SKIP() << "GEMEL_EVERY_MACHINE=1 compares this machine, too";
  compare_random_programs(config_of(machine), number_from_environment("GEMEL_PROGRAMS", machine.programs));
}

INSTANTIATE_TEST_SUITE_P(Machines, RandomPrograms, testing::Range<std::size_t>(0, std::size(kMachines)),
                         [](const testing::TestParamInfo<std::size_t>& info) { return kMachines[info.param].name; });

// Another machine each time. GEMEL_MACHINES=N takes N of them.
TEST(RandomMachine, ModelAndRtlAgreeInEveryEvent) {
  for (std::uint64_t i = 0; i < number_from_environment("GEMEL_MACHINES", 1) && !HasFatalFailure(); ++i) {
    compare_random_programs(test_sim::random_machine((fresh_seed() << 20) + i, 8),
                            number_from_environment("GEMEL_PROGRAMS", 60));
  }
}

TEST(MeasuredStreams, ModelAndRtlAgreeInEveryEvent) {
  AcceleratorConfig config = arch::load_accelerator_config("gemmini_16x16");
  const std::string twin = twin_of(config);
  std::size_t streams = 0;
  for (const test_support::TruthCase& row : test_support::load_truth_cases()) {
    // One of each family and size is enough here; tests/system has them all on the model.
    if (!test_support::is_plain_stream(row) || row.name.rfind("micro_", 0) != 0) continue;
    config.memory.latency_cycles = row.memory_latency;
    config.host.issue_gap_cycles = row.issue_gap;
    ++streams;
    const arch::Program program = arch::make_program(arch::load_rocc(test_support::truth_stream_path(row.name)));
    EXPECT_EQ(difference(twin, program, config), "") << row.name;
  }
  EXPECT_GT(streams, 100u);
}

class Products : public testing::TestWithParam<const char*> {};

TEST_P(Products, ModelAndRtlAgreeInEveryEvent) {
  const std::string path = std::string(GEMEL_SOURCE_DIR) + "/workloads/gemm/" + GetParam() + ".yaml";
  const compiler::Graph graph = compiler::load_workload(path);
  for (const Machine& machine : kMachines) {
    const AcceleratorConfig config = config_of(machine);
    const arch::Program program = compiler::compile_model(compiler::fuse_layers(graph), config, {}).program;
    EXPECT_EQ(difference(twin_of(config), program, config), "") << machine.name;
  }
}

INSTANTIATE_TEST_SUITE_P(Gemm, Products,
                         testing::Values("square_64", "ragged_15x17x33", "ragged_1x1x1", "two_sums",
                                         "residual_100x72x40"),
                         [](const testing::TestParamInfo<const char*>& info) { return std::string(info.param); });

class Convolutions : public testing::TestWithParam<const char*> {};

// Compiled to LOOP_CONV_WS: padding, strides, a margin copied first, depthwise, pooled.
TEST_P(Convolutions, AsLoopsModelAndRtlAgreeInEveryEvent) {
  const std::string path = std::string(GEMEL_SOURCE_DIR) + "/workloads/conv/" + GetParam() + ".yaml";
  const AcceleratorConfig config = config_of(kMachines[0]);
  compiler::CompileOptions options;
  options.loops = compiler::LoopUse::Always;
  const arch::Program program =
      compiler::compile_model(compiler::fuse_layers(compiler::load_workload(path)), config, options).program;
  EXPECT_EQ(difference(twin_of(config), program, config), "");
}

INSTANTIATE_TEST_SUITE_P(Conv, Convolutions,
                         testing::Values("ragged_15x17x3", "depthwise_strided_ragged", "pooled_2x2_ragged"),
                         [](const testing::TestParamInfo<const char*>& info) { return std::string(info.param); });

// The first layers of a network: layers overlap, and their shares of the accounting agree too.
TEST(Network, FirstLayersOfModelAndRtlAgreeInEveryEvent) {
  const std::string path = std::string(GEMEL_SOURCE_DIR) + "/workloads/models/mlperf_tiny_resnet8.yaml";
  const AcceleratorConfig config = config_of(kMachines[2]);
  const arch::Program whole =
      compiler::compile_model(compiler::fuse_layers(compiler::load_workload(path)), config, {}).program;
  const arch::Program program = sim::first_layers(whole, 4);
  EXPECT_EQ(program.layers.size(), 4u);
  EXPECT_LT(program.steps.size(), whole.steps.size() / 2);
  EXPECT_EQ(difference(twin_of(config), program, config), "");
}

// A program that leaves its memory ends the run, not the caller.
TEST(RunRtl, AnAccessOutsideTheMemoryIsAnError) {
  const AcceleratorConfig config = config_of(kMachines[0]);
  arch::RoccStream stream = sim::random_stream(config, 1);
  for (arch::Command& command : stream.commands) {
    if (command.funct == static_cast<std::uint8_t>(arch::Funct::Mvin) && command.rs1 != 0) command.rs1 = 0x1000;
  }
  const std::string twin = twin_of(config);
  EXPECT_THROW(sim::run_program_on_rtl(twin, arch::make_program(stream), config), std::invalid_argument);
}

// An assertion of the RTL ends the run; what happened before it is known.
TEST(RunRtl, AViolatedAssertionTellsItsUnitItsCycleAndTheEventsBefore) {
  const AcceleratorConfig config = config_of(kMachines[0]);
  arch::RoccStream stream;
  stream.commands = {arch::encode_mvin({0, stream.base, {arch::LocalAddress::scratchpad(0), 4, 0}})};  // no rows
  stream.steps = {
      {arch::StepKind::Begin, 0}, {arch::StepKind::Command, 0}, {arch::StepKind::Fence, 0}, {arch::StepKind::End, 0}};
  stream.size = 4096;
  sim::EventLog events;
  sim::RtlRunOptions options;
  options.events = &events;
  try {
    sim::run_program_on_rtl(twin_of(config), arch::make_program(stream), config, options);
    FAIL() << "an mvin without rows passed";
  } catch (const sim::RtlFailure& failure) {
    EXPECT_THAT(failure.what(), testing::HasSubstr("load_controller.sv"));
    ASSERT_FALSE(events.sorted().empty());
    EXPECT_EQ(events.sorted().front().kind, sim::EventKind::Accepted);
    ASSERT_TRUE(failure.cycle());
    EXPECT_GE(*failure.cycle(), events.sorted().back().cycle);
  }
}

// What the machine cannot run is refused as such, whatever the RTL makes of it.
TEST(RefusedPrograms, AreNoDifference) {
  const AcceleratorConfig config = config_of(kMachines[0]);
  arch::RoccStream stream = sim::random_stream(config, 1);
  for (arch::Command& command : stream.commands) {
    if (command.funct == static_cast<std::uint8_t>(arch::Funct::Mvin)) command.rs2 |= std::uint64_t{0xFF} << 48;
  }
  EXPECT_THROW(sim::compare_bodies(twin_of(config), arch::make_program(stream), config), std::invalid_argument);
}

}  // namespace
}  // namespace gemel
