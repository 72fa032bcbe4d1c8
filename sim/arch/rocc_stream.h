// SPDX-License-Identifier: Apache-2.0
#pragma once
// Recorded command streams (.rocc, format rocc-1): header lines `# key: value`, then one line a step:
// `FUNCT RS1 RS2`, `fence`, `idle N`, `begin`, `end`, `write ADDRESS HEX`. Memory contents are given by formula
// (memory_fill.h) or byte by byte (`# data: ADDRESS HEX`). A write is the host's, right behind a fence.
#include <string>
#include <string_view>
#include <vector>

#include "sim/arch/memory_fill.h"
#include "sim/arch/program.h"

namespace gemel::arch {

struct RoccStream {
  std::string name;
  std::string family;
  std::string dims;
  std::string dataflow;
  std::string options;
  IsaVersion isa_version = IsaVersion::GemminiV07;  // header `conv_encoding: 2` means Gemmini2025
  std::uint64_t base = 0x80000000;
  std::uint64_t size = 0;
  std::vector<MemoryFill> fills;    // later ones override
  std::vector<MemorySegment> data;  // override fills
  std::vector<OutputRange> outputs;
  std::uint64_t macs = 0;
  std::vector<Command> commands;
  std::vector<MemorySegment> writes;
  std::vector<Step> steps;         // of kind Host: index in writes
  std::vector<std::string> notes;  // lines of comment; written, not read
};

// Throw InputError with file, line and column. `file` is the name that messages show.
RoccStream parse_rocc(std::string_view text, const std::string& file);
RoccStream load_rocc(const std::string& path);

// Text that parse_rocc() reads back to the same stream.
std::string write_rocc(const RoccStream& stream);

// Program that runs the stream; its memory is one segment with all fills and data applied. What the host writes lies
// behind the stream's region and is copied to its place by host operators.
Program make_program(const RoccStream& stream);

// Largest memory region that a stream may ask for.
inline constexpr std::uint64_t kMaxStreamBytes = std::uint64_t{4} << 30;

}  // namespace gemel::arch
