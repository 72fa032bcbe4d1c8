// SPDX-License-Identifier: Apache-2.0
// `gemel run --what-if`: every figure is that of a run on that machine.
#include "sim/sweep/what_if.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <set>

#include "sim/arch/accelerator_config_yaml.h"
#include "tests/system/child_process.h"

namespace gemel::sim {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using tests::ChildResult;
using tests::ScratchDirectory;

const std::string kWorkload = GEMEL_SOURCE_DIR "/workloads/conv/residual_block.yaml";

TEST(WhatIf, EachNeighbourDiffersInWhatItSays) {
  const arch::AcceleratorConfig machine = arch::load_accelerator_config("gemmini_16x16");
  const std::vector<Relaxation> relaxations = relaxations_of(machine);
  std::set<std::string> names;
  for (const Relaxation& relaxation : relaxations) {
    SCOPED_TRACE(relaxation.name);
    EXPECT_TRUE(names.insert(relaxation.name).second);
    ASSERT_FALSE(relaxation.changes.empty());
    arch::AcceleratorConfig rebuilt = machine;
    for (const KeyChange& change : relaxation.changes) arch::apply_override(rebuilt, change.key, change.to);
    EXPECT_TRUE(rebuilt == relaxation.machine);
  }
  for (const char* name : {"a DMA of twice the width", "twice the scratchpad", "memory that answers in a cycle",
                           "one more load in flight", "an unlimited reservation station"}) {
    EXPECT_EQ(names.count(name), 1u) << name;
  }
  EXPECT_EQ(names.count("both dataflows"), 0u) << "it has both";
  EXPECT_EQ(names.count("a host without gaps between commands"), 0u) << "it has none";
}

TEST(WhatIf, NothingIsRelaxedBeyondWhatAKeyAllows) {
  arch::AcceleratorConfig machine = arch::load_accelerator_config("gemmini_16x16");
  machine.dma.bus_width_bits = 512;
  machine.dma.max_request_bytes = 4096;
  machine.dma.requests_in_flight = 256;
  machine.dma.loads_in_flight = 64;
  machine.memory.latency_cycles = 1;
  for (const Relaxation& relaxation : relaxations_of(machine)) {
    for (const KeyChange& change : relaxation.changes) {
      EXPECT_NE(change.key.substr(0, 4), "dma.") << relaxation.name;
      EXPECT_NE(change.key, "memory.latency_cycles");
    }
  }
}

TEST(WhatIf, RankedCyclesAreThoseOfSingleRuns) {
  const ScratchDirectory scratch;
  const ChildResult result =
      tests::run_gemel({"run", kWorkload, "-c", "tiny_4x4", "--what-if", "--json", scratch.file("w.json")});
  ASSERT_EQ(result.status, 0) << result.err;
  const json answer = json::parse(tests::read_text(scratch.file("w.json")));
  EXPECT_EQ(answer.at("schema"), "what_if/v1");
  ASSERT_GE(answer.at("relaxations").size(), 10u);

  const auto run_cycles = [&](const json& changes) {
    std::vector<std::string> arguments{"run", kWorkload, "-c", "tiny_4x4", "--json", scratch.file("r.json")};
    for (const auto& [key, change] : changes.items()) {
      arguments.insert(arguments.end(), {"--set", key + "=" + change.at("to").get<std::string>()});
    }
    const ChildResult run = tests::run_gemel(arguments);
    EXPECT_EQ(run.status, 0) << run.err;
    return json::parse(tests::read_text(scratch.file("r.json"))).at("cycles").get<std::uint64_t>();
  };
  EXPECT_EQ(answer.at("cycles"), run_cycles(json::object()));
  std::uint64_t before = 0;
  for (const json& row : answer.at("relaxations")) {
    SCOPED_TRACE(row.at("name").get<std::string>());
    ASSERT_EQ(row.at("status"), "ok") << row.at("reason");
    EXPECT_EQ(row.at("cycles"), run_cycles(row.at("changes")));
    EXPECT_GE(row.at("cycles"), before) << "what helps most comes first";
    before = row.at("cycles");
    EXPECT_THAT(result.out, HasSubstr(row.at("name").get<std::string>()));
  }
}

TEST(WhatIf, BadQuestionsAreRefused) {
  const std::string stream = GEMEL_SOURCE_DIR "/tests/golden/truth/micro_mvin_16x64_spad_n1.rocc";
  EXPECT_THAT(tests::run_gemel({"run", stream, "--what-if"}).err, HasSubstr("expected a workload"));
  EXPECT_THAT(tests::run_gemel({"run", kWorkload, "--what-if", "--engine", "rtl"}).err, HasSubstr("--engine"));
  EXPECT_EQ(tests::run_gemel({"run", kWorkload, "--what-if", "--engine", "rtl"}).status, 2);
  EXPECT_EQ(tests::run_gemel({"run", "none.yaml", "--what-if"}).status, 2);
}

}  // namespace
}  // namespace gemel::sim
