// SPDX-License-Identifier: Apache-2.0
#pragma once
// Measured streams of the real RTL in tests/golden/truth: their files and what must come out.
#include <cstdint>
#include <string>
#include <vector>

namespace gemel::test_support {

// One measurement (row of cases.csv).
struct TruthCase {
  std::string name;
  std::string family;
  std::uint32_t memory_latency = 0;
  std::uint32_t issue_gap = 0;
  std::uint64_t cycles = 0;
  std::uint64_t read_beats = 0;
  std::uint64_t write_beats = 0;
  std::uint64_t gets = 0;
  std::uint64_t puts = 0;
  std::string crc_region;
  std::vector<std::string> crc_outputs;
  std::uint64_t macs = 0;
  std::uint64_t commands = 0;
};

// Memory before the first command (row of init_crc.csv).
struct TruthInitial {
  std::string name;
  std::string crc_region;
  std::vector<std::string> crc_outputs;
};

std::string truth_directory();
std::string truth_stream_path(const std::string& name);
std::vector<TruthCase> load_truth_cases();
std::vector<TruthInitial> load_truth_initials();

// Streams of plain instructions only: neither LOOP_WS nor LOOP_CONV_WS.
bool is_plain_stream(const TruthCase& row);

// Eight lower-case hexadecimal digits.
std::string crc_text(const std::uint8_t* bytes, std::uint64_t count);

}  // namespace gemel::test_support
