// SPDX-License-Identifier: Apache-2.0
#include "sim/arch/accelerator_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>

#include "sim/arch/accelerator_config_yaml.h"
#include "sim/arch/accelerator_settings.h"
#include "sim/arch/input_error.h"
#include "tests/support/refusal.h"

namespace gemel::arch {
namespace {

using test_support::error_of;
using ::testing::HasSubstr;

const std::string kConfigDir = GEMEL_SOURCE_DIR "/configs/accelerators";

TEST(AcceleratorConfig, EqualityLooksAtEveryKey) {
  for (const Setting& setting : accelerator_settings()) {
    AcceleratorConfig changed;
    setting.set(changed, setting.get(changed) ^ 1u);
    EXPECT_NE(changed, AcceleratorConfig()) << setting.path;
  }
  AcceleratorConfig renamed;
  renamed.name = "other";
  EXPECT_NE(renamed, AcceleratorConfig());
}

// --- derived values -------------------------------------------------------------------------------------------------

TEST(DerivedConfig, DefaultMachineHasTheFiguresOfGemmini) {
  const DerivedConfig derived = derive(AcceleratorConfig());
  EXPECT_EQ(derived.scratchpad_rows, 16384u);
  EXPECT_EQ(derived.scratchpad_bank_rows, 4096u);
  EXPECT_EQ(derived.scratchpad_row_bytes, 16u);
  EXPECT_EQ(derived.accumulator_rows, 1024u);
  EXPECT_EQ(derived.accumulator_bank_rows, 512u);
  EXPECT_EQ(derived.accumulator_row_bytes, 64u);
  EXPECT_EQ(derived.local_row_bits, 14u);
  EXPECT_EQ(derived.bus_bytes, 16u);
  EXPECT_EQ(derived.max_block_columns, 4u);
  EXPECT_EQ(derived.max_block_columns_acc, 1u);
  EXPECT_EQ(derived.array_latency, 32u);
}

TEST(DerivedConfig, LocalAddressIsAsWideAsTheLargerMemoryNeeds) {
  AcceleratorConfig config;
  config.scratchpad.capacity_kib = 16;    // 1024 rows
  config.accumulator.capacity_kib = 256;  // 4096 rows
  EXPECT_EQ(derive(config).local_row_bits, 12u);
}

TEST(DerivedConfig, OneBlockMovesEvenWhereARowIsLongerThanARequest) {
  AcceleratorConfig config;
  config.mesh.dim = 128;
  EXPECT_EQ(derive(config).max_block_columns, 1u);
  EXPECT_EQ(derive(config).max_block_columns_acc, 1u);
  config.dma.max_request_bytes = 1024;
  EXPECT_EQ(derive(config).max_block_columns, 8u);
  EXPECT_EQ(derive(config).max_block_columns_acc, 2u);
}

TEST(DerivedConfig, ArrayLatencyGrowsWithRegistersInThePe) {
  AcceleratorConfig config;
  config.mesh.dim = 4;
  config.mesh.tile_latency_cycles = 2;
  config.mesh.output_delay_cycles = 3;
  EXPECT_EQ(derive(config).array_latency, 3u * 7u + 3u);
}

TEST(DerivedConfig, RequiredOutputBitsHoldTheLargestSumAndNotOneBitLess) {
  for (std::uint32_t dim = 2; dim <= 128; dim *= 2) {
    const std::int64_t largest = std::int64_t{dim} * 128 * 128;
    const std::uint32_t bits = required_output_bits(dim);
    EXPECT_LE(largest, (std::int64_t{1} << (bits - 1)) - 1) << dim;
    EXPECT_GT(largest, (std::int64_t{1} << (bits - 2)) - 1) << dim;
  }
}

// --- shipped configurations -----------------------------------------------------------------------------------------

TEST(ShippedConfigs, AllLoadAndAreNamedLikeTheirFiles) {
  const std::vector<std::string> names = shipped_configs(kConfigDir);
  EXPECT_THAT(names, ::testing::IsSupersetOf({"gemmini_16x16", "gemmini_2025_16x16", "chip_16x16", "large_32x32",
                                              "lean_16x16", "tiny_4x4", "large_128x128"}));
  for (const std::string& name : names) {
    EXPECT_EQ(load_accelerator_config(name, {}, kConfigDir).name, name);
  }
}

TEST(ShippedConfigs, DefaultFileIsTheDefaultInCode) {
  EXPECT_EQ(load_accelerator_config("gemmini_16x16", {}, kConfigDir), AcceleratorConfig());
}

TEST(ShippedConfigs, Gemmini2025DiffersInItsIsaAlone) {
  AcceleratorConfig expected;
  expected.name = "gemmini_2025_16x16";
  expected.isa_version = IsaVersion::Gemmini2025;
  EXPECT_EQ(load_accelerator_config("gemmini_2025_16x16", {}, kConfigDir), expected);
}

TEST(ShippedConfigs, ChipsHaveTheFiguresOfTheirSource) {
  const AcceleratorConfig chip = load_accelerator_config("chip_16x16", {}, kConfigDir);
  EXPECT_EQ(derive(chip).scratchpad_bank_rows, 1024u);
  EXPECT_EQ(derive(chip).accumulator_bank_rows, 256u);
  EXPECT_EQ(chip.accumulator.ports, 1u);
  EXPECT_EQ(chip.accumulator.sub_banks, 2u);
  EXPECT_EQ(chip.mesh.output_delay_cycles, 2u);
  EXPECT_EQ(chip.mesh.dataflow, Dataflow::WeightStationary);
  const AcceleratorConfig large = load_accelerator_config("large_32x32", {}, kConfigDir);
  EXPECT_EQ(derive(large).scratchpad_bank_rows, 1024u);
  EXPECT_EQ(derive(large).accumulator_bank_rows, 256u);
  EXPECT_EQ(large.dma.loads_in_flight, 1u);
  const AcceleratorConfig lean = load_accelerator_config("lean_16x16", {}, kConfigDir);
  EXPECT_EQ(lean.dma.requests_in_flight, 64u);
  EXPECT_EQ(lean.dma.loads_in_flight, 5u);
  EXPECT_FALSE(lean.full_width_accumulator_read);
}

// --- validation -----------------------------------------------------------------------------------------------------

TEST(Validation, DefaultCanBeBuilt) { EXPECT_NO_THROW(validate(AcceleratorConfig())); }

TEST(Validation, ConfigMadeInCodeIsHeldToTheRangesToo) {
  for (const Setting& setting : accelerator_settings()) {
    AcceleratorConfig config;
    if (setting.is_number) {
      setting.set(config, setting.max + 1);
    } else if (setting.words.front().first == "true") {
      continue;  // a bool has no third value
    } else {
      setting.set(config, 7);
    }
    EXPECT_THAT(error_of([&] { validate(config); }),
                ::testing::StartsWith("configuration 'gemmini_16x16': " + setting.path + ": "));
  }
}

TEST(Validation, LocalAddressMustReachEveryRow) {
  AcceleratorConfig config;
  config.mesh.dim = 2;
  config.mesh.output_bits = 17;
  config.scratchpad.capacity_kib = 65536;  // exactly 2^25 rows
  EXPECT_FALSE(find_violation(config).has_value());
}

// --- the page of keys -----------------------------------------------------------------------------------------------

TEST(ConfigPage, HasARowForEveryKeyWithRangeUnitAndDefault) {
  std::ifstream file(GEMEL_SOURCE_DIR "/docs/config.md");
  ASSERT_TRUE(file.good());
  std::map<std::string, std::string> rows;
  std::string line;
  while (std::getline(file, line)) {
    if (line.rfind("| `", 0) != 0) continue;
    const std::string key = line.substr(3, line.find('`', 3) - 3);
    EXPECT_TRUE(rows.emplace(key, line).second) << "two rows for " << key;
  }
  for (const Setting& setting : accelerator_settings()) {
    ASSERT_EQ(rows.count(setting.path), 1u) << setting.path;
    const std::string& row = rows[setting.path];
    const std::string cells = " | " + (setting.unit.empty() ? std::string("–") : setting.unit) + " | " +
                              format_allowed(setting) + " | " +
                              format_setting(setting, setting.get(AcceleratorConfig())) + " |";
    EXPECT_THAT(row, HasSubstr(cells)) << setting.path;
    rows.erase(setting.path);
  }
  for (const auto& row : rows) ADD_FAILURE() << "docs/config.md describes an unknown key: " << row.first;
}

}  // namespace
}  // namespace gemel::arch
