// SPDX-License-Identifier: Apache-2.0
#pragma once
// Runs a program as a user would, and keeps what it said.
#include <string>
#include <vector>

namespace gemel::tests {

struct ChildResult {
  int status = 0;  // exit status; 128 + signal where it was killed
  std::string out;
  std::string err;
};

// `directory` is where it runs; "" is the current one. Standard input is empty.
ChildResult run_child(const std::vector<std::string>& command, const std::string& directory = "");

// Runs the `gemel` of this build.
ChildResult run_gemel(const std::vector<std::string>& arguments, const std::string& directory = "");

// An empty directory that goes with the object.
class ScratchDirectory {
 public:
  ScratchDirectory();
  ~ScratchDirectory();
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;

  const std::string& path() const { return path_; }
  std::string file(const std::string& name) const { return path_ + "/" + name; }
  std::string write(const std::string& name, const std::string& text) const;  // returns the path
  std::vector<std::string> names() const;                                     // sorted

 private:
  std::string path_;
};

std::string read_text(const std::string& path);

}  // namespace gemel::tests
