// SPDX-License-Identifier: Apache-2.0
#pragma once
// The accelerator of this process. Starts with the program's first declaration or command and ends with the process.
#include <cstdint>

#include "sim/arch/command.h"
#include "sim/native/include/gemel_native.h"

namespace gemel::sim {

// Ends the process with status 2 where the program cannot run on the machine.
void native_declare(const gemel_native_program& program);
// The command has acted on memory when this returns.
void native_command(const arch::Command& command);
// Returns what the machine answers.
std::uint64_t native_answered_command(const arch::Command& command);
void native_fence();
std::uint64_t native_clock();

}  // namespace gemel::sim
