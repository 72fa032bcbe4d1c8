// SPDX-License-Identifier: Apache-2.0
#include <iostream>
#include <memory>

#include "cli/command.h"
#include "sim/arch/accelerator_config_yaml.h"
#include "sim/native/program_parameters.h"

namespace gemel::cli {

Action add_config_command(CLI::App& command) {
  struct Options {
    std::string name;
    std::vector<std::string> overrides;
    bool gemmini_params = false;
  };
  const auto options = std::make_shared<Options>();
  command.add_option("CONFIG", options->name, "a name of configs/accelerators or a YAML file")->required();
  command.add_option("--set", options->overrides, "override a key by its dotted path")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  command.add_flag("--gemmini-params", options->gemmini_params,
                   "write gemmini_params.h, which Gemmini programs are compiled with, instead");
  return [options] {
    const arch::ResolvedConfig resolved = arch::resolve_accelerator_config(options->name, options->overrides);
    std::cout << (options->gemmini_params ? sim::gemmini_params_header(resolved.config)
                                          : arch::describe_config(resolved));
    return kDone;
  };
}

}  // namespace gemel::cli
