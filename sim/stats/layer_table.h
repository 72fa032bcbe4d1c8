// SPDX-License-Identifier: Apache-2.0
#pragma once
// The text that `gemel run` prints: one line a layer, totals, and where each unit's cycles went.
#include <cstddef>
#include <string>

#include "sim/stats/run_statistics.h"
#include "sim/stats/statistics_json.h"

namespace gemel::sim {

struct TableStyle {
  std::size_t width = 120;  // columns of the terminal
  bool colour = false;
};

// Empty where the run has no layers.
std::string layer_table(const RunDescription& run, const RunStatistics& statistics, const TableStyle& style = {});

// One line a unit: its causes as shares of the run's cycles, largest first.
std::string accounting_table(const RunStatistics& statistics, const TableStyle& style = {});

// One line: energy by component, largest first, energy times delay, area. Empty where none was estimated.
std::string energy_text(const RunStatistics& statistics);

}  // namespace gemel::sim
