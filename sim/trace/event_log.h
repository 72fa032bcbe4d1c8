// SPDX-License-Identifier: Apache-2.0
#pragma once
// What co-simulation compares: {cycle, kind, payload}, recorded by both bodies. The order of events of one cycle has no
// meaning; sorted() puts them into the one order that both sides use.
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/stats/run_statistics.h"

namespace gemel::sim {

enum class EventKind : std::uint8_t {
  Accepted,     // a: command index
  Issued,       // a: class (0 load, 1 execute, 2 store), b: station entry
  Completed,    // a: class, b: station entry
  ReadRequest,  // a: address, b: bytes
  WriteBeat,    // a: beat address, b: byte mask (low 64 bytes)
  ReadBeat,     // a: address of the beat
  Acknowledge,  // a: address of the write transaction
};

struct Event {
  Cycle cycle = 0;
  EventKind kind = EventKind::Accepted;
  std::uint64_t a = 0;
  std::uint64_t b = 0;
  friend bool operator==(const Event& x, const Event& y) {
    return x.cycle == y.cycle && x.kind == y.kind && x.a == y.a && x.b == y.b;
  }
};

class EventLog {
 public:
  EventLog() = default;
  // Keeps only the events of [from, to), and no more than `most`: where these are reached, the window ends.
  EventLog(Cycle from, Cycle to, std::size_t most) : from_(from), to_(to), most_(most) {}

  void record(Cycle cycle, EventKind kind, std::uint64_t a, std::uint64_t b = 0) {
    if (cycle < from_ && kind == EventKind::Issued) ++issued_before_[a];
    if (cycle < from_ || cycle >= to_) return;
    if (events_.size() == most_) {
      to_ = cycle;
      return;
    }
    events_.push_back({cycle, kind, a, b});
  }
  const std::vector<Event>& sorted();
  Cycle window_end() const { return to_; }
  // Commands of a class that issued before the window.
  std::uint64_t issued_before(std::size_t command_class) const { return issued_before_[command_class]; }
  void clear() { events_.clear(); }

 private:
  Cycle from_ = 0, to_ = ~Cycle{0};
  std::size_t most_ = ~std::size_t{0};
  std::array<std::uint64_t, 3> issued_before_{};
  std::vector<Event> events_;
};

}  // namespace gemel::sim
