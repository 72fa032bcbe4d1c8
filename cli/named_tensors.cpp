// SPDX-License-Identifier: Apache-2.0
#include "cli/named_tensors.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <set>

#include "cli/npy_file.h"
#include "cli/output_file.h"
#include "sim/arch/input_error.h"

namespace gemel::cli {
namespace {

namespace fs = std::filesystem;
using Role = arch::TensorPlace::Role;

std::vector<const arch::TensorPlace*> tensors_of(const arch::Program& program, Role role) {
  std::vector<const arch::TensorPlace*> tensors;
  for (const arch::TensorPlace& tensor : program.tensors) {
    if (tensor.role == role) tensors.push_back(&tensor);
  }
  return tensors;
}

const arch::TensorPlace& find_input(const arch::Program& program, const std::string& name, const std::string& option) {
  std::string known;
  for (const arch::TensorPlace* tensor : tensors_of(program, Role::Input)) {
    if (tensor->name == name) return *tensor;
    known += (known.empty() ? "" : ", ") + tensor->name;
  }
  if (known.empty()) throw arch::InputError(option + ": this work has no named inputs");
  throw arch::InputError(option + ": no input '" + name + "'; known: " + known);
}

// Rows that a GatherRows reads by this input must exist.
void check_indices(const arch::Program& program, const arch::TensorPlace& place, const NpyArray& array,
                   const std::string& option) {
  for (const arch::HostOp& op : program.host_ops) {
    if (op.kind != arch::HostOpKind::GatherRows || op.inputs[0].address != place.address) continue;
    const std::int64_t rows = op.inputs[1].shape[0];
    for (std::size_t at = 0; at + 4 <= array.bytes.size(); at += 4) {
      std::int32_t index = 0;
      std::memcpy(&index, array.bytes.data() + at, sizeof index);
      if (index >= -rows && index < rows) continue;
      throw arch::InputError(option + ": index " + std::to_string(index) + " is outside the table of " +
                             std::to_string(rows) + " rows");
    }
  }
}

}  // namespace

std::string tensor_file_name(const std::string& tensor) {
  std::string name = tensor;
  for (char& c : name) {
    if (c == '/' || c == '\0') c = '_';
  }
  return name + ".npy";
}

void apply_inputs(arch::Program& program, const std::vector<std::string>& assignments) {
  std::set<std::string> seen;
  for (const std::string& assignment : assignments) {
    const std::string option = "--input " + assignment;
    const std::size_t equals = assignment.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == assignment.size()) {
      throw arch::InputError(option + ": expected NAME=FILE.npy");
    }
    const std::string name = assignment.substr(0, equals);
    if (!seen.insert(name).second) throw arch::InputError(option + ": input '" + name + "' is given twice");
    const arch::TensorPlace& place = find_input(program, name, option);
    NpyArray array = load_npy(assignment.substr(equals + 1));
    if (array.type != place.type || array.shape != place.shape) {
      throw arch::InputError(option + ": it holds " + element_type_name(array.type) + " " + shape_text(array.shape) +
                             ", the input is " + element_type_name(place.type) + " " + shape_text(place.shape));
    }
    if (place.type == arch::ElementType::Int32) check_indices(program, place, array, option);
    program.memory.push_back({place.address, std::move(array.bytes)});
  }
}

void check_output_dir(const arch::Program& program, const std::string& directory) {
  if (tensors_of(program, Role::Output).empty()) {
    throw arch::InputError("--output-dir " + directory + ": this work has no named outputs");
  }
  const fs::path path = fs::absolute(directory).lexically_normal();
  fs::path existing = path.has_filename() ? path : path.parent_path();
  std::error_code error;
  while (!fs::exists(existing, error) && existing.has_relative_path()) existing = existing.parent_path();
  if (!fs::is_directory(existing, error)) {
    throw arch::InputError("--output-dir " + directory + ": " + existing.string() + " is not a directory");
  }
  if (access(existing.c_str(), W_OK | X_OK) != 0) {
    throw arch::InputError("--output-dir " + directory + ": " + existing.string() + ": " + std::strerror(errno));
  }
}

void save_outputs(const arch::Program& program, const std::vector<std::uint8_t>& memory, const std::string& directory) {
  std::error_code error;
  fs::create_directories(directory, error);
  if (error) throw arch::InputError("--output-dir " + directory + ": " + error.message());
  for (const arch::TensorPlace* tensor : tensors_of(program, Role::Output)) {
    std::size_t bytes = element_size(tensor->type);
    for (const std::int64_t size : tensor->shape) bytes *= static_cast<std::size_t>(size);
    const auto from = memory.begin() + static_cast<std::ptrdiff_t>(tensor->address - program.base);
    NpyArray array{tensor->type, tensor->shape, {from, from + static_cast<std::ptrdiff_t>(bytes)}};
    write_output_file((fs::path(directory) / tensor_file_name(tensor->name)).string(), npy_text(array));
  }
}

}  // namespace gemel::cli
