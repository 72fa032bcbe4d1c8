// SPDX-License-Identifier: Apache-2.0
#pragma once
// The host, the front end and the unroller of matmul loops, as far as predict() needs them: which command stands before
// the reservation station, and since when (docs/microarchitecture.md, sections 2, 17 and 18).
#include <array>
#include <deque>
#include <vector>

#include "compiler/schedule/command_class.h"
#include "compiler/schedule/timing_calendar.h"
#include "compiler/schedule/timing_conv_unroller.h"
#include "compiler/tile/machine.h"
#include "sim/arch/loop_matmul.h"

namespace gemel::compiler {

class TimingFrontEnd {
 public:
  TimingFrontEnd(const std::vector<arch::Command>& commands, const Machine& machine);

  // A command can enter the queue before the station at this time at the earliest; kNever: not before something else
  // happened.
  Time next_entry() const;
  // At that time: puts one there, or finds that none is due yet. `on_the_way` by class, at that time.
  void enter(const std::array<OnTheWay, 3>& on_the_way);
  // Something happened that may let a loop go on.
  void retry(Time at);

  bool empty() const { return queue_.empty(); }
  const arch::Command& head() const { return queue_.front().command; }
  Time head_since() const { return queue_.front().since; }
  void pop(Time at);
  std::size_t queued(CommandClass c) const { return queued_[static_cast<std::size_t>(c)]; }
  Time host_cycles() const { return host_cycles_; }  // offering or waiting out the gap

 private:
  enum StreamId : std::size_t { kA, kB, kD, kExecute, kStore, kStreams };
  struct Queued {
    arch::Command command;
    Time since;
  };
  struct Loop {
    arch::MatmulLoop registers;
    Time configured = 0;
    std::array<Time, kStreams> started{}, ended{};  // kNever: not yet
  };
  struct Stream {
    std::size_t loop = 0;  // number of the one it works for, or did last
    bool ran = false, active = false;
    Time active_from = 0, idle_from = 0;
  };

  void read_host();
  void push(const arch::Command& command, Time at);
  Time start_time(StreamId stream) const;
  void start_streams(Time at);
  void start(StreamId stream, Time at);
  void end(StreamId stream, Time at);
  bool nothing_to_give(StreamId stream) const;
  bool at_work(StreamId stream, std::size_t loop) const {
    return streams_[stream].active && streams_[stream].loop == loop;
  }
  bool execute_may() const;
  bool store_may() const;
  StreamId load_choice() const;
  bool unroll(Time at, const std::array<OnTheWay, 3>& on_the_way);
  bool convolves() const { return !conv_.empty() || !between_.empty(); }
  Time next_move() const;
  Time next_from_conv() const;
  void convolve(Time at, const std::array<OnTheWay, 3>& on_the_way);
  const Loop& loop(std::size_t number) const { return loops_[number - freed_]; }

  const std::vector<arch::Command>& commands_;
  const Machine& machine_;
  // Host.
  std::size_t next_ = 0;
  Time accept_ = 0, offered_from_ = 0, exit_ = 0, host_cycles_ = 0;
  std::array<Time, 6> exits_{};       // out of the third queue
  std::array<Time, 4> conv_exits_{};  // loop commands, out of the second queue
  Time conv_exit_ = 0;
  bool waits_ = false;  // accept_ belongs to commands_[next_], which has not left the third queue
  std::deque<Queued> queue_;
  std::array<std::size_t, 3> queued_{};
  std::array<Time, 2> pops_{{-1, -1}};
  std::size_t entered_ = 0;
  Time entry_ = -1, retry_ = 0;
  // What convolution loops gave, in the queue between the unrollers.
  TimingConvUnroller conv_;
  std::deque<Queued> between_;
  Time between_entry_ = -1;
  std::size_t between_entered_ = 0;
  std::array<Time, 2> between_pops_{{-1, -1}};
  // Unroller of matmul loops.
  std::array<arch::MatmulLoop, 2> slots_;
  std::deque<Loop> loops_;  // configured, not yet done
  std::size_t freed_ = 0;   // number of the first of them
  Time slot_free_ = 0;      // of the loop that was freed last
  std::array<Stream, kStreams> streams_;
  std::array<std::uint32_t, 3> bases_{};  // accumulator: D, execution, store
  arch::MatmulLoadA load_a_;
  arch::MatmulLoadB load_b_;
  arch::MatmulLoadD load_d_;
  arch::MatmulExecute execute_;
  arch::MatmulStore store_;
};

}  // namespace gemel::compiler
