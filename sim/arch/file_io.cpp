// SPDX-License-Identifier: Apache-2.0
#include "sim/arch/file_io.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "sim/arch/input_error.h"

namespace gemel::arch {

namespace {

struct File {
  std::FILE* handle;
  explicit File(std::FILE* h) : handle(h) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (handle) std::fclose(handle);
  }
};

}  // namespace

std::string load_file(const std::string& path) {
  File file(std::fopen(path.c_str(), "rb"));
  if (!file.handle) throw InputError(path + ": cannot be read: " + std::strerror(errno));
  struct stat status {};
  if (fstat(fileno(file.handle), &status) == 0 && S_ISDIR(status.st_mode)) {
    throw InputError(path + ": is a directory; expected a file");
  }
  std::string contents(status.st_size > 0 ? static_cast<std::size_t>(status.st_size) : 0, '\0');
  std::size_t got = std::fread(contents.data(), 1, contents.size(), file.handle);
  contents.resize(got);
  char rest[4096];  // a pipe has no size
  while ((got = std::fread(rest, 1, sizeof rest, file.handle)) > 0) contents.append(rest, got);
  if (std::ferror(file.handle)) throw InputError(path + ": cannot be read: " + std::strerror(errno));
  return contents;
}

void save_file(const std::string& path, std::string_view contents) {
  const std::string temporary = path + ".partial-" + std::to_string(getpid());
  const auto fail = [&](int error) {
    std::remove(temporary.c_str());
    throw InputError(path + ": cannot be written: " + std::strerror(error));
  };
  File file(std::fopen(temporary.c_str(), "wb"));
  if (!file.handle) fail(errno);
  if (std::fwrite(contents.data(), 1, contents.size(), file.handle) != contents.size()) fail(errno);
  const int closed = std::fclose(file.handle);
  file.handle = nullptr;
  if (closed != 0) fail(errno);
  if (std::rename(temporary.c_str(), path.c_str()) != 0) fail(errno);
}

}  // namespace gemel::arch
