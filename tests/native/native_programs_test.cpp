// SPDX-License-Identifier: Apache-2.0
// Native programs, compiled and run as a user would: every program of tests/native/programs checks its own data, its
// recorded stream replays with the same results, and what is wrong is said.
#include <gmock/gmock.h>

#include <algorithm>
#include <cctype>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>
#include <string>
#include <vector>

#include "tests/system/child_process.h"

namespace gemel::tests {
namespace {

using nlohmann::json;
using testing::HasSubstr;

const std::string kPrograms = std::string(GEMEL_SOURCE_DIR) + "/tests/native/programs/";

std::vector<std::string> program_names() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(kPrograms))
    if (entry.path().extension() == ".c") names.push_back(entry.path().stem().string());
  std::sort(names.begin(), names.end());
  return names;
}

// Programs of the later layout's own instructions have names of their own.
bool is_later(const std::string& name) { return name.rfind("later_", 0) == 0; }
const std::vector<std::string> kLaterFlags = {"-DGEMMINI_2025", "--config", "gemmini_2025_16x16"};
std::vector<std::string> flags_of(bool later) {
  std::vector<std::string> flags = {"-O2", "--record"};
  if (later) flags.insert(flags.end(), kLaterFlags.begin(), kLaterFlags.end());
  return flags;
}
std::vector<std::string> gemel_on(const std::string& command, bool later) {
  std::vector<std::string> arguments = {command, "program.rocc"};
  if (later) arguments.insert(arguments.end(), {"-c", "gemmini_2025_16x16"});
  return arguments;
}

// Compiles with scripts/gemel-cc; the program's path.
std::string compile(const ScratchDirectory& directory, const std::string& source,
                    const std::vector<std::string>& flags = {}) {
  const std::string program = directory.file("program");
  std::vector<std::string> command = {"/usr/bin/env",
                                      "GEMEL_BUILD_DIR=" GEMEL_BUILD_DIR,
                                      std::string(GEMEL_SOURCE_DIR) + "/scripts/gemel-cc",
                                      "--machine-params",
                                      "-Wall",
                                      "-Wextra",
                                      "-Werror",
                                      "-I",
                                      kPrograms};
  command.insert(command.end(), flags.begin(), flags.end());
  command.insert(command.end(), {source, "-o", program});
  const ChildResult result = run_child(command, directory.path());
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.err, "");
  return program;
}

ChildResult run(const ScratchDirectory& directory, const std::vector<std::string>& settings,
                const std::vector<std::string>& arguments = {}) {
  std::vector<std::string> command = {"/usr/bin/env"};
  command.insert(command.end(), settings.begin(), settings.end());
  command.push_back(directory.file("program"));
  command.insert(command.end(), arguments.begin(), arguments.end());
  return run_child(command, directory.path());
}

class NativePrograms : public testing::TestWithParam<std::string> {};

TEST_P(NativePrograms, ChecksItsDataAndItsRecordedStreamReplays) {
  const ScratchDirectory directory;
  compile(directory, kPrograms + GetParam() + ".c", flags_of(is_later(GetParam())));
  const ChildResult native = run(directory, {"GEMEL_JSON=native.json", "GEMEL_REPORT=off"}, {"an argument"});
  ASSERT_EQ(native.status, 0) << native.out << native.err;
  EXPECT_EQ(native.err, "");

  std::vector<std::string> command = gemel_on("run", is_later(GetParam()));
  command.insert(command.end(), {"--json", "replay.json"});
  const ChildResult replay = run_gemel(command, directory.path());
  ASSERT_EQ(replay.status, 0) << replay.err;
  const json ran = json::parse(read_text(directory.file("native.json")));
  const json replayed = json::parse(read_text(directory.file("replay.json")));
  const std::string stream = read_text(directory.file("program.rocc"));
  // Memory that the program changed between commands costs the replay the time of a host operator.
  if (stream.find("\nwrite ") == std::string::npos) EXPECT_EQ(replayed["cycles"], ran["cycles"]);
  EXPECT_EQ(replayed["commands"], ran["commands"]);
  std::vector<std::string> digests;
  const std::regex note("# output \\d+ has crc32 ([0-9a-f]{8})");
  for (std::sregex_iterator found(stream.begin(), stream.end(), note); found != std::sregex_iterator(); ++found)
    digests.push_back((*found)[1]);
  EXPECT_EQ(replayed["memory_crc32"]["outputs"], json(digests));
}

