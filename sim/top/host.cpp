// SPDX-License-Identifier: Apache-2.0
#include "sim/top/host.h"

#include <algorithm>
#include <utility>

#include "sim/arch/host_op.h"

namespace gemel::sim {

using arch::StepKind;

Host::Host(const arch::Program& program, const arch::HostConfig& config, ReferenceMemory& memory, bool timing_only,
           std::vector<arch::MemoryCapture> captures, Listener listener)
    : program_(program),
      config_(config),
      memory_(memory),
      timing_only_(timing_only),
      captures_(std::move(captures)),
      listener_(std::move(listener)) {
  if (timing_only_) captures_.clear();
  delimited_ = std::any_of(program.steps.begin(), program.steps.end(),
                           [](const arch::Step& s) { return s.kind == StepKind::Begin; });
  if (!delimited_) listener_.begin(0);
}

void Host::run_host_operator(const arch::HostOp& op) {
  if (!timing_only_) arch::run_host_op(op, memory_.bytes().data(), memory_.base(), memory_.size());
  time_ += arch::host_op_cost_cycles(op, config_);
  account_.spend(time_, kCompute);
}

void Host::capture() {
  while (captured_.size() < captures_.size() && captures_[captured_.size()].step <= step_) {
    const arch::MemoryCapture& wanted = captures_[captured_.size()];
    const auto first = memory_.bytes().begin() + static_cast<std::ptrdiff_t>(wanted.address - memory_.base());
    captured_.emplace_back(first, first + static_cast<std::ptrdiff_t>(wanted.bytes));
  }
}

bool Host::next_command(arch::Command& command, Cycle& offered) {
  if (at_fence_ || finished_) return false;
  while (step_ < program_.steps.size()) {
    const arch::Step& step = program_.steps[step_];
    switch (step.kind) {
      case StepKind::Command:
        command = program_.commands[step.index];
        offered = time_;
        return true;
      case StepKind::Fence:
        at_fence_ = true;
        return false;
      case StepKind::Idle:
        time_ += step.index;
        account_.spend(time_, kGap);
        break;
      case StepKind::Begin:
        listener_.begin(time_);
        break;
      case StepKind::End:
        listener_.end(time_);
        break;
      case StepKind::Host:
        run_host_operator(program_.host_ops[step.index]);
        capture();
        break;
      case StepKind::Layer:
        listener_.layer(step.index, time_);
        break;
    }
    ++step_;
  }
  // The end: everything drains, as if a fence stood there.
  at_fence_ = last_fence_ = true;
  return false;
}

void Host::accepted(Cycle at) {
  account_.spend(at, kBlocked);
  account_.spend(at + 1, kIssue);
  time_ = at + 1 + config_.issue_gap_cycles;
  account_.spend(time_, kGap);
  ++step_;
}

void Host::fence_satisfied(Cycle at) {
  account_.spend(at, kFence);
  time_ = at;
  at_fence_ = false;
  if (last_fence_) {
    finished_ = true;
    if (!delimited_) listener_.end(at);
    return;
  }
  capture();
  ++step_;
}

}  // namespace gemel::sim
