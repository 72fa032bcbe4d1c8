// SPDX-License-Identifier: Apache-2.0
#include <iostream>
#include <memory>

#include "cli/command.h"
#include "sim/arch/accelerator_config_yaml.h"

namespace gemel::cli {

Action add_config_command(CLI::App& command) {
  struct Options {
    std::string name;
    std::vector<std::string> overrides;
  };
  const auto options = std::make_shared<Options>();
  command.add_option("CONFIG", options->name, "a name of configs/accelerators or a YAML file")->required();
  command.add_option("--set", options->overrides, "override a key by its dotted path")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  return [options] {
    std::cout << arch::describe_config(arch::resolve_accelerator_config(options->name, options->overrides));
    return kDone;
  };
}

}  // namespace gemel::cli
