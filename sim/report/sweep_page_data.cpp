// SPDX-License-Identifier: Apache-2.0
#include "sim/report/sweep_page_data.h"

#include <nlohmann/json.hpp>

#include "sim/report/text_table.h"
#include "sim/stats/quantity_text.h"

namespace gemel::sim {
namespace {

using Json = nlohmann::ordered_json;

// More would make a page that no phone opens.
constexpr std::size_t kMostAccountings = 3000;
constexpr std::size_t kMostLayerFigures = 150000;

Json point_json(const SweepRow& row) {
  Json point = {{"workload", row.workload}, {"values", row.values}, {"status", row.status}};
  if (!row.reason.empty()) point["reason"] = row.reason;
  if (!row.figures) return point;
  const SweepFigures& figures = *row.figures;
  point["cycles"] = figures.cycles;
  point["macs"] = figures.macs;
  point["utilization"] = figures.utilization;
  point["verified"] = figures.verified ? Json(*figures.verified) : Json(nullptr);
  point["dram_bytes"] = figures.dram_read_bytes + figures.dram_write_bytes;
  point["energy_pj"] = figures.energy_pj;
  point["energy_delay_js"] = figures.energy_delay_js;
  point["area_um2"] = figures.area_um2;
  return point;
}

}  // namespace

std::string sweep_page_data(const SweepResults& results) {
  Json page = {{"name", results.name},       {"base_config", results.base_config},
               {"version", results.version}, {"excluded_points", results.excluded_points},
               {"axes", Json::array()},      {"layer_names", Json::object()},
               {"points", Json::array()}};
  for (const SweepAxis& axis : results.axes) {
    page["axes"].push_back({{"key", axis.key}, {"unit", axis.unit}, {"is_number", axis.is_number}});
  }
  std::size_t layer_figures = 0;
  const bool with_accounting = results.rows.size() <= kMostAccountings;
  for (const SweepRow& row : results.rows) {
    Json point = point_json(row);
    if (row.figures && !row.statistics_json.empty() && with_accounting) {
      const Json statistics = Json::parse(row.statistics_json);
      point["accounting"] = {{"execute", statistics.at("accounting").at("execute")}};
      const Json& layers = statistics.at("layers");
      layer_figures += layers.size();
      if (layer_figures <= kMostLayerFigures) {
        Json& names = page["layer_names"][row.workload];
        if (names.is_null()) {
          for (const Json& layer : layers) names.push_back(layer.at("name"));
        }
        for (const Json& layer : layers) point["layers"].push_back(layer.at("cycles"));
      }
    }
    page["points"].push_back(std::move(point));
  }
  return page.dump();
}

std::string sweep_report_markdown(const SweepResults& results) {
  std::vector<std::string> names = {"workload"};
  for (const SweepAxis& axis : results.axes) names.push_back(axis.key);
  const std::size_t left = names.size();
  names.insert(names.end(), {"cycles", "utilisation", "energy in mJ", "area in mm²", "state"});
  std::string out = "# " + markdown_cell(results.name) + "\n\n" + markdown_head(names, left);
  for (const SweepRow& row : results.rows) {
    std::vector<std::string> cells = {markdown_cell(row.workload)};
    for (const std::string& value : row.values) cells.push_back(markdown_cell(value));
    if (row.figures) {
      cells.insert(cells.end(),
                   {grouped_text(row.figures->cycles), percent_text(row.figures->utilization, 1) + " %",
                    decimal_text(row.figures->energy_pj * 1e-9), decimal_text(row.figures->area_um2 * 1e-6)});
    } else {
      cells.insert(cells.end(), 4, "");
    }
    const std::string state = row.status.empty() ? "not run" : row.status;
    cells.push_back(markdown_cell(row.reason.empty() ? state : state + ": " + row.reason));
    out += markdown_row(cells);
  }
  return out;
}

}  // namespace gemel::sim
