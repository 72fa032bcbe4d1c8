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

bool ExecuteQueue::refill(bool expands, Cycle now) {
  expanding_ = expands || !expansion_.empty();
  if (!expanding_ || expansion_.size() >= 3 || holds_configuration_ || !queue_.sees(0, now)) return false;
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

const ExecuteStep* ExecuteQueue::step(unsigned i, Cycle now) {
  if (expanding_) return i < expansion_.size() ? &expansion_[i].step : nullptr;
  if (!queue_.sees(i, now)) return nullptr;
  window_[i].issued = &queue_.at(i);
  return &window_[i];
}

bool ExecuteQueue::pop(unsigned n, Cycle now) {
  if (!expansion_.empty()) {
    expansion_.erase(expansion_.begin(), expansion_.begin() + n);
    return false;
  }
  queue_.pop(n, now);
  return true;
}

bool ExecuteQueue::holds_only_a_preload(Cycle now) const {
  return expansion_.empty() && queue_.size() == 1 && queue_.sees(0, now) && funct_of(queue_.at(0)) == Funct::Preload;
}

}  // namespace gemel::sim
