// SPDX-License-Identifier: Apache-2.0
#include "compiler/onnx/constant_pool.h"

#include <algorithm>
#include <cmath>

#include "compiler/onnx/onnx_error.h"

namespace gemel::compiler {

ConstantPool::ConstantPool(OnnxModel& model) : model_(model) {
  for (const OnnxNode& node : model.nodes) used_.insert(node.outputs.begin(), node.outputs.end());
  for (const OnnxValue& input : model.inputs) used_.insert(input.name);
  for (const auto& [name, tensor] : model.initializers) used_.insert(name);
}

std::string ConstantPool::unused(const std::string& wanted) {
  std::string name = wanted;
  for (int i = 2; !used_.insert(name).second; ++i) name = wanted + "_" + std::to_string(i);
  return name;
}

bool ConstantPool::is_float(const std::string& value) const {
  const OnnxTensor* tensor = find(value);
  return tensor && tensor->type == OnnxType::Float;
}

const OnnxTensor& ConstantPool::need(const std::string& value, const OnnxNode& node) const {
  const OnnxTensor* tensor = find(value);
  if (!tensor) throw OnnxError(node.described() + ": scale or zero point '" + value + "' must be a constant");
  return *tensor;
}

float ConstantPool::one_scale(const std::string& value, const OnnxNode& node) const {
  const OnnxTensor& tensor = need(value, node);
  if (tensor.type != OnnxType::Float || tensor.count() != 1) {
    throw OnnxError(node.described() + ": scale '" + value + "' must be one float");
  }
  return tensor.elements<float>()[0];
}

std::vector<float> ConstantPool::scales(const std::string& value, const OnnxNode& node) const {
  const OnnxTensor& tensor = need(value, node);
  if (tensor.type != OnnxType::Float || tensor.count() < 1) {
    throw OnnxError(node.described() + ": scale '" + value + "' must be float, at least one");
  }
  return tensor.elements<float>();
}

const OnnxTensor& ConstantPool::one_zero_point(const std::string& value, const OnnxNode& node) const {
  const OnnxTensor& tensor = need(value, node);
  if (tensor.count() != 1 || (tensor.type != OnnxType::Int8 && tensor.type != OnnxType::UInt8)) {
    throw OnnxError(node.described() + ": zero point '" + value + "' must be one int8 or uint8");
  }
  return tensor;
}

std::string ConstantPool::zero(OnnxType type) {
  std::string& name = zeros_[type];
  if (name.empty()) {
    name = unused(std::string("zero_") + onnx_type_name(type));
    add(name, make_onnx_tensor(type, {}, std::vector<std::int8_t>{0}));
  }
  return name;
}

bool ConstantPool::same(const std::string& a, const std::string& b) const {
  if (a == b) return true;
  const OnnxTensor *x = find(a), *y = find(b);
  return x && y && x->type == y->type && x->count() == y->count() && x->data == y->data;
}

OnnxTensor ConstantPool::quantised(const OnnxNode& node, const std::string& zero_point) const {
  const OnnxTensor& x = *find(node.inputs[0]);
  const std::vector<float> all = scales(node.inputs[1], node);
  const OnnxTensor& points = need(zero_point, node);
  const std::vector<std::int64_t> zeros = points.integers();
  if (points.type != OnnxType::Int8 && points.type != OnnxType::UInt8) one_zero_point(zero_point, node);
  std::size_t channels = 1, step = 1;
  if (all.size() != 1) {
    const auto rank = static_cast<std::int64_t>(x.shape.size());
    const std::int64_t given = node.int_or("axis", 1), axis = given < 0 ? given + rank : given;
    if (axis < 0 || axis >= rank || x.shape[static_cast<std::size_t>(axis)] != static_cast<std::int64_t>(all.size())) {
      throw OnnxError(node.described() + ": has " + std::to_string(all.size()) + " scales along axis " +
                      std::to_string(given) + " of " + onnx_shape_text(x.shape));
    }
    channels = all.size();
    for (std::size_t d = static_cast<std::size_t>(axis) + 1; d < x.shape.size(); ++d) {
      step *= static_cast<std::size_t>(x.shape[d]);
    }
  }
  if (zeros.size() != 1 && zeros.size() != channels) {
    throw OnnxError(node.described() + ": zero point '" + zero_point + "' has " + std::to_string(zeros.size()) +
                    " elements for " + std::to_string(channels) + " scales");
  }
  const bool is_unsigned = points.type == OnnxType::UInt8;
  const float low = is_unsigned ? 0.0f : -128.0f, high = is_unsigned ? 255.0f : 127.0f;
  const std::vector<float> numbers = x.elements<float>();
  std::vector<std::uint8_t> values;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const std::size_t c = i / step % channels;
    const float q = std::nearbyint(numbers[i] / all[c]) + static_cast<float>(zeros[zeros.size() == 1 ? 0 : c]);
    const float limited = q > low ? std::min(q, high) : low;
    values.push_back(static_cast<std::uint8_t>(static_cast<std::int32_t>(limited)));
  }
  return make_onnx_tensor(points.type, x.shape, values);
}

}  // namespace gemel::compiler
