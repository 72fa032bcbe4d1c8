// SPDX-License-Identifier: Apache-2.0
#pragma once
// Four queues of two between the host and the reservation station (docs/microarchitecture.md, section 2), and the two
// loop unrollers between them. While no loop is about, nothing in the chain of queues can overtake, and the cycle in
// which a command passes each of them follows from the two commands before it. From a loop command on, until all is at
// rest again, the chain is looked at cycle by cycle (command_front_end_loops.cpp).
#include <algorithm>
#include <array>
#include <cstdint>

#include "sim/arch/command.h"
#include "sim/trace/event_log.h"
#include "sim/units/counter_file.h"
#include "sim/units/loop_conv_unroller.h"
#include "sim/units/loop_matmul_unroller.h"
#include "sim/units/reservation_station.h"
#include "sim/units/unit.h"

namespace gemel::sim {

// The host's side: the next command, and the cycle from which on it is offered.
class CommandSource {
 public:
  virtual ~CommandSource() = default;
  // False where the host waits (for a fence) or has ended.
  virtual bool next_command(arch::Command& command, Cycle& offered) = 0;
  virtual void accepted(Cycle at) = 0;
};

class CommandFrontEnd final : public Unit, public LoopCommandListener {
 public:
  CommandFrontEnd(const sc_core::sc_module_name& name, const arch::AcceleratorConfig& config,
                  const arch::DerivedConfig& derived, ReservationStation& station, CounterFile& counters);
  void connect(CommandSource& source, EventLog* events) {
    source_ = &source;
    events_ = events;
  }

  void advance(Cycle now);
  // The host goes on after a fence: looks for its next command.
  void resume();
  bool empty() const { return held_ == 0 && (!by_cycle_ || chain_is_empty()); }
  Cycle quiet_from() const { return std::max(left_[0] < 0 ? 0 : static_cast<Cycle>(left_[0] + 1), loops_quiet_from_); }
  std::uint64_t matmul_loop_cycles(Cycle at) const { return matmul_.configured_cycles(at); }  // section 15 of the page
  std::uint64_t commands() const { return accepted_; }

  void loop_command_left(CommandOrigin origin, CommandClass c, Cycle now) override;

 private:
  static constexpr unsigned kQueues = 4;
  enum Queue : unsigned { kRaw, kConv, kMatmul, kUnrolled };
  enum class Goes : std::uint8_t { ToStation, ToUnroller, Nowhere };  // the last: it acts at the head of the last queue
  struct Held {
    arch::Command command;
    Cycle visible = 0;  // at the head of the last queue
    Goes goes{};
    CommandClass of{};  // in the station
  };
  void pull();
  void consume(const arch::Command& command, Cycle now);
  void record_accepted(Cycle at) {
    source_->accepted(at);
    if (events_ != nullptr) events_->record(at, EventKind::Accepted, accepted_);
    ++accepted_;
  }
  void sleep_until_head_may_leave();
  Cycle head_may_leave_at() const {
    return static_cast<Cycle>(std::max(static_cast<std::int64_t>(pending_[first_].visible), left_[0] + 1));
  }
  // For the command that the host has next: with one held, left_ tells of the one two before; with none, of the one
  // before: the one two before is older still.
  std::int64_t left_two_before() const { return held_ == 1 ? left_[0] : left_[1]; }

  // ---- Cycle by cycle ----
  struct QueueEntry {
    arch::Command command;
    CommandOrigin origin = CommandOrigin::Host;
    Goes goes{};
    CommandClass of{};  // where it goes to the station
    std::int64_t entered = 0;
  };
  struct ShortQueue {
    std::array<QueueEntry, 2> entries;
    unsigned count = 0;
  };
  void enter_by_cycle(const arch::Command& command, Cycle offered);
  bool chain_is_empty() const;
  bool chain_cycle(Cycle now, bool may_allocate);
  Cycle next_due_by_clock(Queue last, Cycle now) const;
  Cycle chain_first_due() const;
  void advance_by_cycle(Cycle now);
  bool take_unrolled(Cycle now);
  void steady_cycle(Cycle now);
  const QueueEntry* head(Queue q, Cycle now) const;
  void push(Queue q, const arch::Command& command, CommandOrigin origin, Cycle now);
  void pop(Queue q);
  template <typename Unroller>
  bool unroll(Unroller& unroller, Queue from, Queue to, bool room, CommandOrigin origin, Cycle now);
  bool take_from_host(Cycle now);

  ReservationStation& station_;
  CounterFile& counters_;
  CommandSource* source_ = nullptr;
  EventLog* events_ = nullptr;
  std::array<Goes, 256> goes_{};  // by function code
  std::array<Held, 2> pending_;   // from first_ on
  unsigned first_ = 0, held_ = 0;
  std::uint64_t accepted_ = 0;
  // entered_[last_][q]: cycle in which the last command entered queue q; entered_[1 - last_]: the one before. left_[0]:
  // in which the last one left the last queue; [1]: the one before.
  std::array<std::array<std::int64_t, kQueues>, 2> entered_;
  unsigned last_ = 0;
  std::array<std::int64_t, 2> left_;

  bool by_cycle_ = false;
  LoopConvUnroller conv_;
  LoopMatmulUnroller matmul_;
  std::array<ShortQueue, kQueues> queues_;
  std::array<std::int64_t, kQueues> earliest_{};  // entry into each queue, as the commands before demand it
  bool offers_ = false;                           // the host offers offered_, from offered_at_ on
  arch::Command offered_;
  Cycle offered_at_ = 0;
  std::int64_t looked_at_ = -1;  // the last cycle of the chain that was looked at
  Cycle catch_up_from_ = kNever;
  // Before this cycle only the matmul unroller and the last queue may change, for as long as the unroller is settled.
  Cycle steady_until_ = 0;
  Cycle loops_quiet_from_ = 0;
};

}  // namespace gemel::sim
