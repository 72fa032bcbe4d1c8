// SPDX-License-Identifier: Apache-2.0
#pragma once
// -c and --set, the same for all commands that take a configuration.
#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "sim/arch/accelerator_config_yaml.h"

namespace gemel::cli {

struct ConfigOptions {
  std::string name = "gemmini_16x16";
  std::vector<std::string> overrides;

  void add_to(CLI::App& command, bool is_required = false);
  arch::ResolvedConfig resolve() const { return arch::resolve_accelerator_config(name, overrides); }
};

}  // namespace gemel::cli
