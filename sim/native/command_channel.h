// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the program did, on its way to the timing model: steps in order, handed over in chunks, and answers back to the
// program where it waits for one. One thread writes, one reads.
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <vector>

#include "sim/arch/command.h"

namespace gemel::sim {

enum class NativeStepKind : std::uint8_t {
  Command,
  Fence,
  ReadClock,        // answered with the cycle
  AnsweredCommand,  // the host waits for its answer (counter accesses); answered with the value
  End,              // drain and stop; answered when done
};

struct NativeStep {
  NativeStepKind kind = NativeStepKind::End;
  arch::Command command;
};

class CommandChannel {
 public:
  CommandChannel() { open_.reserve(kChunk); }

  // Program's side.
  void push(const NativeStep& step) {
    open_.push_back(step);
    if (open_.size() >= kChunk) hand_over();
  }
  // Pushes and waits; the answer, or 0 where the model has stopped.
  std::uint64_t ask(const NativeStep& step);
  // As ask(), from a signal handler: gives up where a lock is held or no answer comes within `seconds`.
  bool end_now(int seconds);

  // Model's side. Waits for the next step.
  NativeStep next();
  void answer(std::uint64_t value);
  // No more steps are taken; whoever waits goes on.
  void stop();
  bool stopped() const { return stopped_.load(); }

 private:
  static constexpr std::size_t kChunk = 2048;
  static constexpr std::size_t kMostChunks = 64;
  void hand_over();

  std::vector<NativeStep> open_;  // program's side only

  std::mutex mutex_;
  std::condition_variable to_model_, to_program_;
  std::deque<std::vector<NativeStep>> full_;
  std::vector<std::vector<NativeStep>> empty_;
  bool answered_ = false;
  std::uint64_t answer_ = 0;
  std::atomic<bool> stopped_{false};

  std::vector<NativeStep> taken_;  // model's side only
  std::size_t at_ = 0;
};

}  // namespace gemel::sim
