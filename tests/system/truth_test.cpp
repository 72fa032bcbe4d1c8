// SPDX-License-Identifier: Apache-2.0
// Replays the command streams measured on the RTL of Gemmini v0.7.1 (tests/golden/truth). Memory digests must be equal;
// cycles must be those of tests/golden/truth_cycles.csv, our own, and close to the RTL's.
// To accept new cycles: GEMEL_UPDATE_GOLDEN=1 ctest -R Truth, read the diff, and add a line to CHANGELOG.md.
#include "tests/support/truth.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>

#include "sim/arch/accelerator_config_yaml.h"
#include "sim/arch/rocc_stream.h"
#include "sim/stats/memory_digest.h"
#include "sim/top/run.h"

namespace gemel {
namespace {

using test_support::TruthCase;

const std::string kCyclesFile = std::string(GEMEL_SOURCE_DIR) + "/tests/golden/truth_cycles.csv";
constexpr const char* kCyclesHeader = "name,memory_latency,issue_gap,cycles";
constexpr double kMeanTolerance = 0.01;
constexpr double kWorstTolerance = 0.03;

std::string key_of(const TruthCase& row) {
  return row.name + "," + std::to_string(row.memory_latency) + "," + std::to_string(row.issue_gap);
}

// Our own cycles of the last accepted change, by key_of().
std::map<std::string, std::string> load_accepted_cycles() {
  std::map<std::string, std::string> cycles;
  std::ifstream file(kCyclesFile);
  for (std::string line; std::getline(file, line);) {
    const std::size_t comma = line.rfind(',');
    if (line != kCyclesHeader && comma != std::string::npos) cycles[line.substr(0, comma)] = line.substr(comma + 1);
  }
  return cycles;
}

arch::AcceleratorConfig config_for(const TruthCase& row) {
  arch::AcceleratorConfig config = arch::load_accelerator_config("gemmini_16x16");
  config.memory.latency_cycles = row.memory_latency;
  config.host.issue_gap_cycles = row.issue_gap;
  return config;
}

arch::Program load_stream(const TruthCase& row) {
  return arch::make_program(arch::load_rocc(test_support::truth_stream_path(row.name)));
}

TEST(Truth, MemoryIsTheRtlsAndCyclesAreOursAndCloseToTheRtls) {
  const bool update = std::getenv("GEMEL_UPDATE_GOLDEN") != nullptr;
  const std::vector<TruthCase> rows = test_support::load_truth_cases();
  ASSERT_GE(rows.size(), 300u);
  std::map<std::string, std::string> accepted = load_accepted_cycles();
  std::string new_cycles = std::string(kCyclesHeader) + "\n";
  std::string table;
  double sum = 0, worst = 0;
  std::size_t exact = 0;
  for (const TruthCase& row : rows) {
    SCOPED_TRACE(key_of(row));
    const arch::Program program = load_stream(row);
    const sim::RunResult result = sim::run_program(program, config_for(row));
    const sim::MemoryDigest digest = sim::digest_memory(program, result.memory);
    EXPECT_EQ(digest.region, row.crc_region);
    EXPECT_EQ(digest.outputs, row.crc_outputs);
    EXPECT_EQ(result.statistics.read_requests, row.gets);
    EXPECT_EQ(result.statistics.write_requests, row.puts);

    const sim::Cycle cycles = result.statistics.cycles;
    if (!update) {
      EXPECT_EQ(std::to_string(cycles), accepted[key_of(row)]) << "cycles changed; see this file's head";
    }
    new_cycles += key_of(row) + "," + std::to_string(cycles) + "\n";
    const double difference =
        (static_cast<double>(cycles) - static_cast<double>(row.cycles)) / static_cast<double>(row.cycles);
    sum += std::abs(difference);
    worst = std::max(worst, std::abs(difference));
    exact += difference == 0;
    if (difference != 0) {
      char line[160];
      std::snprintf(line, sizeof line, "%-44s %8u %10llu %10llu %+7.2f%%\n", row.name.c_str(), row.memory_latency,
                    static_cast<unsigned long long>(cycles), static_cast<unsigned long long>(row.cycles),
                    100 * difference);
      table += line;
    }
  }
  const double mean = sum / static_cast<double>(rows.size());
  std::printf("%zu of %zu rows are the RTL's to the cycle; mean difference %.3f %%, worst %.2f %%\n", exact,
              rows.size(), 100 * mean, 100 * worst);
  if (!table.empty()) std::printf("%-44s %8s %10s %10s\n%s", "stream", "latency", "model", "RTL", table.c_str());
  EXPECT_LE(mean, kMeanTolerance);
  EXPECT_LE(worst, kWorstTolerance);
  if (update) std::ofstream(kCyclesFile) << new_cycles;
}

TEST(Truth, TimingOnlyTakesTheSameCyclesAndRequests) {
  for (const TruthCase& row : test_support::load_truth_cases()) {
    SCOPED_TRACE(key_of(row));
    const arch::Program program = load_stream(row);
    sim::RunOptions options;
    options.timing_only = true;
    const sim::RunStatistics timing = sim::run_program(program, config_for(row), options).statistics;
    const sim::RunStatistics data = sim::run_program(program, config_for(row)).statistics;
    EXPECT_EQ(timing.cycles, data.cycles);
    EXPECT_EQ(timing.read_requests, data.read_requests);
    EXPECT_EQ(timing.write_requests, data.write_requests);
  }
}

// The same programs in the later encoding; loops without later options are the same in both versions.
TEST(Truth, LaterVersionTakesTheSameCyclesAndLeavesTheSameMemory) {
  for (const TruthCase& row : test_support::load_truth_cases()) {
    if (test_support::is_plain_stream(row)) continue;
    SCOPED_TRACE(key_of(row));
    arch::AcceleratorConfig later = config_for(row);
    later.isa_version = arch::IsaVersion::Gemmini2025;
    arch::Program program = load_stream(row);
    const sim::Cycle cycles = sim::run_program(program, config_for(row)).statistics.cycles;
    if (row.family == "conv")
      program = arch::make_program(arch::load_rocc(test_support::truth_stream_path(row.name + "_2025")));
    program.isa_version = later.isa_version;
    const sim::RunResult result = sim::run_program(program, later);
    EXPECT_EQ(result.statistics.cycles, cycles);
    EXPECT_EQ(sim::digest_memory(program, result.memory).region, row.crc_region);
  }
}

TEST(Truth, EveryUnitsCausesAddUpToTheCycles) {
  for (const TruthCase& row : test_support::load_truth_cases()) {
    SCOPED_TRACE(key_of(row));
    const sim::RunStatistics statistics = sim::run_program(load_stream(row), config_for(row)).statistics;
    EXPECT_FALSE(statistics.accounting.empty());
    for (const sim::UnitAccounting& unit : statistics.accounting) {
      sim::Cycle total = 0;
      for (const auto& [cause, cycles] : unit.causes) total += cycles;
      EXPECT_EQ(total, statistics.cycles) << unit.unit;
    }
  }
}

}  // namespace
}  // namespace gemel
