// SPDX-License-Identifier: Apache-2.0
#pragma once
// The split rule of docs/microarchitecture.md, section 5, as it is written there.
#include <algorithm>
#include <cstdint>
#include <vector>

namespace gemel::rtl {

struct SplitTransaction {
  std::uint64_t address = 0;  // aligned down to `size`
  unsigned size = 0, offset = 0, useful = 0;
  unsigned position = 0;  // of its first useful byte in the row
};

inline std::vector<SplitTransaction> split_row(std::uint64_t address, unsigned bytes, unsigned bus, unsigned most) {
  std::vector<SplitTransaction> transactions;
  for (unsigned done = 0; done < bytes;) {
    const std::uint64_t at = address + done;
    SplitTransaction best;
    for (unsigned size = bus; size <= most; size *= 2) {
      const unsigned offset = static_cast<unsigned>(at % size);
      const unsigned useful = std::min(size - offset, bytes - done);
      if (useful > best.useful) best = {at - offset, size, offset, useful, done};
    }
    transactions.push_back(best);
    done += best.useful;
  }
  return transactions;
}

}  // namespace gemel::rtl
