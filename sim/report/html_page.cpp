// SPDX-License-Identifier: Apache-2.0
#include "sim/report/html_page.h"

#include <nlohmann/json.hpp>

#include "sim/report/page_parts.h"

namespace gemel::sim {
namespace {

std::string escape_html(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

// JSON within a script element must not end it: '<' occurs only in strings, where its escape means the same.
std::string escape_json(std::string_view json) {
  std::string out;
  for (const char c : json) {
    if (c == '<') {
      out += "\\u003c";
    } else {
      out += c;
    }
  }
  return out;
}

// The template with each @NAME@ replaced; what is put in is not looked at again.
std::string fill(std::string_view page, std::initializer_list<std::pair<std::string_view, std::string_view>> parts) {
  std::string out;
  while (!page.empty()) {
    std::size_t first = std::string_view::npos;
    const std::pair<std::string_view, std::string_view>* next = nullptr;
    for (const auto& part : parts) {
      const std::size_t at = page.find(part.first);
      if (at < first) {
        first = at;
        next = &part;
      }
    }
    out += page.substr(0, first);
    if (next == nullptr) break;
    out += next->second;
    page.remove_prefix(first + next->first.size());
  }
  return out;
}

std::string page_of(const std::string& title, std::string_view data, std::string_view script) {
  return fill(kPageHtml, {{"@TITLE@", escape_html(title)},
                          {"@STYLE@", kPageStyle},
                          {"@LIBRARY@", kChartLibrary},
                          {"@DATA@", escape_json(data)},
                          {"@SCRIPT@", std::string(kCommonScript) + std::string(script)}});
}

}  // namespace

std::string run_report_html(std::string_view statistics) {
  const nlohmann::json file = nlohmann::json::parse(statistics);
  const std::string title = file.at("workload").get<std::string>() + " on " + file.at("config").get<std::string>();
  return page_of(title, nlohmann::ordered_json::parse(statistics).dump(), kRunScript);
}

std::string sweep_report_html(const std::string& title, std::string_view data) {
  return page_of(title, data, kSweepScript);
}

}  // namespace gemel::sim
