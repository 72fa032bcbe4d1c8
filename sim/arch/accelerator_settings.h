// SPDX-License-Identifier: Apache-2.0
#pragma once
// The one list of configuration keys: where each lives in AcceleratorConfig, what it may be, what it means. Reader,
// writer, --set, `gemel config` and the test of docs/config.md all walk this list.
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "sim/arch/accelerator_config.h"
#include "sim/arch/yaml_reader.h"

namespace gemel::arch {

struct Setting {
  std::string path;  // dotted: "mesh.dim"
  std::string unit;  // "" where the value is a word or has no unit
  std::string meaning;
  bool is_number = true;  // otherwise only `words` are allowed
  std::uint32_t min = 0;
  std::uint32_t max = 0;
  bool may_be_left_out = false;      // of a complete file: the value is then that of AcceleratorConfig()
  YamlChoices<std::uint32_t> words;  // words with the value that each stands for, preferred spelling first
  std::uint32_t (*get)(const AcceleratorConfig&) = nullptr;
  void (*set)(AcceleratorConfig&, std::uint32_t) = nullptr;
};

// mesh.output_bits: auto. Stands for required_output_bits() of the final mesh.dim; never left in a config.
constexpr std::uint32_t kAutoOutputBits = 0xFFFFFFFFu;

const std::vector<Setting>& accelerator_settings();
// Throws InputError ("<where>: unknown key 'mesh.dimm'; did you mean 'mesh.dim'?").
const Setting& find_setting(const std::string& path, const std::string& where);

// "4096", "per_lane", "weight_stationary": as the YAML has it.
std::string format_setting(const Setting& setting, std::uint32_t value);
// "2 to 128", "0 or per_lane", "weight_stationary, output_stationary, both".
std::string format_allowed(const Setting& setting);
// Reads one value and checks its type and range; throws InputError with its place.
std::uint32_t read_setting(const Setting& setting, const YamlValue& value);

}  // namespace gemel::arch
