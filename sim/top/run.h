// SPDX-License-Identifier: Apache-2.0
#pragma once
// Runs a program on the SystemC model. The one entry point for the command line and the tests.
#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "sim/arch/accelerator_config.h"
#include "sim/arch/memory_capture.h"
#include "sim/arch/program.h"
#include "sim/stats/run_statistics.h"

namespace gemel::sim {

class EventLog;
class Timeline;

struct RunOptions {
  bool timing_only = false;                                    // moves no data; same cycles
  EventLog* events = nullptr;                                  // records what co-simulation compares
  Timeline* timeline = nullptr;                                // records what each unit did when
  std::vector<arch::MemoryCapture> captures;                   // inside the program's memory, ascending by step
  std::function<void(Cycle now, std::size_t layer)> progress;  // called now and then, never on the hot path
};

struct RunResult {
  RunStatistics statistics;
  std::vector<std::uint8_t> memory;                 // [base, base + size) at the end; empty when timing only
  std::vector<std::vector<std::uint8_t>> captures;  // what RunOptions::captures found; empty when timing only
};

// The program would wait for ever; what() says who waits for whom.
class DeadlockError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Throws DeadlockError, or std::invalid_argument where the program needs what the machine does not have
// (a command that is not built in, an address outside the program's memory).
// One run per process at a time: the SystemC kernel is global. Repeated calls are allowed.
RunResult run_program(const arch::Program& program, const arch::AcceleratorConfig& config,
                      const RunOptions& options = {});

}  // namespace gemel::sim
