// SPDX-License-Identifier: Apache-2.0
#include "sim/arch/systemverilog_package.h"

#include <gtest/gtest.h>

#include <string>

#include "sim/arch/accelerator_config_yaml.h"
#include "sim/arch/input_error.h"

namespace gemel::arch {
namespace {

std::string package_of(const std::string& name, const std::vector<std::string>& overrides = {}) {
  return systemverilog_package(load_accelerator_config(name, overrides));
}
bool has_line(const std::string& text, const std::string& line) { return text.find(line + "\n") != std::string::npos; }

TEST(SystemVerilogPackage, SaysTheFiguresOfTheConfiguration) {
  const std::string text = package_of("tiny_4x4", {"dma.requests_in_flight=7"});
  EXPECT_TRUE(has_line(text, "  localparam int unsigned Dim = 4;"));
  EXPECT_TRUE(has_line(text, "  localparam int unsigned ScratchpadBankRows = 1024;"));
  EXPECT_TRUE(has_line(text, "  localparam int unsigned RequestsInFlight = 7;"));
  EXPECT_TRUE(has_line(text, "  localparam int unsigned LocalRowBits = 12;"));
}

TEST(SystemVerilogPackage, ResolvesScaleUnitsToOnePerLaneAtMost) {
  EXPECT_TRUE(
      has_line(package_of("tiny_4x4", {"mvin_scale.units=per_lane"}), "  localparam int unsigned MvinScaleUnits = 4;"));
  EXPECT_TRUE(
      has_line(package_of("tiny_4x4", {"mvin_scale.units=3"}), "  localparam int unsigned MvinScaleUnits = 3;"));
  EXPECT_TRUE(
      has_line(package_of("tiny_4x4", {"mvin_scale.units=5"}), "  localparam int unsigned MvinScaleUnits = 4;"));
}

TEST(SystemVerilogPackage, HasTheFieldsOfTheChosenLayoutOnly) {
  const std::string old_layout = package_of("gemmini_16x16"), new_layout = package_of("gemmini_2025_16x16");
  EXPECT_TRUE(has_line(old_layout, "  localparam int unsigned MvinRowsLsb = 48;"));
  EXPECT_EQ(old_layout.find("MvoutToScratchpad"), std::string::npos);
  EXPECT_NE(new_layout.find("FunctMvoutToScratchpad = 7'd23"), std::string::npos);
}

TEST(SystemVerilogPackage, LoopFieldsOfTheOtherLayoutAreTheZeroAboveTheOperands) {
  const std::string old_layout = package_of("gemmini_16x16"), new_layout = package_of("gemmini_2025_16x16");
  EXPECT_TRUE(has_line(old_layout, "  localparam bit IsGemmini2025 = 1'b0;"));
  EXPECT_TRUE(has_line(new_layout, "  localparam bit IsGemmini2025 = 1'b1;"));
  EXPECT_TRUE(has_line(old_layout, "  localparam int unsigned LoopWsSkipLoadAAt = 128;"));
  EXPECT_TRUE(has_line(new_layout, "  localparam int unsigned LoopWsSkipLoadAAt = 67;"));
  EXPECT_TRUE(has_line(old_layout, "  localparam int unsigned LoopConvWsConfig4KernelDilationAt = 80;"));
  EXPECT_TRUE(has_line(new_layout, "  localparam int unsigned LoopConvWsConfig4KernelDilationAt = 0;"));
  EXPECT_TRUE(has_line(new_layout, "  localparam int unsigned LoopConvWsConfig1InDimAt = 128;"));
}

TEST(SystemVerilogPackage, RefusesRequestsLongerThanAnAxiBurst) {
  EXPECT_NO_THROW(package_of("tiny_4x4", {"dma.bus_width_bits=32", "dma.max_request_bytes=1024"}));
  try {
    package_of("tiny_4x4", {"dma.bus_width_bits=32", "dma.max_request_bytes=2048"});
    FAIL() << "512 beats were accepted";
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find("at most 1024 bytes"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace gemel::arch
