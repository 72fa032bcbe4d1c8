// SPDX-License-Identifier: Apache-2.0
#include "sim/report/text_report.h"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <vector>

#include "sim/stats/quantity_text.h"

namespace gemel::sim {
namespace {

using Json = nlohmann::ordered_json;

std::string percent(double share) { return percent_text(share, 1) + " %"; }

// Words within a cell must not end it.
std::string cell(std::string text) {
  for (std::size_t at = text.find('|'); at != std::string::npos; at = text.find('|', at + 2)) text.insert(at, "\\");
  return text;
}

void add_row(std::string& out, const std::vector<std::string>& cells) {
  for (const std::string& text : cells) out += "| " + text + " ";
  out += "|\n";
}

void add_head(std::string& out, const std::vector<std::string>& names, std::size_t left) {
  add_row(out, names);
  for (std::size_t i = 0; i < names.size(); ++i) out += i < left ? "| --- " : "| ---: ";
  out += "|\n";
}

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

std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + "\"";
}

std::string csv_value(const Json& value) {
  return value.is_string() ? csv_field(value.get<std::string>()) : value.is_null() ? "" : value.dump();
}

std::string join(const std::vector<std::string>& fields) {
  std::string line;
  for (const std::string& field : fields) line += (line.empty() ? "" : ",") + field;
  return line + "\n";
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
  add_head(out, {"figure", "value"}, 1);
  add_row(out, {"cycles", grouped_text(file.at("cycles").get<std::uint64_t>())});
  add_row(out, {"utilisation", percent(file.at("utilization").get<double>())});
  add_row(out, {"multiply-accumulates", grouped_text(file.at("macs").get<std::uint64_t>())});
  add_row(out, {"bytes read", grouped_text(file.at("dram_read_bytes").get<std::uint64_t>())});
  add_row(out, {"bytes written", grouped_text(file.at("dram_write_bytes").get<std::uint64_t>())});
  if (file.contains("energy")) {
    char text[64];
    std::snprintf(text, sizeof text, "%.6g", file["energy"].at("total_pj").get<double>() * 1e-9);
    add_row(out, {"energy in mJ (" + file["energy"].at("table").get<std::string>() + ")", text});
    std::snprintf(text, sizeof text, "%.4g", file["energy"].at("area_um2").get<double>() * 1e-6);
    add_row(out, {"area in mm²", text});
  }
  add_row(out, {"result", verified.is_null() ? "not checked" : verified.get<bool>() ? "verified" : "wrong"});

  out += "\n";
  add_head(out, {"unit", "where its cycles went"}, 2);
  for (const auto& [unit, causes] : file.at("accounting").items()) add_row(out, {unit, causes_text(causes, cycles)});
  if (file.at("layers").empty()) return out;

  out += "\n";
  add_head(out, {"layer", "operators", "cycles", "utilisation", "bytes read", "bytes written"}, 2);
  for (const Json& layer : file.at("layers")) {
    add_row(out, {cell(layer.at("name").get<std::string>()), cell(layer.at("op").get<std::string>()),
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
    if (out.empty()) out = join(names);
    out += join(values);
  }
  return out;
}

}  // namespace gemel::sim
