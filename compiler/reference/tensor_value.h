// SPDX-License-Identifier: Apache-2.0
#pragma once
// The elements of a tensor, dense and row-major; the vector of the other type is empty.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "compiler/graph/tensor.h"

namespace gemel::compiler {

struct TensorValue {
  std::vector<std::int8_t> int8_data;
  std::vector<std::int32_t> int32_data;

  bool empty() const { return int8_data.empty() && int32_data.empty(); }

  // As it lies in memory (int32 little-endian).
  std::vector<std::uint8_t> bytes() const {
    const std::size_t size = int8_data.empty() ? int32_data.size() * 4 : int8_data.size();
    std::vector<std::uint8_t> result(size);
    const void* from = int8_data.empty() ? static_cast<const void*>(int32_data.data()) : int8_data.data();
    if (size != 0) std::memcpy(result.data(), from, size);
    return result;
  }
};

inline TensorValue zero_value(ElementType type, std::int64_t count) {
  TensorValue value;
  if (element_bytes(type) == 1) {
    value.int8_data.resize(static_cast<std::size_t>(count));
  } else {
    value.int32_data.resize(static_cast<std::size_t>(count));
  }
  return value;
}

inline TensorValue constant_value(const Tensor& tensor) { return {tensor.int8_data, tensor.int32_data}; }

}  // namespace gemel::compiler
