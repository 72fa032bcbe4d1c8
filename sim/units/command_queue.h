// SPDX-License-Identifier: Apache-2.0
#pragma once
// The queue between reservation station and a controller (docs/microarchitecture.md, sections 1 and 3): an entry pushed
// in t is seen in t + latency; one that leaves in t makes room for a push in t + 1.
#include <cassert>
#include <cstdint>
#include <vector>

#include "sim/units/unit.h"

namespace gemel::sim {

template <typename T>
class CommandQueue {
 public:
  CommandQueue(unsigned capacity, unsigned latency) : capacity_(capacity), latency_(latency) {
    std::size_t size = 1;
    while (size < capacity) size *= 2;
    slots_.resize(size);
    mask_ = size - 1;
  }

  bool has_room(Cycle now) const { return count_ + (last_pop_ == now ? popped_ : 0) < capacity_; }
  // Only when has_room(now).
  Cycle push(const T& item, Cycle now) {
    Slot& slot = slots_[(head_ + count_) & mask_];
    slot.item = item;
    slot.visible = now + latency_;
    ++count_;
    return slot.visible;
  }

  std::size_t size() const { return count_; }
  bool empty() const { return count_ == 0; }
  // The i-th entry from the head, seen or not.
  const T& at(unsigned i) const { return slots_[(head_ + i) & mask_].item; }
  Cycle visible_at(unsigned i) const { return i < count_ ? slots_[(head_ + i) & mask_].visible : kNever; }
  bool sees(unsigned i, Cycle now) const { return visible_at(i) <= now; }

  void pop(unsigned n, Cycle now) {
    assert(n <= count_);
    head_ += n;
    count_ -= n;
    popped_ = last_pop_ == now ? popped_ + n : n;
    last_pop_ = now;
  }

 private:
  struct Slot {
    T item{};
    Cycle visible = 0;
  };
  std::vector<Slot> slots_;  // a power of two
  std::size_t mask_;
  std::size_t head_ = 0;
  std::size_t count_ = 0;
  unsigned capacity_;
  unsigned latency_;
  Cycle last_pop_ = kNever;
  unsigned popped_ = 0;
};

}  // namespace gemel::sim
