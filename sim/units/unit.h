// SPDX-License-Identifier: Apache-2.0
#pragma once
// What every unit of the model has in common. A unit is an sc_module (name, place in the hierarchy) whose state and
// arithmetic are plain C++: it says in which cycle it next has to be looked at, and the accelerator looks at it then.
#include <cstdint>
#include <limits>
#include <systemc>

#include "sim/stats/run_statistics.h"

namespace gemel::sim {

inline constexpr Cycle kNever = std::numeric_limits<Cycle>::max();

class Unit : public sc_core::sc_module {
 public:
  // The next cycle in which advance() has something to decide.
  Cycle due() const { return due_; }
  // Others may ask for a look at any time, also for several cycles and while the unit is still to be looked at in this
  // one.
  void wake(Cycle at) {
    if (at < due_) {
      later_ = due_;
      due_ = at;
    } else if (at > due_ && at < later_) {
      later_ = at;
    }
  }

 protected:
  explicit Unit(const sc_core::sc_module_name& name) : sc_core::sc_module(name) {}
  // First in advance(now): nothing is due any more, but for what was asked for later.
  void look() {
    due_ = later_;
    later_ = kNever;
  }
  Cycle due_ = kNever;

 private:
  Cycle later_ = kNever;
};

}  // namespace gemel::sim
