// SPDX-License-Identifier: Apache-2.0
#include "compiler/schedule/timing_front_end.h"

#include <algorithm>

#include "sim/arch/isa.h"

namespace gemel::compiler {

using arch::Command;
using arch::Funct;

TimingFrontEnd::TimingFrontEnd(const std::vector<Command>& commands, const Machine& machine)
    : commands_(commands), machine_(machine), conv_(machine) {
  for (unsigned slot = 0; slot < 2; ++slot) slots_[slot] = arch::matmul_loop_after_reset(slot, machine.derived);
  exits_.fill(-3);
  conv_exits_.fill(-2);
  read_host();
}

// Lets loop commands end in the unroller as far as it has a slot; stops at a plain command, which waits for its entry.
void TimingFrontEnd::read_host() {
  while (next_ < commands_.size()) {
    const Command& command = commands_[next_];
    if (!waits_) {
      accept_ =
          std::max({offered_from_, exits_[next_ % exits_.size()] + 3, conv_exits_[next_ % conv_exits_.size()] + 2});
      host_cycles_ += 1 + machine_.config.host.issue_gap_cycles;
      offered_from_ = accept_ + 1 + machine_.config.host.issue_gap_cycles;
      waits_ = true;
    }
    if (arch::is_conv_loop_command(command.funct)) {
      if (!loops_.empty() || conv_.full()) return;
      conv_exit_ = std::max({accept_ + 2, conv_exit_ + 1, exit_, conv_.slot_free()});
      conv_exits_[next_ % conv_exits_.size()] = conv_exit_;
      exits_[next_ % exits_.size()] = conv_exit_ + 1;
      conv_.command(command, conv_exit_);
      ++next_;
      waits_ = false;
      continue;
    }
    if (convolves()) return;
    if (!arch::is_matmul_loop_command(command.funct, machine_.config.isa_version)) return;
    if (loops_.size() == 2) return;
    exit_ = std::max({accept_ + 3, exit_ + 1, slot_free_, conv_.slot_free() + 1});
    exits_[next_ % exits_.size()] = exit_;
    const std::size_t slot = (freed_ + loops_.size()) % 2;
    arch::write_matmul_register(slots_[slot], command, machine_.config.isa_version);
    ++next_;
    waits_ = false;
    if (static_cast<Funct>(command.funct) != Funct::LoopWs) continue;
    Loop loop;
    loop.registers = slots_[slot];
    loop.configured = exit_ + 1;
    loop.started.fill(kNever);
    loop.ended.fill(kNever);
    loops_.push_back(loop);
    retry_ = std::min(retry_, loop.configured);
    if (loops_.size() == 1) retry_ = loop.configured;
  }
}

Time TimingFrontEnd::next_entry() const {
  if (convolves()) return std::min(next_move(), next_from_conv());
  if (queue_.size() == 2) return kNever;
  const Time room = std::max(entry_ + 1, pops_[entered_ % 2] + 1);
  if (!loops_.empty()) return std::max(room, retry_);
  if (next_ == commands_.size()) return kNever;
  return std::max({room, accept_ + 3, exit_ + 1, slot_free_, conv_.slot_free() + 1});
}

// A command of a convolution loop goes on to the last queue.
Time TimingFrontEnd::next_move() const {
  if (between_.empty() || queue_.size() == 2) return kNever;
  return std::max({between_.front().since, entry_ + 1, pops_[entered_ % 2] + 1});
}

Time TimingFrontEnd::next_from_conv() const {
  if (conv_.empty() || between_.size() == 2) return kNever;
  return std::max({conv_.next(), between_entry_ + 1, between_pops_[between_entered_ % 2] + 1});
}

void TimingFrontEnd::convolve(Time at, const std::array<OnTheWay, 3>& on_the_way) {
  if (next_move() == at) {
    --queued_[static_cast<std::size_t>(class_of(between_.front().command))];
    push(between_.front().command, at);
    between_.pop_front();
    between_pops_[(between_entered_ - between_.size() - 1) % 2] = at;
  } else if (const std::optional<Command> command = conv_.give(at, on_the_way)) {
    between_.push_back({*command, at + 1});
    ++queued_[static_cast<std::size_t>(class_of(*command))];
    ++between_entered_;
    between_entry_ = at;
  }
}

void TimingFrontEnd::push(const Command& command, Time at) {
  queue_.push_back({command, at + 1});
  ++queued_[static_cast<std::size_t>(class_of(command))];
  ++entered_;
  entry_ = at;
}

void TimingFrontEnd::pop(Time at) {
  --queued_[static_cast<std::size_t>(class_of(queue_.front().command))];
  queue_.pop_front();
  // The entry that comes two later takes its place.
  pops_[(entered_ - queue_.size() - 1) % 2] = at;
}

void TimingFrontEnd::enter(const std::array<OnTheWay, 3>& on_the_way) {
  const Time at = next_entry();
  if (convolves()) {
    convolve(at, on_the_way);
    read_host();
    return;
  }
  if (!loops_.empty()) {
    unroll(at, on_the_way);
    read_host();
    return;
  }
  exit_ = at;
  exits_[next_ % exits_.size()] = at;
  push(commands_[next_], at);
  ++next_;
  waits_ = false;
  read_host();
}

void TimingFrontEnd::retry(Time at) {
  if (retry_ == kNever) retry_ = at;
  conv_.retry(at);
}

// ---- Streams of loops ---------------------------------------------------------------------------------------------

// The cycle in which the stream starts with its next loop, kNever where something has to happen before.
Time TimingFrontEnd::start_time(StreamId stream) const {
  const Stream& s = streams_[stream];
  if (s.active) return kNever;
  const std::size_t next = s.ran ? s.loop + 1 : 0;
  if (next < freed_ || next >= freed_ + loops_.size()) return kNever;
  const Loop& l = loop(next);
  Time at = std::max(l.configured, s.idle_from);
  if (stream == kExecute) at = std::max({at, l.started[kA] + 1, l.started[kB] + 1, l.started[kD] + 1});
  if (stream == kStore) at = std::max(at, l.started[kExecute] + 1);
  return at >= kNever ? kNever : at;
}

bool TimingFrontEnd::nothing_to_give(StreamId stream) const {
  switch (stream) {
    case kA:
      return load_a_.gives_nothing();
    case kB:
      return load_b_.gives_nothing();
    case kD:
      return load_d_.gives_nothing();
    case kExecute:
      return execute_.gives_nothing();
    default:
      return store_.gives_nothing();
  }
}

void TimingFrontEnd::start(StreamId stream, Time at) {
  Stream& s = streams_[stream];
  s.loop = s.ran ? s.loop + 1 : 0;
  s.ran = s.active = true;
  s.active_from = at + 1;
  Loop& l = loops_[s.loop - freed_];
  l.started[stream] = at;
  const auto slot = static_cast<unsigned>(s.loop % 2);
  const arch::DerivedConfig& d = machine_.derived;
  const auto base = [&](std::size_t which) {
    const std::uint32_t taken = bases_[which];
    if (l.registers.c != 0) bases_[which] = taken == 0 ? d.accumulator_rows / 2 : 0;
    return taken;
  };
  switch (stream) {
    case kA:
      load_a_.start(l.registers, slot, d);
      break;
    case kB:
      load_b_.start(l.registers, slot, d);
      break;
    case kD:
      load_d_.start(l.registers, base(0), d);
      break;
    case kExecute:
      execute_.start(l.registers, slot, base(1), d);
      break;
    default:
      store_.start(l.registers, slot, base(2), d);
      break;
  }
  if (nothing_to_give(stream)) end(stream, at + 1);
}

// The stream's last command went, or its one empty cycle was, in `at`.
void TimingFrontEnd::end(StreamId stream, Time at) {
  Stream& s = streams_[stream];
  s.active = false;
  s.idle_from = at + 1;
  loops_[s.loop - freed_].ended[stream] = at + 1;
  // The slot is free two cycles behind its last stream.
  while (!loops_.empty()) {
    const auto last = *std::max_element(loops_.front().ended.begin(), loops_.front().ended.end());
    if (last >= kNever) break;
    slot_free_ = std::max(slot_free_, last + 2);
    loops_.pop_front();
    ++freed_;
  }
}

void TimingFrontEnd::start_streams(Time at) {
  for (bool changed = true; changed;) {
    changed = false;
    for (const StreamId stream : {kA, kB, kD, kExecute, kStore}) {
      const Time when = start_time(stream);
      if (when > at) continue;
      start(stream, when);
      changed = true;
    }
  }
}

bool TimingFrontEnd::execute_may() const {
  const std::size_t l = streams_[kExecute].loop;
  if (at_work(kD, l)) return false;
  const std::uint32_t i = execute_.i(), j = execute_.j(), k = execute_.k();
  const bool a = !at_work(kA, l) || load_a_.k() > k || (load_a_.k() == k && load_a_.i() > i);
  return a && (!at_work(kB, l) || load_b_.k() > k || (load_a_.k() == k && load_b_.j() > j));
}

bool TimingFrontEnd::store_may() const {
  const std::size_t l = streams_[kStore].loop;
  if (!at_work(kExecute, l)) return true;
  const std::uint32_t end = store_.j() + store_.blocks();
  return execute_.k() == store_.loop().k - 1 &&
         (execute_.j() >= end || (execute_.j() == end - 1 && execute_.i() > store_.i()));
}

TimingFrontEnd::StreamId TimingFrontEnd::load_choice() const {
  if (streams_[kA].loop % 2 != streams_[kB].loop % 2) return streams_[kA].loop % 2 == freed_ % 2 ? kA : kB;
  if (!streams_[kA].active) return kB;
  if (!streams_[kB].active) return kA;
  return load_a_.k() > load_b_.k() || (load_b_.k() == 0 && load_b_.j() == 0) ? kB : kA;
}

bool TimingFrontEnd::unroll(Time at, const std::array<OnTheWay, 3>& on_the_way) {
  start_streams(at);
  const arch::ReservationStationConfig& entries = machine_.config.reservation_station;
  const std::array<std::size_t, 3> most{entries.load_entries, entries.execute_entries, entries.store_entries};
  const auto throttled = [&](CommandClass c) {
    return on_the_way[static_cast<std::size_t>(c)].count >= most[static_cast<std::size_t>(c)];
  };
  Time later = kNever;
  const auto active = [&](StreamId stream) {
    const Stream& s = streams_[stream];
    if (s.active && s.active_from > at) later = std::min(later, s.active_from);
    return s.active && s.active_from <= at;
  };
  const auto free_of = [&](CommandClass c) {
    if (!throttled(c)) return true;
    later = std::min(later, on_the_way[static_cast<std::size_t>(c)].next_end + 1);
    return false;
  };
  const auto give = [&](auto& commands, StreamId stream) {
    push(commands.command(), at);
    commands.advance();
    if (!commands.active()) end(stream, at);
    retry_ = 0;
    return true;
  };
  if (active(kStore) && store_may() && free_of(CommandClass::Store)) return give(store_, kStore);
  if (active(kExecute) && execute_may() && free_of(CommandClass::Execute)) return give(execute_, kExecute);
  if (active(kD) && free_of(CommandClass::Load)) return give(load_d_, kD);
  if (!active(kD)) {
    const StreamId choice = load_choice();
    if (active(choice) && free_of(CommandClass::Load)) return choice == kA ? give(load_a_, kA) : give(load_b_, kB);
  }
  for (const StreamId stream : {kA, kB, kD, kExecute, kStore}) {
    const Time when = start_time(stream);
    if (when < kNever) later = std::min(later, std::max(when, at + 1));
  }
  retry_ = later < kNever ? std::max(later, at + 1) : kNever;
  return false;
}

}  // namespace gemel::compiler
