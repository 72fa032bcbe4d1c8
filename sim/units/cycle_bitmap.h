// SPDX-License-Identifier: Apache-2.0
#pragma once
// In which cycles a port is used: one bit a cycle over a sliding window. Marks may lie in the future; cycles older than
// the window read as unused, so nobody may ask for a cycle more than the window behind the newest mark.
#include <algorithm>
#include <array>
#include <cstdint>

#include "sim/units/unit.h"

namespace gemel::sim {

class CycleBitmap {
 public:
  static constexpr unsigned kWords = 64;  // 4096 cycles

  void mark(Cycle cycle) {
    word(cycle >> 6) |= std::uint64_t{1} << (cycle & 63);
    newest_ = std::max(newest_, cycle);
  }

  // At least one cycle.
  void mark_run(Cycle first, unsigned count) {
    newest_ = std::max(newest_, first + count - 1);
    unsigned bit = first & 63;
    Cycle index = first >> 6;
    for (; bit + count > 64; bit = 0) {  // most runs lie in one word
      word(index++) |= ones(64 - bit) << bit;
      count -= 64 - bit;
    }
    word(index) |= ones(count) << bit;
  }

  bool test(Cycle cycle) const { return cycle <= newest_ && ((bits(cycle >> 6) >> (cycle & 63)) & 1); }

  bool any(Cycle first, Cycle end) const {
    if (first > newest_ || first >= end) return false;
    unsigned bit = first & 63;
    Cycle index = first >> 6;
    Cycle count = end - first;
    for (; bit + count > 64; bit = 0) {
      if (bits(index++) & (ones(64 - bit) << bit)) return true;
      count -= 64 - bit;
    }
    return (bits(index) & (ones(static_cast<unsigned>(count)) << bit)) != 0;
  }

 private:
  struct Word {
    std::uint64_t bits = 0;
    Cycle index = 0;
  };

  static std::uint64_t ones(unsigned n) { return ~std::uint64_t{0} >> (64 - n); }  // 1 to 64
  std::uint64_t bits(Cycle index) const {
    const Word& word = words_[index % kWords];
    return word.index == index ? word.bits : 0;
  }
  std::uint64_t& word(Cycle index) {
    Word& word = words_[index % kWords];
    if (word.index != index) word = {0, index};
    return word.bits;
  }

  std::array<Word, kWords> words_{};
  Cycle newest_ = 0;  // mark
};

}  // namespace gemel::sim
