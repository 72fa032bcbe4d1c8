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
  // The next cycle in which advance() has something to decide. Others may only move it forward in time with wake().
  Cycle due() const { return due_; }
  void wake(Cycle at) {
    if (at < due_) due_ = at;
  }

 protected:
  explicit Unit(const sc_core::sc_module_name& name) : sc_core::sc_module(name) {}
  Cycle due_ = kNever;
};

}  // namespace gemel::sim
