// SPDX-License-Identifier: Apache-2.0
#pragma once
// Runs a program on the Verilated RTL: sim/top/run.h for the other body. Each run is a child process, so that an
// assertion of the RTL ends the run and not the caller.
#include <functional>
#include <optional>
#include <string>

#include "sim/cosim/rtl_system.h"
#include "sim/top/run.h"

namespace gemel::sim {

struct RtlRunOptions {
  EventLog* events = nullptr;
  const WaveWindow* waves = nullptr;          // needs a twin built with waves
  std::vector<arch::MemoryCapture> captures;  // as RunOptions::captures
  std::function<void(Cycle now, std::size_t layer)> progress;
};

// The RTL itself stopped: a violated assertion, a crash. what() has what it said.
class RtlFailure : public std::runtime_error {
 public:
  explicit RtlFailure(const std::string& what, std::optional<Cycle> cycle = {})
      : std::runtime_error(what), cycle_(cycle) {}
  // In which it stopped; the events before it are known.
  std::optional<Cycle> cycle() const { return cycle_; }

 private:
  std::optional<Cycle> cycle_;
};

// `twin` is what build_twin() gave for this configuration (memory.* and host.* may differ). Throws RtlFailure,
// DeadlockError, std::invalid_argument; options.events then has what happened before.
RunResult run_program_on_rtl(const std::string& twin, const arch::Program& program,
                             const arch::AcceleratorConfig& config, const RtlRunOptions& options = {});

}  // namespace gemel::sim
