// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the report of a sweep shows, as one JSON object: figures of all points, and of each, as far as there is room,
// where its cycles went.
#include <string>

#include "sim/sweep/sweep_results.h"

namespace gemel::sim {

std::string sweep_page_data(const SweepResults& results);

// All points as a Markdown table.
std::string sweep_report_markdown(const SweepResults& results);

}  // namespace gemel::sim
