// SPDX-License-Identifier: Apache-2.0
#include "compiler/schedule/timing_conv_unroller.h"

#include <algorithm>

namespace gemel::compiler {

using arch::Command;
using arch::Funct;

template <typename Visit>
void TimingConvUnroller::with(StreamId id, Visit&& visit) {
  switch (id) {
    case kBias:
      return visit(bias_);
    case kInput:
      return visit(input_);
    case kWeights:
      return visit(weights_);
    case kExecute:
      return visit(execute_);
    default:
      return visit(store_);
  }
}

void TimingConvUnroller::command(const Command& command, Time at) {
  const std::size_t slot = (freed_ + loops_.size()) % 2;
  arch::write_conv_register(slots_[slot], command, machine_.config.isa_version);
  if (static_cast<Funct>(command.funct) != Funct::LoopConvWs) return;
  Loop loop;
  loop.registers = slots_[slot];
  loop.configured = at + 1;
  loop.started.fill(kNever);
  loop.ended.fill(kNever);
  loops_.push_back(loop);
  retry_ = loops_.size() == 1 ? loop.configured : std::min(retry_, loop.configured);
}

void TimingConvUnroller::retry(Time at) {
  if (retry_ == kNever || waits_for_end_) retry_ = std::min(retry_, at);
}

// The cycle in which the stream starts with its next loop, kNever where something has to happen before.
Time TimingConvUnroller::start_time(StreamId id) const {
  const Stream& s = streams_[id];
  if (s.active) return kNever;
  const std::size_t next = s.ran ? s.loop + 1 : 0;
  if (next < freed_ || next >= freed_ + loops_.size()) return kNever;
  const Loop& l = loop(next);
  Time at = std::max(l.configured, s.idle_from);
  if (id == kExecute) at = std::max({at, l.started[kBias] + 1, l.started[kInput] + 1, l.started[kWeights] + 1});
  if (id == kStore) at = std::max(at, l.started[kExecute] + 1);
  return at >= kNever ? kNever : at;
}

void TimingConvUnroller::start_streams(Time at) {
  for (bool changed = true; changed;) {
    changed = false;
    for (const StreamId id : {kBias, kInput, kWeights, kExecute, kStore}) {
      const Time when = start_time(id);
      if (when > at) continue;
      start(id, when);
      changed = true;
    }
  }
}

void TimingConvUnroller::start(StreamId id, Time at) {
  Stream& s = streams_[id];
  s.loop = s.ran ? s.loop + 1 : 0;
  s.ran = s.active = s.has_position = true;
  s.enter_from = at + 1;
  Loop& l = loops_[s.loop - freed_];
  l.started[id] = at;
  const auto slot = static_cast<unsigned>(s.loop % 2);
  const arch::DerivedConfig& d = machine_.derived;
  const auto base = [&](std::size_t which) {
    const std::uint32_t taken = bases_[which];
    if (l.registers.output != 0) bases_[which] = taken == 0 ? d.accumulator_rows / 2 : 0;
    return taken;
  };
  switch (id) {
    case kBias:
      bias_.start(l.registers, base(0), d);
      break;
    case kInput:
      input_.start(l.registers, slot, d);
      break;
    case kWeights:
      weights_.start(l.registers, slot, d);
      break;
    case kExecute:
      execute_.start(l.registers, slot, base(1), d);
      break;
    default:
      store_.start(l.registers, base(2), d);
      break;
  }
  bool nothing = false;
  with(id, [&](auto& stream) { nothing = stream.gives_nothing(); });
  if (!nothing) return;
  s.has_position = false;
  end(id, at + 1);
}

// The stream's last command went, or its one empty cycle was, in `at`.
void TimingConvUnroller::end(StreamId id, Time at) {
  Stream& s = streams_[id];
  s.active = false;
  s.idle_from = at + 1;
  loops_[s.loop - freed_].ended[id] = at + 1;
  // The slot is free two cycles behind its last stream.
  while (!loops_.empty()) {
    const Time last = *std::max_element(loops_.front().ended.begin(), loops_.front().ended.end());
    if (last >= kNever) break;
    slot_free_ = std::max(slot_free_, last + 2);
    loops_.pop_front();
    ++freed_;
  }
}

// From when on commands may enter the stream's pipe, room apart.
Time TimingConvUnroller::may_enter(StreamId id) const {
  const Stream& s = streams_[id];
  const Loop& own = loop(s.loop);
  if (id == kStore) return own.ended[kExecute];
  if (id == kExecute) return std::max({own.ended[kBias], own.ended[kInput], own.ended[kWeights]});
  const Stream& execute = streams_[kExecute];
  if (!execute.ran || execute.loop == s.loop || execute.loop < freed_) return 0;
  // Execution of the loop before still waits for its loads.
  const Loop& before = loop(execute.loop);
  const Time there = std::max({before.ended[kBias], before.ended[kInput], before.ended[kWeights]});
  return there >= kNever ? kNever : there + 1;
}

void TimingConvUnroller::fill(StreamId id, Time at, Time& later) {
  Stream& s = streams_[id];
  while (s.has_position && s.pipe.size() < 2) {
    const Time enter = std::max(s.enter_from, may_enter(id));
    if (enter > at) {
      if (enter < kNever) later = std::min(later, s.pipe.empty() ? enter + 2 : enter);
      return;
    }
    with(id, [&](auto& stream) {
      s.pipe.push_back({stream.command(), enter + 2});
      stream.advance();
      s.has_position = stream.active();
    });
    s.enter_from = enter + 1;
  }
}

std::optional<Command> TimingConvUnroller::give(Time at, const std::array<OnTheWay, 3>& on_the_way) {
  start_streams(at);
  const arch::ReservationStationConfig& entries = machine_.config.reservation_station;
  const std::array<std::size_t, 3> most{entries.load_entries, entries.execute_entries, entries.store_entries};
  Time later = kNever;
  waits_for_end_ = false;
  for (const StreamId id : {kStore, kExecute, kBias, kWeights, kInput}) {
    Stream& s = streams_[id];
    if (!s.active) continue;
    fill(id, at, later);
    if (s.pipe.empty()) continue;
    if (s.pipe.front().from > at) {
      later = std::min(later, s.pipe.front().from);
      continue;
    }
    const auto c = static_cast<std::size_t>(class_of(s.pipe.front().command));
    if (on_the_way[c].count >= most[c]) {
      if (on_the_way[c].next_end < kNever)
        later = std::min(later, on_the_way[c].next_end + 1);
      else
        waits_for_end_ = true;
      continue;
    }
    const Command command = s.pipe.front().command;
    if (s.pipe.size() == 2) s.enter_from = std::max(s.enter_from, at);
    s.pipe.pop_front();
    if (!s.has_position && s.pipe.empty()) end(id, at);
    retry_ = at + 1;
    return command;
  }
  for (const StreamId id : {kBias, kInput, kWeights, kExecute, kStore}) {
    const Time when = start_time(id);
    if (when < kNever) later = std::min(later, std::max(when, at + 1));
  }
  retry_ = later < kNever ? std::max(later, at + 1) : kNever;
  return std::nullopt;
}

}  // namespace gemel::compiler
