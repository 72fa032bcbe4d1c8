// SPDX-License-Identifier: Apache-2.0
#pragma once
// In which cycles a port is used: one bit a cycle over a sliding window. Marks may lie in the future; cycles older than
// the window read as unused, so nobody may ask for a cycle more than the window behind the newest mark.
#include <array>
#include <cstdint>

#include "sim/units/unit.h"

namespace gemel::sim {

class CycleBitmap {
 public:
  static constexpr unsigned kWords = 64;  // 4096 cycles

  void mark(Cycle cycle) { word(cycle >> 6) |= std::uint64_t{1} << (cycle & 63); }

  void mark_run(Cycle first, unsigned count) {
    while (count > 0) {
      const unsigned bit = first & 63;
      const unsigned here = count < 64 - bit ? count : 64 - bit;
      word(first >> 6) |= ones(here) << bit;
      first += here;
      count -= here;
    }
  }

  bool test(Cycle cycle) const {
    const Cycle index = cycle >> 6;
    return tags_[index % kWords] == index && ((bits_[index % kWords] >> (cycle & 63)) & 1);
  }

  bool any(Cycle first, Cycle end) const {
    while (first < end) {
      const unsigned bit = first & 63;
      const Cycle left = end - first;
      const unsigned here = left < 64 - bit ? static_cast<unsigned>(left) : 64 - bit;
      const Cycle index = first >> 6;
      if (tags_[index % kWords] == index && (bits_[index % kWords] & (ones(here) << bit))) return true;
      first += here;
    }
    return false;
  }

 private:
  static std::uint64_t ones(unsigned n) { return n >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << n) - 1; }
  std::uint64_t& word(Cycle index) {
    std::uint64_t& bits = bits_[index % kWords];
    Cycle& tag = tags_[index % kWords];
    if (tag != index) {
      tag = index;
      bits = 0;
    }
    return bits;
  }

  std::array<std::uint64_t, kWords> bits_{};
  std::array<Cycle, kWords> tags_{};
};

}  // namespace gemel::sim
