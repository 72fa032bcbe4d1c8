// SPDX-License-Identifier: Apache-2.0
#pragma once
// `gemel compile --bundle DIR`: what it takes to run a compiled network without this compiler (docs/compiler.md says
// which files there are).
#include <string>

#include "cli/output_directory.h"
#include "cli/work.h"
#include "sim/arch/accelerator_config.h"
#include "sim/top/run.h"

namespace gemel::cli {

// Runs the program once on the model, with its inputs, for what it must give; throws std::runtime_error where that is
// not what the reference computes.
void write_bundle(OutputDirectory& directory, const Work& work, const arch::AcceleratorConfig& config);

// The C header: addresses, sizes and figures of the program as macros, with what a run gives.
std::string bundle_header(const Work& work, const arch::AcceleratorConfig& config, const sim::RunResult& run);

// One line for each part of memory, and for each tensor.
std::string memory_map(const Work& work);

}  // namespace gemel::cli
