// SPDX-License-Identifier: Apache-2.0
#pragma once
// Self-contained HTML reports: data, styles, scripts and the chart library in one file, nothing fetched.
#include <string>
#include <string_view>

namespace gemel::sim {

// One run. `statistics` is the text of a statistics file (statistics/v1), already checked to be one.
std::string run_report_html(std::string_view statistics);

// A sweep: `data` is what sweep_page_data() made.
std::string sweep_report_html(const std::string& title, std::string_view data);

}  // namespace gemel::sim
