// SPDX-License-Identifier: Apache-2.0
#pragma once
// Plays the host: offers a program's commands to the Verilated accelerator, as the comments of arch::StepKind say.
#include <cstdint>
#include <stdexcept>
#include <vector>

#include "sim/arch/accelerator_config.h"
#include "sim/arch/program.h"

namespace gemel::rtl {

struct RtlRunResult {
  std::uint64_t cycles = 0;  // from Begin to End, or of the whole program
  std::uint64_t total_cycles = 0;
  std::uint64_t read_requests = 0, write_requests = 0, read_beats = 0, write_beats = 0;  // in `cycles`
  double host_seconds = 0;
  std::vector<std::uint8_t> memory;
};

// Nothing moved for a long time.
class RtlDeadlock : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Throws RtlDeadlock; std::invalid_argument for steps that this host does not do (host layers).
RtlRunResult run_program_on_rtl(const arch::Program& program, const arch::AcceleratorConfig& config);

}  // namespace gemel::rtl
