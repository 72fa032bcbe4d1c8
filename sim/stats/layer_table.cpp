// SPDX-License-Identifier: Apache-2.0
#include "sim/stats/layer_table.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <iterator>
#include <utility>
#include <vector>

#include "sim/stats/quantity_text.h"

namespace gemel::sim {
namespace {

constexpr std::size_t kMaxNameWidth = 24;
constexpr std::size_t kMinLimitWidth = 29;  // "execute 92%, bank_conflict 8%"

enum Column { kName, kOp, kWhere, kCycles, kUtilisation, kCompute, kMemory, kMacs, kDram, kLimit, kColumns };
using Row = std::array<std::string, kColumns>;

// What a narrow terminal does without, first to last: the column goes where the limit has less room than this.
constexpr std::pair<Column, std::size_t> kDispensable[] = {{kMacs, 44},
                                                           {kDram, 34},
                                                           {kOp, kMinLimitWidth},
                                                           {kWhere, kMinLimitWidth},
                                                           {kMemory, kMinLimitWidth},
                                                           {kCompute, kMinLimitWidth}};

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

// The operators in as many letters as tell them apart; a bias says little.
std::string short_op(std::string op) {
  static constexpr std::pair<const char*, const char*> kShort[] = {
      {"+bias", ""}, {"depthwise_conv2d", "depthwise"}, {"global_average_pool", "global_pool"}, {"max_pool", "pool"}};
  for (const auto& [name, replacement] : kShort) {
    const std::size_t at = op.find(name);
    if (at != std::string::npos) op.replace(at, std::string(name).size(), replacement);
  }
  return op;
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

std::string rounded_percent(Cycle part, Cycle whole) {
  if (whole == 0) return "0%";
  return std::to_string(static_cast<int>(100.0 * static_cast<double>(part) / static_cast<double>(whole) + 0.5)) + "%";
}

// "execute 80%, operands 12%, bank 3%": the busiest unit and as many of its largest waits as fit.
std::string limit_text(const LayerStatistics& layer, std::size_t width) {
  if (layer.layer.placement == arch::Placement::Host) return "host";
  const UnitAccounting* unit = limiting_unit(layer.accounting);
  if (!unit) return "-";
  std::string text = unit->unit + " " + rounded_percent(busy_of(*unit)->second, layer.cycles);
  for (const auto& [cause, cycles] : largest_first(*unit, false)) {
    if (200 * cycles < layer.cycles) break;
    const std::string part = ", " + cause + " " + rounded_percent(cycles, layer.cycles);
    if (text.size() + part.size() > width) break;
    text += part;
  }
  return text;
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
  return column == kName || column == kOp || column == kWhere || column == kLimit;
}

class TableText {
 public:
  TableText(const std::array<std::size_t, kColumns>& widths, bool colour) : widths_(widths), colour_(colour) {}

  void add(const Row& row, const char* colour_code = "") {
    std::string line;
    for (std::size_t column = 0; column < kColumns; ++column) {
      if (widths_[column] == 0) continue;
      const std::string cell = column == kName ? cut_middle(row[column], widths_[column]) : row[column];
      const std::string padding(cell.size() < widths_[column] ? widths_[column] - cell.size() : 0, ' ');
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

// Width of each column, 0 where the terminal has no room for it.
std::array<std::size_t, kColumns> column_widths(const std::vector<Row>& rows, std::size_t terminal) {
  std::array<std::size_t, kColumns> widths{};
  for (const Row& row : rows) {
    for (std::size_t column = 0; column < kLimit; ++column) {
      widths[column] = std::max(widths[column], row[column].size());
    }
  }
  widths[kName] = std::min(widths[kName], kMaxNameWidth);
  std::size_t used = 0;
  for (std::size_t column = 0; column < kLimit; ++column) used += widths[column] + 1;
  for (const auto& [column, room] : kDispensable) {
    if (used + room <= terminal) break;
    used -= widths[column] + 1;
    widths[column] = 0;
  }
  widths[kLimit] = used + kMinLimitWidth <= terminal ? terminal - used : kMinLimitWidth;
  return widths;
}

}  // namespace

std::string layer_table(const RunDescription& run, const RunStatistics& statistics, const TableStyle& style) {
  if (statistics.layers.empty()) return "";
  std::vector<Row> rows = {{"layer", "op", "where", "cycles", "util%", "comp bound", "mem bound", "MACs", "DRAM B",
                            "busiest unit, its waits"}};
  for (const LayerStatistics& layer : statistics.layers) rows.push_back(layer_row(run, layer));
  rows.push_back(total_row(run, statistics));

  const std::array<std::size_t, kColumns> widths = column_widths(rows, style.width);
  TableText table(widths, style.colour);
  table.add(rows.front(), "\033[1m");
  for (std::size_t i = 0; i < statistics.layers.size(); ++i) {
    const LayerStatistics& layer = statistics.layers[i];
    rows[i + 1][kLimit] = limit_text(layer, widths[kLimit]);
    table.add(rows[i + 1], layer.layer.placement == arch::Placement::Host ? "\033[33m" : "");
  }
  table.add(rows.back(), "\033[1m");
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

std::string energy_text(const RunStatistics& statistics) {
  if (!statistics.energy) return "";
  const RunEnergy& energy = *statistics.energy;
  // 3 significant digits, in the unit that leaves one before the point: "18.7 mJ".
  const auto scaled = [](double value, const char* unit) {
    static constexpr std::pair<double, const char*> kPrefixes[] = {
        {1, ""}, {1e-3, "m"}, {1e-6, "u"}, {1e-9, "n"}, {1e-12, "p"}};
    const auto* prefix = std::begin(kPrefixes);
    while (value < prefix->first && prefix + 1 != std::end(kPrefixes)) ++prefix;
    char text[40];
    std::snprintf(text, sizeof text, "%.3g %s%s", value / prefix->first, prefix->second, unit);
    return std::string(text);
  };
  std::vector<std::pair<std::string, double>> parts = energy.energy_pj.parts;
  std::stable_sort(parts.begin(), parts.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  const double total = energy.energy_pj.total();
  std::string text = "energy " + scaled(total * 1e-12, "J") + ":";
  for (const auto& [name, value] : parts) {
    if (value >= total / 100) text += " " + name + " " + percent_text(value, total) + " %,";
  }
  text.back() = ';';
  char area[40];
  std::snprintf(area, sizeof area, "%.3g", energy.area_um2.total() * 1e-6);
  return text + " times delay " + scaled(energy.energy_delay_js, "J s") + "; area " + area + " mm2 (" + energy.table +
         ")\n";
}

}  // namespace gemel::sim
