// SPDX-License-Identifier: Apache-2.0
#pragma once
// The figures of a machine that a Gemmini program is compiled with.
#include <string>

#include "sim/arch/accelerator_config.h"
#include "sim/native/include/gemel_native.h"

namespace gemel::sim {

// gemmini_params.h of the machine.
std::string gemmini_params_header(const arch::AcceleratorConfig& config);

// Why a program that was compiled with these figures cannot run on the machine, naming the figure; "" where it can.
std::string find_mismatch(const gemel_native_program& program, const arch::AcceleratorConfig& config);

// The machine that a program runs on where nobody names one, and the keys of it that its header asks for.
std::string default_machine(const gemel_native_program& program);
std::string default_settings(const gemel_native_program& program);

// Why the machine cannot run the program's loop instructions, which are of the other layout; "" where it can.
std::string find_loop_mismatch(const gemel_native_program& program, const arch::AcceleratorConfig& config);

}  // namespace gemel::sim
