// SPDX-License-Identifier: Apache-2.0
#pragma once
// An ONNX model in memory, as the file has it: nodes in execution order, values joined by their names, constants with
// their data. Shapes are static: dynamic dimensions are bound while reading. Both the integer importer and the
// quantiser work on this form, and it can be written as a file again.
#include <cstdint>
#include <cstring>
#include <map>
#include <string>
#include <vector>

namespace gemel::compiler {

// Numbers of onnx.TensorProto.DataType.
enum class OnnxType : std::uint8_t {
  Undefined = 0,
  Float = 1,
  UInt8 = 2,
  Int8 = 3,
  UInt16 = 4,
  Int16 = 5,
  Int32 = 6,
  Int64 = 7,
  String = 8,
  Bool = 9,
  Float16 = 10,
  Double = 11,
  UInt32 = 12,
  UInt64 = 13,
};

const char* onnx_type_name(OnnxType type);  // "float", "uint8", ...
// Bytes of an element; 0 where the type has no fixed size here.
std::size_t onnx_type_bytes(OnnxType type);

using OnnxShape = std::vector<std::int64_t>;
// Throws OnnxError where there are more than 63 bits hold.
std::int64_t onnx_element_count(const OnnxShape& shape);
std::string onnx_shape_text(const OnnxShape& shape);  // "[1, 3, 224, 224]"

// Dense row-major data, little-endian.
struct OnnxTensor {
  OnnxType type = OnnxType::Undefined;
  OnnxShape shape;
  std::vector<std::uint8_t> data;

  std::int64_t count() const { return onnx_element_count(shape); }
  // The elements, where the type is stored as T.
  template <typename T>
  std::vector<T> elements() const {
    std::vector<T> values(data.size() / sizeof(T));
    if (!values.empty()) std::memcpy(values.data(), data.data(), values.size() * sizeof(T));
    return values;
  }
  // The elements of any integer or boolean type; of any floating type but float16. Empty for other types.
  std::vector<std::int64_t> integers() const;
  std::vector<double> reals() const;
};

template <typename T>
OnnxTensor make_onnx_tensor(OnnxType type, OnnxShape shape, const std::vector<T>& values) {
  OnnxTensor tensor{type, std::move(shape), std::vector<std::uint8_t>(values.size() * sizeof(T))};
  if (!values.empty()) std::memcpy(tensor.data.data(), values.data(), tensor.data.size());
  return tensor;
}
OnnxTensor onnx_scalar(float value);

struct OnnxAttribute {
  enum class Kind : std::uint8_t { Float, Int, String, Tensor, Floats, Ints, Strings } kind = Kind::Int;
  float f = 0;
  std::int64_t i = 0;
  std::string s;
  OnnxTensor tensor;
  std::vector<float> floats;
  std::vector<std::int64_t> ints;
  std::vector<std::string> strings;

  static OnnxAttribute of(std::int64_t value);
  static OnnxAttribute of(float value);
  static OnnxAttribute of(std::vector<std::int64_t> value);
  static OnnxAttribute of(std::string value);
};

inline constexpr const char* kOnnxMicrosoft = "com.microsoft";

struct OnnxNode {
  std::string name;     // unique; made up where the file gives none
  std::string op_type;  // "Conv"
  std::string domain;   // "" is ONNX's own
  std::int64_t opset = 0;
  std::vector<std::string> inputs;  // "" where an optional input is absent
  std::vector<std::string> outputs;
  std::map<std::string, OnnxAttribute> attributes;
  std::vector<OnnxNode> body{};  // of our own kOnnxIsland alone (canonical.h)

  // The attribute's value, or the default where it is absent. Throw OnnxError where it is of another kind.
  std::int64_t int_or(const std::string& attribute, std::int64_t otherwise) const;
  float float_or(const std::string& attribute, float otherwise) const;
  std::string string_or(const std::string& attribute, const std::string& otherwise) const;
  std::vector<std::int64_t> ints_or(const std::string& attribute, std::vector<std::int64_t> otherwise) const;
  bool has(const std::string& attribute) const { return attributes.count(attribute) != 0; }
  // Name of input i, "" where it is absent.
  const std::string& input(std::size_t i) const;
  // "node 'conv1' (Conv, opset 13)"
  std::string described() const;
};

struct OnnxValue {
  std::string name;
  OnnxType type = OnnxType::Undefined;
  OnnxShape shape;
};

struct OnnxModel {
  std::string name;                            // of the graph, or of the file where the graph has none
  std::int64_t ir_version = 8;                 // as read
  std::map<std::string, std::int64_t> opsets;  // by domain
  std::vector<OnnxValue> inputs;               // initialisers are no inputs
  std::vector<OnnxValue> outputs;              // type and shape may be unknown (Undefined, {})
  std::map<std::string, OnnxTensor> initializers;
  std::vector<OnnxNode> nodes;             // each reads only inputs, initialisers and outputs of nodes before it
  std::map<std::string, OnnxValue> notes;  // types and static shapes that the file states for other values

  const OnnxTensor* initializer(const std::string& value) const;
  const OnnxValue* input(const std::string& value) const;
  bool is_output(const std::string& value) const;
  // A name that no value has, from `wanted`.
  std::string unused_name(const std::string& wanted) const;
};

// For each value, the indices of the nodes that read it.
std::map<std::string, std::vector<std::size_t>> onnx_readers(const OnnxModel& model);

}  // namespace gemel::compiler
