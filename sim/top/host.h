// SPDX-License-Identifier: Apache-2.0
#pragma once
// The host processor: goes through the steps of a program, offers its commands, waits at fences, runs host operators
// (sim/arch/program.h, StepKind).
#include <cstdint>
#include <functional>
#include <vector>

#include "sim/arch/accelerator_config.h"
#include "sim/arch/memory_capture.h"
#include "sim/arch/program.h"
#include "sim/memory/reference_memory.h"
#include "sim/stats/cycle_account.h"
#include "sim/units/command_front_end.h"

namespace gemel::sim {

class Host final : public CommandSource {
 public:
  // Told when the timed part begins or ends, and when the steps of a layer begin.
  struct Listener {
    std::function<void(Cycle)> begin, end;
    std::function<void(std::size_t layer, Cycle)> layer;
  };

  // `captures` ascend by step; nothing is captured in a timing-only run.
  Host(const arch::Program& program, const arch::HostConfig& config, ReferenceMemory& memory, bool timing_only,
       std::vector<arch::MemoryCapture> captures, Listener listener);

  bool next_command(arch::Command& command, Cycle& offered) override;
  void accepted(Cycle at) override;

  // Stands at a fence that it reached in fence_reached().
  bool at_fence() const { return at_fence_; }
  Cycle fence_reached() const { return time_; }
  // The fence is satisfied in `at`.
  void fence_satisfied(Cycle at);
  bool finished() const { return finished_; }
  // What the captures found, in their order.
  std::vector<std::vector<std::uint8_t>>& captured() { return captured_; }
  Cycle time() const { return time_; }

  void account_until(Cycle now) { account_.spend(now, kIdle); }
  const CycleAccount& account() const { return account_; }

 private:
  enum Cause : unsigned { kIssue, kBlocked, kFence, kGap, kCompute, kIdle };
  void run_host_operator(const arch::HostOp& op);
  void capture();  // memory is at rest behind step_

  const arch::Program& program_;
  const arch::HostConfig& config_;
  ReferenceMemory& memory_;
  bool timing_only_;
  std::vector<arch::MemoryCapture> captures_;
  std::vector<std::vector<std::uint8_t>> captured_;
  Listener listener_;
  bool delimited_ = false;  // the program has Begin and End
  std::size_t step_ = 0;
  Cycle time_ = 0;  // in which the step at hand acts
  bool at_fence_ = false;
  bool last_fence_ = false;
  bool finished_ = false;
  CycleAccount account_{"host", {"issue", "blocked", "fence", "gap", "compute", "idle"}};
};

}  // namespace gemel::sim
