// SPDX-License-Identifier: Apache-2.0
#include "sim/arch/memory_fill.h"

#include <zlib.h>

#include <algorithm>

namespace gemel::arch {

namespace {

void fill_int8(const MemoryFill& fill, std::uint64_t base, std::vector<std::uint8_t>& memory) {
  const std::uint64_t begin = std::max(fill.start, base);
  const std::uint64_t end = std::min(fill.start + fill.bytes, base + memory.size());
  std::uint64_t word = 0;
  for (std::uint64_t a = begin; a < end; ++a) {
    if (a == begin || (a & 7) == 0) word = splitmix64(a >> 3);
    const std::uint64_t byte = word >> (8 * (a & 7)) & 255;
    memory[a - base] = static_cast<std::uint8_t>(fill.range == 0 ? byte : byte % fill.range - fill.range / 2);
  }
}

void fill_int32(const MemoryFill& fill, std::uint64_t base, std::vector<std::uint8_t>& memory) {
  for (std::uint64_t a = fill.start; a < fill.start + fill.bytes; a += 4) {
    const std::uint64_t h = splitmix64(~(a >> 2)) >> 32;
    const auto value = static_cast<std::uint32_t>(fill.range == 0 ? h : h % fill.range - fill.range / 2);
    for (unsigned i = 0; i < 4; ++i) {
      const std::uint64_t at = a + i;
      if (at >= base && at < base + memory.size() && at < fill.start + fill.bytes) {
        memory[at - base] = static_cast<std::uint8_t>(value >> (8 * i));
      }
    }
  }
}

}  // namespace

void apply_fill(const MemoryFill& fill, std::uint64_t base, std::vector<std::uint8_t>& memory) {
  if (fill.kind == FillKind::Int8) {
    fill_int8(fill, base, memory);
  } else {
    fill_int32(fill, base, memory);
  }
}

std::uint32_t crc32_of(const std::uint8_t* bytes, std::uint64_t count) {
  return static_cast<std::uint32_t>(crc32_z(crc32_z(0, nullptr, 0), bytes, count));
}

}  // namespace gemel::arch
