// SPDX-License-Identifier: Apache-2.0
#include "sim/units/station_activity.h"

#include <algorithm>
#include <cassert>

namespace gemel::sim {

void StationActivity::start(Cycle at, const Classes& held, const Classes& busy) {
  started_ = true;
  until_ = at;
  held_ = held;
  busy_ = busy;
}

void StationActivity::held(CommandClass c, int change, Cycle now) {
  advance(std::max(now, until_));  // keeps the list short
  add({now + 1, c, change, 0});
}

void StationActivity::add(const Change& change) {
  assert(change.at >= until_);
  const auto later = std::upper_bound(changes_.begin(), changes_.end(), change.at,
                                      [](Cycle at, const Change& other) { return at < other.at; });
  changes_.insert(later, change);
}

void StationActivity::integrate(Cycle at) {
  const std::uint64_t cycles = at - until_;
  unsigned busy = 0, entries = 0;
  for (unsigned c = 0; c < kCommandClasses; ++c) {
    entries += held_[c];
    if (busy_[c] != 0) busy |= 1u << c;
  }
  busy_cycles_[busy] += cycles;
  if (entries != 0) cycles_with_entries_ += cycles;
  cycles_ += cycles;
  until_ = at;
}

void StationActivity::advance(Cycle at) {
  while (!changes_.empty() && changes_.front().at <= at) {
    const Change& change = changes_.front();
    integrate(change.at);
    const auto c = static_cast<unsigned>(change.of);
    held_[c] += static_cast<std::uint32_t>(change.held);
    busy_[c] += static_cast<std::uint32_t>(change.busy);
    if (change.held > 0) ++allocations_;  // in the cycle before
    changes_.pop_front();
  }
  assert(at >= until_);
  integrate(at);
}

std::uint32_t StationActivity::entries(CommandClass c, Cycle at) {
  advance(at);
  return held_[static_cast<unsigned>(c)];
}
std::uint64_t StationActivity::busy_cycles(unsigned classes, Cycle at) {
  advance(at);
  return busy_cycles_[classes];
}
std::uint64_t StationActivity::cycles_without_allocation(Cycle at) {
  advance(at);
  return cycles_ - allocations_;
}
std::uint64_t StationActivity::cycles_with_entries(Cycle at) {
  advance(at);
  return cycles_with_entries_;
}

}  // namespace gemel::sim
