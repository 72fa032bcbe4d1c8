// SPDX-License-Identifier: Apache-2.0
#include "cli/output_file.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "sim/arch/file_io.h"
#include "sim/arch/input_error.h"

namespace gemel::cli {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void refuse(const std::string& path, const std::string& why) {
  throw arch::InputError(path + ": cannot be written: " + why);
}

// The file behind links: a link stays a link, its target is replaced.
fs::path real_target(const std::string& path) {
  std::error_code error;
  const fs::path target = fs::weakly_canonical(path, error);
  return error ? fs::path(path) : target;
}

// Devices and pipes can not be replaced by a rename.
bool is_special(const fs::path& target) {
  std::error_code error;
  const fs::file_status status = fs::status(target, error);
  return fs::exists(status) && !fs::is_regular_file(status);
}

}  // namespace

void check_output_path(const std::string& path, const std::string& input) {
  if (path.empty()) throw arch::InputError("an output file needs a name");
  const fs::path target = real_target(path);
  std::error_code error;
  if (fs::is_directory(target, error)) refuse(path, "it is a directory");
  if (!input.empty() && fs::equivalent(target, input, error)) refuse(path, "it is the input");
  if (is_special(target)) return;
  if (target.filename().empty()) refuse(path, "it names a directory");
  const fs::path directory = target.has_parent_path() ? target.parent_path() : ".";
  if (!fs::is_directory(directory, error)) refuse(path, "there is no directory " + directory.string());
  if (access(directory.c_str(), W_OK | X_OK) != 0) refuse(path, std::strerror(errno));
}

void write_output_file(const std::string& path, const std::string& contents) {
  const fs::path target = real_target(path);
  if (!is_special(target)) return arch::save_file(target.string(), contents);
  std::ofstream device(target, std::ios::binary);
  if (!device.write(contents.data(), static_cast<std::streamsize>(contents.size())).flush()) {
    refuse(path, std::strerror(errno));
  }
}

}  // namespace gemel::cli
