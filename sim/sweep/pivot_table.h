// SPDX-License-Identifier: Apache-2.0
#pragma once
// The cycles of a sweep for a terminal: the last axis across, the others down. Of axes that move together, one
// is shown.
#include <string>

#include "sim/sweep/sweep_results.h"

namespace gemel::sim {

// "" where the table would be larger than a person reads.
std::string pivot_table(const SweepResults& results);

}  // namespace gemel::sim
