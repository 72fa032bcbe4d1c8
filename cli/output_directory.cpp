// SPDX-License-Identifier: Apache-2.0
#include "cli/output_directory.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "sim/arch/file_io.h"
#include "sim/arch/input_error.h"

namespace gemel::cli {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void refuse(const std::string& path, const std::string& why) {
  throw arch::InputError(path + ": cannot be written: " + why);
}

}  // namespace

OutputDirectory::OutputDirectory(std::string path) : path_(std::move(path)) {
  if (path_.empty()) throw arch::InputError("an output directory needs a name");
  fs::path target = fs::path(path_).lexically_normal();
  if (!target.has_filename()) target = target.parent_path();
  std::error_code error;
  if (fs::exists(fs::symlink_status(target, error))) {
    if (!fs::is_directory(target, error)) refuse(path_, "it is not a directory");
    if (!fs::is_empty(target, error)) refuse(path_, "it is not empty; a new directory would be right");
  }
  const fs::path parent = target.has_parent_path() ? target.parent_path() : ".";
  if (!fs::is_directory(parent, error)) refuse(path_, "there is no directory " + parent.string());
  if (access(parent.c_str(), W_OK | X_OK) != 0) refuse(path_, std::strerror(errno));
  path_ = target.string();
  partial_ = path_ + ".partial-" + std::to_string(getpid());
}

OutputDirectory::~OutputDirectory() {
  std::error_code error;
  fs::remove_all(partial_, error);
}

void OutputDirectory::write(const std::string& name, const std::string& contents) {
  const fs::path file = fs::path(partial_) / name;
  std::error_code error;
  fs::create_directories(file.parent_path(), error);
  if (error) refuse(file.parent_path().string(), error.message());
  arch::save_file(file.string(), contents);
}

void OutputDirectory::publish() {
  std::error_code error;
  fs::rename(partial_, path_, error);  // an empty directory of that name is replaced
  if (error) refuse(path_, error.message());
}

}  // namespace gemel::cli