INSTANTIATE_TEST_SUITE_P(All, NativePrograms, testing::ValuesIn(program_names()),
                         [](const testing::TestParamInfo<std::string>& info) { return info.param; });

// Compilers and optimisations: what fence, rdcycle and the macros stand on differs in each.
class Compilers : public testing::TestWithParam<std::vector<std::string>> {};

TEST_P(Compilers, KeepRegistersOrderAndOperands) {
  const std::vector<std::string>& choice = GetParam();
  if (choice[0] == "clang" && std::system("clang --version >/dev/null 2>&1") != 0) GTEST_SKIP() << "no clang here";
  setenv("CC", choice[0].c_str(), 1);
  for (const char* name : {"registers", "macro_shapes", "clock_and_fences", "no_fence", "counters"}) {
    SCOPED_TRACE(name);
    const ScratchDirectory directory;
    compile(directory, kPrograms + name + ".c", {choice.begin() + 1, choice.end()});
    const ChildResult native = run(directory, {"GEMEL_REPORT=off"});
    EXPECT_EQ(native.status, 0) << native.out << native.err;
  }
  unsetenv("CC");
}

INSTANTIATE_TEST_SUITE_P(All, Compilers,
                         testing::Values(std::vector<std::string>{"gcc", "-O0"}, std::vector<std::string>{"gcc", "-O1"},
                                         std::vector<std::string>{"gcc", "-O3", "-march=native"},
                                         std::vector<std::string>{"gcc", "-O2", "-flto"},
                                         std::vector<std::string>{"gcc", "-O2", "-std=gnu99", "-ffast-math"},
                                         std::vector<std::string>{"clang", "-O0"},
                                         std::vector<std::string>{"clang", "-O2"},
                                         std::vector<std::string>{"clang", "-O2", "-fno-integrated-as"}),
                         [](const auto& info) {
                           std::string name;
                           for (const std::string& part : info.param)
                             for (const char c : part) name += std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
                           return name;
                         });

std::string write_program(const ScratchDirectory& directory, const std::string& body) {
  return directory.write("source.c", "#include \"accelerator.h\"\nstatic elem_t data[DIM][DIM];\n" + body);
}

TEST(NativeProgram, IsRefusedOnAMachineThatItWasNotCompiledForAndTheFigureIsNamed) {
  const ScratchDirectory directory;
  compile(directory, kPrograms + "mvin_mvout.c");
  const ChildResult other = run(directory, {"GEMEL_CONFIG=tiny_4x4"});
  EXPECT_EQ(other.status, 2);
  EXPECT_EQ(other.out, "");
  EXPECT_THAT(other.err, HasSubstr("DIM is 16 in the program and 4 on the machine (mesh.dim)"));
  EXPECT_THAT(run(directory, {"GEMEL_SET=accumulator.capacity_kib=32"}).err, HasSubstr("ACC_ROWS is 1024"));
  EXPECT_THAT(run(directory, {"GEMEL_SET=full_width_accumulator_read=false"}).err, HasSubstr("ACC_READ_FULL_WIDTH"));
  EXPECT_THAT(run(directory, {"GEMEL_CONFIG=gemini"}).err, HasSubstr("gemini"));
}

TEST(NativeProgram, RunsOnTheMachineThatItWasCompiledFor) {
  const ScratchDirectory directory;
  compile(directory, kPrograms + "tiled_gemm.c", {"--config", "tiny_4x4", "--set", "memory.latency_cycles=100"});
  const ChildResult slow = run(directory, {"GEMEL_JSON=slow.json"});
  EXPECT_EQ(slow.status, 0) << slow.err;
  EXPECT_THAT(slow.err, HasSubstr("on tiny_4x4"));
  EXPECT_EQ(run(directory, {"GEMEL_JSON=fast.json", "GEMEL_SET=memory.latency_cycles=1"}).status, 0);
  const json slow_run = json::parse(read_text(directory.file("slow.json")));
  const json fast_run = json::parse(read_text(directory.file("fast.json")));
  EXPECT_GT(slow_run["cycles"].get<int>(), fast_run["cycles"].get<int>());
  EXPECT_EQ(slow_run["commands"], fast_run["commands"]);
}

