// SPDX-License-Identifier: Apache-2.0
#pragma once
// A directory of files that appears whole or not at all.
#include <string>

namespace gemel::cli {

class OutputDirectory {
 public:
  // Throws arch::InputError where `path` is not free (it may be an empty directory) or could not be made. Nothing is
  // written yet: bad paths are refused before any long work.
  explicit OutputDirectory(std::string path);
  ~OutputDirectory();  // removes what was not published
  OutputDirectory(const OutputDirectory&) = delete;
  OutputDirectory& operator=(const OutputDirectory&) = delete;

  // `name` may lie in a folder of its own: "inputs/x.npy". Throws arch::InputError.
  void write(const std::string& name, const std::string& contents);
  // Everything written appears under `path` at once. Throws arch::InputError.
  void publish();

 private:
  std::string path_;
  std::string partial_;  // beside it
};

}  // namespace gemel::cli
