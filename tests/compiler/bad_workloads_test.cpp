// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <filesystem>

#include "compiler/import/workload_yaml.h"
#include "tests/support/refusal.h"

namespace gemel::compiler {
namespace {

namespace fs = std::filesystem;
using ::testing::StartsWith;

// Each file says in its first line what it must get: "# expect: " and the message after the file's name.
TEST(BadWorkloads, EachGetsExactlyItsLine) {
  int files = 0;
  for (const fs::directory_entry& entry : fs::directory_iterator(GEMEL_SOURCE_DIR "/tests/compiler/bad_workloads")) {
    const std::string path = entry.path().string();
    const std::string expected = test_support::expectation_of(path);
    ASSERT_NE(expected, "") << path << " does not say what it expects";
    const std::string error = test_support::error_of([&] { load_workload(path); });
    EXPECT_EQ(error, path + expected);
    EXPECT_EQ(error.find('\n'), std::string::npos) << path;
    ++files;
  }
  EXPECT_GE(files, 40);
}

TEST(BadWorkloads, MissingFileIsNamed) {
  EXPECT_THAT(test_support::error_of([] { load_workload("no/such/file.yaml"); }), StartsWith("no/such/file.yaml: "));
}

}  // namespace
}  // namespace gemel::compiler
