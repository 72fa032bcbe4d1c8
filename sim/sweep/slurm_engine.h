// SPDX-License-Identifier: Apache-2.0
#pragma once
// Runs points as job arrays of a Slurm cluster whose machines share the sweep's directory. Slurm schedules; this waits,
// collects, and submits again what was lost.
#include <string>

#include "sim/sweep/point_queue.h"
#include "sim/sweep/sweep_spec.h"

namespace gemel::sim {

// Returns when every point has its result. A StopRequest leaves the jobs to Slurm; the next call collects them.
void run_points_on_slurm(PointQueue& queue, ResultStore& store, const std::string& directory,
                         const SlurmOptions& options, const std::string& version);

// Before points run anywhere else: takes in what earlier submissions have answered. Throws arch::InputError where Slurm
// still works on one.
void settle_submissions(ResultStore& store, const std::string& directory);

}  // namespace gemel::sim
