// SPDX-License-Identifier: Apache-2.0
#pragma once
// How many slots of a DMA unit were taken, summed over cycles, for the counters (docs/microarchitecture.md, section
// 15).
#include <algorithm>
#include <cstdint>
#include <vector>

#include "sim/units/unit.h"

namespace gemel::sim {

class SlotCycles {
 public:
  // A transaction started in `now`: its slot counts from the next cycle on, as the only one that is open.
  void take(Cycle now) {
    taken_ = now + 1;
    open_ = true;
  }
  // Its slot is free from `free` on.
  void close(Cycle free) {
    total_ += free - taken_;
    open_ = false;
  }
  // Of the cycles before `at`, which is the cycle at hand or the next. `free`: of each slot, when it is free (again).
  std::uint64_t before(Cycle at, const std::vector<Cycle>& free) const {
    std::uint64_t cycles = total_;
    for (const Cycle each : free) cycles -= each > at ? each - at : 0;
    // The newest transaction may start to count only behind `at`.
    if (!open_ && taken_ > at) cycles += taken_ - at;
    if (open_ && taken_ < at) cycles += at - taken_;
    return cycles;
  }

 private:
  std::uint64_t total_ = 0;
  Cycle taken_ = 0;
  bool open_ = false;
};

}  // namespace gemel::sim
