// SPDX-License-Identifier: Apache-2.0
#include "sim/native/run_report.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "sim/stats/layer_table.h"
#include "sim/stats/quantity_text.h"
#include "sim/stats/statistics_json.h"

namespace gemel::sim {

namespace {

std::string environment(const char* name) {
  const char* text = std::getenv(name);
  return text != nullptr ? text : "";
}

std::string report_text(const RunDescription& run, const RunStatistics& s, std::uint64_t plain_commands,
                        std::uint64_t stray_accesses) {
  std::ostringstream out;
  out << "gemel: " << run.workload << " on " << run.config << ": " << grouped_text(s.cycles)
      << " cycles until all was done, " << grouped_text(s.commands) << " commands"
      << (plain_commands == s.commands ? "" : " (loops expanded: " + grouped_text(plain_commands) + ")") << ", "
      << grouped_text(s.macs) << " MACs, utilisation " << percent_text(utilization(s.macs, s.cycles, run.dim), 1)
      << "%\n"
      << "memory: read " << grouped_text(s.dram_read_bytes) << " bytes in " << grouped_text(s.read_requests)
      << " requests, wrote " << grouped_text(s.dram_write_bytes) << " in " << grouped_text(s.write_requests) << "\n"
      << accounting_table(s);
  if (stray_accesses > 0) out << grouped_text(stray_accesses) << " accesses left the object they began in\n";
  return out.str();
}

}  // namespace

void write_text_file(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (!file) throw std::runtime_error("could not write " + path);
}

void write_run_report(const std::string& program, const arch::AcceleratorConfig& config,
                      const RunStatistics& statistics, std::uint64_t plain_commands, std::uint64_t stray_accesses) {
  const arch::DerivedConfig derived = arch::derive(config);
  RunDescription run;
  run.config = config.name;
  run.workload = program;
  run.engine = "native";
  run.dim = derived.dim;
  run.bus_bytes = derived.bus_bytes;
  run.machine = config;
  const std::string json = environment("GEMEL_JSON");
  if (!json.empty()) write_text_file(json, statistics_json(run, statistics));
  const std::string report = environment("GEMEL_REPORT");
  if (report == "off") return;
  const std::string text = report_text(run, statistics, plain_commands, stray_accesses);
  if (report.empty())
    std::fputs(text.c_str(), stderr);
  else
    write_text_file(report, text);
}

}  // namespace gemel::sim
