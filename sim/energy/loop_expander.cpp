// SPDX-License-Identifier: Apache-2.0
#include "sim/energy/loop_expander.h"

#include <stdexcept>

#include "sim/units/reservation_station.h"

namespace gemel::sim {
namespace {

// An unroller that has something left to do never rests so long.
constexpr unsigned kStuck = 1000;

template <typename Unroller>
void run_to_rest(Unroller& unroller, const arch::Command& command, Cycle& now,
                 const std::function<void(const arch::Command&)>& give) {
  const arch::Command* input = &command;
  unsigned quiet = 0;
  while (input != nullptr || !unroller.at_rest()) {
    const UnrollerCycle done = unroller.cycle(input, true, now);
    if (done.consumed) input = nullptr;
    if (done.gave) {
      give(done.command);
      unroller.left(ReservationStation::class_of(done.command), now);
    }
    ++now;
    quiet = done.changed || done.gave || done.consumed ? 0 : quiet + 1;
    if (quiet > kStuck) throw std::logic_error("a loop instruction does not end");
  }
}

}  // namespace

LoopExpander::LoopExpander(const arch::AcceleratorConfig& config)
    : derived_(arch::derive(config)), matmul_(config, derived_), conv_(config, derived_) {}

void LoopExpander::expand(const arch::Command& command, const std::function<void(const arch::Command&)>& give) {
  if (conv_.owns(command)) return run_to_rest(conv_, command, now_, give);
  if (matmul_.owns(command)) return run_to_rest(matmul_, command, now_, give);
  give(command);
}

}  // namespace gemel::sim
