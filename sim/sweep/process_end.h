// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the end of a `gemel run` says about its point.
#include <string>

#include "sim/sweep/point_outcome.h"

namespace gemel::sim {

struct ProcessEnd {
  int wait_status = 0;        // as wait(2) has it
  bool is_timed_out = false;  // and was killed for it
  std::string out, err;       // what it printed
  std::string statistics;     // its statistics file, "" where it wrote none
};

// Fills in status, reason and statistics. The reason has the same words wherever and whenever the point runs.
void judge(const ProcessEnd& end, const PointJob& job, PointOutcome& outcome);

}  // namespace gemel::sim
