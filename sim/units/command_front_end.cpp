// SPDX-License-Identifier: Apache-2.0
#include "sim/units/command_front_end.h"

namespace gemel::sim {

namespace {
constexpr std::int64_t kLongAgo = -16;
}

CommandFrontEnd::CommandFrontEnd(const sc_core::sc_module_name& name, const arch::AcceleratorConfig& config,
                                 const arch::DerivedConfig& derived, ReservationStation& station, CounterFile& counters)
    : Unit(name), station_(station), counters_(counters), conv_(config, derived), matmul_(config, derived) {
  for (auto& command : entered_) command.fill(kLongAgo);
  left_.fill(kLongAgo);
  for (unsigned funct = 0; funct < goes_.size(); ++funct) {
    arch::Command command;
    command.funct = static_cast<std::uint8_t>(funct);
    if (conv_.owns(command) || matmul_.owns(command)) goes_[funct] = Goes::ToUnroller;
  }
  // No address translation: nothing to forget. Clocks are not modelled.
  for (const arch::Funct funct : {arch::Funct::Flush, arch::Funct::ClockGate, arch::Funct::Counter})
    goes_[static_cast<std::uint8_t>(funct)] = Goes::Nowhere;
  due_ = 0;
}

// Takes commands from the host for as long as their way through the queues is known: all but the last two have left.
void CommandFrontEnd::pull() {
  Cycle offered = 0;
  while (held_ < 2) {
    Held& next = pending_[(first_ + held_) % 2];
    if (!source_->next_command(next.command, offered)) return;
    next.goes = goes_[next.command.funct];
    if (next.goes == Goes::ToUnroller) {
      enter_by_cycle(next.command, offered);
      return;
    }
    const auto& before = entered_[last_];
    auto& entered = entered_[1 - last_];  // of the one two before, and then of this one
    std::int64_t at = static_cast<std::int64_t>(offered);
    for (unsigned q = 0; q < kQueues; ++q) {
      const std::int64_t freed = q + 1 < kQueues ? entered[q + 1] : left_two_before();
      at = std::max(at, std::max(before[q], freed) + 1);
      entered[q] = at;
      ++at;
    }
    last_ = 1 - last_;
    record_accepted(static_cast<Cycle>(entered[kRaw]));
    next.visible = static_cast<Cycle>(at);
    if (next.goes == Goes::ToStation) next.of = ReservationStation::class_of(next.command);
    ++held_;
  }
}

void CommandFrontEnd::resume() {
  if (by_cycle_) {
    steady_until_ = 0;
    wake(static_cast<Cycle>(looked_at_ + 1));
    return;
  }
  pull();
  if (by_cycle_)
    wake(chain_first_due());
  else
    sleep_until_head_may_leave();
}

// Where the head will find its class full, the station wakes us when an entry is freed.
void CommandFrontEnd::sleep_until_head_may_leave() {
  if (held_ == 0) return;
  const Held& head = pending_[first_];
  if (head.goes == Goes::Nowhere || station_.has_entry(head.of)) due_by(head_may_leave_at());
}

void CommandFrontEnd::consume(const arch::Command& command, Cycle now) {
  if (static_cast<arch::Funct>(command.funct) == arch::Funct::Counter)
    counters_.access(arch::decode_counter(command.rs1), now);
}

void CommandFrontEnd::advance(Cycle now) {
  if (by_cycle_) {
    look(now);
    advance_by_cycle(now);
    return;
  }
  set_due(kNever);
  if (held_ == 0) pull();
  if (held_ > 0 && head_may_leave_at() <= now) {
    const Held& head = pending_[first_];
    if (head.goes == Goes::Nowhere)
      consume(head.command, now);
    else if (!station_.allocate(head.command, head.of, CommandOrigin::Host, now))
      return;  // the station wakes us
    left_ = {static_cast<std::int64_t>(now), left_[0]};
    first_ = 1 - first_;
    --held_;
    pull();
  }
  if (by_cycle_)
    advance_by_cycle(now);
  else
    sleep_until_head_may_leave();
}

}  // namespace gemel::sim
