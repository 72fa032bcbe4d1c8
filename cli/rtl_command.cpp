// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "cli/command.h"
#include "cli/output_file.h"
#include "sim/arch/accelerator_config_yaml.h"
#include "sim/arch/systemverilog_package.h"

namespace gemel::cli {

Action add_rtl_command(CLI::App& command) {
  struct Options {
    std::string name;
    std::vector<std::string> overrides;
    std::string output;
  };
  const auto options = std::make_shared<Options>();
  command.add_option("CONFIG", options->name, "a name of configs/accelerators or a YAML file")->required();
  command.add_option("--set", options->overrides, "override a key by its dotted path")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  command.add_option("-o,--output", options->output, "SystemVerilog package to write (accelerator_pkg.sv)")
      ->type_name("FILE")
      ->required();
  return [options] {
    check_output_path(options->output);
    const arch::ResolvedConfig resolved = arch::resolve_accelerator_config(options->name, options->overrides);
    write_output_file(options->output, arch::systemverilog_package(resolved.config));
    return kDone;
  };
}

}  // namespace gemel::cli
