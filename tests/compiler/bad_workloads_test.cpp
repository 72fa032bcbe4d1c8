// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "compiler/import/workload_yaml.h"
#include "sim/arch/input_error.h"

namespace gemel::compiler {
namespace {

namespace fs = std::filesystem;

// Each file says in its first line what it must get: "# expect: " and the message after the file's name.
TEST(BadWorkloads, EachGetsExactlyItsLine) {
  int files = 0;
  for (const fs::directory_entry& entry : fs::directory_iterator(GEMEL_SOURCE_DIR "/tests/compiler/bad_workloads")) {
    const std::string path = entry.path().string();
    std::ifstream file(path);
    std::string first;
    std::getline(file, first);
    const std::string mark = "# expect: ";
    ASSERT_EQ(first.compare(0, mark.size(), mark), 0) << path << " does not say what it expects";
    std::string error = "(no error)";
    try {
      load_workload(path);
    } catch (const arch::InputError& e) {
      error = e.what();
    }
    EXPECT_EQ(error, path + first.substr(mark.size()));
    EXPECT_EQ(error.find('\n'), std::string::npos) << path;
    ++files;
  }
  EXPECT_GE(files, 40);
}

TEST(BadWorkloads, MissingFileIsNamed) {
  try {
    load_workload("no/such/file.yaml");
    FAIL() << "accepted";
  } catch (const arch::InputError& error) {
    EXPECT_EQ(std::string(error.what()).find("no/such/file.yaml"), 0u) << error.what();
  }
}

}  // namespace
}  // namespace gemel::compiler
