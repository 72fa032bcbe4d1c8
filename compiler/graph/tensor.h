// SPDX-License-Identifier: Apache-2.0
#pragma once
// A value of the graph: shape, element type, role and, for a constant, its data. Activations are NHWC,
// convolution weights [kernel_h][kernel_w][channels in per group][channels out], matrices row-major.
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "sim/arch/program.h"

namespace gemel::compiler {

using arch::ElementType;
using Shape = std::vector<std::int64_t>;
using TensorId = std::size_t;  // index into Graph::tensors

enum class TensorRole : std::uint8_t { Input, Constant, Intermediate, Output };

struct Tensor {
  std::string name;
  Shape shape;
  ElementType type = ElementType::Int8;
  TensorRole role = TensorRole::Intermediate;
  std::vector<std::int8_t> int8_data;    // constants of one byte: element_count() elements, else empty
  std::vector<std::int32_t> int32_data;  // constants of four bytes (Float32: its bits): the same
};

std::int64_t element_count(const Shape& shape);
std::int64_t element_bytes(ElementType type);    // 1 or 4
std::string describe_shape(const Shape& shape);  // "1x224x224x3"; a scalar is "scalar"
const char* element_type_name(ElementType type);

// Strides in elements of a dense row-major tensor.
std::vector<std::int64_t> dense_strides(const Shape& shape);

}  // namespace gemel::compiler
