// SPDX-License-Identifier: Apache-2.0
#include "sim/units/execute_queue.h"

namespace gemel::sim {

using arch::Funct;

namespace {
Funct funct_of(const IssuedCommand& issued) { return static_cast<Funct>(issued.command.funct); }
}  // namespace

void ExecuteQueue::expand(const IssuedCommand& issued, bool no_operand, bool no_result, bool no_second) {
  expansion_.push_back({issued, {}});
  Expanded& added = expansion_.back();
  added.step = ExecuteStep{&added.issued, no_operand, no_result, no_second};
}

bool ExecuteQueue::move_into_expansion(Cycle now) {
  if (expansion_.size() >= kSteps || holds_configuration_ || !queue_.sees(0, now)) return false;
  const IssuedCommand first = queue_.at(0);
  if (funct_of(first) != Funct::Preload) {
    holds_configuration_ = funct_of(first) == Funct::Config;
    expand(first, false, false, false);
    queue_.pop(1, now);
    return true;
  }
  if (!queue_.sees(1, now)) return false;
  const IssuedCommand second = queue_.at(1);
  if (funct_of(second) == Funct::ComputePreloaded) {
    IssuedCommand load = first;
    IssuedCommand between = second;
    load.entry = between.entry = IssuedCommand::kNoEntry;
    between.command.funct = static_cast<std::uint8_t>(Funct::ComputeAccumulated);
    expand(load, false, true, false);
    expand(between, true, true, true);
    expand(first, true, false, false);
    expand(second, false, false, false);
  } else {
    expand(first, false, false, false);
    expand(second, false, false, false);
  }
  queue_.pop(2, now);
  return true;
}

unsigned ExecuteQueue::see_expanded() {
  unsigned seen = 0;
  for (; seen < kSteps && seen < expansion_.size(); ++seen) window_[seen] = expansion_[seen].step;
  return seen;
}

bool ExecuteQueue::holds_only_a_preload(Cycle now) const {
  return expansion_.empty() && queue_.size() == 1 && queue_.sees(0, now) && funct_of(queue_.at(0)) == Funct::Preload;
}

}  // namespace gemel::sim
