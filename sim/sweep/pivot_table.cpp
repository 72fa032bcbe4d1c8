// SPDX-License-Identifier: Apache-2.0
#include "sim/sweep/pivot_table.h"

#include <algorithm>
#include <map>
#include <vector>

#include "sim/stats/quantity_text.h"

namespace gemel::sim {
namespace {

constexpr std::size_t kMostColumns = 12;
constexpr std::size_t kMostRows = 60;

using Cells = std::vector<std::string>;

// Axes that move together have one value for each value of the other.
bool is_tied(const SweepResults& results, std::size_t a, std::size_t b) {
  std::map<std::string, std::string> b_of_a, a_of_b;
  for (const SweepRow& row : results.rows) {
    const std::string &x = row.values[a], &y = row.values[b];
    if (b_of_a.emplace(x, y).first->second != y || a_of_b.emplace(y, x).first->second != x) return false;
  }
  return true;
}

std::string cell_text(const SweepRow& row) {
  if (row.figures && row.status == "ok") return grouped_text(row.figures->cycles);
  return row.status.empty() ? "not run" : row.status;
}

std::string aligned(const std::vector<Cells>& lines, std::size_t left_columns) {
  std::vector<std::size_t> widths(lines[0].size());
  for (const Cells& line : lines) {
    for (std::size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], line[i].size());
  }
  std::string text;
  for (const Cells& line : lines) {
    std::string row;
    for (std::size_t i = 0; i < line.size(); ++i) {
      const std::string padding(widths[i] - line[i].size(), ' ');
      row += (i == 0 ? "" : "  ") + (i < left_columns ? line[i] + padding : padding + line[i]);
    }
    row.erase(row.find_last_not_of(' ') + 1);
    text += row + "\n";
  }
  return text;
}

}  // namespace

std::string pivot_table(const SweepResults& results) {
  if (results.axes.empty() || results.rows.empty()) return "";
  const std::size_t across = results.axes.size() - 1;
  std::vector<std::size_t> down;
  for (std::size_t axis = 0; axis < across; ++axis) {
    const auto moves_with = [&](std::size_t other) { return is_tied(results, axis, other); };
    if (moves_with(across) || std::any_of(down.begin(), down.end(), moves_with)) continue;
    down.push_back(axis);
  }
  Cells columns;
  std::vector<Cells> row_keys;
  std::map<std::pair<Cells, std::string>, std::string> cells;
  for (const SweepRow& row : results.rows) {
    const std::string& column = row.values[across];
    if (std::find(columns.begin(), columns.end(), column) == columns.end()) columns.push_back(column);
    Cells key{row.workload};
    for (const std::size_t axis : down) key.push_back(row.values[axis]);
    if (row_keys.empty() || row_keys.back() != key) {
      if (std::find(row_keys.begin(), row_keys.end(), key) == row_keys.end()) row_keys.push_back(key);
    }
    cells[{key, column}] = cell_text(row);
    if (columns.size() > kMostColumns || row_keys.size() > kMostRows) return "";
  }
  Cells head{"workload"};
  for (const std::size_t axis : down) head.push_back(results.axes[axis].key);
  const std::size_t left_columns = head.size();
  head.insert(head.end(), columns.begin(), columns.end());
  std::vector<Cells> lines{head};
  for (const Cells& key : row_keys) {
    Cells line = key;
    for (const std::string& column : columns) {
      const auto found = cells.find({key, column});
      line.push_back(found == cells.end() ? "" : found->second);
    }
    lines.push_back(std::move(line));
  }
  return "cycles by " + results.axes[across].key + "\n" + aligned(lines, left_columns);
}

}  // namespace gemel::sim
