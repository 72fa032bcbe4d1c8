// SPDX-License-Identifier: Apache-2.0
// What scripts/gemel-cc finds out by itself: headers of a source's tree, the layout of its loops, C++, what the header
// asks of the machine.
#include <gmock/gmock.h>

#include <filesystem>
#include <string>
#include <vector>

#include "tests/system/child_process.h"

namespace gemel::tests {
namespace {

using testing::HasSubstr;

ChildResult gemel_cc(const ScratchDirectory& directory, std::vector<std::string> arguments) {
  std::vector<std::string> command = {"/usr/bin/env", "GEMEL_BUILD_DIR=" GEMEL_BUILD_DIR,
                                      std::string(GEMEL_SOURCE_DIR) + "/scripts/gemel-cc"};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return run_child(command, directory.path());
}

ChildResult run(const ScratchDirectory& directory, const std::string& setting,
                const std::vector<std::string>& arguments = {}) {
  std::vector<std::string> command = {"/usr/bin/env", setting, directory.file("program")};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return run_child(command, directory.path());
}

// A tree as Gemmini's programs have it: include/gemmini.h, include/gemmini_params.h and a source one directory down.
class Tree {
 public:
  explicit Tree(const std::string& loop_options) : later_(!loop_options.empty()) {
    std::filesystem::create_directories(directory.file("include"));
    std::filesystem::create_directories(directory.file("programs"));
    directory.write("include/gemmini_params.h", gemel_cc(directory, {"--print-params"}).out);
    directory.write("include/gemmini.h",
                    "#include \"accelerator.h\"\n"
                    "#define gemmini_loop_ws(a, b, c, act" +
                        loop_options +
                        ") ISSUE(0, 0x100010001ull, 9) ISSUE(a, b, 10) ISSUE(0, c, 11) ISSUE(DIM, DIM, 12) "
                        "ISSUE(DIM, DIM, 13) ISSUE((uint64_t)(act) << 8" +
                        (loop_options.empty() ? "" : " | (a_spad_id) << 18 | (b_spad_id) << 16") + ", 0, 8)\n");
  }

  ChildResult compile(const std::string& source, std::vector<std::string> flags = {}) const {
    directory.write("programs/" + source, std::string("#define HALVES ") + (later_ ? ", 1, 2" : "") + kProgram);
    flags.insert(flags.end(), {"-Wall", "-idirafter", std::string(GEMEL_SOURCE_DIR) + "/tests/native/programs",
                               "programs/" + source, "-o", "program"});
    return gemel_cc(directory, flags);
  }

  ScratchDirectory directory;

 private:
  bool later_;
  // The square of a matrix; with an argument, only a move.
  static constexpr const char* kProgram = R"(
#include "include/gemmini.h"
#define LOOP(macro, ...) macro(__VA_ARGS__)
static elem_t a[DIM][DIM], c[DIM][DIM];
int main(int argc, char** argv) {
  (void)argv;
  for (int i = 0; i < DIM; ++i) a[i][i] = (elem_t)(i - 8);
  CONFIG_EX(WEIGHT_STATIONARY, 0, 0, 1, 1, 0, 0)
  CONFIG_ST(DIM, 0, float_bits(1.0f))
  CONFIG_LD(0, DIM, 1.0f, 0, DIM, 1)
  CONFIG_LD(1, DIM, 1.0f, 0, DIM, 1)
  if (argc > 1) {
    MVIN(a, SPAD(0), DIM, DIM)
    return 0;
  }
  LOOP(gemmini_loop_ws, a, a, c, 0 HALVES)
  for (int i = 0; i < DIM; ++i)
    for (int j = 0; j < DIM; ++j)
      if (c[i][j] != (i == j ? (i - 8) * (i - 8) : 0)) return 1;
  return 0;
}
)";
};

const char* const kOlder = "";
const char* const kLater = ", a_spad_id, b_spad_id";

TEST(GemelCc, FindsTheTreeOfASourceAndRunsItsLoopsOnAMachineOfTheirLayout) {
  const Tree older(kOlder);
  const ChildResult compiled = older.compile("square.c");
  ASSERT_EQ(compiled.status, 0) << compiled.err;
  EXPECT_EQ(compiled.err, "");
  const ChildResult ran = run(older.directory, "LANG=C");
  EXPECT_EQ(ran.status, 0) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("on gemmini_16x16:"));

  const Tree later(kLater);
  ASSERT_EQ(later.compile("square.c").status, 0);
  const ChildResult ran_later = run(later.directory, "LANG=C");
  EXPECT_EQ(ran_later.status, 0) << ran_later.err;
  EXPECT_THAT(ran_later.err, HasSubstr("on gemmini_2025_16x16:"));
}

