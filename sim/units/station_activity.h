// SPDX-License-Identifier: Apache-2.0
#pragma once
// How many entries of the station are held and which classes are at work, followed over cycles for the counters
// (docs/microarchitecture.md, section 15). Costs nothing before the first counter asks.
#include <array>
#include <cstdint>
#include <deque>

#include "sim/units/issued_command.h"
#include "sim/units/unit.h"

namespace gemel::sim {

class StationActivity {
 public:
  using Classes = std::array<std::uint32_t, kCommandClasses>;

  // From cycle `at` on, with so many entries held and busy (issued, not complete) at its start.
  void start(Cycle at, const Classes& held, const Classes& busy);
  bool started() const { return started_; }

  // In cycle `now` an entry is taken (+1) or let go (-1): it counts from the next cycle on.
  void held(CommandClass c, int change, Cycle now);
  // The same of an entry at work; `at` may lie ahead.
  void busy(CommandClass c, int change, Cycle at) { add({at + 1, c, 0, change}); }

  // All below: of the cycles from the start to before `at`, which is the cycle at hand or the next.
  std::uint32_t entries(CommandClass c, Cycle at);        // not a sum: held at the start of `at`
  std::uint64_t busy_cycles(unsigned classes, Cycle at);  // exactly these are busy: a bit for each class
  std::uint64_t cycles_without_allocation(Cycle at);
  std::uint64_t cycles_with_entries(Cycle at);

 private:
  struct Change {
    Cycle at = 0;
    CommandClass of{};
    int held = 0, busy = 0;
  };
  void add(const Change& change);
  void advance(Cycle at);
  void integrate(Cycle at);

  bool started_ = false;
  std::deque<Change> changes_;  // by cycle
  Cycle until_ = 0;             // integrated up to here
  Classes held_{}, busy_{};
  std::array<std::uint64_t, 1u << kCommandClasses> busy_cycles_{};
  std::uint64_t cycles_ = 0, allocations_ = 0, cycles_with_entries_ = 0;
};

}  // namespace gemel::sim
