// SPDX-License-Identifier: Apache-2.0
#pragma once
// Energy and area of a run: counted actions and cycles, each times its figure of the table (docs/reports.md).
#include "sim/arch/accelerator_config.h"
#include "sim/arch/program.h"
#include "sim/energy/energy_table.h"
#include "sim/stats/run_statistics.h"

namespace gemel::sim {

// Counts the program's actions and fills in `actions` and `energy` of the run and of its layers. `statistics` is what
// the run of this program on this machine measured.
void add_energy(RunStatistics& statistics, const arch::Program& program, const arch::AcceleratorConfig& config,
                const EnergyTable& table);

// Of the accelerator, by part; without host and memory.
CostBreakdown estimate_area(const arch::AcceleratorConfig& config, const EnergyTable& table);

}  // namespace gemel::sim
