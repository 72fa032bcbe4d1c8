// SPDX-License-Identifier: Apache-2.0
#pragma once
// The machine as a SystemVerilog package: every figure of the configuration, what follows from it, the types that
// the RTL units share, and the places of all instruction fields. Written into build trees, never into the repository.
#include <string>

#include "sim/arch/accelerator_config.h"

namespace gemel::arch {

// Text of accelerator_pkg.sv. The same configuration always gives the same text. Throws InputError where the
// configuration cannot be built.
std::string systemverilog_package(const AcceleratorConfig& config);

}  // namespace gemel::arch
