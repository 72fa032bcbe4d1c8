// SPDX-License-Identifier: Apache-2.0
#pragma once
// Random numbers that are the same on every machine and with every compiler (std::distributions are not).
#include <cstddef>
#include <cstdint>
#include <initializer_list>

#include "sim/arch/memory_fill.h"

namespace gemel::sim {

class RandomSource {
 public:
  explicit RandomSource(std::uint64_t seed) : state_(arch::splitmix64(seed)) {}

  std::uint64_t next() { return arch::splitmix64(state_++); }
  // 0 .. bound - 1; 0 where the bound is 0.
  std::uint32_t below(std::uint64_t bound) {
    return bound == 0 ? 0 : static_cast<std::uint32_t>((next() >> 16) % bound);
  }
  std::uint32_t between(std::uint32_t low, std::uint32_t high) { return low + below(std::uint64_t{high} - low + 1); }
  bool percent(std::uint32_t chance) { return below(100) < chance; }
  template <typename T>
  T pick(std::initializer_list<T> choices) {
    return choices.begin()[below(choices.size())];
  }
  // 1 .. limit, with the edges 1, limit - 1 and limit far more often than the rest.
  std::uint32_t size(std::uint32_t limit) {
    const std::uint32_t kind = below(10);
    if (kind < 5) return limit;
    if (kind == 5) return 1;
    if (kind == 6) return limit > 1 ? limit - 1 : 1;
    return between(1, limit);
  }

 private:
  std::uint64_t state_;
};

}  // namespace gemel::sim
