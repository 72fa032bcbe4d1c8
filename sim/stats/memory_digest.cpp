// SPDX-License-Identifier: Apache-2.0
#include "sim/stats/memory_digest.h"

#include <cstdio>
#include <stdexcept>

#include "sim/arch/memory_fill.h"

namespace gemel::sim {
namespace {

std::string crc32_text(const std::uint8_t* bytes, std::uint64_t count) {
  char text[9];
  std::snprintf(text, sizeof text, "%08x", arch::crc32_of(bytes, count));
  return text;
}

}  // namespace

MemoryDigest digest_memory(const arch::Program& program, const std::vector<std::uint8_t>& memory) {
  MemoryDigest digest;
  digest.region = crc32_text(memory.data(), memory.size());
  for (const arch::OutputRange& range : program.outputs) {
    const std::uint64_t offset = range.address - program.base;
    if (range.address < program.base || offset > memory.size() || range.bytes > memory.size() - offset) {
      throw std::invalid_argument("output range outside the program's memory");
    }
    digest.outputs.push_back(crc32_text(memory.data() + offset, range.bytes));
  }
  return digest;
}

}  // namespace gemel::sim
