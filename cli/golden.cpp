// SPDX-License-Identifier: Apache-2.0
#include "cli/golden.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <iostream>

#include "sim/arch/input_error.h"

namespace gemel::cli {
namespace {

std::string element_text(const NpyArray& array, std::size_t index) {
  if (array.type == arch::ElementType::Int8) return std::to_string(static_cast<std::int8_t>(array.bytes[index]));
  if (array.type == arch::ElementType::UInt8) return std::to_string(array.bytes[index]);
  if (array.type == arch::ElementType::Int32) {
    std::int32_t value = 0;
    std::memcpy(&value, array.bytes.data() + 4 * index, sizeof value);
    return std::to_string(value);
  }
  float value = 0;
  std::memcpy(&value, array.bytes.data() + 4 * index, sizeof value);
  char text[32];
  std::snprintf(text, sizeof text, "%.9g", static_cast<double>(value));
  return text;
}

std::string place_text(const std::vector<std::int64_t>& shape, std::size_t index) {
  std::vector<std::int64_t> at(shape.size());
  auto rest = static_cast<std::int64_t>(index);
  for (std::size_t d = shape.size(); d-- > 0; rest /= shape[d]) at[d] = rest % shape[d];
  return shape_text(at);
}

// Whether the tensor can be seen in a run: it lies in memory to the end, or is the result of a layer.
bool is_visible(const arch::Program& program, const arch::TensorPlace& place) {
  if (place.role != arch::TensorPlace::Role::Intermediate) return true;
  return std::any_of(program.layers.begin(), program.layers.end(),
                     [&](const arch::Layer& layer) { return layer.output == place.name; });
}

}  // namespace

std::string array_difference(const NpyArray& got, const NpyArray& expected) {
  const std::size_t width = element_size(got.type), count = got.bytes.size() / width;
  std::size_t different = 0, first = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (std::memcmp(got.bytes.data() + i * width, expected.bytes.data() + i * width, width) == 0) continue;
    if (different++ == 0) first = i;
  }
  if (different == 0) return "";
  return "differs first at " + place_text(got.shape, first) + ": got " + element_text(got, first) + ", expected " +
         element_text(expected, first) + "; " + std::to_string(different) + " of " + std::to_string(count) +
         " elements differ";
}

std::vector<GoldenTensor> load_golden(const arch::Program& program, const std::vector<std::string>& assignments) {
  std::vector<GoldenTensor> golden;
  for (const std::string& assignment : assignments) {
    const std::string option = "--golden " + assignment;
    const std::size_t equals = assignment.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == assignment.size()) {
      throw arch::InputError(option + ": expected NAME=FILE.npy");
    }
    GoldenTensor tensor;
    const std::string name = assignment.substr(0, equals);
    tensor.file = assignment.substr(equals + 1);
    const arch::TensorPlace* place = arch::find_tensor(program, name);
    if (!place) {
      std::string known;
      for (const arch::TensorPlace& other : program.tensors) {
        if (other.role == arch::TensorPlace::Role::Output) known += (known.empty() ? "" : ", ") + other.name;
      }
      throw arch::InputError(option + ": no tensor '" + name + "'; outputs: " + (known.empty() ? "none" : known));
    }
    if (!is_visible(program, *place)) {
      throw arch::InputError(option + ": '" + name + "' is only a part of what layers work on; name a layer's result");
    }
    tensor.place = *place;
    tensor.array = load_npy(tensor.file);
    if (tensor.array.type != place->type || tensor.array.shape != place->shape) {
      throw arch::InputError(option + ": it holds " + element_type_name(tensor.array.type) + " " +
                             shape_text(tensor.array.shape) + ", the tensor is " + element_type_name(place->type) +
                             " " + shape_text(place->shape));
    }
    golden.push_back(std::move(tensor));
  }
  return golden;
}

bool report_golden(const arch::Program& program, const std::vector<std::uint8_t>& memory,
                   const arch::TensorContents& results, const std::vector<GoldenTensor>& golden) {
  bool differs = false;
  for (const GoldenTensor& tensor : golden) {
    NpyArray got = tensor.array;
    std::memcpy(got.bytes.data(), arch::tensor_data(program, memory, results, tensor.place), got.bytes.size());
    const std::string difference = array_difference(got, tensor.array);
    differs = differs || !difference.empty();
    std::cout << tensor.place.name << " "
              << (difference.empty() ? "equals " + tensor.file : "is WRONG: " + difference + " (" + tensor.file + ")")
              << "\n";
  }
  return differs;
}

}  // namespace gemel::cli
