// SPDX-License-Identifier: Apache-2.0
#pragma once
// Where the cycles of one unit went. Time is spent in order and without gaps, so the causes sum to the cycles by
// construction. A unit may spend ahead of the cycle that is being simulated, and figures may be asked for a cycle that
// lies a little back: the last changes of cause are remembered.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "sim/stats/run_statistics.h"

namespace gemel::sim {

// Told of everything that an account spends, in order.
class AccountObserver {
 public:
  virtual ~AccountObserver() = default;
  // [start, end) of the account that was given this number.
  virtual void spent(unsigned number, Cycle start, Cycle end, unsigned cause) = 0;
};

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
    if (observer_ != nullptr) observer_->spent(observed_as_, until_, until, cause);
    until_ = until;
    if (cause != last_cause_ || spells_ == 0) {
      last_cause_ = cause;
      ++spells_;
    }
    recent_[(spells_ - 1) % kRemembered] = Spell(until, cause);
  }
  Cycle until() const { return until_; }
  const std::string& unit() const { return unit_; }
  const std::vector<std::string>& causes() const { return names_; }
  // Who observes it changes nothing of an account.
  void observe(AccountObserver* observer, unsigned number) const {
    observer_ = observer;
    observed_as_ = number;
  }

  // The earliest cycle that result_at() can still be asked for.
  Cycle remembered_from() const { return spells_ <= kRemembered ? 0 : recent_[spells_ % kRemembered].end(); }

  // The cycles before `at` by cause; `at` from remembered_from() to until().
  UnitAccounting result_at(Cycle at) const {
    std::array<Cycle, kMaxCauses> cycles = cycles_;
    Cycle end = until_;
    for (std::size_t i = spells_; i > 0 && end > at; --i) {
      const Spell& spell = recent_[(i - 1) % kRemembered];
      const Cycle start = i >= 2 && spells_ - i + 1 < kRemembered ? recent_[(i - 2) % kRemembered].end() : 0;
      cycles[spell.cause()] -= end - std::max(start, at);
      end = std::max(start, at);
    }
    UnitAccounting out{unit_, {}};
    for (unsigned i = 0; i < names_.size(); ++i) out.causes.emplace_back(names_[i], cycles[i]);
    return out;
  }

 private:
  static constexpr std::size_t kRemembered = 4096;
  // Where a spell of one cause ended, in one word: there are thousands of them, and every unit walks through its own.
  class Spell {
   public:
    Spell() = default;
    Spell(Cycle end, unsigned cause) : word_(end * kMaxCauses + cause) {}
    Cycle end() const { return word_ / kMaxCauses; }
    unsigned cause() const { return static_cast<unsigned>(word_ % kMaxCauses); }

   private:
    std::uint64_t word_ = 0;
  };

  std::string unit_;
  std::vector<std::string> names_;
  std::array<Cycle, kMaxCauses> cycles_{};
  Cycle until_ = 0;
  unsigned last_cause_ = 0;
  std::size_t spells_ = 0;
  std::array<Spell, kRemembered> recent_{};
  mutable AccountObserver* observer_ = nullptr;
  mutable unsigned observed_as_ = 0;
};

}  // namespace gemel::sim