TEST(GemelCc, LoopsOfOneLayoutAreRefusedOnAMachineOfTheOtherAndNothingElseIs) {
  const Tree later(kLater);
  ASSERT_EQ(later.compile("square.c", {"--config", "gemmini_16x16"}).status, 0);
  const ChildResult refused = run(later.directory, "LANG=C");
  EXPECT_EQ(refused.status, 2);
  EXPECT_THAT(refused.err, HasSubstr("command 9 (loop_ws"));
  EXPECT_THAT(refused.err, HasSubstr("the loops of the program's gemmini.h are those of gemmini_2025"));
  EXPECT_THAT(refused.err, HasSubstr("--set isa.version=gemmini_2025"));
  EXPECT_EQ(run(later.directory, "LANG=C", {"only a move"}).status, 0);
  EXPECT_EQ(run(later.directory, "GEMEL_SET=isa.version=gemmini_2025").status, 0);
  EXPECT_EQ(run(later.directory, "GEMEL_CONFIG=gemmini_2025_16x16").status, 0);

  const Tree older(kOlder);
  ASSERT_EQ(older.compile("square.c", {"--config", "gemmini_2025_16x16"}).status, 0);
  const ChildResult ran = run(older.directory, "LANG=C");  // this loop means the same in both
  EXPECT_EQ(ran.status, 0) << ran.err;
}

TEST(GemelCc, ARecordedStreamWithLoopsOfOneLayoutIsRefusedOnAMachineOfTheOther) {
  const Tree later(kLater);
  ASSERT_EQ(later.compile("square.c", {"--record"}).status, 0);
  ASSERT_EQ(run(later.directory, "GEMEL_REPORT=off").status, 0);
  const ChildResult refused = run_gemel({"run", "program.rocc"}, later.directory.path());
  EXPECT_EQ(refused.status, 2);
  EXPECT_THAT(refused.err, HasSubstr("its loop instructions are those of gemmini_2025"));
  EXPECT_THAT(refused.err, HasSubstr("-c gemmini_2025_16x16"));
  EXPECT_EQ(run_gemel({"cosim", "program.rocc"}, later.directory.path()).status, 2);
  const ChildResult replayed = run_gemel({"run", "program.rocc", "-c", "gemmini_2025_16x16"}, later.directory.path());
  EXPECT_EQ(replayed.status, 0) << replayed.err;

  ASSERT_EQ(run(later.directory, "GEMEL_REPORT=off", {"only a move"}).status, 0);
  EXPECT_EQ(run_gemel({"run", "program.rocc"}, later.directory.path()).status, 0);
}

TEST(GemelCc, HeadersOfTheCommandLineComeBeforeThoseOfTheTree) {
  const Tree later(kLater);
  const ChildResult params = gemel_cc(later.directory, {"--print-params", "--config", "tiny_4x4"});
  std::filesystem::create_directories(later.directory.file("own/include"));
  later.directory.write("own/include/gemmini_params.h", params.out);
  ASSERT_EQ(later.compile("square.c", {"-I", "own"}).status, 0);
  EXPECT_THAT(run(later.directory, "LANG=C").err, HasSubstr("DIM is 4 in the program and 16 on the machine"));
}

TEST(GemelCc, CompilesCxxAsSuch) {
  const Tree older(kOlder);
  const ChildResult compiled = older.compile("square.cpp", {"-include", "vector"});
  ASSERT_EQ(compiled.status, 0) << compiled.err;
  EXPECT_EQ(compiled.err, "");
  EXPECT_EQ(run(older.directory, "GEMEL_REPORT=off").status, 0);
}

TEST(GemelCc, AHeaderWithNormalisationsRunsOnAMachineThatHasThemUnlessOneIsNamed) {
  const Tree older(kOlder);
  ASSERT_EQ(older.compile("square.c", {"-DHAS_NORMALIZATIONS"}).status, 0);
  EXPECT_EQ(run(older.directory, "GEMEL_REPORT=off").status, 0);
  const ChildResult refused = run(older.directory, "GEMEL_CONFIG=gemmini_16x16");
  EXPECT_EQ(refused.status, 2);
  EXPECT_THAT(refused.err, HasSubstr("HAS_NORMALIZATIONS"));
}

TEST(GemelCc, LeavesMegabytesOfRoomBehindTheLastVariable) {
  const ScratchDirectory directory;
  directory.write("wide.c",
                  "#include \"accelerator.h\"\n"
                  "static elem_t last[DIM];\n"
                  "int main(void) { CONFIG_ST(131072, 0, float_bits(1.0f)) MVOUT(last, SPAD(0), DIM, DIM) "
                  "return last[0]; }\n");
  ASSERT_EQ(gemel_cc(directory, {"--machine-params", "-I", std::string(GEMEL_SOURCE_DIR) + "/tests/native/programs",
                                 "wide.c", "-o", "program"})
                .status,
            0);
  const ChildResult ran = run(directory, "LANG=C");
  EXPECT_EQ(ran.status, 0) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("beyond 'last'"));
}

}  // namespace
}  // namespace gemel::tests
