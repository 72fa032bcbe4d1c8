// SPDX-License-Identifier: Apache-2.0
// Replays the command streams measured on the RTL of Gemmini v0.7.1 (tests/golden/truth). Memory digests must be equal;
// cycles must be those of tests/golden/truth_cycles.csv, our own, and close to the RTL's.
// To accept new cycles: GEMEL_UPDATE_GOLDEN=1 ctest -R Truth, read the diff, and add a line to CHANGELOG.md.
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>

#include "sim/arch/accelerator_config_yaml.h"
#include "sim/arch/rocc_stream.h"
#include "sim/stats/memory_digest.h"
#include "sim/top/run.h"

namespace gemel {
namespace {

const std::string kGolden = std::string(GEMEL_SOURCE_DIR) + "/tests/golden";
constexpr double kMeanTolerance = 0.01;
constexpr double kWorstTolerance = 0.03;

std::vector<std::string> split(const std::string& line, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream(line);
  for (std::string part; std::getline(stream, part, separator);) parts.push_back(part);
  return parts;
}

using CsvRow = std::map<std::string, std::string>;

std::vector<CsvRow> load_csv(const std::string& path) {
  std::ifstream file(path);
  std::vector<std::string> columns;
  std::vector<CsvRow> rows;
  for (std::string line; std::getline(file, line);) {
    const std::vector<std::string> cells = split(line, ',');
    if (columns.empty()) {
      columns = cells;
      continue;
    }
    CsvRow row;
    for (std::size_t i = 0; i < columns.size(); ++i) row[columns[i]] = i < cells.size() ? cells[i] : "";
    rows.push_back(row);
  }
  return rows;
}

std::string key_of(const CsvRow& row) {
  return row.at("name") + "," + row.at("memory_latency") + "," + row.at("issue_gap");
}

sim::RunResult replay(const CsvRow& row, const arch::Program& program) {
  arch::AcceleratorConfig config = arch::load_accelerator_config("gemmini_16x16");
  arch::apply_override(config, "memory.latency_cycles", row.at("memory_latency"));
  arch::apply_override(config, "host.issue_gap_cycles", row.at("issue_gap"));
  return sim::run_program(program, config);
}

// The hardware loops are not built in yet.
bool has_loop_commands(const arch::Program& program) {
  return std::any_of(program.commands.begin(), program.commands.end(), [](const arch::Command& command) {
    return (command.funct >= 8 && command.funct <= 13) || (command.funct >= 15 && command.funct <= 21);
  });
}

arch::Program load_stream(const std::string& name) {
  return arch::make_program(arch::load_rocc(kGolden + "/truth/" + name + ".rocc"));
}

class Truth : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const CsvRow& row : load_csv(kGolden + "/truth/cases.csv")) {
      if (!has_loop_commands(load_stream(row.at("name")))) rows_.push_back(row);
    }
    ASSERT_GE(rows_.size(), 250u);
    for (const CsvRow& row : load_csv(kGolden + "/truth_cycles.csv")) golden_[key_of(row)] = row.at("cycles");
  }
  std::vector<CsvRow> rows_;
  std::map<std::string, std::string> golden_;
};

TEST_F(Truth, MemoryIsEqualAndCyclesAreOursAndCloseToTheRtl) {
  std::string name;
  arch::Program program;
  std::string update = "name,memory_latency,issue_gap,cycles\n";
  std::string table;
  double sum = 0, worst = 0;
  std::size_t exact = 0;
  for (const CsvRow& row : rows_) {
    SCOPED_TRACE(key_of(row));
    if (row.at("name") != name) {
      name = row.at("name");
      program = load_stream(name);
    }
    const sim::RunResult result = replay(row, program);
    const sim::MemoryDigest digest = sim::digest_memory(program, result.memory);
    EXPECT_EQ(digest.region, row.at("crc_region"));
    EXPECT_EQ(digest.outputs, split(row.at("crc_outputs"), ';'));
    EXPECT_EQ(result.statistics.read_requests, std::stoull(row.at("gets")));
    EXPECT_EQ(result.statistics.write_requests, std::stoull(row.at("puts")));

    const std::string cycles = std::to_string(result.statistics.cycles);
    const double measured = std::stod(row.at("cycles"));
    const double error = std::abs(static_cast<double>(result.statistics.cycles) - measured) / measured;
    sum += error;
    worst = std::max(worst, error);
    exact += error == 0;
    update += key_of(row) + "," + cycles + "\n";
    if (error != 0) {
      char line[160];
      std::snprintf(line, sizeof line, "%-44s %8s %10s %10s %+7.2f%%\n", name.c_str(), row.at("memory_latency").c_str(),
                    cycles.c_str(), row.at("cycles").c_str(),
                    100 * (static_cast<double>(result.statistics.cycles) - measured) / measured);
      table += line;
    }
    if (!std::getenv("GEMEL_UPDATE_GOLDEN")) {
      EXPECT_EQ(cycles, golden_[key_of(row)]) << "cycles changed; see the head of this file";
    }
  }
  const double mean = sum / static_cast<double>(rows_.size());
  std::printf("%zu of %zu rows are the RTL's to the cycle; mean error %.3f %%, worst %.2f %%; the others:\n", exact,
              rows_.size(), 100 * mean, 100 * worst);
  std::printf("%-44s %8s %10s %10s\n%s", "stream", "latency", "model", "RTL", table.c_str());
  EXPECT_LE(mean, kMeanTolerance);
  EXPECT_LE(worst, kWorstTolerance);
  if (std::getenv("GEMEL_UPDATE_GOLDEN")) std::ofstream(kGolden + "/truth_cycles.csv") << update;
}

TEST_F(Truth, TimingOnlyTakesTheSameCycles) {
  for (const CsvRow& row : rows_) {
    if (row.at("memory_latency") != "40") continue;
    SCOPED_TRACE(key_of(row));
    const arch::Program program = load_stream(row.at("name"));
    arch::AcceleratorConfig config = arch::load_accelerator_config("gemmini_16x16");
    arch::apply_override(config, "host.issue_gap_cycles", row.at("issue_gap"));
    sim::RunOptions options;
    options.timing_only = true;
    EXPECT_EQ(sim::run_program(program, config, options).statistics.cycles,
              sim::run_program(program, config).statistics.cycles);
  }
}

}  // namespace
}  // namespace gemel
