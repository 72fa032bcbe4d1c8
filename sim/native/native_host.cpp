// SPDX-License-Identifier: Apache-2.0
#include "sim/native/native_host.h"

namespace gemel::sim {

bool NativeHost::next_command(arch::Command& command, Cycle& offered) {
  if (waits_ != Waits::Nothing || finished_) return false;
  while (!offers_) {
    step_ = channel_.next();
    switch (step_.kind) {
      case NativeStepKind::Command:
      case NativeStepKind::AnsweredCommand:
        offers_ = true;
        break;
      case NativeStepKind::Fence:
        waits_ = Waits::Fence;
        return false;
      case NativeStepKind::ReadClock:
        // A program that does nothing but read the clock still sees it move.
        if (read_clock_) ++time_;
        account_.spend(time_, kGap);
        read_clock_ = true;
        channel_.answer(time_);
        break;
      case NativeStepKind::End:  // everything drains, as if a fence stood here
        waits_ = Waits::Fence;
        last_fence_ = true;
        return false;
    }
  }
  command = step_.command;
  offered = time_;
  return true;
}

void NativeHost::accepted(Cycle at) {
  offers_ = read_clock_ = false;
  account_.spend(at, kBlocked);
  account_.spend(at + 1, kIssue);
  time_ = at + 1 + config_.issue_gap_cycles;
  if (step_.kind == NativeStepKind::AnsweredCommand)
    waits_ = Waits::Answer;
  else
    account_.spend(time_, kGap);
}

void NativeHost::answered(Cycle at, std::uint64_t value) {
  answer_waits_.push_back(at > time_ ? at - time_ : 0);
  if (at > time_) time_ = at;
  account_.spend(time_, kAnswer);
  waits_ = Waits::Nothing;
  channel_.answer(value);
}

void NativeHost::fence_satisfied(Cycle at) {
  account_.spend(at, kFence);
  time_ = at;
  read_clock_ = false;
  waits_ = Waits::Nothing;
  if (last_fence_) finished_ = true;
}

}  // namespace gemel::sim
