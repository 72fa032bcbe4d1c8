// SPDX-License-Identifier: Apache-2.0
#include "sim/energy/energy_table.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "sim/arch/yaml_reader.h"

namespace gemel::sim {
namespace {

namespace fs = std::filesystem;
using arch::InputError;
using arch::YamlMap;
using arch::YamlValue;

constexpr char kSchema[] = "energy/v1";

struct Entry {
  const char* key;
  double EnergyTable::*value;
};
struct Section {
  const char* key;
  std::vector<Entry> entries;
};

const std::vector<Section>& sections() {
  static const std::vector<Section> all = {
      {"energy_pj",
       {{"int8_multiply", &EnergyTable::int8_multiply},
        {"int32_add", &EnergyTable::int32_add},
        {"float32_multiply", &EnergyTable::float32_multiply},
        {"register_bit_clock", &EnergyTable::register_bit_clock},
        {"register_bit_switch", &EnergyTable::register_bit_switch},
        {"sram_64_bits_of_8_kib", &EnergyTable::sram_64_bits},
        {"dram_bit", &EnergyTable::dram_bit},
        {"host_instruction", &EnergyTable::host_instruction}}},
      {"area_um2",
       {{"int8_multiplier", &EnergyTable::int8_multiplier},
        {"int32_adder", &EnergyTable::int32_adder},
        {"float32_multiplier", &EnergyTable::float32_multiplier},
        {"register_bit", &EnergyTable::register_bit},
        {"sram_bit", &EnergyTable::sram_bit},
        {"second_port_factor", &EnergyTable::second_port_factor}}},
      {"leakage_mw",
       {{"register_bit", &EnergyTable::register_bit_leakage}, {"sram_bit", &EnergyTable::sram_bit_leakage}}},
  };
  return all;
}

std::string table_dir() {
  const char* from_environment = std::getenv("GEMEL_ENERGY_DIR");
  return from_environment != nullptr ? from_environment : GEMEL_SHIPPED_ENERGY_DIR;
}

std::vector<std::string> shipped_tables() {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& file : fs::directory_iterator(table_dir(), error)) {
    if (file.path().extension() == ".yaml") names.push_back(file.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string find_table(const std::string& name) {
  if (name.find('/') != std::string::npos || fs::path(name).extension() == ".yaml") return name;
  const std::vector<std::string> names = shipped_tables();
  if (std::find(names.begin(), names.end(), name) == names.end()) {
    throw InputError("no energy table " + arch::in_quotes(name) + arch::suggestion(name, names));
  }
  return table_dir() + "/" + name + ".yaml";
}

std::vector<std::string> keys_of(const Section& section) {
  std::vector<std::string> keys;
  for (const Entry& entry : section.entries) keys.push_back(entry.key);
  return keys;
}

}  // namespace

EnergyTable load_energy_table(const std::string& name) {
  EnergyTable table;
  table.path = find_table(name);
  const YamlValue file = arch::load_yaml(table.path);
  const std::optional<YamlValue> schema = file.peek("schema");
  if (!schema) file.fail("an energy table starts with 'schema: energy/v1'");
  if (!schema->is_word(kSchema)) schema->fail("expected " + std::string(kSchema));
  std::vector<std::string> allowed = {"schema", "name", "clock_mhz"};
  for (const Section& section : sections()) allowed.emplace_back(section.key);
  const YamlMap map = file.as_map(allowed);
  table.name = map.at("name").as_text();
  table.clock_mhz = map.at("clock_mhz").as_number(1, 100000);
  for (const Section& section : sections()) {
    const YamlMap entries = map.at(section.key).as_map(keys_of(section));
    for (const Entry& entry : section.entries) {
      const YamlMap figure = entries.at(entry.key).as_map({"value", "source"});
      table.*entry.value = figure.at("value").as_number(0, 1e9);
      figure.at("source").as_text();  // every figure says where it comes from
    }
  }
  return table;
}

}  // namespace gemel::sim
