// SPDX-License-Identifier: Apache-2.0
// What bad input gets: one line on stderr, exit status 2, nothing written, nothing on stdout.
#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <sstream>

#include "tests/support/refusal.h"
#include "tests/system/child_process.h"

namespace gemel::tests {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const std::string kSource = GEMEL_SOURCE_DIR;
const std::string kConfig = "gemmini_16x16";

std::string replace_all(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

std::vector<std::string> files_of(const std::string& directory) {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) files.push_back(entry.path().string());
  std::sort(files.begin(), files.end());
  return files;
}

void expect_refused(const std::vector<std::string>& arguments, const ScratchDirectory& scratch,
                    const std::string& part) {
  const std::vector<std::string> before = scratch.names();
  const ChildResult result = run_gemel(arguments, scratch.path());
  EXPECT_EQ(result.status, 2);
  EXPECT_THAT(result.out, IsEmpty());
  EXPECT_THAT(result.err, HasSubstr(part));
  EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
  EXPECT_FALSE(result.err.empty() || result.err.back() != '\n') << result.err;
  EXPECT_THAT(result.err, Not(HasSubstr("internal error")));
  EXPECT_EQ(scratch.names(), before) << "it left something behind";
}

TEST(BadInput, EveryMalformedCommandLineIsRefusedInOneLine) {
  const ScratchDirectory scratch;
  for (const char* name : {"empty.yaml", "empty.gemel", "empty.rocc", "net.onnx"}) scratch.write(name, "");
  scratch.write("note.txt", "not an input\n");
  scratch.write("bad.npy", "\x93NUMPY");
  std::filesystem::create_directory(scratch.file("folder"));

  std::istringstream list(read_text(kSource + "/tests/system/bad_command_lines.txt"));
  int count = 0;
  for (std::string line; std::getline(list, line);) {
    if (line.empty() || line[0] == '#') continue;
    SCOPED_TRACE(line);
    const std::size_t arrow = line.find("=> ");
    ASSERT_NE(arrow, std::string::npos);
    std::string arguments = line.substr(0, arrow);
    arguments = replace_all(arguments, "@config", kConfig);
    arguments = replace_all(arguments, "@stream", kSource + "/tests/golden/truth/micro_mvin_16x64_spad_n1.rocc");
    arguments = replace_all(arguments, "@workload", kSource + "/workloads/gemm/square_64.yaml");
    expect_refused(words_of(arguments), scratch, line.substr(arrow + 3));
    ++count;
  }
  EXPECT_GE(count, 20);
}

// Each file is refused by every command that would read it.
void expect_files_refused(const std::string& directory, std::size_t at_least,
                          const std::vector<std::vector<std::string>>& commands) {
  const ScratchDirectory scratch;
  const std::vector<std::string> files = files_of(kSource + directory);
  EXPECT_GE(files.size(), at_least);
  for (const std::string& file : files) {
    // Streams and programs have their messages in tests/arch/bad_streams_test.cpp.
    const std::string expected = test_support::expectation_of(file);
    const std::string message = expected.empty() ? ":" : replace_all(expected, "DIR/", kSource + directory + "/");
    for (std::vector<std::string> command : commands) {
      SCOPED_TRACE(command.front() + " " + file);
      std::replace(command.begin(), command.end(), std::string("@"), file);
      expect_refused(command, scratch, message);
    }
  }
}

TEST(BadInput, EveryMalformedStreamIsRefusedInOneLine) {
  expect_files_refused("/tests/arch/bad_streams", 10,
                       {{"run", "@", "--json", "out.json"}, {"disasm", "@", "-o", "out.txt"}});
}

TEST(BadInput, EveryMalformedWorkloadIsRefusedInOneLine) {
  expect_files_refused("/tests/compiler/bad_workloads", 20,
                       {{"run", "@", "--json", "out.json"}, {"compile", "@", "-c", kConfig, "-o", "out.gemel"}});
}

TEST(BadInput, EveryMalformedConfigurationIsRefusedInOneLine) {
  expect_files_refused("/tests/arch/bad_configs", 30, {{"config", "@"}});
}

}  // namespace
}  // namespace gemel::tests
