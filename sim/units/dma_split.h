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
  // The largest size never has less useful bytes than others. So it says how many they are, and the transaction is the
  // smallest aligned block around them: the one above the highest bit in which their first and last address differ.
  const std::uint32_t useful = std::min(max_bytes - static_cast<std::uint32_t>(address & (max_bytes - 1)), bytes_left);
  const std::uint64_t inside = (address ^ (address + useful - 1)) | (bus_bytes - 1);
  const std::uint32_t size = inside == 0 ? 1 : 2u << (63 - __builtin_clzll(inside));
  const std::uint32_t offset = static_cast<std::uint32_t>(address & (size - 1));
  return {address - offset, size, offset, useful};
}

}  // namespace gemel::sim
