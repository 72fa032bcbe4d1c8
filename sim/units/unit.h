// SPDX-License-Identifier: Apache-2.0
#pragma once
// What every unit of the model has in common. A unit is an sc_module (name, place in the hierarchy) whose state and
// arithmetic are plain C++: it says in which cycle it next has to be looked at, and the accelerator looks at it then.
#include <algorithm>
#include <cstdint>
#include <functional>
#include <limits>
#include <systemc>
#include <utility>
#include <vector>

#include "sim/stats/run_statistics.h"

namespace gemel::sim {

inline constexpr Cycle kNever = std::numeric_limits<Cycle>::max();

class Unit : public sc_core::sc_module {
 public:
  // The next cycle in which advance() has something to decide.
  Cycle due() const { return due_; }
  // Others may ask for a look at any time, also for several cycles, and while the unit is still to be looked at in this
  // one.
  void wake(Cycle at) {
    if (at == due_) return;
    if (at < due_) std::swap(at, due_);
    if (at != kNever) ask_later(at);
  }

 protected:
  explicit Unit(const sc_core::sc_module_name& name) : sc_core::sc_module(name) {}
  // First in advance(now): what was asked for up to now is being done, the rest stays.
  void look(Cycle now) {
    due_ = kNever;
    while (!later_.empty() && later_.back() <= now) later_.pop_back();
    if (later_.empty()) return;
    due_ = later_.back();
    later_.pop_back();
  }
  // For a unit whose state alone tells when it is due: instead of look(), and instead of wake() for what is in that
  // state.
  void set_due(Cycle at) {
    due_ = at;
    later_.clear();
  }
  void due_by(Cycle at) {
    if (at < due_) due_ = at;
  }
  Cycle due_ = kNever;

 private:
  void ask_later(Cycle at) {
    auto place = std::lower_bound(later_.begin(), later_.end(), at, std::greater<Cycle>());
    if (place == later_.end() || *place != at) later_.insert(place, at);
  }
  std::vector<Cycle> later_;  // latest first; a few at most
};

}  // namespace gemel::sim
