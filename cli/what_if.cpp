// SPDX-License-Identifier: Apache-2.0
#include "cli/what_if.h"

#include <algorithm>
#include <iostream>
#include <thread>

#include "cli/command.h"
#include "cli/output_file.h"
#include "cli/progress_line.h"
#include "cli/work.h"
#include "sim/arch/input_error.h"
#include "sim/energy/energy_table.h"
#include "sim/sweep/what_if.h"

namespace gemel::cli {

void add_what_if_flag(CLI::App& command, bool& what_if) {
  CLI::Option* flag = command.add_flag(
      "--what-if", what_if, "rank what would help: the cycles with one resource relaxed at a time (timing only)");
  for (const CLI::Option* option : command.get_options()) {
    const std::string name = option->get_name();
    const bool fits = name == "WORK" || name == "--config" || name == "--set" || name == "--json" ||
                      name == "--energy" || name == "--timing-only" || name == "--help" || name == "--what-if";
    if (!fits) flag->excludes(command.get_option(name));
  }
}

int run_what_if(const std::string& work, const arch::AcceleratorConfig& machine, const std::string& energy,
                const std::string& json) {
  if (find_work_kind(work) != WorkKind::Workload) {
    throw arch::InputError(work + ": --what-if compiles for other machines; expected a workload, not a program");
  }
  if (!json.empty()) check_output_path(json, work);
  sim::WhatIfOptions options;
  options.workload = work;
  options.energy = sim::load_energy_table(energy).path;
  options.processes = std::max(1u, std::thread::hardware_concurrency());
  ProgressLine progress;
  options.progress = [&](std::size_t done, std::size_t total) {
    if (progress.is_due()) {
      progress.show("what if: " + std::to_string(done) + " of " + std::to_string(total) + " machines");
    }
  };
  const sim::WhatIfResult result = sim::ask_what_if(machine, options);
  progress.clear();
  if (!json.empty()) write_output_file(json, sim::what_if_json(result));
  std::cout << result.workload << " on " << result.config << "\n\n" << sim::what_if_table(result);
  return kDone;
}

}  // namespace gemel::cli
