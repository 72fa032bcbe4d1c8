// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the two loop unrollers have in common: slots, streams and throttle (docs/microarchitecture.md, section 17).
#include <array>
#include <cassert>
#include <cstdint>

#include "sim/arch/accelerator_config.h"
#include "sim/arch/command.h"
#include "sim/units/issued_command.h"
#include "sim/units/unit.h"

namespace gemel::sim {

// Commands of one unroller that are on their way: out of it, and not out of the station.
class LoopThrottle {
 public:
  explicit LoopThrottle(const arch::ReservationStationConfig& station)
      : limit_{station.load_entries, station.execute_entries, station.store_entries} {}

  // Before anything is asked about cycle `now`.
  void sync(Cycle now) {
    if (leaving_at_ >= now) return;
    for (unsigned c = 0; c < kCommandClasses; ++c) {
      count_[c] -= leaving_[c];
      leaving_[c] = 0;
    }
  }
  bool blocks(CommandClass c) const { return count_[index(c)] >= limit_[index(c)]; }
  void entered(CommandClass c) { ++count_[index(c)]; }
  void left(CommandClass c, Cycle now) {
    sync(now);
    leaving_at_ = now;
    ++leaving_[index(c)];
  }
  bool empty() const { return count_ == leaving_; }

 private:
  static constexpr unsigned index(CommandClass c) { return static_cast<unsigned>(c); }
  std::array<std::uint32_t, kCommandClasses> limit_;
  std::array<std::uint32_t, kCommandClasses> count_{};    // at the start of the cycle
  std::array<std::uint32_t, kCommandClasses> leaving_{};  // in cycle leaving_at_: counts from the next on
  Cycle leaving_at_ = 0;
};

template <typename Loop>
struct LoopSlot {
  Loop loop;
  bool configured = false;
  bool running = false;
  std::uint8_t started = 0;  // a bit for each stream
  std::uint8_t completed = 0;
};

// What an unroller did in a cycle.
struct UnrollerCycle {
  bool changed = false;   // any state; where nothing changed, nothing will without a word from outside
  bool consumed = false;  // its input
  bool gave = false;
  arch::Command command;
};

// Flags and candidates; what the streams are is the unroller's own. All decisions of a cycle are taken before any of
// its changes.
template <typename Loop>
class LoopSlots {
 public:
  static constexpr unsigned kStreams = 5;
  static constexpr std::uint8_t kAllStreams = (1u << kStreams) - 1;

  bool configured() const { return slots_[0].configured || slots_[1].configured; }
  bool target_is_free() const { return !slots_[target()].configured; }

 protected:
  explicit LoopSlots(const arch::ReservationStationConfig& station) : throttle_(station) {}

  unsigned target() const { return slots_[head_].configured ? head_ ^ 1u : head_; }
  bool has_started(unsigned slot, unsigned stream) const { return (slots_[slot].started >> stream & 1) != 0; }
  bool has_completed(unsigned slot, unsigned stream) const { return (slots_[slot].completed >> stream & 1) != 0; }
  unsigned candidate(unsigned stream) const { return has_started(head_, stream) ? head_ ^ 1u : head_; }
  // The start condition that all streams share; the stream is idle.
  bool may_start(unsigned stream) const {
    const LoopSlot<Loop>& slot = slots_[candidate(stream)];
    return slot.configured && (slot.started >> stream & 1) == 0;
  }
  void note_start(unsigned stream, unsigned slot) {
    slot_[stream] = slot;
    slots_[slot].running = true;
    slots_[slot].started |= static_cast<std::uint8_t>(1u << stream);
  }
  // Streams (of the set `idle`) whose slot gets its completed flag in this cycle.
  std::uint8_t completing(std::uint8_t idle) const {
    std::uint8_t set = 0;
    for (unsigned s = 0; s < kStreams; ++s) {
      if ((idle >> s & 1) == 0) continue;
      const LoopSlot<Loop>& slot = slots_[slot_[s]];
      if (slot.running && (slot.started >> s & 1) != 0 && (slot.completed >> s & 1) == 0)
        set |= static_cast<std::uint8_t>(1u << s);
    }
    return set;
  }
  bool head_retires() const { return slots_[head_].running && slots_[head_].completed == kAllStreams; }
  void complete(std::uint8_t streams) {
    for (unsigned s = 0; s < kStreams; ++s)
      if ((streams >> s & 1) != 0) slots_[slot_[s]].completed |= static_cast<std::uint8_t>(1u << s);
  }
  void retire_head() {
    LoopSlot<Loop>& slot = slots_[head_];
    slot.configured = slot.running = false;
    slot.started = slot.completed = 0;
    head_ ^= 1u;
  }

  std::array<LoopSlot<Loop>, 2> slots_;
  std::array<unsigned, kStreams> slot_{};  // that each stream last worked for
  unsigned head_ = 0;
  LoopThrottle throttle_;
  // Nothing of the slots changed in the last cycle: no stream starts or completes, and no slot is given back, before a
  // stream ends or a command comes in.
  bool settled_ = false;
};

// Moves an accumulator base on to the other half.
inline void move_base(std::uint32_t& base, const arch::DerivedConfig& derived) {
  base = base == 0 ? derived.accumulator_rows / 2 : 0;
}

}  // namespace gemel::sim
