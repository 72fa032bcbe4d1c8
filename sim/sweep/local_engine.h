// SPDX-License-Identifier: Apache-2.0
#pragma once
// Runs points in processes of this machine.
#include <string>

#include "sim/sweep/point_queue.h"

namespace gemel::sim {

// Returns when every point has its result, or a StopRequest arrived. `directory` is the sweep's.
void run_points_locally(PointQueue& queue, const std::string& directory, std::size_t processes);

}  // namespace gemel::sim
