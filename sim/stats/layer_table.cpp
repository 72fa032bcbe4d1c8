// SPDX-License-Identifier: Apache-2.0
#include "sim/stats/layer_table.h"

#include <algorithm>
#include <array>

#include "sim/stats/quantity_text.h"

namespace gemel::sim {
namespace {

constexpr std::size_t kMinNameWidth = 5;
constexpr std::size_t kMaxNameWidth = 20;
constexpr std::size_t kMinOpWidth = 4;
constexpr std::size_t kMaxOpWidth = 15;
constexpr std::size_t kMinStallWidth = 16;

enum Column { kName, kOp, kWhere, kCycles, kUtilisation, kMacs, kCompute, kMemory, kDram, kStalls, kColumns };
using Row = std::array<std::string, kColumns>;

std::string cut(const std::string& text, std::size_t width) {
  return text.size() <= width ? text : text.substr(0, width - 1) + "~";
}

// Names of layers differ at their ends as much as at their beginnings.
std::string cut_middle(const std::string& text, std::size_t width) {
  if (text.size() <= width) return text;
  const std::size_t tail = width / 2;
  return text.substr(0, width - 1 - tail) + "~" + text.substr(text.size() - tail);
}

const std::pair<std::string, Cycle>* busy_of(const UnitAccounting& unit) {
  const auto found =
      std::find_if(unit.causes.begin(), unit.causes.end(), [](const auto& cause) { return cause.first == "busy"; });
  return found == unit.causes.end() ? nullptr : &*found;
}

// A bias says little where room is short.
std::string short_op(std::string op) {
  static const std::string kBias = "+bias";
  const std::size_t at = op.find(kBias);
  return at == std::string::npos ? op : op.erase(at, kBias.size());
}

// The unit that limits a layer is the one that works most; what it waits for is what the layer waits for.
const UnitAccounting* limiting_unit(const std::vector<UnitAccounting>& accounting) {
  const UnitAccounting* limiting = nullptr;
  Cycle most = 0;
  for (const UnitAccounting& unit : accounting) {
    const auto* busy = busy_of(unit);
    if (busy && busy->second > most) {
      most = busy->second;
      limiting = &unit;
    }
  }
  return limiting;
}

std::vector<std::pair<std::string, Cycle>> largest_first(const UnitAccounting& unit, bool with_busy) {
  std::vector<std::pair<std::string, Cycle>> causes;
  for (const auto& cause : unit.causes) {
    if (cause.second > 0 && (with_busy || cause.first != "busy")) causes.push_back(cause);
  }
  std::stable_sort(causes.begin(), causes.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  return causes;
}

// "execute: operands 12%, bank 3%": as many of the largest waits of the limiting unit as fit.
std::string stalls_text(const LayerStatistics& layer, std::size_t width) {
  if (layer.layer.placement == arch::Placement::Host) return "-";
  const UnitAccounting* unit = limiting_unit(layer.accounting);
  if (!unit) return "-";
  std::string text = unit->unit + ":";
  bool first = true;
  for (const auto& [cause, cycles] : largest_first(*unit, false)) {
    const double percent =
        layer.cycles == 0 ? 0 : 100.0 * static_cast<double>(cycles) / static_cast<double>(layer.cycles);
    if (percent < 0.5) break;
    const std::string part = (first ? " " : ", ") + cause + " " + std::to_string(static_cast<int>(percent + 0.5)) + "%";
    if (!first && text.size() + part.size() > width) break;
    text += part;
    first = false;
  }
  return first ? text + " none" : text;
}

Row layer_row(const RunDescription& run, const LayerStatistics& layer) {
  const bool on_host = layer.layer.placement == arch::Placement::Host;
  const Cycle compute = compute_bound_cycles(layer.layer.macs, run.dim);
  const Cycle memory = memory_bound_cycles(layer.layer.min_dram_bytes, run.bus_bytes);
  Row row;
  row[kName] = layer.layer.name;
  row[kOp] = short_op(layer.layer.op);
  row[kWhere] = on_host ? "host" : "array";
  row[kCycles] = grouped_text(layer.cycles);
  row[kUtilisation] = on_host ? "-" : percent_text(utilization(layer.layer.macs, layer.cycles, run.dim), 1);
  row[kMacs] = layer.layer.macs == 0 ? "-" : short_text(static_cast<double>(layer.layer.macs));
  row[kCompute] = on_host ? "-" : grouped_text(compute);
  row[kMemory] = grouped_text(memory);
  row[kDram] = short_text(static_cast<double>(layer.dram_read_bytes + layer.dram_write_bytes));
  return row;
}

Row total_row(const RunDescription& run, const RunStatistics& statistics) {
  Cycle compute = 0, memory = 0;
  std::size_t host_layers = 0;
  for (const LayerStatistics& layer : statistics.layers) {
    const bool on_host = layer.layer.placement == arch::Placement::Host;
    host_layers += on_host;
    if (!on_host) compute += compute_bound_cycles(layer.layer.macs, run.dim);
    memory += memory_bound_cycles(layer.layer.min_dram_bytes, run.bus_bytes);
  }
  Row row;
  row[kName] = "total";
  row[kOp] = std::to_string(statistics.layers.size()) +
             (host_layers == 0 ? " layers" : " (" + std::to_string(host_layers) + " host)");
  row[kCycles] = grouped_text(statistics.cycles);
  row[kUtilisation] = percent_text(utilization(statistics.macs, statistics.cycles, run.dim), 1);
  row[kMacs] = short_text(static_cast<double>(statistics.macs));
  row[kCompute] = grouped_text(compute);
  row[kMemory] = grouped_text(memory);
  row[kDram] = short_text(static_cast<double>(statistics.dram_read_bytes + statistics.dram_write_bytes));
  return row;
}

bool is_left_aligned(std::size_t column) {
  return column == kName || column == kOp || column == kWhere || column == kStalls;
}

class TableText {
 public:
  TableText(const std::array<std::size_t, kColumns>& widths, bool colour) : widths_(widths), colour_(colour) {}

  void add(const Row& row, const char* colour_code = "") {
    std::string line;
    for (std::size_t column = 0; column < kColumns; ++column) {
      const std::string cell =
          column == kName ? cut_middle(row[column], widths_[column]) : cut(row[column], widths_[column]);
      const std::string padding(widths_[column] - cell.size(), ' ');
      if (column > 0) line += " ";
      line += is_left_aligned(column) ? cell + padding : padding + cell;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    const bool coloured = colour_ && *colour_code != '\0';
    text_ += (coloured ? colour_code + line + "\033[0m" : line) + "\n";
  }

  const std::string& text() const { return text_; }

 private:
  std::array<std::size_t, kColumns> widths_;
  bool colour_;
  std::string text_;
};

}  // namespace

std::string layer_table(const RunDescription& run, const RunStatistics& statistics, const TableStyle& style) {
  if (statistics.layers.empty()) return "";
  const Row header = {"layer", "op",       "where",   "cycles", "util%",
                      "MACs",  "min comp", "min mem", "DRAM B", "waits of the busiest unit"};
  const Row total = total_row(run, statistics);
  std::vector<Row> rows;
  for (const LayerStatistics& layer : statistics.layers) rows.push_back(layer_row(run, layer));

  std::array<std::size_t, kColumns> widths{};
  const auto widen = [&widths](const Row& row) {
    for (std::size_t column = 0; column < kStalls; ++column)
      widths[column] = std::max(widths[column], row[column].size());
  };
  widen(header);
  widen(total);
  for (const Row& row : rows) widen(row);
  widths[kName] = std::clamp(widths[kName], kMinNameWidth, kMaxNameWidth);
  widths[kOp] = std::clamp(widths[kOp], kMinOpWidth, kMaxOpWidth);
  std::size_t used = 0;
  for (std::size_t column = 0; column < kStalls; ++column) used += widths[column] + 1;
  widths[kStalls] = std::max(kMinStallWidth, style.width > used ? style.width - used : 0);

  TableText table(widths, style.colour);
  table.add(header, "\033[1m");
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const LayerStatistics& layer = statistics.layers[i];
    rows[i][kStalls] = stalls_text(layer, widths[kStalls]);
    table.add(rows[i], layer.layer.placement == arch::Placement::Host ? "\033[33m" : "");
  }
  table.add(total, "\033[1m");
  return table.text();
}

std::string accounting_table(const RunStatistics& statistics, const TableStyle& style) {
  std::size_t name_width = 0;
  for (const UnitAccounting& unit : statistics.accounting) name_width = std::max(name_width, unit.unit.size());
  std::string text;
  for (const UnitAccounting& unit : statistics.accounting) {
    std::string line = unit.unit + std::string(name_width - unit.unit.size(), ' ') + " ";
    const std::string indent(line.size(), ' ');
    for (const auto& [cause, cycles] : largest_first(unit, true)) {
      const std::string part =
          " " + cause + " " + percent_text(static_cast<double>(cycles), static_cast<double>(statistics.cycles)) + "%";
      if (line.size() + part.size() > style.width) {
        text += line + "\n";
        line = indent;
      }
      line += part;
    }
    text += line + "\n";
  }
  return text;
}

}  // namespace gemel::sim
