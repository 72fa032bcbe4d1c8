// SPDX-License-Identifier: Apache-2.0
#pragma once
// The files of sim/report/page and the chart library, as they are built into the executable.
#include <string_view>

namespace gemel::sim {

extern const std::string_view kPageHtml;
extern const std::string_view kPageStyle;
extern const std::string_view kCommonScript;
extern const std::string_view kRunScript;
extern const std::string_view kSweepScript;
extern const std::string_view kChartLibrary;  // D3

}  // namespace gemel::sim
