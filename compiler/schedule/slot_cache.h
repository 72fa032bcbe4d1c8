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
  SlotCache(const Slots& slots, std::size_t first)
      : slots_(slots), keys_(slots.bases.size(), kEmpty), next_(slots.bases.empty() ? 0 : first % slots.bases.size()) {}

  struct Found {
    std::int32_t base = 0;
    bool filled = false;  // the slot holds it already
  };
  // Slot of `key`; takes the oldest slot where none holds it, and the caller fills that.
  Found find(std::int64_t key) {
    for (std::size_t i = 0; i < keys_.size(); ++i) {
      if (keys_[i] == key) return {slots_.bases[i], true};
    }
    const std::size_t slot = next_;
    next_ = (next_ + 1) % keys_.size();
    keys_[slot] = key;
    return {slots_.bases[slot], false};
  }

 private:
  static constexpr std::int64_t kEmpty = -1;
  const Slots& slots_;
  std::vector<std::int64_t> keys_;
  std::size_t next_;
};

}  // namespace gemel::compiler
