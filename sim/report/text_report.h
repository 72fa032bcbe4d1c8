// SPDX-License-Identifier: Apache-2.0
#pragma once
// Reports of one run as plain text. `statistics` is the text of a statistics file, already checked to be one.
#include <string>
#include <string_view>

namespace gemel::sim {

// Headline figures, units and layers as Markdown tables.
std::string run_report_markdown(std::string_view statistics);

// One line a layer; columns: name, op, where, the figures, and unit.cause for every unit and cause.
std::string run_report_csv(std::string_view statistics);

}  // namespace gemel::sim
