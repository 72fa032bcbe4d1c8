// SPDX-License-Identifier: Apache-2.0
#include "compiler/onnx/external_data.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>

#include "compiler/onnx/onnx_error.h"

namespace gemel::compiler {
namespace {

namespace fs = std::filesystem;

// A whole number of the entries, or nothing where it is not given.
std::optional<std::uint64_t> number_of(const std::map<std::string, std::string>& entries, const char* key,
                                       const std::string& owner) {
  const auto found = entries.find(key);
  if (found == entries.end()) return std::nullopt;
  const std::string& digits = found->second;
  constexpr std::size_t kMostDigits = 18;
  if (digits.empty() || digits.size() > kMostDigits || digits.find_first_not_of("0123456789") != std::string::npos) {
    throw OnnxError(owner + ": " + key + " '" + digits + "' of its external data is no number of bytes");
  }
  return std::stoull(digits);
}

// The file, which must lie in the directory or below it.
fs::path file_inside(const std::string& directory, const std::string& location, const std::string& owner) {
  const fs::path relative(location);
  const bool climbs = std::any_of(relative.begin(), relative.end(), [](const fs::path& part) { return part == ".."; });
  if (location.empty() || location.find('\0') != std::string::npos || relative.is_absolute() || climbs) {
    throw OnnxError(owner + ": its external data '" + location +
                    "' is no place beside the model; expected a relative path without '..'");
  }
  std::error_code error;
  const fs::path root = fs::canonical(directory.empty() ? "." : directory, error);
  const fs::path file = error ? fs::path() : fs::canonical(root / relative, error);
  if (error) throw OnnxError(owner + ": its external data '" + location + "' cannot be read: " + error.message());
  const auto [left, rest] = std::mismatch(root.begin(), root.end(), file.begin(), file.end());
  if (left != root.end()) {
    throw OnnxError(owner + ": its external data '" + location + "' leads out of the model's directory");
  }
  if (!fs::is_regular_file(file, error)) {
    throw OnnxError(owner + ": its external data '" + location + "' is no file");
  }
  return file;
}

}  // namespace

std::vector<std::uint8_t> read_external_data(const std::map<std::string, std::string>& entries,
                                             const std::string& directory, std::size_t wanted,
                                             const std::string& owner) {
  const auto location = entries.find("location");
  if (location == entries.end()) throw OnnxError(owner + ": its external data has no location");
  const std::uint64_t offset = number_of(entries, "offset", owner).value_or(0);
  const std::uint64_t length = number_of(entries, "length", owner).value_or(wanted);
  if (length != wanted) {
    throw OnnxError(owner + ": its external data has " + std::to_string(length) + " bytes; its shape needs " +
                    std::to_string(wanted));
  }
  const fs::path file = file_inside(directory, location->second, owner);
  std::error_code error;
  const std::uint64_t size = fs::file_size(file, error);
  if (error || offset > size || length > size - offset) {
    throw OnnxError(owner + ": bytes " + std::to_string(offset) + " to " + std::to_string(offset + length) +
                    " of its external data '" + location->second + "' are not there: the file has " +
                    std::to_string(error ? 0 : size));
  }
  std::vector<std::uint8_t> data(wanted);
  std::ifstream stream(file, std::ios::binary);
  stream.seekg(static_cast<std::streamoff>(offset));
  stream.read(reinterpret_cast<char*>(data.data()), static_cast<std::streamsize>(wanted));
  if (!stream) throw OnnxError(owner + ": its external data '" + location->second + "' cannot be read");
  return data;
}

}  // namespace gemel::compiler
