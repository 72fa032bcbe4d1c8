// SPDX-License-Identifier: Apache-2.0
#pragma once
// Predicts how long a run of commands takes, plain ones and loops alike, by a model of the machine in which every
// command has one start and one end, rows meet in banks, and transactions in the ports of memory. What it leaves out:
// jitter of the memory, results that meet loads in the accumulator, hazards through the scratchpad's results.
#include <cstdint>
#include <string>
#include <vector>

#include "compiler/tile/machine.h"
#include "sim/arch/command.h"

namespace gemel::compiler {

struct Prediction {
  std::uint64_t cycles = 0;  // from the first command offered until the machine is idle
  std::uint64_t host = 0;    // in which the host offers a command or waits out its gap
  std::uint64_t array = 0;   // in which rows enter the array, or wait for a bank
  std::uint64_t bus = 0;     // in which memory answers
  // What takes most of the time: "host", "array", "memory", or "latency" where none takes four fifths of it.
  std::string bound() const;
};

Prediction predict(const std::vector<arch::Command>& commands, const Machine& machine);

}  // namespace gemel::compiler
