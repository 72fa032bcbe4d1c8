// SPDX-License-Identifier: Apache-2.0
#pragma once
// Four queues of two between the host and the reservation station (docs/microarchitecture.md, section 2). Since nothing
// in a chain of queues can overtake, the cycle in which a command passes each of them follows from the two commands
// before it.
#include <algorithm>
#include <array>
#include <cstdint>

#include "sim/arch/command.h"
#include "sim/units/counter_file.h"
#include "sim/units/reservation_station.h"
#include "sim/units/unit.h"

namespace gemel::sim {

class EventLog;

// The host's side: the next command, and the cycle from which on it is offered.
class CommandSource {
 public:
  virtual ~CommandSource() = default;
  // False where the host waits (for a fence) or has ended.
  virtual bool next_command(arch::Command& command, Cycle& offered) = 0;
  virtual void accepted(Cycle at) = 0;
};

class CommandFrontEnd final : public Unit {
 public:
  CommandFrontEnd(const sc_core::sc_module_name& name, ReservationStation& station, CounterFile& counters);
  void connect(CommandSource& source, EventLog* events) {
    source_ = &source;
    events_ = events;
  }

  void advance(Cycle now);
  // The host goes on after a fence: looks for its next command.
  void resume();
  bool empty() const { return held_ == 0; }
  Cycle quiet_from() const { return left_[0] < 0 ? 0 : static_cast<Cycle>(left_[0] + 1); }
  std::uint64_t commands() const { return accepted_; }

 private:
  static constexpr unsigned kQueues = 4;
  struct Held {
    arch::Command command;
    Cycle visible = 0;  // at the head of the last queue
  };
  void pull();
  bool consume(const arch::Command& command, Cycle now);
  bool may_proceed(const arch::Command& command);

  ReservationStation& station_;
  CounterFile& counters_;
  CommandSource* source_ = nullptr;
  EventLog* events_ = nullptr;
  std::array<Held, 2> pending_;
  unsigned held_ = 0;
  std::uint64_t accepted_ = 0;
  // entered_[q][0]: cycle in which the last command entered queue q; [1]: the one before. left_: the same for leaving
  // the last queue.
  std::array<std::array<std::int64_t, 2>, kQueues> entered_;
  std::array<std::int64_t, 2> left_;
};

}  // namespace gemel::sim
