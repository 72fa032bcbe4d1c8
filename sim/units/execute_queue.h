// SPDX-License-Identifier: Apache-2.0
#pragma once
// The execute controller's command queue and, behind it, the expansion of transposed preloads
// (docs/microarchitecture.md, section 10): shows the decision its first three steps.
#include <array>
#include <deque>

#include "sim/units/command_queue.h"
#include "sim/units/issued_command.h"

namespace gemel::sim {

// A command as the decision sees it; the expansion of a transposed preload makes four steps out of two commands.
struct ExecuteStep {
  const IssuedCommand* issued = nullptr;  // stands in the queue or in the expansion until it leaves
  bool no_operand = false;                // its A or BD does not take part
  bool no_result = false;                 // its C does not take part
  bool no_second = false;                 // its second operand does not take part

  arch::Funct funct() const { return static_cast<arch::Funct>(issued->command.funct); }
};

class ExecuteQueue {
 public:
  static constexpr unsigned kSteps = 3;  // that the decision looks at

  explicit ExecuteQueue(unsigned depth) : queue_(depth + 2, 2) {}

  bool has_room(Cycle now) const { return queue_.has_room(now); }
  // Returns the cycle from which on the command is seen.
  Cycle push(const IssuedCommand& command, Cycle now) { return queue_.push(command, now); }

  // In each cycle of decision, before steps are looked at: moves one command (or preload with compute) into the
  // expansion while `expands`, the dataflow in force needs it. True where the queue gave something away.
  bool refill(bool expands, Cycle now) {
    expanding_ = expands || !expansion_.empty();
    return expanding_ && move_into_expansion(now);
  }
  // How many of the first three steps are seen in `now`; they are in step(0), step(1) ... until they are popped.
  unsigned see(Cycle now) {
    if (expanding_) return see_expanded();
    unsigned seen = 0;
    for (; seen < kSteps && queue_.sees(seen, now); ++seen) window_[seen] = ExecuteStep{&queue_.at(seen)};
    return seen;
  }
  const ExecuteStep& step(unsigned i) const { return window_[i]; }
  // The first `n` steps leave in `now`; true where the queue gave them away.
  bool pop(unsigned n, Cycle now) {
    if (!expansion_.empty()) {
      expansion_.erase(expansion_.begin(), expansion_.begin() + n);
      return false;
    }
    queue_.pop(n, now);
    return true;
  }
  // A config_ex was applied: what stands behind it may move again.
  void configuration_applied() { holds_configuration_ = false; }

  // When the next step that is not yet seen will be, with `i` steps seen; kNever where nothing is on its way.
  Cycle next_visible(unsigned i) const { return queue_.visible_at(expanding_ && !expansion_.empty() ? 0 : i); }
  // The i-th command of the queue, seen or not, and from when it is seen; nullptr where there is none.
  const IssuedCommand* command(unsigned i) const { return i < queue_.size() ? &queue_.at(i) : nullptr; }
  Cycle command_visible(unsigned i) const { return queue_.visible_at(i); }
  // One preload, seen, and nothing else.
  bool holds_only_a_preload(Cycle now) const;
  // The cycle from which the head is seen.
  Cycle head_visible() const { return queue_.visible_at(0); }

 private:
  struct Expanded {
    IssuedCommand issued;
    ExecuteStep step;
  };
  bool move_into_expansion(Cycle now);
  void expand(const IssuedCommand& issued, bool no_operand, bool no_result, bool no_second);
  unsigned see_expanded();

  CommandQueue<IssuedCommand> queue_;
  bool expanding_ = false;
  std::deque<Expanded> expansion_;
  bool holds_configuration_ = false;
  std::array<ExecuteStep, kSteps> window_;
};

}  // namespace gemel::sim
