// SPDX-License-Identifier: Apache-2.0
#include "rtl/tb/program_runner.h"

#include <chrono>
#include <string>

#include "rtl/tb/rtl_machine.h"

namespace gemel::rtl {
namespace {

// Longer than any command's work between two visible steps of a program.
constexpr std::uint64_t kDeadlockCycles = 2'000'000;

struct Traffic {
  std::uint64_t read_requests, write_requests, read_beats, write_beats;
};

Traffic traffic_of(const ReferenceMemory& memory) {
  return {memory.read_requests(), memory.write_requests(), memory.read_beats(), memory.write_beats()};
}

class Host {
 public:
  Host(RtlMachine& machine, std::uint32_t gap) : machine_(machine), gap_(gap) {}

  void offer(const arch::Command& command) {
    const std::uint64_t start = machine_.now();
    while (!machine_.step(&command)) watch(start, "a command is not accepted");
    idle(gap_);
  }
  void idle(std::uint64_t cycles) {
    for (std::uint64_t i = 0; i < cycles; ++i) machine_.step(nullptr);
  }
  // The step after a fence acts in the cycle in which it is satisfied.
  void fence() {
    const std::uint64_t start = machine_.now();
    machine_.step(nullptr);
    while (machine_.is_busy()) {
      watch(start, "a fence is not satisfied");
      machine_.step(nullptr);
    }
  }

 private:
  void watch(std::uint64_t start, const char* what) const {
    if (machine_.now() - start < kDeadlockCycles) return;
    throw RtlDeadlock(std::string(what) + " for " + std::to_string(kDeadlockCycles) + " cycles (cycle " +
                      std::to_string(start) + " on)");
  }

  RtlMachine& machine_;
  std::uint32_t gap_;
};

}  // namespace

RtlRunResult run_program_on_rtl(const arch::Program& program, const arch::AcceleratorConfig& config) {
  RtlMachine machine(config, program.base, arch::initial_memory(program));
  Host host(machine, config.host.issue_gap_cycles);
  const auto started = std::chrono::steady_clock::now();

  bool has_end = false;
  std::uint64_t begin = machine.now(), end = begin;
  Traffic at_begin = traffic_of(machine.memory()), at_end = at_begin;
  for (const arch::Step& step : program.steps) {
    switch (step.kind) {
      case arch::StepKind::Command:
        host.offer(program.commands[step.index]);
        break;
      case arch::StepKind::Fence:
        host.fence();
        break;
      case arch::StepKind::Idle:
        host.idle(step.index);
        break;
      case arch::StepKind::Begin:
        begin = machine.now();
        at_begin = traffic_of(machine.memory());
        break;
      case arch::StepKind::End:
        end = machine.now();
        at_end = traffic_of(machine.memory());
        has_end = true;
        break;
      case arch::StepKind::Layer:
        break;
      case arch::StepKind::Host:
        throw std::invalid_argument("layers on the host are not played on the RTL");
    }
  }
  if (!has_end) {
    host.fence();
    end = machine.now();
    at_end = traffic_of(machine.memory());
  }

  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - started;
  return {end - begin,
          machine.now(),
          at_end.read_requests - at_begin.read_requests,
          at_end.write_requests - at_begin.write_requests,
          at_end.read_beats - at_begin.read_beats,
          at_end.write_beats - at_begin.write_beats,
          seconds.count(),
          machine.memory().contents()};
}

}  // namespace gemel::rtl