const std::vector<std::string> kOfBothLayouts = {"loop_conv", "loop_matmul", "loop_residual_add"};

TEST(NativeProgram, HasTheLoopsOfTheLaterLayoutOnAMachineOfThatVersion) {
  for (const std::string& name : kOfBothLayouts) {
    SCOPED_TRACE(name);
    const ScratchDirectory directory;
    compile(directory, kPrograms + name + ".c", kLaterFlags);
    const ChildResult native = run(directory, {"GEMEL_REPORT=off"});
    EXPECT_EQ(native.status, 0) << native.out << native.err;
  }
}

TEST(NativeProgram, SeesTheSameMemoryAsItsReplay) {
  const ScratchDirectory directory;
  compile(directory, kPrograms + "tiled_gemm.c", {"--record"});
  const std::vector<std::string> uneven = {"memory.jitter_cycles=7", "memory.beat_gap_cycles=3", "memory.seed=5"};
  ASSERT_EQ(run(directory, {"GEMEL_REPORT=off", "GEMEL_JSON=native.json",
                            "GEMEL_SET=" + uneven[0] + ";" + uneven[1] + ";" + uneven[2]})
                .status,
            0);
  const ChildResult replay = run_gemel(
      {"run", "program.rocc", "--json", "replay.json", "--set", uneven[0], "--set", uneven[1], "--set", uneven[2]},
      directory.path());
  ASSERT_EQ(replay.status, 0) << replay.err;
  const json even = json::parse(run_gemel({"run", "program.rocc", "--json", "even.json"}, directory.path()).status == 0
                                    ? read_text(directory.file("even.json"))
                                    : "{}");
  EXPECT_EQ(json::parse(read_text(directory.file("native.json")))["cycles"],
            json::parse(read_text(directory.file("replay.json")))["cycles"]);
  EXPECT_NE(json::parse(read_text(directory.file("native.json")))["cycles"], even["cycles"]);
}

TEST(NativeProgram, TakesTheSameCyclesInEachRun) {
  const ScratchDirectory directory;
  compile(directory, kPrograms + "heap_and_stack.c");
  const ChildResult first = run(directory, {}), second = run(directory, {});
  EXPECT_EQ(first.err, second.err);
  EXPECT_THAT(first.err, HasSubstr("cycles"));
}

TEST(NativeProgram, IsToldWhichCommandTheMachineDoesNotHave) {
  const ScratchDirectory directory;
  compile(directory, write_program(directory, "int main(void) { FLUSH(0) ISSUE(3, 0, 0) return data[0][0]; }\n"));
  const ChildResult result = run(directory, {});
  EXPECT_EQ(result.status, 2);
  EXPECT_THAT(result.err, HasSubstr("command 1 (config_norm"));
  EXPECT_THAT(result.err, HasSubstr("not built in"));
  compile(directory, write_program(directory,
                                   "int main(void) { CONFIG_LD(0, DIM, 1.0f, 0, DIM, 1) MVIN((void*)64, SPAD(0), DIM, "
                                   "DIM) return data[0][0]; }\n"));
  EXPECT_THAT(run(directory, {}).err, HasSubstr("where the program has no memory"));
}

