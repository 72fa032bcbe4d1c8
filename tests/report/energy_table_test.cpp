// SPDX-License-Identifier: Apache-2.0
#include "sim/energy/energy_table.h"

#include <gmock/gmock.h>

#include <cmath>

#include "sim/arch/accelerator_config_yaml.h"
#include "sim/arch/isa.h"
#include "sim/energy/energy_model.h"
#include "sim/stats/layer_table.h"
#include "tests/system/child_process.h"

namespace gemel::sim {
namespace {

using ::testing::HasSubstr;

const std::string kShipped = std::string(GEMEL_SOURCE_DIR) + "/configs/energy/cmos_45nm.yaml";

std::string refusal_of(const std::string& from, const std::string& to) {
  const tests::ScratchDirectory scratch;
  std::string text = tests::read_text(kShipped);
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  text.replace(at, from.size(), to);
  try {
    load_energy_table(scratch.write("table.yaml", text));
  } catch (const arch::InputError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(EnergyTable, ShippedTablesAreFoundByName) {
  EXPECT_EQ(load_energy_table("cmos_45nm").dram_bit, 20.3);
  EXPECT_EQ(load_energy_table("cmos_45nm_hbm2").dram_bit, 3.92);
  EXPECT_EQ(load_energy_table("cmos_45nm_hbm2").int8_multiply, load_energy_table("cmos_45nm").int8_multiply);
}

TEST(EnergyTable, RefusesWhatIsNotATable) {
  EXPECT_THAT(refusal_of("energy/v1", "accelerator/v1"), HasSubstr("1:9: schema: expected energy/v1"));
  EXPECT_THAT(refusal_of("schema: energy/v1\n", ""), HasSubstr("an energy table starts with 'schema: energy/v1'"));
  EXPECT_THAT(refusal_of("  int8_multiply:", "  int8_multiplies:"), HasSubstr("did you mean 'int8_multiply'?"));
  EXPECT_THAT(refusal_of("value: 0.2", "value: cheap"), HasSubstr("energy_pj.int8_multiply.value"));
  EXPECT_THAT(refusal_of("value: 0.2", "value: -1"), HasSubstr("energy_pj.int8_multiply.value"));
  EXPECT_THAT(refusal_of("    value: 0.2\n", ""), HasSubstr("value"));
  EXPECT_THAT(refusal_of("clock_mhz: 1000", "clock_mhz: 0"), HasSubstr("clock_mhz"));
  EXPECT_THAT(refusal_of("source: M. Horowitz, Computing's energy problem, ISSCC 2014 (45 nm, 0.9 V)", "source: ''"),
              HasSubstr("energy_pj.int8_multiply.source: expected text"));
}

TEST(EnergyTable, AMisspeltNameIsAnsweredWithTheRightOne) {
  try {
    load_energy_table("cmos_45");
    FAIL();
  } catch (const arch::InputError& error) {
    EXPECT_THAT(error.what(), HasSubstr("cmos_45nm"));
  }
}

// A table in which everything is free but one figure.
EnergyTable only(double EnergyTable::*figure, double value) {
  EnergyTable table;
  table.clock_mhz = 1000;
  table.*figure = value;
  return table;
}

double part_of(const CostBreakdown& costs, const std::string& name) {
  for (const auto& [part, value] : costs.parts) {
    if (part == name) return value;
  }
  ADD_FAILURE() << name;
  return -1;
}

TEST(EnergyModel, LargerBanksCostTheSquareRootAndWiderRowsInProportion) {
  arch::Program program;
  arch::ConfigLoad load;
  load.dram_stride = 16;
  load.block_stride = 16;
  program.commands = {arch::encode_config_load(load),
                      arch::encode_mvin({0, 0x80000000, {arch::LocalAddress::scratchpad(0), 16, 1}})};
  program.steps = {{arch::StepKind::Command, 0}, {arch::StepKind::Command, 1}};
  const EnergyTable table = only(&EnergyTable::sram_64_bits, 10);
  const auto scratchpad_energy = [&](const std::vector<std::string>& overrides) {
    RunStatistics statistics;
    add_energy(statistics, program, arch::load_accelerator_config("gemmini_16x16", overrides), table);
    return part_of(statistics.energy->energy_pj, "scratchpad");
  };
  // A row of 128 bits in a bank of 64 KiB: 10 pJ, twice for the width, times the root of 8.
  EXPECT_DOUBLE_EQ(scratchpad_energy({}), 20 * std::sqrt(8.0));
  EXPECT_DOUBLE_EQ(scratchpad_energy({"scratchpad.capacity_kib=1024"}), 40 * std::sqrt(8.0));
  EXPECT_DOUBLE_EQ(scratchpad_energy({"mesh.dim=32", "mesh.output_bits=auto"}), 40 * std::sqrt(8.0));
}

TEST(EnergyModel, ClockAndLeakageGrowWithCyclesAlone) {
  RunStatistics statistics;
  statistics.cycles = 500;
  const arch::AcceleratorConfig config = arch::load_accelerator_config("gemmini_16x16");
  add_energy(statistics, {}, config, only(&EnergyTable::sram_bit_leakage, 1e-6));
  // 320 KiB of bits, 1e-6 mW each, for 500 ns.
  EXPECT_NEAR(part_of(statistics.energy->energy_pj, "leakage"), 320.0 * 1024 * 8 * 1e-6 * 500, 1e-6);
  EXPECT_NEAR(statistics.energy->energy_delay_js, statistics.energy->energy_pj.total() * 1e-12 * 500e-9, 1e-24);
}

TEST(EnergyModel, AreaOfMemoriesIsTheirBitsAndASecondPortCostsItsFactor) {
  EnergyTable table = only(&EnergyTable::sram_bit, 0.5);
  table.second_port_factor = 1.5;
  const CostBreakdown area = estimate_area(arch::load_accelerator_config("gemmini_16x16"), table);
  EXPECT_DOUBLE_EQ(part_of(area, "scratchpad"), 256 * 1024 * 8 * 0.5);
  EXPECT_DOUBLE_EQ(part_of(area, "accumulator"), 64 * 1024 * 8 * 0.5 * 1.5);
}

TEST(EnergyText, NamesTheLargestPartsFirstInReadableUnits) {
  RunStatistics statistics;
  EXPECT_EQ(energy_text(statistics), "");
  RunEnergy energy;
  energy.table = "mine";
  energy.energy_pj.parts = {{"array", 2.5e9}, {"dram", 7.4e9}, {"dma", 0.1e9 - 1}, {"host", 0}};
  energy.energy_delay_js = 3.2e-7;
  energy.area_um2.parts = {{"array", 1.5e6}};
  statistics.energy = energy;
  EXPECT_EQ(energy_text(statistics),
            "energy 10 mJ: dram 74.0 %, array 25.0 %; times delay 320 nJ s; area 1.5 mm2 (mine)\n");
}

}  // namespace
}  // namespace gemel::sim
