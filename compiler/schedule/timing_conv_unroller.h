// SPDX-License-Identifier: Apache-2.0
#pragma once
// The unroller of convolution loops, as far as predict() needs it: which command it gives, and when
// (docs/microarchitecture.md, sections 17 and 19).
#include <array>
#include <deque>
#include <optional>

#include "compiler/schedule/command_class.h"
#include "compiler/schedule/timing_calendar.h"
#include "compiler/tile/machine.h"
#include "sim/arch/loop_conv.h"

namespace gemel::compiler {

class TimingConvUnroller {
 public:
  explicit TimingConvUnroller(const Machine& machine) : machine_(machine) {}

  bool empty() const { return loops_.empty(); }
  bool full() const { return loops_.size() == 2; }
  Time slot_free() const { return slot_free_; }  // of the loop that was done last
  // A command of its own ends here in `at`; it is not full.
  void command(const arch::Command& command, Time at);
  // When it may give a command; kNever: not before something else happened.
  Time next() const { return loops_.empty() ? kNever : retry_; }
  // At that time: gives one, or finds that none is due yet. `on_the_way` by class, at that time.
  std::optional<arch::Command> give(Time at, const std::array<OnTheWay, 3>& on_the_way);
  // Something happened that may let a loop go on.
  void retry(Time at);

 private:
  enum StreamId : std::size_t { kBias, kInput, kWeights, kExecute, kStore, kStreams };
  struct Loop {
    arch::ConvLoop registers;
    Time configured = 0;
    std::array<Time, kStreams> started{}, ended{};  // kNever: not yet
  };
  struct Offer {
    arch::Command command;
    Time from = 0;
  };
  struct Stream {
    std::size_t loop = 0;  // number of the one it works for, or did last
    bool ran = false, active = false, has_position = false;
    Time idle_from = 0, enter_from = 0;
    std::deque<Offer> pipe;  // of two stages
  };

  template <typename Visit>
  void with(StreamId id, Visit&& visit);
  const Loop& loop(std::size_t number) const { return loops_[number - freed_]; }
  Time start_time(StreamId id) const;
  void start_streams(Time at);
  void start(StreamId id, Time at);
  void end(StreamId id, Time at);
  Time may_enter(StreamId id) const;
  void fill(StreamId id, Time at, Time& later);

  const Machine& machine_;
  std::array<arch::ConvLoop, 2> slots_;
  std::deque<Loop> loops_;  // configured, not yet done
  std::size_t freed_ = 0;   // number of the first of them
  Time slot_free_ = 0, retry_ = 0;
  bool waits_for_end_ = false;  // of a command whose end is not known yet
  std::array<Stream, kStreams> streams_;
  std::array<std::uint32_t, 3> bases_{};  // accumulator: bias, execution, store
  arch::ConvLoadBias bias_;
  arch::ConvLoadInput input_;
  arch::ConvLoadWeights weights_;
  arch::ConvExecute execute_;
  arch::ConvStore store_;
};

}  // namespace gemel::compiler
