// SPDX-License-Identifier: Apache-2.0
#include "cli/config_options.h"

namespace gemel::cli {

void ConfigOptions::add_to(CLI::App& command, bool is_required) {
  auto* config = command.add_option("-c,--config", name, "machine: a name of configs/accelerators or a YAML file");
  if (is_required) {
    config->required();
  } else {
    config->capture_default_str();
  }
  command.add_option("--set", overrides, "override a key by its dotted path, such as memory.latency_cycles=100")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
}

}  // namespace gemel::cli
