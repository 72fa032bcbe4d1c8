// SPDX-License-Identifier: Apache-2.0
// Command lines as a user types them, good ones. What bad ones get is in bad_input_test.cpp.
#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "tests/system/child_process.h"

namespace gemel::tests {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const std::string kSource = GEMEL_SOURCE_DIR;
const std::string kStream = kSource + "/tests/golden/truth/micro_mvin_16x64_spad_n4.rocc";

nlohmann::json run_json(std::vector<std::string> arguments, const ScratchDirectory& scratch, int status = 0) {
  arguments.insert(arguments.begin(), "run");
  arguments.insert(arguments.end(), {"--json", scratch.file("run.json")});
  const ChildResult result = run_gemel(arguments, scratch.path());
  EXPECT_EQ(result.status, status) << result.err;
  return nlohmann::json::parse(read_text(scratch.file("run.json")));
}

TEST(CommandLine, HelpAndVersionGoToStandardOutput) {
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"--help"}, {"--version"}, {"run", "--help"}, {"compile", "-h"}}) {
    const ChildResult result = run_gemel(arguments);
    EXPECT_EQ(result.status, 0);
    EXPECT_THAT(result.out, Not(IsEmpty()));
    EXPECT_THAT(result.err, IsEmpty());
  }
}

TEST(CommandLine, AStreamReportsCyclesAndDigestsAndIsNotCalledVerified) {
  const ScratchDirectory scratch;
  const auto json = run_json({kStream}, scratch);
  EXPECT_EQ(json["config"], "gemmini_16x16");
  EXPECT_EQ(json["engine"], "systemc");
  EXPECT_TRUE(json["verified"].is_null());
  EXPECT_GT(json["cycles"], 0);
  EXPECT_EQ(json["memory_crc32"]["region"].get<std::string>().size(), 8u);
  EXPECT_TRUE(json["memory_crc32"]["outputs"].is_array());
  for (const auto& [unit, causes] : json["accounting"].items()) {
    std::uint64_t sum = 0;
    for (const auto& [cause, cycles] : causes.items()) sum += cycles.get<std::uint64_t>();
    EXPECT_EQ(sum, json["cycles"]) << unit;
  }
}

TEST(CommandLine, SetOverridesOneKeyOfTheConfiguration) {
  const ScratchDirectory scratch;
  const auto fast = run_json({kStream, "--set", "memory.latency_cycles=1"}, scratch);
  const auto slow = run_json({kStream, "--set", "memory.latency_cycles=100"}, scratch);
  EXPECT_LT(fast["cycles"], slow["cycles"]);
  const auto last =
      run_json({kStream, "--set", "memory.latency_cycles=1", "--set", "memory.latency_cycles=100"}, scratch);
  EXPECT_EQ(last["cycles"], slow["cycles"]);
}

TEST(CommandLine, TimingOnlyTakesTheSameCyclesAndHasNoDigest) {
  const ScratchDirectory scratch;
  const auto with_data = run_json({kStream}, scratch);
  const auto timing_only = run_json({kStream, "--timing-only"}, scratch);
  EXPECT_EQ(with_data["cycles"], timing_only["cycles"]);
  EXPECT_EQ(with_data["accounting"], timing_only["accounting"]);
  EXPECT_FALSE(timing_only.contains("memory_crc32"));
}

TEST(CommandLine, RelativePathsStartAtTheUsersDirectory) {
  const ScratchDirectory scratch;
  std::filesystem::copy_file(kStream, scratch.file("here.rocc"));
  const ChildResult result = run_gemel({"run", "here.rocc", "--json", "there.json"}, scratch.path());
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(scratch.names(), ElementsAre("here.rocc", "there.json"));
}

TEST(CommandLine, JsonReplacesAFileKeepsALinkAndCanGoToADevice) {
  const ScratchDirectory scratch;
  scratch.write("old.json", "old");
  std::filesystem::create_symlink("old.json", scratch.file("link.json"));
  EXPECT_EQ(run_gemel({"run", kStream, "--json", scratch.file("link.json")}).status, 0);
  EXPECT_TRUE(std::filesystem::is_symlink(scratch.file("link.json")));
  EXPECT_TRUE(nlohmann::json::parse(read_text(scratch.file("old.json"))).contains("schema"));
  EXPECT_THAT(scratch.names(), ElementsAre("link.json", "old.json"));
  EXPECT_EQ(run_gemel({"run", kStream, "--json", "/dev/null"}).status, 0);
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/null"));
}

TEST(CommandLine, FullDevicesAreReported) {
  const ChildResult result = run_gemel({"run", kStream, "--json", "/dev/full"});
  EXPECT_EQ(result.status, 2);
  EXPECT_THAT(result.err, HasSubstr("/dev/full: cannot be written"));
}

TEST(CommandLine, DisassembledProgramsAssembleToTheSameProgram) {
  const ScratchDirectory scratch;
  const ChildResult text = run_gemel({"disasm", kStream});
  ASSERT_EQ(text.status, 0) << text.err;
  scratch.write("program.txt", text.out);
  ASSERT_EQ(run_gemel({"asm", "program.txt", "-o", "program.gemel"}, scratch.path()).status, 0);
  EXPECT_EQ(run_gemel({"disasm", "program.gemel"}, scratch.path()).out, text.out);
  EXPECT_EQ(run_gemel({"disasm", "program.gemel", "-o", "again.txt"}, scratch.path()).status, 0);
  EXPECT_EQ(read_text(scratch.file("again.txt")), text.out);
  EXPECT_EQ(run_json({"program.gemel"}, scratch)["cycles"], run_json({kStream}, scratch)["cycles"]);
}

TEST(CommandLine, OutputHasNoColourWhereItIsNoTerminal) {
  const ChildResult result = run_gemel({"run", kStream});
  EXPECT_THAT(result.out, Not(HasSubstr("\033")));
  EXPECT_THAT(result.err, IsEmpty());
}

}  // namespace
}  // namespace gemel::tests
