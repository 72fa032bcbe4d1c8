// SPDX-License-Identifier: Apache-2.0
#include "sim/sweep/result_table.h"

#include <charconv>
#include <iterator>
#include <vector>

namespace gemel::sim {
namespace {

std::string quoted(const std::string& cell) {
  if (cell.find_first_of(",\"\r\n") == std::string::npos) return cell;
  std::string text = "\"";
  for (const char c : cell) text += c == '"' ? std::string("\"\"") : std::string(1, c);
  return text + "\"";
}

std::string line(const std::vector<std::string>& cells) {
  std::string text;
  for (std::size_t i = 0; i < cells.size(); ++i) text += (i == 0 ? "" : ",") + quoted(cells[i]);
  return text + "\n";
}

// The shortest text that reads back equal, the same with every locale.
std::string number_text(double number) {
  char text[40];
  const auto result = std::to_chars(std::begin(text), std::end(text), number);
  return std::string(text, result.ptr);
}

std::vector<std::string> figure_cells(const std::optional<SweepFigures>& figures) {
  if (!figures) return std::vector<std::string>(12);
  const auto count = [](std::uint64_t number) { return std::to_string(number); };
  return {count(figures->cycles),
          number_text(figures->utilization),
          !figures->verified   ? ""
          : *figures->verified ? "true"
                               : "false",
          count(figures->macs),
          count(figures->commands),
          count(figures->dram_read_bytes),
          count(figures->dram_write_bytes),
          count(figures->read_requests),
          count(figures->write_requests),
          number_text(figures->energy_pj),
          number_text(figures->energy_delay_js),
          number_text(figures->area_um2)};
}

}  // namespace

std::string sweep_csv(const SweepResults& results) {
  std::vector<std::string> head{"workload"};
  for (const SweepAxis& axis : results.axes) head.push_back(axis.key);
  for (const char* name :
       {"status", "cycles", "utilization", "verified", "macs", "commands", "dram_read_bytes", "dram_write_bytes",
        "read_requests", "write_requests", "energy_pj", "energy_delay_js", "area_um2", "reason"}) {
    head.push_back(name);
  }
  std::string text = line(head);
  for (const SweepRow& row : results.rows) {
    std::vector<std::string> cells{row.workload};
    cells.insert(cells.end(), row.values.begin(), row.values.end());
    cells.push_back(row.status.empty() ? "not run" : row.status);
    const std::vector<std::string> figures = figure_cells(row.figures);
    cells.insert(cells.end(), figures.begin(), figures.end());
    cells.push_back(row.reason);
    text += line(cells);
  }
  return text;
}

}  // namespace gemel::sim
