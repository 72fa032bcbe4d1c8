// SPDX-License-Identifier: Apache-2.0
#pragma once
// Reproducible memory contents of command streams, by formula: every byte follows from its address.
#include <cstdint>
#include <vector>

namespace gemel::arch {

enum class FillKind : std::uint8_t { Int8, Int32 };

// [start, start + bytes). With range R = 0 all bits are random, else values lie in [-R/2, R - R/2).
struct MemoryFill {
  std::uint64_t start = 0;
  std::uint64_t bytes = 0;
  FillKind kind = FillKind::Int8;
  std::uint64_t range = 0;
};

constexpr std::uint64_t splitmix64(std::uint64_t x) {
  std::uint64_t z = x + 0x9E3779B97F4A7C15u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

// Writes the fill into `memory`, whose first byte has address `base`; what lies outside is left out.
void apply_fill(const MemoryFill& fill, std::uint64_t base, std::vector<std::uint8_t>& memory);

// CRC-32 as in zlib.
std::uint32_t crc32_of(const std::uint8_t* bytes, std::uint64_t count);

}  // namespace gemel::arch
