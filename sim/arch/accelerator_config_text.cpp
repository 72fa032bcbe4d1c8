// SPDX-License-Identifier: Apache-2.0
// Configurations as text: the listing for people and the file that reads back.
#include <algorithm>
#include <sstream>

#include "sim/arch/accelerator_config_yaml.h"
#include "sim/arch/accelerator_settings.h"

namespace gemel::arch {
namespace {

using Row = std::vector<std::string>;

// Left-aligned columns, two spaces apart, indented by two.
std::string table(const std::vector<Row>& rows) {
  std::vector<std::size_t> widths;
  for (const Row& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const Row& row : rows) {
    std::string line = "  ";
    for (std::size_t i = 0; i < row.size(); ++i) line += row[i] + std::string(widths[i] - row[i].size() + 2, ' ');
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

std::string describe(const ValueOrigin& origin) {
  if (origin.kind == ValueOrigin::Kind::Default) return "left out: the default";
  std::string text = to_string(origin.position);
  if (origin.kind == ValueOrigin::Kind::BaseFile) text += " (base)";
  if (origin.is_automatic) text += " (auto)";
  return text;
}

std::vector<Row> describe_derived(const AcceleratorConfig& config) {
  const DerivedConfig derived = derive(config);
  const auto memory = [](std::uint32_t rows, std::uint32_t banks, std::uint32_t bank_rows, std::uint32_t row_bytes) {
    std::ostringstream text;
    text << rows << " rows of " << row_bytes << " bytes; " << banks << (banks == 1 ? " bank of " : " banks of ")
         << bank_rows << " rows";
    return text.str();
  };
  return {
      {"scratchpad", memory(derived.scratchpad_rows, config.scratchpad.banks, derived.scratchpad_bank_rows,
                            derived.scratchpad_row_bytes)},
      {"accumulator", memory(derived.accumulator_rows, config.accumulator.banks, derived.accumulator_bank_rows,
                             derived.accumulator_row_bytes)},
      {"row index of a local address", std::to_string(derived.local_row_bits) + " bits"},
      {"bus", std::to_string(derived.bus_bytes) + " bytes a cycle"},
      {"longest mvin or mvout row", std::to_string(derived.max_block_columns) + " blocks of int8, " +
                                        std::to_string(derived.max_block_columns_acc) + " of int32"},
      {"array latency", std::to_string(derived.array_latency) + " cycles from a row to its result"},
      {"peak", std::to_string(derived.dim * derived.dim) + " multiply-accumulates a cycle"},
  };
}

}  // namespace

std::string describe_config(const ResolvedConfig& resolved) {
  std::vector<Row> rows = {{"key", "value", "unit", "from"}};
  for (const Setting& setting : accelerator_settings()) {
    rows.push_back({setting.path, format_setting(setting, setting.get(resolved.config)), setting.unit,
                    describe(resolved.origins.at(setting.path))});
  }
  return "configuration " + resolved.config.name + " (" + resolved.path + ")\n\n" + table(rows) + "\nderived\n" +
         table(describe_derived(resolved.config));
}

std::string to_yaml(const AcceleratorConfig& config) {
  std::string text = "schema: accelerator/v1\nname: " + config.name + "\n";
  std::string open_section;
  for (const Setting& setting : accelerator_settings()) {
    const std::size_t dot = setting.path.find('.');
    const std::string section = dot == std::string::npos ? "" : setting.path.substr(0, dot);
    if (section != open_section && !section.empty()) text += section + ":\n";
    open_section = section;
    text += (section.empty() ? "" : "  ") + setting.path.substr(dot + 1) + ": " +
            format_setting(setting, setting.get(config)) + "\n";
  }
  return text;
}

}  // namespace gemel::arch
