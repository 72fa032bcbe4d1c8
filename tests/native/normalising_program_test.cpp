// SPDX-License-Identifier: Apache-2.0
// A native program with igelu, layernorm and softmax: its data, its recorded stream on the model and on the RTL; and
// what it is told on a machine without them.
#include <gmock/gmock.h>

#include <cstdlib>
#include <regex>
#include <string>
#include <vector>

#include "tests/system/child_process.h"

namespace gemel::tests {
namespace {

using testing::HasSubstr;

const std::string kPrograms = std::string(GEMEL_SOURCE_DIR) + "/tests/native/programs/";
const std::vector<std::string> kMachine = {"--set", "normalisations=true"};

ChildResult compile(const ScratchDirectory& directory, const std::vector<std::string>& flags) {
  std::vector<std::string> command = {"/usr/bin/env",
                                      "GEMEL_BUILD_DIR=" GEMEL_BUILD_DIR,
                                      std::string(GEMEL_SOURCE_DIR) + "/scripts/gemel-cc",
                                      "--machine-params",
                                      "-O2",
                                      "-Wall",
                                      "-Wextra",
                                      "-Werror",
                                      "--record",
                                      "-I",
                                      kPrograms};
  command.insert(command.end(), flags.begin(), flags.end());
  command.insert(command.end(), {kPrograms + "normalising/normalisations.c", "-o", directory.file("program")});
  return run_child(command, directory.path());
}

ChildResult run(const ScratchDirectory& directory, const std::string& setting) {
  return run_child({"/usr/bin/env", "GEMEL_REPORT=off", setting, directory.file("program")}, directory.path());
}

TEST(NormalisingProgram, ChecksItsDataAndItsStreamReplays) {
  const ScratchDirectory directory;
  const ChildResult compiled = compile(directory, kMachine);
  ASSERT_EQ(compiled.status, 0) << compiled.err;
  const ChildResult native = run(directory, "LANG=C");
  ASSERT_EQ(native.status, 0) << native.out << native.err;
  const ChildResult replay = run_gemel({"run", "program.rocc", "--set", "normalisations=true"}, directory.path());
  EXPECT_EQ(replay.status, 0) << replay.err;
  const std::string stream = read_text(directory.file("program.rocc"));
  std::smatch digest;
  ASSERT_TRUE(std::regex_search(stream, digest, std::regex("# output 0 has crc32 ([0-9a-f]{8})")));
  EXPECT_THAT(replay.out, HasSubstr("outputs " + digest[1].str()));
  const char* all = std::getenv("GEMEL_NATIVE_COSIM");
  if (all == nullptr || std::string(all) != "all") return;
  const ChildResult cosim = run_gemel({"cosim", "program.rocc", "--set", "normalisations=true"}, directory.path());
  EXPECT_EQ(cosim.status, 0) << cosim.out << cosim.err;
}

TEST(NormalisingProgram, IsRefusedWhereTheMachineHasNone) {
  const ScratchDirectory directory;
  EXPECT_THAT(compile(directory, {}).err, HasSubstr("the machine has no normalisations"));
  ASSERT_EQ(compile(directory, kMachine).status, 0);
  const ChildResult native = run(directory, "GEMEL_SET=normalisations=false");
  EXPECT_EQ(native.status, 2);
  EXPECT_THAT(native.err, HasSubstr("HAS_NORMALIZATIONS"));
}

}  // namespace
}  // namespace gemel::tests
