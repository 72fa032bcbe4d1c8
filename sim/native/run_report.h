// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>

#include "sim/arch/accelerator_config.h"
#include "sim/stats/run_statistics.h"

namespace gemel::sim {

void write_text_file(const std::string& path, const std::string& text);

// What a native run says at its end: a table to stderr, or where GEMEL_REPORT says (a file, or `off`), and the
// statistics file to GEMEL_JSON where that is set. `plain_commands`: loops count as the commands that they stand for.
void write_run_report(const std::string& program, const arch::AcceleratorConfig& config,
                      const RunStatistics& statistics, std::uint64_t plain_commands, std::uint64_t stray_accesses);

}  // namespace gemel::sim
