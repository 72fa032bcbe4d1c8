// SPDX-License-Identifier: Apache-2.0
#pragma once
// The subcommands. Each add_* declares its options and returns what to do once they are parsed: the exit status.
#include <CLI/CLI.hpp>
#include <functional>

namespace gemel::cli {

enum ExitStatus { kDone = 0, kWrongResult = 1, kBadInput = 2 };

using Action = std::function<int()>;

Action add_run_command(CLI::App& command);
Action add_compile_command(CLI::App& command);
Action add_asm_command(CLI::App& command);
Action add_disasm_command(CLI::App& command);
Action add_config_command(CLI::App& command);
Action add_verify_command(CLI::App& command);
Action add_quantize_command(CLI::App& command);
Action add_report_command(CLI::App& command);
Action add_rtl_command(CLI::App& command);
Action add_cosim_command(CLI::App& command);
Action add_sweep_command(CLI::App& command);
Action add_sweep_task_command(CLI::App& command);

}  // namespace gemel::cli
