// SPDX-License-Identifier: Apache-2.0
#pragma once
// A sweep's directory as reports read it. The tables behind it are described in docs/sweeps.md.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace gemel::sim {

struct SweepAxis {
  std::string key;         // dotted path
  std::string unit;        // "" where the value has none
  bool is_number = false;  // every value is a number
};

struct SweepFigures {  // of a point that ran to its end
  std::uint64_t cycles = 0;
  std::uint64_t macs = 0;
  double utilization = 0;
  std::optional<bool> verified;  // none where timing only
  std::uint64_t commands = 0;
  std::uint64_t dram_read_bytes = 0;
  std::uint64_t dram_write_bytes = 0;
  std::uint64_t read_requests = 0;
  std::uint64_t write_requests = 0;
  double energy_pj = 0;
  double energy_delay_js = 0;
  double area_um2 = 0;
};

struct SweepRow {
  std::string workload;
  std::string machine;              // the complete configuration, YAML
  std::vector<std::string> values;  // one an axis, as the configuration has it
  std::string status;               // "" where it has not run yet
  std::string reason;
  std::optional<SweepFigures> figures;
  std::string statistics_json;  // "" where there are no figures, or they were left out
};

struct SweepResults {
  std::string name;
  std::string base_config;
  std::string version;
  std::uint64_t excluded_points = 0;  // left out by constraints
  std::vector<SweepAxis> axes;
  std::vector<SweepRow> rows;  // in the order of the plan
};

// Throws arch::InputError where `directory` holds no sweep. Statistics files are large: leave them out where only the
// figures are needed.
SweepResults load_sweep_results(const std::string& directory, bool with_statistics = true);

}  // namespace gemel::sim
