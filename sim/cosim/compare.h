// SPDX-License-Identifier: Apache-2.0
#pragma once
// Both bodies on the same program: the first event in which they differ, else the first byte or figure.
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sim/arch/accelerator_config.h"
#include "sim/arch/program.h"
#include "sim/top/run.h"
#include "sim/trace/event_log.h"

namespace gemel::sim {

struct Difference {
  Cycle cycle = 0;
  std::string unit;                // who decides when that happens (units of the page), or "memory", "host"
  std::string what;                // one line
  std::vector<std::string> model;  // the last events of each side, the differing one last
  std::vector<std::string> rtl;
};

// The two logs of one program; its commands name the events.
std::optional<Difference> compare_events(const arch::Program& program, const std::vector<Event>& model,
                                         const std::vector<Event>& rtl);

// What the two runs measured: totals, accounting, counters, layers. The unit of a difference is the one accounted for.
std::optional<Difference> compare_statistics(const RunStatistics& model, const RunStatistics& rtl);

struct Comparison {
  std::optional<Difference> difference;
  RunStatistics model, rtl;  // of runs that came to an end
};

// `twin` as for run_program_on_rtl(). A body that deadlocks or fails where the other does not is a difference; where
// both deadlock after the same events, they agree. Throws std::invalid_argument for programs that the model refuses:
// they leave their memory, or need what the machine does not have; what the RTL makes of them does not matter.
Comparison compare_bodies(const std::string& twin, const arch::Program& program, const arch::AcceleratorConfig& config);

// For people: several lines.
std::string difference_text(const Difference& difference);

}  // namespace gemel::sim
