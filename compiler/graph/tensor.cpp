// SPDX-License-Identifier: Apache-2.0
#include "compiler/graph/tensor.h"

namespace gemel::compiler {

std::int64_t element_count(const Shape& shape) {
  std::int64_t count = 1;
  for (std::int64_t extent : shape) count *= extent;
  return count;
}

std::int64_t element_bytes(ElementType type) { return static_cast<std::int64_t>(arch::element_type_bytes(type)); }

std::string describe_shape(const Shape& shape) {
  if (shape.empty()) return "scalar";
  std::string text;
  for (std::int64_t extent : shape) {
    if (!text.empty()) text += 'x';
    text += std::to_string(extent);
  }
  return text;
}

const char* element_type_name(ElementType type) {
  static constexpr const char* kNames[] = {"int8", "int32", "uint8", "float32"};
  return kNames[static_cast<std::size_t>(type)];
}

std::vector<std::int64_t> dense_strides(const Shape& shape) {
  std::vector<std::int64_t> strides(shape.size(), 1);
  for (std::size_t i = shape.size(); i-- > 1;) strides[i - 1] = strides[i] * shape[i];
  return strides;
}

}  // namespace gemel::compiler
