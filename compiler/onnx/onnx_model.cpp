// SPDX-License-Identifier: Apache-2.0
#include "compiler/onnx/onnx_model.h"

#include "compiler/onnx/onnx_error.h"

namespace gemel::compiler {
namespace {

struct TypeInfo {
  OnnxType type;
  const char* name;
  std::size_t bytes;
};

constexpr TypeInfo kTypes[] = {
    {OnnxType::Float, "float", 4},   {OnnxType::UInt8, "uint8", 1},     {OnnxType::Int8, "int8", 1},
    {OnnxType::UInt16, "uint16", 2}, {OnnxType::Int16, "int16", 2},     {OnnxType::Int32, "int32", 4},
    {OnnxType::Int64, "int64", 8},   {OnnxType::String, "string", 0},   {OnnxType::Bool, "bool", 1},
    {OnnxType::Double, "double", 8}, {OnnxType::Float16, "float16", 2}, {OnnxType::UInt32, "uint32", 4},
    {OnnxType::UInt64, "uint64", 8},
};

const TypeInfo* find_type(OnnxType type) {
  for (const TypeInfo& info : kTypes) {
    if (info.type == type) return &info;
  }
  return nullptr;
}

template <typename To, typename From>
std::vector<To> converted(const OnnxTensor& tensor) {
  const std::vector<From> values = tensor.elements<From>();
  return std::vector<To>(values.begin(), values.end());
}

const OnnxAttribute* find(const OnnxNode& node, const std::string& name, OnnxAttribute::Kind kind, const char* wanted) {
  const auto found = node.attributes.find(name);
  if (found == node.attributes.end()) return nullptr;
  if (found->second.kind != kind) {
    throw OnnxError(node.described() + ": attribute '" + name + "' must be " + wanted);
  }
  return &found->second;
}

}  // namespace

const char* onnx_type_name(OnnxType type) {
  const TypeInfo* info = find_type(type);
  return info ? info->name : "an unknown type";
}

std::size_t onnx_type_bytes(OnnxType type) {
  const TypeInfo* info = find_type(type);
  return info ? info->bytes : 0;
}

std::int64_t onnx_element_count(const OnnxShape& shape) {
  std::int64_t count = 1;
  for (const std::int64_t extent : shape) {
    if (__builtin_mul_overflow(count, extent, &count)) {
      throw OnnxError("shape " + onnx_shape_text(shape) + " has more elements than can be counted");
    }
  }
  return count;
}

std::string onnx_shape_text(const OnnxShape& shape) {
  std::string text = "[";
  for (const std::int64_t extent : shape) text += (text.size() > 1 ? ", " : "") + std::to_string(extent);
  return text + "]";
}

std::vector<std::int64_t> OnnxTensor::integers() const {
  switch (type) {
    case OnnxType::UInt8:
    case OnnxType::Bool:
      return converted<std::int64_t, std::uint8_t>(*this);
    case OnnxType::Int8:
      return converted<std::int64_t, std::int8_t>(*this);
    case OnnxType::UInt16:
      return converted<std::int64_t, std::uint16_t>(*this);
    case OnnxType::Int16:
      return converted<std::int64_t, std::int16_t>(*this);
    case OnnxType::Int32:
      return converted<std::int64_t, std::int32_t>(*this);
    case OnnxType::UInt32:
      return converted<std::int64_t, std::uint32_t>(*this);
    case OnnxType::Int64:
    case OnnxType::UInt64:
      return elements<std::int64_t>();
    default:
      return {};
  }
}

std::vector<double> OnnxTensor::reals() const {
  if (type == OnnxType::Float) return converted<double, float>(*this);
  if (type == OnnxType::Double) return elements<double>();
  return {};
}

OnnxTensor onnx_scalar(float value) { return make_onnx_tensor(OnnxType::Float, {}, std::vector<float>{value}); }

OnnxAttribute OnnxAttribute::of(std::int64_t value) {
  OnnxAttribute attribute;
  attribute.kind = Kind::Int;
  attribute.i = value;
  return attribute;
}

OnnxAttribute OnnxAttribute::of(float value) {
  OnnxAttribute attribute;
  attribute.kind = Kind::Float;
  attribute.f = value;
  return attribute;
}

OnnxAttribute OnnxAttribute::of(std::vector<std::int64_t> value) {
  OnnxAttribute attribute;
  attribute.kind = Kind::Ints;
  attribute.ints = std::move(value);
  return attribute;
}

OnnxAttribute OnnxAttribute::of(std::string value) {
  OnnxAttribute attribute;
  attribute.kind = Kind::String;
  attribute.s = std::move(value);
  return attribute;
}

std::int64_t OnnxNode::int_or(const std::string& attribute, std::int64_t otherwise) const {
  const OnnxAttribute* found = find(*this, attribute, OnnxAttribute::Kind::Int, "an integer");
  return found ? found->i : otherwise;
}

float OnnxNode::float_or(const std::string& attribute, float otherwise) const {
  const OnnxAttribute* found = find(*this, attribute, OnnxAttribute::Kind::Float, "a float");
  return found ? found->f : otherwise;
}

std::string OnnxNode::string_or(const std::string& attribute, const std::string& otherwise) const {
  const OnnxAttribute* found = find(*this, attribute, OnnxAttribute::Kind::String, "a string");
  return found ? found->s : otherwise;
}

std::vector<std::int64_t> OnnxNode::ints_or(const std::string& attribute, std::vector<std::int64_t> otherwise) const {
  const OnnxAttribute* found = find(*this, attribute, OnnxAttribute::Kind::Ints, "a list of integers");
  return found ? found->ints : otherwise;
}

const std::string& OnnxNode::input(std::size_t i) const {
  static const std::string kAbsent;
  return i < inputs.size() ? inputs[i] : kAbsent;
}

std::string OnnxNode::described() const {
  const std::string full = domain.empty() ? op_type : domain + "." + op_type;
  return "node '" + name + "' (" + full + ", opset " + std::to_string(opset) + ")";
}

const OnnxTensor* OnnxModel::initializer(const std::string& value) const {
  const auto found = initializers.find(value);
  return found == initializers.end() ? nullptr : &found->second;
}

const OnnxValue* OnnxModel::input(const std::string& value) const {
  for (const OnnxValue& candidate : inputs) {
    if (candidate.name == value) return &candidate;
  }
  return nullptr;
}

bool OnnxModel::is_output(const std::string& value) const {
  for (const OnnxValue& candidate : outputs) {
    if (candidate.name == value) return true;
  }
  return false;
}

std::string OnnxModel::unused_name(const std::string& wanted) const {
  const auto is_used = [this](const std::string& name) {
    if (initializers.count(name) != 0 || input(name)) return true;
    for (const OnnxNode& node : nodes) {
      for (const std::string& output : node.outputs) {
        if (output == name) return true;
      }
    }
    return false;
  };
  std::string name = wanted;
  for (int i = 2; is_used(name); ++i) name = wanted + "_" + std::to_string(i);
  return name;
}

std::map<std::string, std::vector<std::size_t>> onnx_readers(const OnnxModel& model) {
  std::map<std::string, std::vector<std::size_t>> readers;
  for (std::size_t n = 0; n < model.nodes.size(); ++n) {
    for (const std::string& input : model.nodes[n].inputs) {
      if (!input.empty()) readers[input].push_back(n);
    }
  }
  return readers;
}

}  // namespace gemel::compiler
