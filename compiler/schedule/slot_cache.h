// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the slots of one operand hold, oldest displaced first.
#include <cstddef>
#include <cstdint>
#include <vector>

#include "compiler/tile/tile_plan.h"

namespace gemel::compiler {

class SlotCache {
 public:
  // Slot `first` is the first to be filled.
  SlotCache(const Slots& slots, std::size_t first) : slots_(slots), keys_(slots.bases.size(), kEmpty) {
    for (std::size_t i = 0; i < keys_.size(); ++i) oldest_first_.push_back((first + i) % keys_.size());
  }

  struct Found {
    std::int32_t base = 0;
    bool filled = false;  // by this layer; it holds it
  };
  // Slot of `key`. Where none holds it the caller fills one: an unused one at whose base it lies already, as
  // `lies_at(base)` says, or the oldest.
  template <typename LiesAt>
  Found find(std::int64_t key, LiesAt&& lies_at) {
    for (std::size_t i = 0; i < keys_.size(); ++i) {
      if (keys_[i] == key) return {slots_.bases[i], true};
    }
    std::size_t place = 0;
    for (std::size_t i = 0; i < oldest_first_.size(); ++i) {
      const std::size_t slot = oldest_first_[i];
      if (keys_[slot] != kEmpty || !lies_at(slots_.bases[slot])) continue;
      place = i;
      break;
    }
    const std::size_t slot = oldest_first_[place];
    oldest_first_.erase(oldest_first_.begin() + static_cast<std::ptrdiff_t>(place));
    oldest_first_.push_back(slot);
    keys_[slot] = key;
    return {slots_.bases[slot], false};
  }
  Found find(std::int64_t key) {
    return find(key, [](std::int32_t) { return false; });
  }

 private:
  static constexpr std::int64_t kEmpty = -1;
  const Slots& slots_;
  std::vector<std::int64_t> keys_;
  std::vector<std::size_t> oldest_first_;
};

}  // namespace gemel::compiler
