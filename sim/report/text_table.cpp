// SPDX-License-Identifier: Apache-2.0
#include "sim/report/text_table.h"

#include <cstdio>

namespace gemel::sim {

std::string markdown_cell(std::string text) {
  for (std::size_t at = text.find('|'); at != std::string::npos; at = text.find('|', at + 2)) text.insert(at, "\\");
  for (std::size_t at = text.find('\n'); at != std::string::npos; at = text.find('\n', at)) text[at] = ' ';
  return text;
}

std::string markdown_row(const std::vector<std::string>& cells) {
  std::string out;
  for (const std::string& cell : cells) out += "| " + cell + " ";
  return out + "|\n";
}

std::string markdown_head(const std::vector<std::string>& names, std::size_t left) {
  std::string out = markdown_row(names);
  for (std::size_t i = 0; i < names.size(); ++i) out += i < left ? "| --- " : "| ---: ";
  return out + "|\n";
}

std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + "\"";
}

std::string csv_row(const std::vector<std::string>& fields) {
  std::string line;
  for (std::size_t i = 0; i < fields.size(); ++i) line += (i == 0 ? "" : ",") + fields[i];
  return line + "\n";
}

std::string decimal_text(double value) {
  char text[40];
  std::snprintf(text, sizeof text, "%.6g", value);
  return text;
}

}  // namespace gemel::sim
