// SPDX-License-Identifier: Apache-2.0
#pragma once
// One workload on a machine and on its relaxed neighbours, each compiled anew: what would help, and by how much.
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "sim/sweep/point_outcome.h"
#include "sim/sweep/relaxation.h"

namespace gemel::sim {

struct WhatIfRow {
  Relaxation relaxation;
  PointStatus status = PointStatus::Illegal;
  std::string reason;
  std::uint64_t cycles = 0;  // where Ok
};

struct WhatIfResult {
  std::string config;
  std::string workload;
  std::uint64_t cycles = 0;     // of the machine as it is
  std::vector<WhatIfRow> rows;  // what helps most first; what did not run last
};

struct WhatIfOptions {
  std::string workload;  // path
  std::string energy;    // path of the energy table
  std::size_t processes = 1;
  double timeout_seconds = 3600;  // of one machine
  std::function<void(std::size_t done, std::size_t total)> progress;
};

// Runs timing only: the cycles are those of a run with data. Throws arch::InputError where the machine itself does not
// run the workload.
WhatIfResult ask_what_if(const arch::AcceleratorConfig& machine, const WhatIfOptions& options);

std::string what_if_table(const WhatIfResult& result);
// schema what_if/v1
std::string what_if_json(const WhatIfResult& result);

}  // namespace gemel::sim
