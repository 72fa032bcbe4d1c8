// SPDX-License-Identifier: Apache-2.0
#include "compiler/quantize/operands.h"

#include "compiler/onnx/onnx_error.h"

namespace gemel::compiler {
namespace {

template <typename T>
OnnxTensor narrowed(OnnxType type, OnnxShape shape, const std::vector<std::int64_t>& values) {
  std::vector<T> elements;
  elements.reserve(values.size());
  for (const std::int64_t v : values) elements.push_back(static_cast<T>(v));
  return make_onnx_tensor(type, std::move(shape), elements);
}

}  // namespace

void Operands::fail(const std::string& what) const { throw OnnxError(node_.described() + ": " + what); }

const OnnxTensor& Operands::at(std::size_t i) const {
  if (!has(i)) fail("has no input " + std::to_string(i));
  return *inputs_[i];
}

std::vector<float> Operands::floats(std::size_t i) const {
  const OnnxTensor& tensor = at(i);
  if (tensor.type != OnnxType::Float) {
    fail("input '" + node_.input(i) + "' is " + onnx_type_name(tensor.type) + "; expected float");
  }
  return tensor.elements<float>();
}

std::vector<std::int64_t> Operands::integers(std::size_t i) const {
  const OnnxTensor& tensor = at(i);
  std::vector<std::int64_t> values = tensor.integers();
  if (values.empty() && tensor.count() != 0) {
    fail("input '" + node_.input(i) + "' is " + onnx_type_name(tensor.type) + "; expected whole numbers");
  }
  return values;
}

float Operands::one_float(std::size_t i) const {
  const std::vector<float> values = floats(i);
  if (values.size() != 1) fail("input '" + node_.input(i) + "' must be one number");
  return values[0];
}

std::vector<std::int64_t> Operands::list(std::size_t i, const char* attribute) const {
  if (has(i)) return integers(i);
  return node_.ints_or(attribute, {});
}

std::size_t Operands::axis(std::int64_t given, std::size_t rank) const {
  const auto dimensions = static_cast<std::int64_t>(rank);
  if (given < -dimensions || given >= dimensions) {
    fail("axis " + std::to_string(given) + " is outside the " + std::to_string(rank) + " dimensions");
  }
  return static_cast<std::size_t>(given < 0 ? given + dimensions : given);
}

std::size_t Operands::checked_count(const OnnxShape& shape) const {
  constexpr std::int64_t kMost = std::int64_t{1} << 31;
  std::int64_t count = 1;
  for (const std::int64_t extent : shape) {
    if (extent < 0 || (extent > 0 && count > kMost / extent)) {
      fail("the result would have shape " + onnx_shape_text(shape));
    }
    count *= extent;
  }
  return static_cast<std::size_t>(count);
}

OnnxTensor float_tensor(OnnxShape shape, const std::vector<float>& values) {
  return make_onnx_tensor(OnnxType::Float, std::move(shape), values);
}

OnnxTensor integer_tensor(OnnxType type, OnnxShape shape, const std::vector<std::int64_t>& values) {
  switch (onnx_type_bytes(type)) {
    case 1:
      return narrowed<std::int8_t>(type, std::move(shape), values);
    case 2:
      return narrowed<std::int16_t>(type, std::move(shape), values);
    case 4:
      return narrowed<std::int32_t>(type, std::move(shape), values);
    case 8:
      return make_onnx_tensor(type, std::move(shape), values);
    default:
      throw OnnxError(std::string("whole numbers can not be ") + onnx_type_name(type));
  }
}

OnnxShape row_major_strides(const OnnxShape& shape) {
  OnnxShape strides(shape.size(), 1);
  for (std::size_t d = shape.size(); d-- > 1;) strides[d - 1] = strides[d] * shape[d];
  return strides;
}

}  // namespace gemel::compiler
