// SPDX-License-Identifier: Apache-2.0
#pragma once
// Accelerator configurations as files: finding, reading, overriding, describing and writing them. The keys are in
// docs/config.md. All functions throw InputError for input that is wrong.
#include <map>
#include <string>
#include <vector>

#include "sim/arch/accelerator_config.h"
#include "sim/arch/input_error.h"

namespace gemel::arch {

// Where a value was written.
struct ValueOrigin {
  enum class Kind { Default, File, BaseFile, CommandLine } kind = Kind::File;  // Default: left out
  SourcePosition position;                                                     // of --set: file is "--set KEY=VALUE"
  bool is_automatic = false;  // written as auto; the value follows from others
};

struct ResolvedConfig {
  AcceleratorConfig config;
  std::string path;                            // the file that was named
  std::map<std::string, ValueOrigin> origins;  // by dotted key, for every key
};

// $GEMEL_CONFIG_DIR where set, otherwise configs/accelerators of the repository that this was built from.
std::string default_config_dir();
// Bare names of the configurations in a directory, sorted.
std::vector<std::string> shipped_configs(const std::string& config_dir = default_config_dir());
// The file of a bare name ("gemmini_16x16") or of a path (anything with a '/' or ending in .yaml or .yml).
std::string find_config(const std::string& name_or_path, const std::string& config_dir = default_config_dir());

// Reads a configuration (and the files that it is based on), applies `overrides` ("KEY=VALUE", as behind --set) in
// order and refuses what cannot be built.
ResolvedConfig resolve_accelerator_config(const std::string& name_or_path,
                                          const std::vector<std::string>& overrides = {},
                                          const std::string& config_dir = default_config_dir());
AcceleratorConfig load_accelerator_config(const std::string& name_or_path,
                                          const std::vector<std::string>& overrides = {},
                                          const std::string& config_dir = default_config_dir());

// Sets one key of a config made in code; checks type and range only, so validate() after the last one.
void apply_override(AcceleratorConfig& config, const std::string& key, const std::string& value);

// Every key with its value, unit and origin, then what follows from them. For `gemel config`.
std::string describe_config(const ResolvedConfig& resolved);
// A complete file that reads back equal.
std::string to_yaml(const AcceleratorConfig& config);

}  // namespace gemel::arch
