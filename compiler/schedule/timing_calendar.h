// SPDX-License-Identifier: Apache-2.0
#pragma once
// Cycles in which something that serves one at a time is taken: a port, a bank, the response channel.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace gemel::compiler {

using Time = std::int64_t;
inline constexpr Time kNever = Time{1} << 62;  // not known yet

// Remembers the last 16384 cycles around those that were taken.
class Calendar {
 public:
  Calendar() : taken_(std::size_t{1} << 14, -1) {}
  bool is_taken(Time t) const { return taken_[index(t)] == t; }
  void take(Time t) { taken_[index(t)] = t; }
  Time first_free(Time from) const {
    while (is_taken(from)) ++from;
    return from;
  }
  Time take_first_free(Time from) {
    from = first_free(from);
    take(from);
    return from;
  }

 private:
  std::size_t index(Time t) const { return static_cast<std::size_t>(t) & (taken_.size() - 1); }
  std::vector<Time> taken_;
};

// `size` things of which each use takes the one that is free first; uses begin in order.
class Pool {
 public:
  explicit Pool(std::size_t size) : free_(size == 0 ? 1 : size, 0) {}
  Time available() const { return free_[next_]; }
  void take(Time until) {
    free_[next_] = until;
    next_ = (next_ + 1) % free_.size();
  }

 private:
  std::vector<Time> free_;
  std::size_t next_ = 0;
};

// The same for a few things of which uses end in any order.
class Trackers {
 public:
  explicit Trackers(std::size_t size) : free_(size == 0 ? 1 : size, 0) {}
  Time available() const { return *std::min_element(free_.begin(), free_.end()); }
  void take(Time until) { *std::min_element(free_.begin(), free_.end()) = until; }

 private:
  std::vector<Time> free_;
};

}  // namespace gemel::compiler
