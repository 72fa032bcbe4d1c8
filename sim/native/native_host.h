// SPDX-License-Identifier: Apache-2.0
#pragma once
// The host of a native program: takes its steps from the channel as the machine asks for them. The program's own
// instructions take no time; a command takes its cycle and the issue gap, a fence until the machine is quiet.
#include <cstdint>
#include <vector>

#include "sim/arch/accelerator_config.h"
#include "sim/native/command_channel.h"
#include "sim/stats/cycle_account.h"
#include "sim/units/command_front_end.h"

namespace gemel::sim {

class NativeHost final : public CommandSource {
 public:
  NativeHost(CommandChannel& channel, const arch::HostConfig& config) : channel_(channel), config_(config) {}

  // Waits for the program where it has not got that far.
  bool next_command(arch::Command& command, Cycle& offered) override;
  void accepted(Cycle at) override;

  bool at_fence() const { return waits_ == Waits::Fence; }
  Cycle fence_reached() const { return time_; }
  void fence_satisfied(Cycle at);

  // Waits for the answer of a command that has been accepted.
  bool at_answer() const { return waits_ == Waits::Answer; }
  void answered(Cycle at, std::uint64_t value);

  bool finished() const { return finished_; }
  Cycle time() const { return time_; }
  // How long the host waited for each answer.
  const std::vector<Cycle>& answer_waits() const { return answer_waits_; }

  void account_until(Cycle now) { account_.spend(now, kIdle); }
  const CycleAccount& account() const { return account_; }

 private:
  enum Cause : unsigned { kIssue, kBlocked, kFence, kGap, kAnswer, kIdle };
  enum class Waits : std::uint8_t { Nothing, Fence, Answer };

  CommandChannel& channel_;
  const arch::HostConfig& config_;
  Cycle time_ = 0;  // in which the step at hand acts
  bool offers_ = false;
  NativeStep step_;
  Waits waits_ = Waits::Nothing;
  bool read_clock_ = false;  // nothing happened since the clock was read
  bool last_fence_ = false;
  bool finished_ = false;
  std::vector<Cycle> answer_waits_;
  CycleAccount account_{"host", {"issue", "blocked", "fence", "gap", "answer", "idle"}};
};

}  // namespace gemel::sim
