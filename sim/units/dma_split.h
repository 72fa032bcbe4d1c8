// SPDX-License-Identifier: Apache-2.0
#pragma once
// How a run of bytes falls into memory transactions (docs/microarchitecture.md, section 5): sizes are powers of two
// from the bus width up, addresses aligned down to the size; most useful bytes win, the smaller size at a tie.
#include <algorithm>
#include <cstdint>

namespace gemel::sim {

struct DmaTransaction {
  std::uint64_t address = 0;  // aligned
  std::uint32_t size = 0;     // bytes
  std::uint32_t offset = 0;   // of the first useful byte
  std::uint32_t useful = 0;   // bytes
};

inline DmaTransaction next_transaction(std::uint64_t address, std::uint32_t bytes_left, std::uint32_t bus_bytes,
                                       std::uint32_t max_bytes) {
  DmaTransaction best;
  for (std::uint32_t size = bus_bytes; size <= max_bytes; size *= 2) {
    const std::uint32_t offset = static_cast<std::uint32_t>(address & (size - 1));
    const std::uint32_t useful = std::min(size - offset, bytes_left);
    if (useful > best.useful) best = {address - offset, size, offset, useful};
  }
  return best;
}

}  // namespace gemel::sim
