// SPDX-License-Identifier: Apache-2.0
#include "cli/npy_file.h"

#include <cstring>
#include <regex>

#include "sim/arch/file_io.h"
#include "sim/arch/input_error.h"

namespace gemel::cli {
namespace {

constexpr char kMagic[] = "\x93NUMPY";
constexpr std::size_t kMagicBytes = 6;
constexpr std::size_t kAlignment = 64;
constexpr std::int64_t kMaxBytes = std::int64_t{1} << 34;

[[noreturn]] void refuse(const std::string& path, const std::string& why) {
  throw arch::InputError(path + ": not a usable .npy file: " + why);
}

// Value of 'key' in the header's Python dictionary.
std::string header_value(const std::string& path, const std::string& header, const std::string& key,
                         const std::string& pattern) {
  std::smatch match;
  if (!std::regex_search(header, match, std::regex("'" + key + "'\\s*:\\s*" + pattern))) {
    refuse(path, "its header has no usable '" + key + "'");
  }
  return match[1];
}

struct Description {
  arch::ElementType type;
  const char* name;
  const char* descr;
};

constexpr Description kDescriptions[] = {{arch::ElementType::Int8, "int8", "|i1"},
                                         {arch::ElementType::Int32, "int32", "<i4"},
                                         {arch::ElementType::UInt8, "uint8", "|u1"},
                                         {arch::ElementType::Float32, "float32", "<f4"}};

const Description& description_of(arch::ElementType type) { return kDescriptions[static_cast<std::size_t>(type)]; }

constexpr const char* kWideDescr = "<i8";

// int64 as int32.
std::vector<std::uint8_t> narrowed(const std::vector<std::uint8_t>& wide, const std::string& path) {
  std::vector<std::uint8_t> bytes(wide.size() / 2);
  for (std::size_t i = 0; i * sizeof(std::int64_t) < wide.size(); ++i) {
    std::int64_t value = 0;
    std::memcpy(&value, wide.data() + i * sizeof value, sizeof value);
    const auto small = static_cast<std::int32_t>(value);
    if (small != value) refuse(path, "it holds " + std::to_string(value) + ", which leaves 32 bits");
    std::memcpy(bytes.data() + i * sizeof small, &small, sizeof small);
  }
  return bytes;
}

}  // namespace

std::size_t element_size(arch::ElementType type) { return arch::element_type_bytes(type); }

const char* element_type_name(arch::ElementType type) { return description_of(type).name; }

std::string shape_text(const std::vector<std::int64_t>& shape) {
  std::string text = "[";
  for (const std::int64_t size : shape) text += (text.size() > 1 ? ", " : "") + std::to_string(size);
  return text + "]";
}

NpyArray load_npy(const std::string& path) {
  const std::string text = arch::load_file(path);
  if (text.size() < kMagicBytes + 4 || text.compare(0, kMagicBytes, kMagic) != 0)
    refuse(path, "it lacks NumPy's magic");
  const auto byte = [&text](std::size_t at) { return static_cast<std::size_t>(static_cast<unsigned char>(text[at])); };
  const std::size_t version = byte(6);
  if (version < 1 || version > 3) refuse(path, "format version " + std::to_string(version) + ", expected 1 to 3");
  const std::size_t length_bytes = version == 1 ? 2 : 4;
  const std::size_t header_at = kMagicBytes + 2 + length_bytes;
  if (text.size() < header_at) refuse(path, "it is cut short");
  std::size_t header_bytes = 0;
  for (std::size_t i = 0; i < length_bytes; ++i) header_bytes |= byte(kMagicBytes + 2 + i) << (8 * i);
  if (header_bytes > text.size() - header_at) refuse(path, "it is cut short");
  const std::string header = text.substr(header_at, header_bytes);

  NpyArray array;
  const std::string descr = header_value(path, header, "descr", "'([^']*)'");
  const Description* known = nullptr;
  for (const Description& candidate : kDescriptions) {
    // The byte order of one byte may be written in several ways.
    const bool is_byte = candidate.descr[0] == '|';
    if (descr == candidate.descr ||
        (is_byte && (descr == candidate.descr + 1 || descr == std::string("<") + (candidate.descr + 1))))
      known = &candidate;
  }
  const bool is_wide = descr == kWideDescr;
  if (!known && !is_wide) {
    refuse(path, "element type '" + descr +
                     "', expected int8 ('|i1'), uint8 ('|u1'), int32 ('<i4'), int64 ('<i8') or float32 ('<f4')");
  }
  array.type = is_wide ? arch::ElementType::Int32 : known->type;
  if (header_value(path, header, "fortran_order", "(True|False)") != "False") refuse(path, "it is in Fortran order");
  const std::string shape = header_value(path, header, "shape", "\\(([0-9, ]*)\\)");
  std::int64_t bytes = is_wide ? 8 : static_cast<std::int64_t>(element_size(array.type));
  const std::regex number("[0-9]+");
  for (std::sregex_iterator it(shape.begin(), shape.end(), number), end; it != end; ++it) {
    const std::string digits = it->str();
    const std::int64_t size = digits.size() > 10 ? kMaxBytes + 1 : std::stoll(digits);
    if (size != 0 && bytes > kMaxBytes / size) refuse(path, "it is too large");
    bytes *= size;
    array.shape.push_back(size);
  }
  const std::size_t data_at = header_at + header_bytes;
  if (text.size() - data_at != static_cast<std::size_t>(bytes)) {
    refuse(path, "it holds " + std::to_string(text.size() - data_at) + " bytes of data, its shape needs " +
                     std::to_string(bytes));
  }
  array.bytes.assign(text.begin() + static_cast<std::ptrdiff_t>(data_at), text.end());
  if (is_wide) array.bytes = narrowed(array.bytes, path);
  return array;
}

std::string npy_text(const NpyArray& array) {
  std::string shape;
  for (const std::int64_t size : array.shape) shape += std::to_string(size) + ", ";
  if (array.shape.size() > 1) shape.resize(shape.size() - 2);
  if (array.shape.size() == 1) shape.pop_back();
  std::string header = std::string("{'descr': '") + description_of(array.type).descr +
                       "', 'fortran_order': False, 'shape': (" + shape + "), }";
  const std::size_t prefix = kMagicBytes + 4;
  header.append(kAlignment - 1 - (prefix + header.size()) % kAlignment, ' ');
  header += '\n';
  std::string text(kMagic, kMagicBytes);
  text += '\x01';
  text += '\0';
  text += static_cast<char>(header.size() & 255);
  text += static_cast<char>(header.size() >> 8);
  text += header;
  text.append(array.bytes.begin(), array.bytes.end());
  return text;
}

}  // namespace gemel::cli
