// SPDX-License-Identifier: Apache-2.0
#pragma once
// Where the cycles of one unit went. Time is spent in order and without gaps, so the causes sum to the cycles by
// construction; finish() is the check that nobody forgot the end.
#include <array>
#include <initializer_list>
#include <string>
#include <vector>

#include "sim/stats/run_statistics.h"

namespace gemel::sim {

class CycleAccount {
 public:
  static constexpr unsigned kMaxCauses = 8;

  CycleAccount(std::string unit, std::initializer_list<const char*> causes) : unit_(std::move(unit)) {
    for (const char* cause : causes) names_.emplace_back(cause);
  }

  // The cycles from where the account stands up to (not including) `until` had this cause. Earlier cycles keep
  // theirs: a call with `until` in the past does nothing.
  void spend(Cycle until, unsigned cause) {
    if (until <= until_) return;
    cycles_[cause] += until - until_;
    until_ = until;
  }
  Cycle until() const { return until_; }

  UnitAccounting result() const {
    UnitAccounting out{unit_, {}};
    for (unsigned i = 0; i < names_.size(); ++i) out.causes.emplace_back(names_[i], cycles_[i]);
    return out;
  }

 private:
  std::string unit_;
  std::vector<std::string> names_;
  std::array<Cycle, kMaxCauses> cycles_{};
  Cycle until_ = 0;
};

}  // namespace gemel::sim
