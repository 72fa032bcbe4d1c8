// SPDX-License-Identifier: Apache-2.0
#pragma once
// run --what-if: the workload on machines with one resource relaxed at a time, ranked.
#include <CLI/CLI.hpp>
#include <string>

#include "sim/arch/accelerator_config.h"

namespace gemel::cli {

// Declares the flag behind the other options of `run`; those that make no sense with it are refused.
void add_what_if_flag(CLI::App& command, bool& what_if);

// `energy` names an energy table; `json` is a file to write, or "".
int run_what_if(const std::string& work, const arch::AcceleratorConfig& machine, const std::string& energy,
                const std::string& json);

}  // namespace gemel::cli
