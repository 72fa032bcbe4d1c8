// SPDX-License-Identifier: Apache-2.0
#include "tests/support/truth.h"

#include <cstdio>
#include <sstream>

#include "sim/arch/file_io.h"
#include "sim/arch/memory_fill.h"

namespace gemel::test_support {

namespace {

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);) parts.push_back(part);
  return parts;
}

// Rows without the heading.
std::vector<std::vector<std::string>> load_csv(const std::string& path) {
  std::vector<std::vector<std::string>> rows;
  for (const std::string& line : split(arch::load_file(path), '\n')) rows.push_back(split(line + ",", ','));
  rows.erase(rows.begin());
  return rows;
}

}  // namespace

std::string truth_directory() { return std::string(GEMEL_SOURCE_DIR) + "/tests/golden/truth/"; }

std::string truth_stream_path(const std::string& name) { return truth_directory() + name + ".rocc"; }

std::vector<TruthCase> load_truth_cases() {
  std::vector<TruthCase> cases;
  for (const auto& row : load_csv(truth_directory() + "cases.csv")) {
    TruthCase c;
    c.name = row.at(0);
    c.family = row.at(1);
    c.memory_latency = static_cast<std::uint32_t>(std::stoul(row.at(2)));
    c.issue_gap = static_cast<std::uint32_t>(std::stoul(row.at(3)));
    c.cycles = std::stoull(row.at(4));
    c.read_beats = std::stoull(row.at(5));
    c.write_beats = std::stoull(row.at(6));
    c.gets = std::stoull(row.at(7));
    c.puts = std::stoull(row.at(8));
    c.crc_region = row.at(9);
    c.crc_outputs = split(row.at(10), ';');
    c.macs = std::stoull(row.at(11));
    c.commands = std::stoull(row.at(12));
    cases.push_back(std::move(c));
  }
  return cases;
}

std::vector<TruthInitial> load_truth_initials() {
  std::vector<TruthInitial> initials;
  for (const auto& row : load_csv(truth_directory() + "init_crc.csv")) {
    initials.push_back({row.at(0), row.at(2), split(row.at(3), ';')});
  }
  return initials;
}

bool is_plain_stream(const TruthCase& row) { return row.family != "conv" && row.name.compare(0, 7, "gemm_ws") != 0; }

std::string crc_text(const std::uint8_t* bytes, std::uint64_t count) {
  char text[9];
  std::snprintf(text, sizeof text, "%08x", arch::crc32_of(bytes, count));
  return text;
}

}  // namespace gemel::test_support
