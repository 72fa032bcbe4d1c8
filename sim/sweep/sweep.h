// SPDX-License-Identifier: Apache-2.0
#pragma once
// Runs a planned sweep: every point gets a result, whatever it is, and the directory its table.
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/sweep/point_queue.h"
#include "sim/sweep/sweep_plan.h"
#include "sim/sweep/sweep_spec.h"

namespace gemel::sim {

struct SweepOptions {
  std::string directory;
  std::size_t processes = 1;
  std::optional<SlurmOptions> slurm;  // instead of processes here
  double timeout_seconds = 0;
  std::uint32_t retries = 0;
  std::vector<std::string> reuse;  // directories of other sweeps whose results are taken over
  bool retry_faults = false;       // runs points again that ended in a fault
  PointQueue::Report progress;
};

struct SweepSummary {
  std::map<std::string, std::size_t> rows_by_status;  // "" where not run
  std::size_t verified = 0;                           // rows
  std::size_t ran = 0;                                // different points that ran now
  double cpu_seconds = 0;                             // of these
  double wall_seconds = 0;
  int stopped_by = 0;  // a signal, or 0
  std::string pivot;   // for a terminal, see pivot_table()
  std::string table;   // its path
};

// Identifies what runs the points: this very executable.
std::string running_version(const std::string& version);

// Throws arch::InputError where the directory can not be used.
SweepSummary run_sweep(SweepPlan plan, const SweepOptions& options);

}  // namespace gemel::sim
