// SPDX-License-Identifier: Apache-2.0
#include "sim/units/command_front_end.h"

#include "sim/trace/event_log.h"

namespace gemel::sim {

namespace {
constexpr std::int64_t kLongAgo = -16;
}

CommandFrontEnd::CommandFrontEnd(const sc_core::sc_module_name& name, const arch::AcceleratorConfig& config,
                                 const arch::DerivedConfig& derived, ReservationStation& station, CounterFile& counters)
    : Unit(name), station_(station), counters_(counters), conv_(config, derived), matmul_(config, derived) {
  for (auto& queue : entered_) queue.fill(kLongAgo);
  left_.fill(kLongAgo);
  due_ = 0;
}

// Takes commands from the host for as long as their way through the queues is known: all but the last two have left.
void CommandFrontEnd::pull() {
  arch::Command command;
  Cycle offered = 0;
  while (held_ < 2 && source_->next_command(command, offered)) {
    if (is_loop_command(command)) {
      enter_by_cycle(command, offered);
      return;
    }
    // With a command held, left_ tells of the one two before; with none, of the one before: the one two before is older
    // still.
    const std::int64_t left_two_before = held_ == 1 ? left_[0] : left_[1];
    std::int64_t at = static_cast<std::int64_t>(offered);
    std::array<std::int64_t, kQueues> enters;
    for (unsigned q = 0; q < kQueues; ++q) {
      const std::int64_t freed = q + 1 < kQueues ? entered_[q + 1][1] : left_two_before;
      at = std::max({at, entered_[q][0] + 1, freed + 1});
      enters[q] = at;
      ++at;
    }
    for (unsigned q = 0; q < kQueues; ++q) entered_[q] = {enters[q], entered_[q][0]};
    record_accepted(static_cast<Cycle>(enters[0]));
    pending_[held_++] = Held{command, static_cast<Cycle>(at)};
  }
}

void CommandFrontEnd::record_accepted(Cycle at) {
  source_->accepted(at);
  if (events_ != nullptr) events_->record(at, EventKind::Accepted, accepted_);
  ++accepted_;
}

void CommandFrontEnd::resume() {
  if (by_cycle_) {
    wake(static_cast<Cycle>(looked_at_ + 1));
    return;
  }
  pull();
  if (by_cycle_) wake(chain_first_due());
  if (held_ > 0) wake(pending_[0].visible);
}

// Commands that act here and never enter the station.
bool CommandFrontEnd::consume(const arch::Command& command, Cycle now) {
  switch (static_cast<arch::Funct>(command.funct)) {
    case arch::Funct::Flush:      // no address translation: nothing to forget
    case arch::Funct::ClockGate:  // clocks are not modelled
      return true;
    case arch::Funct::Counter:
      counters_.access(arch::decode_counter(command.rs1), now);
      return true;
    default:
      return false;
  }
}

// False where the command will find its class full; the station wakes us when an entry is freed.
bool CommandFrontEnd::may_proceed(const arch::Command& command) {
  switch (static_cast<arch::Funct>(command.funct)) {
    case arch::Funct::Flush:
    case arch::Funct::ClockGate:
    case arch::Funct::Counter:
      return true;
    default:
      return station_.has_entry(command);
  }
}

void CommandFrontEnd::advance(Cycle now) {
  look(now);
  if (!by_cycle_) pull();
  if (by_cycle_) {
    advance_by_cycle(now);
    return;
  }
  if (held_ == 0) return;
  if (pending_[0].visible > now) {
    wake(pending_[0].visible);
    return;
  }
  if (static_cast<std::int64_t>(now) <= left_[0]) {
    wake(now + 1);
    return;
  }
  if (!consume(pending_[0].command, now) && !station_.allocate(pending_[0].command, CommandOrigin::Host, now))
    return;  // the station wakes us
  left_ = {static_cast<std::int64_t>(now), left_[0]};
  pending_[0] = pending_[1];
  --held_;
  pull();
  if (by_cycle_) {
    advance_by_cycle(now);
    return;
  }
  if (held_ > 0 && may_proceed(pending_[0].command)) wake(std::max(pending_[0].visible, now + 1));
}

}  // namespace gemel::sim
