// SPDX-License-Identifier: Apache-2.0
#pragma once
// What one run of a program measured. The only bridge between machine and reports; written as JSON by
// write_statistics_json().
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/arch/program.h"
#include "sim/stats/action_counts.h"

namespace gemel::sim {

using Cycle = std::uint64_t;

// Each cycle of a unit has exactly one cause; the causes of a unit sum to the run's cycles (always checked).
struct UnitAccounting {
  std::string unit;
  std::vector<std::pair<std::string, Cycle>> causes;  // in the order of docs/microarchitecture.md; "busy" first
};

struct LayerStatistics {
  arch::Layer layer;  // name, op, placement, macs
  Cycle cycles = 0;   // the layers' cycles sum to the run's
  std::uint64_t dram_read_bytes = 0;
  std::uint64_t dram_write_bytes = 0;
  std::vector<UnitAccounting> accounting;  // the same units and causes, this layer's share
  std::optional<ActionCounts> actions;     // by the layer's own commands, where counted
  CostBreakdown energy_pj;
};

struct RunStatistics {
  Cycle cycles = 0;
  std::uint64_t macs = 0;
  std::uint64_t commands = 0;         // accepted
  std::uint64_t dram_read_bytes = 0;  // useful bytes of beats delivered: beats * bus bytes
  std::uint64_t dram_write_bytes = 0;
  std::uint64_t read_requests = 0;
  std::uint64_t write_requests = 0;
  std::vector<UnitAccounting> accounting;
  std::vector<LayerStatistics> layers;       // empty where the program has none
  std::vector<std::uint64_t> counter_reads;  // what the program's counter accesses read, in order
  std::optional<ActionCounts> actions;
  std::optional<RunEnergy> energy;
  double host_seconds = 0;  // the simulation alone
};

}  // namespace gemel::sim
