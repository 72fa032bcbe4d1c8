// SPDX-License-Identifier: Apache-2.0
#pragma once
// What single actions cost: one YAML file, each figure with its source. docs/reports.md lists the formulas.
#include <string>
#include <vector>

namespace gemel::sim {

struct EnergyTable {
  std::string name;
  std::string path;
  double clock_mhz = 0;

  // Picojoules.
  double int8_multiply = 0;
  double int32_add = 0;  // narrower adders in proportion to their width
  double float32_multiply = 0;
  double register_bit_clock = 0;   // each bit, each cycle
  double register_bit_switch = 0;  // each bit that takes a new value, besides
  double sram_64_bits = 0;         // an access of 64 bits to a bank of 8 KiB
  double dram_bit = 0;
  double host_instruction = 0;

  // Square micrometres.
  double int8_multiplier = 0;
  double int32_adder = 0;
  double float32_multiplier = 0;
  double register_bit = 0;
  double sram_bit = 0;
  double second_port_factor = 0;  // a memory with two ports, relative to one

  // Milliwatts.
  double register_bit_leakage = 0;
  double sram_bit_leakage = 0;
};

// `name` is the path of a table (anything with a '/' or ending in .yaml) or the bare name of a shipped one. Throws
// arch::InputError.
EnergyTable load_energy_table(const std::string& name);

inline constexpr const char* kDefaultEnergyTable = "cmos_45nm";

}  // namespace gemel::sim
