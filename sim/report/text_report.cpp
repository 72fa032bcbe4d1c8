// SPDX-License-Identifier: Apache-2.0
#include "sim/report/text_report.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "sim/report/text_table.h"
#include "sim/stats/quantity_text.h"

namespace gemel::sim {
namespace {

using Json = nlohmann::ordered_json;

std::string percent(double share) { return percent_text(share, 1) + " %"; }

// "busy 97.2 %, bank_conflict 1.8 %": largest first, nothing below half a per mille.
std::string causes_text(const Json& causes, double cycles) {
  std::vector<std::pair<std::string, double>> sorted;
  for (const auto& [cause, value] : causes.items()) {
    if (value.get<double>() >= cycles / 2000) sorted.emplace_back(cause, value.get<double>());
  }
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  std::string text;
  for (const auto& [cause, value] : sorted) text += (text.empty() ? "" : ", ") + cause + " " + percent(value / cycles);
  return text;
}

std::string csv_value(const Json& value) {
  return value.is_string() ? csv_field(value.get<std::string>()) : value.is_null() ? "" : value.dump();
}

// Every figure of a layer with its dotted name: objects are opened.
void flatten(const Json& node, const std::string& path, std::vector<std::pair<std::string, std::string>>& out) {
  if (!node.is_object()) {
    out.emplace_back(path, csv_value(node));
    return;
  }
  for (const auto& [key, value] : node.items()) {
    const bool is_wrapper = path.empty() && key == "accounting";  // unit.cause says enough
    flatten(value, is_wrapper ? "" : path.empty() ? key : path + "." + key, out);
  }
}

}  // namespace

std::string run_report_markdown(std::string_view statistics) {
  const Json file = Json::parse(statistics);
  const double cycles = file.at("cycles").get<double>();
  const Json& verified = file.at("verified");
  std::string out =
      "# " + file.at("workload").get<std::string>() + " on " + file.at("config").get<std::string>() + "\n\n";
  out += markdown_head({"figure", "value"}, 1);
  out += markdown_row({"cycles", grouped_text(file.at("cycles").get<std::uint64_t>())});
  out += markdown_row({"utilisation", percent(file.at("utilization").get<double>())});
  out += markdown_row({"multiply-accumulates", grouped_text(file.at("macs").get<std::uint64_t>())});
  out += markdown_row({"bytes read", grouped_text(file.at("dram_read_bytes").get<std::uint64_t>())});
  out += markdown_row({"bytes written", grouped_text(file.at("dram_write_bytes").get<std::uint64_t>())});
  if (file.contains("energy")) {
    out += markdown_row({"energy in mJ (" + file["energy"].at("table").get<std::string>() + ")",
                         decimal_text(file["energy"].at("total_pj").get<double>() * 1e-9)});
    out += markdown_row({"area in mm²", decimal_text(file["energy"].at("area_um2").get<double>() * 1e-6)});
  }
  out += markdown_row({"result", verified.is_null() ? "not checked" : verified.get<bool>() ? "verified" : "wrong"});

  out += "\n";
  out += markdown_head({"unit", "where its cycles went"}, 2);
  for (const auto& [unit, causes] : file.at("accounting").items())
    out += markdown_row({unit, causes_text(causes, cycles)});
  if (file.at("layers").empty()) return out;

  out += "\n";
  out += markdown_head({"layer", "operators", "cycles", "utilisation", "bytes read", "bytes written"}, 2);
  for (const Json& layer : file.at("layers")) {
    out += markdown_row({markdown_cell(layer.at("name").get<std::string>()),
                         markdown_cell(layer.at("op").get<std::string>()),
                         grouped_text(layer.at("cycles").get<std::uint64_t>()),
                         layer.at("where") == "host" ? "host" : percent(layer.at("utilization").get<double>()),
                         grouped_text(layer.at("dram_read_bytes").get<std::uint64_t>()),
                         grouped_text(layer.at("dram_write_bytes").get<std::uint64_t>())});
  }
  return out;
}

std::string run_report_csv(std::string_view statistics) {
  const Json file = Json::parse(statistics);
  std::string out;
  for (const Json& layer : file.at("layers")) {
    std::vector<std::pair<std::string, std::string>> figures;
    flatten(layer, "", figures);
    std::vector<std::string> names, values;
    for (const auto& [name, value] : figures) {
      names.push_back(csv_field(name));
      values.push_back(value);
    }
    if (out.empty()) out = csv_row(names);
    out += csv_row(values);
  }
  return out;
}

}  // namespace gemel::sim
