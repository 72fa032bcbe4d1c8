// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "sim/stats/layer_table.h"
#include "sim/stats/memory_digest.h"
#include "sim/stats/quantity_text.h"
#include "sim/stats/statistics_json.h"

namespace gemel::sim {
namespace {

using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::Not;

LayerStatistics make_layer(const std::string& name, std::uint64_t macs, Cycle cycles) {
  LayerStatistics layer;
  layer.layer.name = name;
  layer.layer.op = "conv2d+bias+relu+max_pool";
  layer.layer.macs = macs;
  layer.layer.min_dram_bytes = 1601;
  layer.cycles = cycles;
  layer.dram_read_bytes = 3200;
  layer.accounting = {{"load_unit", {{"busy", cycles / 4}, {"memory", cycles - cycles / 4}}},
                      {"execute_unit", {{"busy", cycles / 2}, {"operands", cycles - cycles / 2}}}};
  return layer;
}

struct Fixture {
  RunDescription run;
  RunStatistics statistics;
  Fixture() {
    run.config = "gemmini_16x16";
    run.workload = "test";
    run.dim = 16;
    run.bus_bytes = 16;
    statistics.layers = {make_layer("first", 25600, 200), make_layer("a_layer_with_a_very_long_name_indeed", 257, 800)};
    statistics.layers[1].layer.placement = arch::Placement::Host;
    statistics.cycles = 1000;
    statistics.macs = 25857;
    statistics.accounting = statistics.layers[0].accounting;
  }
};

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

TEST(QuantityText, GroupsThousandsFromTheRight) {
  EXPECT_EQ(grouped_text(0), "0");
  EXPECT_EQ(grouped_text(999), "999");
  EXPECT_EQ(grouped_text(1000), "1,000");
  EXPECT_EQ(grouped_text(1234567), "1,234,567");
}

TEST(QuantityText, ShortFormNeverShowsFourDigits) {
  EXPECT_EQ(short_text(0), "0");
  EXPECT_EQ(short_text(999), "999");
  EXPECT_EQ(short_text(999.6), "1.00k");
  EXPECT_EQ(short_text(1234), "1.23k");
  EXPECT_EQ(short_text(99960), "100k");
  EXPECT_EQ(short_text(118013952), "118M");
  EXPECT_EQ(short_text(4.09e9), "4.09G");
}

TEST(MemoryDigest, IsZlibsCrcOfTheRegionAndOfEachOutput) {
  arch::Program program;
  program.base = 0x1000;
  program.outputs = {{0x1000, 9}, {0x1009, 0}};
  const std::string text = "123456789";  // the check value of CRC-32 is cbf43926
  const MemoryDigest digest = digest_memory(program, {text.begin(), text.end()});
  EXPECT_EQ(digest.region, "cbf43926");
  EXPECT_THAT(digest.outputs, ::testing::ElementsAre("cbf43926", "00000000"));
}

TEST(MemoryDigest, RefusesAnOutputThatLeavesTheRegion) {
  arch::Program program;
  program.base = 0x1000;
  for (const arch::OutputRange range : {arch::OutputRange{0x1001, 9}, {0x0FFF, 1}, {0x100A, 0}, {0x1001, ~0ull}}) {
    program.outputs = {range};
    EXPECT_THROW(digest_memory(program, std::vector<std::uint8_t>(9)), std::invalid_argument);
  }
}

TEST(StatisticsJson, HasTheFieldsThatTheDesignNames) {
  const Fixture fixture;
  const auto json = nlohmann::json::parse(statistics_json(fixture.run, fixture.statistics));
  for (const char* field :
       {"schema", "config", "workload", "engine", "cycles", "macs", "utilization", "verified", "host_seconds",
        "compile_seconds", "verify_seconds", "dram_read_bytes", "dram_write_bytes", "accounting", "layers"}) {
    EXPECT_TRUE(json.contains(field)) << field;
  }
  EXPECT_TRUE(json["verified"].is_null());
  EXPECT_FALSE(json.contains("memory_crc32"));
  EXPECT_DOUBLE_EQ(json["utilization"], 25857.0 / (1000 * 256));
  EXPECT_EQ(json["accounting"]["execute_unit"]["operands"], 100);
  EXPECT_EQ(json["layers"][0]["where"], "array");
  EXPECT_EQ(json["layers"][1]["where"], "host");
  EXPECT_EQ(json["layers"][0]["compute_bound_cycles"], 100);
  EXPECT_EQ(json["layers"][1]["compute_bound_cycles"], 2);  // 257 MACs on 256 PEs
  EXPECT_EQ(json["layers"][0]["memory_bound_cycles"], 101);
  EXPECT_DOUBLE_EQ(json["layers"][0]["utilization"], 0.5);
}

TEST(StatisticsJson, SaysVerifiedTrueAndFalseAsSuch) {
  Fixture fixture;
  for (const bool verified : {true, false}) {
    fixture.run.verified = verified;
    EXPECT_EQ(nlohmann::json::parse(statistics_json(fixture.run, fixture.statistics))["verified"], verified);
  }
}

TEST(LayerTable, FitsTheTerminalAndShowsEachLayerOnce) {
  const Fixture fixture;
  const auto lines = lines_of(layer_table(fixture.run, fixture.statistics));
  ASSERT_EQ(lines.size(), 4u);  // header, two layers, total
  for (const std::string& line : lines) EXPECT_LE(line.size(), 120u) << line;
  EXPECT_THAT(lines[1], HasSubstr("50.0"));
  EXPECT_THAT(lines[1], HasSubstr("execute_unit 50%, operands 50%"));
  EXPECT_THAT(lines[2], HasSubstr("host"));
  EXPECT_THAT(lines[3], HasSubstr("1,000"));
  EXPECT_THAT(lines[3], HasSubstr("1 host"));
}

TEST(LayerTable, LeavesOutWholeColumnsWhereTheTerminalIsNarrow) {
  const Fixture fixture;
  const std::string wide = layer_table(fixture.run, fixture.statistics, {200, false});
  const std::string narrow = layer_table(fixture.run, fixture.statistics, {80, false});
  for (const std::string& line : lines_of(narrow)) EXPECT_LE(line.size(), 80u) << line;
  for (const char* column : {"MACs", "DRAM B"}) {
    EXPECT_THAT(wide, HasSubstr(column));
    EXPECT_THAT(narrow, Not(HasSubstr(column)));
  }
  for (const char* kept : {"cycles", "util%", "execute_unit 50%, operands 50%", "host"}) {
    EXPECT_THAT(narrow, HasSubstr(kept));
  }
}

TEST(LayerTable, UsesColourOnlyWhenAsked) {
  const Fixture fixture;
  EXPECT_THAT(layer_table(fixture.run, fixture.statistics), Not(HasSubstr("\033")));
  EXPECT_THAT(layer_table(fixture.run, fixture.statistics, {120, true}), HasSubstr("\033[1m"));
}

TEST(AccountingTable, ListsCausesLargestFirstAndBreaksLongLines) {
  const Fixture fixture;
  const std::string wide = accounting_table(fixture.statistics);
  EXPECT_LT(wide.find("memory 15.0%"), wide.find("busy 5.0%"));
  EXPECT_THAT(lines_of(accounting_table(fixture.statistics, {30, false})), Each(::testing::SizeIs(::testing::Le(30))));
}

}  // namespace
}  // namespace gemel::sim
