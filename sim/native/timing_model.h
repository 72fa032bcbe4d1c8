// SPDX-License-Identifier: Apache-2.0
#pragma once
// The time that a native program's steps take: the accelerator, timing only, on a memory that answers at any address.
// Runs on a thread of its own, behind the program, and waits for it.
#include <vector>

#include "sim/arch/accelerator_config.h"
#include "sim/native/command_channel.h"
#include "sim/native/native_host.h"
#include "sim/stats/run_statistics.h"

namespace gemel::sim {

struct NativeTiming {
  RunStatistics statistics;         // of the whole run; macs are the caller's
  std::vector<Cycle> answer_waits;  // how long the host waited for each answer
};

// Takes steps until the last and answers those that wait.
// Throws std::invalid_argument for what the machine does not have.
NativeTiming run_timing(CommandChannel& channel, const arch::AcceleratorConfig& config);

}  // namespace gemel::sim
