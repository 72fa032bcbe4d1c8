// SPDX-License-Identifier: Apache-2.0
#pragma once
// A sweep's results as a table: the same bytes whatever the order in which points ended.
#include <string>

#include "sim/sweep/sweep_results.h"

namespace gemel::sim {

// workload, one column an axis, status, figures, reason.
std::string sweep_csv(const SweepResults& results);

}  // namespace gemel::sim