TEST(NativeProgram, IsRefusedALoopThatTheMachineCannotUnroll) {
  const ScratchDirectory directory;
  const auto refusal = [&](const char* bounds, const char* options, const std::vector<std::string>& flags) {
    compile(directory,
            write_program(directory,
                          std::string("int main(void) { ISSUE(0, ") + bounds +
                              ", 9) ISSUE(data, data, 10) ISSUE(0, data, 11) ISSUE(DIM, DIM, 12) ISSUE(DIM, DIM, 13) "
                              "ISSUE(0, " +
                              options + ", 8) return data[0][0]; }\n"),
            flags);
    const ChildResult result = run(directory, {});
    EXPECT_EQ(result.status, 2);
    return result.err;
  };
  const char* one_block = "0x100010001ull";
  EXPECT_THAT(refusal("0x10001ull", "0", {}), HasSubstr("command 5 (loop_ws"));
  EXPECT_THAT(refusal("0x10001ull", "0", {}), HasSubstr("each bound is at least 1"));
  EXPECT_THAT(refusal(one_block, "1 << 9", kLaterFlags), HasSubstr("would store to the scratchpad by mvout_spad"));
  EXPECT_THAT(refusal(one_block, "3", {}), HasSubstr("two transposers"));
}

TEST(NativeProgram, WritesItsReportWhenItDies) {
  const ScratchDirectory directory;
  compile(directory, write_program(directory,
                                   "int main(void) { CONFIG_LD(0, DIM, 1.0f, 0, DIM, 1) MVIN(data, SPAD(0), DIM, DIM) "
                                   "*(volatile int*)8 = 1; return 0; }\n"));
  const ChildResult fault = run(directory, {"GEMEL_JSON=run.json"});
  EXPECT_EQ(fault.status, 128 + SIGSEGV);
  EXPECT_THAT(fault.err, HasSubstr("2 commands"));
  EXPECT_EQ(json::parse(read_text(directory.file("run.json")))["commands"], 2);
}

TEST(NativeProgram, IsToldWhereACommandLeavesItsObject) {
  const ScratchDirectory directory;
  compile(directory, write_program(directory,
                                   "static elem_t last[DIM];\nint main(void) { CONFIG_ST(DIM, 0, float_bits(1.0f)) "
                                   "MVOUT(last, SPAD(0), DIM, 3) return data[0][0]; }\n"));
  const ChildResult result = run(directory, {});
  EXPECT_EQ(result.status, 0);
  EXPECT_THAT(result.err, HasSubstr("32 bytes beyond 'last'"));
  EXPECT_THAT(result.err, HasSubstr("1 accesses left the object"));
}

TEST(NativeProgram, DropsFlagsOfOtherMachines) {
  const ScratchDirectory directory;
  compile(directory, kPrograms + "mvin_mvout.c",
          {"-march=rv64gc", "-Wa,-march=rv64gc", "-mabi=lp64d", "-mcmodel=medany", "-nostdlib", "-nostartfiles",
           "-static", "-T", "no_such_script.ld", "-std=gnu99", "-O2", "-DBAREMETAL=1", "-lm", "-lgcc"});
  EXPECT_EQ(run(directory, {"GEMEL_REPORT=off"}).status, 0);
}

// Streams on the RTL; more of them: GEMEL_NATIVE_COSIM=all.
TEST(NativeProgram, StreamsAreThoseOfTheRtl) {
  struct Choice {
    std::string name;
    bool later;
  };
  std::vector<Choice> choices;
  const char* all = std::getenv("GEMEL_NATIVE_COSIM");
  if (all != nullptr && std::string(all) == "all") {
    for (const std::string& name : program_names()) choices.push_back({name, is_later(name)});
    for (const std::string& name : kOfBothLayouts) choices.push_back({name, true});
  } else {
    for (const char* name : {"matmul_transposes", "matmul_garbage_weights", "mvout_pooling", "no_fence"})
      choices.push_back({name, false});
  }
  for (const auto& [name, later] : choices) {
    SCOPED_TRACE(name + (later ? ", later layout" : ""));
    const ScratchDirectory directory;
    compile(directory, kPrograms + name + ".c", flags_of(later));
    ASSERT_EQ(run(directory, {"GEMEL_REPORT=off"}).status, 0);
    const ChildResult cosim = run_gemel(gemel_on("cosim", later), directory.path());
    EXPECT_EQ(cosim.status, 0) << cosim.out << cosim.err;
  }
}

}  // namespace
}  // namespace gemel::tests
