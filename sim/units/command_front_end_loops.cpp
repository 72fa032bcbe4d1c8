// SPDX-License-Identifier: Apache-2.0
// The front end from a loop command on: its queues and unrollers, cycle by cycle. It sleeps where nothing changed and
// nothing is due: then only the station or the host can change anything. While a loop is being unrolled, what is before
// the unroller stands, and only the cycles in which the unroller or the last queue gives a command away are looked at.
#include "sim/units/command_front_end.h"

namespace gemel::sim {

// The first loop command is there; what is before it is on its way to the station at most.
void CommandFrontEnd::enter_by_cycle(const arch::Command& command, Cycle offered) {
  by_cycle_ = true;
  steady_until_ = 0;
  looked_at_ = -1;
  for (unsigned q = 0; q < kQueues; ++q) {
    const std::int64_t freed = q + 1 < kQueues ? entered_[1 - last_][q + 1] : left_two_before();
    earliest_[q] = std::max(entered_[last_][q], freed) + 1;
    queues_[q].count = 0;
  }
  if (held_ == 1) {
    const Held& held = pending_[first_];
    queues_[kUnrolled].entries[0] = QueueEntry{held.command, CommandOrigin::Host, held.goes, held.of,
                                               static_cast<std::int64_t>(head_may_leave_at()) - 1};
    queues_[kUnrolled].count = 1;
    held_ = 0;
  }
  offers_ = true;
  offered_ = command;
  offered_at_ = static_cast<Cycle>(std::max(static_cast<std::int64_t>(offered), earliest_[kRaw]));
  catch_up_from_ = offered_at_;
}

bool CommandFrontEnd::chain_is_empty() const {
  return queues_[kRaw].count + queues_[kConv].count + queues_[kMatmul].count + queues_[kUnrolled].count == 0 &&
         !conv_.configured() && !matmul_.configured();
}

const CommandFrontEnd::QueueEntry* CommandFrontEnd::head(Queue q, Cycle now) const {
  const ShortQueue& queue = queues_[q];
  if (queue.count == 0 || queue.entries[0].entered >= static_cast<std::int64_t>(now)) return nullptr;
  return &queue.entries[0];
}

void CommandFrontEnd::push(Queue q, const arch::Command& command, CommandOrigin origin, Cycle now) {
  QueueEntry& entry = queues_[q].entries[queues_[q].count++];
  entry.command = command;
  entry.origin = origin;
  entry.entered = static_cast<std::int64_t>(now);
  if (q == kUnrolled) {
    entry.goes = goes_[command.funct];
    if (entry.goes == Goes::ToStation) entry.of = ReservationStation::class_of(command);
  }
  entered_[0][q] = entered_[1][q] = static_cast<std::int64_t>(now);
}

void CommandFrontEnd::pop(Queue q) {
  ShortQueue& queue = queues_[q];
  queue.entries[0] = queue.entries[1];
  --queue.count;
}

// What an unroller and the queue before it do in a cycle.
template <typename Unroller>
bool CommandFrontEnd::unroll(Unroller& unroller, Queue from, Queue to, bool room, CommandOrigin origin, Cycle now) {
  const QueueEntry* entry = head(from, now);
  const bool own = entry != nullptr && unroller.owns(entry->command);
  if (!unroller.configured() && !own) {
    if (entry == nullptr || !room) return false;
    const QueueEntry passing = *entry;
    pop(from);
    push(to, passing.command, passing.origin, now);
    return true;
  }
  const UnrollerCycle done = unroller.cycle(own ? &entry->command : nullptr, room, now);
  if (done.consumed) pop(from);
  if (done.gave) push(to, done.command, origin, now);
  if (done.changed) loops_quiet_from_ = now + 1;
  return done.changed;
}

bool CommandFrontEnd::take_from_host(Cycle now) {
  if (!offers_) offers_ = source_->next_command(offered_, offered_at_);
  if (!offers_ || offered_at_ > now) return false;
  offers_ = false;
  push(kRaw, offered_, CommandOrigin::Host, now);
  record_accepted(now);
  return true;
}

// One cycle of the chain. True where anything changed.
bool CommandFrontEnd::chain_cycle(Cycle now, bool may_allocate) {
  looked_at_ = static_cast<std::int64_t>(now);
  std::array<bool, kQueues> room;
  for (unsigned q = 0; q < kQueues; ++q)
    room[q] = queues_[q].count < 2 && earliest_[q] <= static_cast<std::int64_t>(now);
  bool changed = may_allocate && take_unrolled(now);
  changed |= unroll(matmul_, kMatmul, kUnrolled, room[kUnrolled], CommandOrigin::MatmulLoop, now);
  const bool gives = changed;
  changed = unroll(conv_, kConv, kMatmul, room[kMatmul], CommandOrigin::ConvLoop, now);
  if (const QueueEntry* entry = room[kConv] ? head(kRaw, now) : nullptr) {
    const QueueEntry passing = *entry;
    pop(kRaw);
    push(kConv, passing.command, passing.origin, now);
    changed = true;
  }
  if (room[kRaw]) changed |= take_from_host(now);
  const bool stands = !changed && matmul_.configured() && matmul_.settled() && !conv_.configured() &&
                      earliest_[kUnrolled] <= static_cast<std::int64_t>(now);
  steady_until_ = stands ? next_due_by_clock(kMatmul, now) : 0;
  return changed || gives;
}

// The head of the last queue: it acts here, or it enters the station where that has an entry.
bool CommandFrontEnd::take_unrolled(Cycle now) {
  const QueueEntry* entry = head(kUnrolled, now);
  if (entry == nullptr) return false;
  if (entry->goes == Goes::Nowhere)
    consume(entry->command, now);
  else if (!station_.allocate(entry->command, entry->of, entry->origin, now))
    return false;
  pop(kUnrolled);
  left_.fill(static_cast<std::int64_t>(now));
  return true;
}

// A cycle of the last queue and a settled matmul unroller, and the next one in which something may change.
void CommandFrontEnd::steady_cycle(Cycle now) {
  looked_at_ = static_cast<std::int64_t>(now);
  ShortQueue& unrolled = queues_[kUnrolled];
  const bool room = unrolled.count < 2;
  take_unrolled(now);
  arch::Command command;
  if (room && matmul_.give_next(command, now)) {
    push(kUnrolled, command, CommandOrigin::MatmulLoop, now);
    loops_quiet_from_ = now + 1;
  }
  if (!matmul_.settled()) {
    steady_until_ = 0;
    set_due(now + 1);
    return;
  }
  const bool may_leave =
      unrolled.count > 0 && (unrolled.entries[0].goes == Goes::Nowhere || station_.has_entry(unrolled.entries[0].of));
  const bool may_give = unrolled.count < 2 && matmul_.offers(now + 1);
  set_due(may_leave || may_give ? now + 1 : steady_until_);
}

// After enter_by_cycle(): the offer of the loop command, or before it the plain command that is still on its way.
Cycle CommandFrontEnd::chain_first_due() const {
  const ShortQueue& unrolled = queues_[kUnrolled];
  return unrolled.count > 0 ? std::min(offered_at_, static_cast<Cycle>(unrolled.entries[0].entered + 1)) : offered_at_;
}

// Where a cycle changed nothing in the queues up to `last`, and nothing before: the next that may, by the clock alone.
Cycle CommandFrontEnd::next_due_by_clock(Queue last, Cycle now) const {
  Cycle next = kNever;
  const auto at = [&](std::int64_t cycle) {
    if (cycle > static_cast<std::int64_t>(now)) next = std::min(next, static_cast<Cycle>(cycle));
  };
  for (unsigned q = kRaw; q <= last; ++q) {
    at(earliest_[q]);
    if (queues_[q].count > 0) at(queues_[q].entries[0].entered + 1);
  }
  if (offers_) at(static_cast<std::int64_t>(offered_at_));
  return next;
}

void CommandFrontEnd::advance_by_cycle(Cycle now) {
  if (now < steady_until_) {
    steady_cycle(now);
    return;
  }
  // The cycles between the offer of the first loop command and the look at it: the station took nothing in them.
  for (; catch_up_from_ < now; ++catch_up_from_)
    if (!chain_cycle(catch_up_from_, false))
      catch_up_from_ = std::min(next_due_by_clock(kUnrolled, catch_up_from_), now) - 1;
  catch_up_from_ = kNever;
  if (looked_at_ >= static_cast<std::int64_t>(now)) {
    wake(now + 1);
    return;
  }
  const bool changed = chain_cycle(now, true);
  if (!changed && chain_is_empty() && conv_.at_rest() && matmul_.at_rest()) {
    // From here on commands are plain ones again, as far as is known; what the host offers is looked at once more.
    by_cycle_ = offers_ = false;
    resume();
    return;
  }
  const Cycle next = changed ? now + 1 : next_due_by_clock(kUnrolled, now);
  if (next != kNever) wake(next);
}

void CommandFrontEnd::loop_command_left(CommandOrigin origin, CommandClass c, Cycle now) {
  if (origin == CommandOrigin::ConvLoop)
    conv_.left(c, now);
  else
    matmul_.left(c, now);
  wake(now + 1);
}

}  // namespace gemel::sim
