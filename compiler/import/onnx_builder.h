// SPDX-License-Identifier: Apache-2.0
#pragma once
// Builds the typed graph from the nodes of an ONNX model: keeps, for each value of the model, the tensors that hold it,
// and makes the other layout or the other type of integer where a node first asks for it.
//
// Every quantised value is int8 in the graph: a uint8 q with zero point z is kept as q - 128 with z - 128. Images are
// kept channels last; ONNX has them channels first.
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "compiler/graph/graph.h"
#include "compiler/onnx/onnx_model.h"

namespace gemel::compiler {

// scale · (q - zero_point), as the graph keeps q.
struct OnnxQuantization {
  std::vector<float> scales;  // one, or one a channel
  std::vector<std::int32_t> zero_points;
  bool is_unsigned = false;

  float scale() const { return scales.front(); }
  std::int32_t zero_point() const { return zero_points.front(); }
  bool has_zero_point() const;
  OnnxType type() const { return is_unsigned ? OnnxType::UInt8 : OnnxType::Int8; }
};

// Where the graph keeps a value of the model.
struct OnnxPlace {
  TensorId tensor = 0;
  bool is_channels_last = false;
  OnnxType type = OnnxType::Undefined;  // UInt8: kept as int8, minus 128, unless the tensor itself is uint8
  OnnxShape shape;                      // ONNX's
};

// What happened to a node of the model.
struct OnnxNodeNote {
  std::string node, op;
  std::int64_t opset = 0;
  std::vector<std::string> remarks;  // legalisations, in words
};

class OnnxBuilder {
 public:
  explicit OnnxBuilder(const OnnxModel& model);
  OnnxBuilder(const OnnxBuilder&) = delete;
  OnnxBuilder& operator=(const OnnxBuilder&) = delete;

  const OnnxModel& model() const { return model_; }
  Graph& graph() { return graph_; }

  // The node that is being imported: its name becomes the layer of what is built, and remarks are noted for it.
  void begin(const OnnxNode& node);
  const OnnxNode& node() const { return *node_; }
  void remark(const std::string& text);
  [[noreturn]] void fail(const std::string& what) const;

  // --- constants of the model ---
  const OnnxTensor* constant(const std::string& value) const;
  const OnnxTensor& need_constant(const std::string& value, const char* what) const;
  std::vector<std::int64_t> need_integers(const std::string& value, const char* what) const;
  // Scale and zero point of a node's operand; "" as zero point is 0 of the type `otherwise`.
  OnnxQuantization quantization(const std::string& scale, const std::string& zero_point,
                                OnnxType otherwise = OnnxType::UInt8) const;
  // The same of a whole tensor.
  OnnxQuantization tensor_quantization(const std::string& scale, const std::string& zero_point,
                                       OnnxType otherwise = OnnxType::UInt8) const;
  // A value of the model that does not depend on the inputs' numbers after all: a shape, or made of constants alone.
  void fold(const std::string& value, OnnxTensor tensor) { folded_[value] = std::move(tensor); }
  const std::map<std::string, OnnxTensor>& folded() const { return folded_; }
  // Elements of an int8 or uint8 constant, as the graph keeps them.
  std::vector<std::int8_t> need_bytes(const OnnxTensor& tensor, const char* what) const;

  // --- values ---
  bool has_value(const std::string& value) const { return values_.count(value) != 0 || constant(value) != nullptr; }
  OnnxShape shape(const std::string& value) const;
  OnnxType type(const std::string& value) const;
  std::size_t rank(const std::string& value) const { return shape(value).size(); }
  void need_image(const std::string& value) const;  // of 3 or 4 dimensions
  // The value in ONNX's order of dimensions, and with the channels last: [N, H, W, C], or [N, 1, W, C] of 3 dimensions.
  TensorId plain(const std::string& value);
  TensorId channels_last(const std::string& value);
  bool is_channels_last(const std::string& value) const;

  // The value is what this tensor holds.
  void define_plain(const std::string& value, TensorId tensor, OnnxType type);
  void define_channels_last(const std::string& value, TensorId tensor, OnnxType type, std::size_t rank = 4);

  // Another name for the same value.
  void alias(const std::string& name, const std::string& value) { values_[name] = Value(value_of(value)); }

  // --- building ---
  // Adds a node and defines the value as its result, in ONNX's order or with the channels last. The tensor bears the
  // value's name, but not where it is an output of the model in another order or type.
  TensorId plain_result(const std::string& value, OnnxType type, Operator op, std::vector<TensorId> inputs);
  TensorId image_result(const std::string& value, OnnxType type, std::size_t rank, Operator op,
                        std::vector<TensorId> inputs);
  // Any other.
  TensorId add(const std::string& suffix, Operator op, std::vector<TensorId> inputs);
  TensorId add_constant(const std::string& name, Shape shape, std::vector<std::int8_t> data);
  TensorId add_constant(const std::string& name, Shape shape, std::vector<std::int32_t> data);
  TensorId add_constant(const std::string& name, Shape shape, const std::vector<float>& data);
  // A table; equal ones are kept once.
  TensorId add_table(const std::vector<std::int8_t>& table);

  // Marks the model's outputs and gives the graph away.
  Graph finish();
  std::vector<OnnxNodeNote> notes() const { return notes_; }
  std::map<std::string, OnnxPlace> places() const;

 private:
  struct Value {
    OnnxType type = OnnxType::Undefined;
    OnnxShape shape;
    std::optional<TensorId> plain, channels_last;
    std::optional<TensorId> raw;  // an input of the graph whose bytes are unsigned
  };

  TensorId append(const std::string& name, Operator op, std::vector<TensorId> inputs);
  TensorId add_result(const std::string& value, bool is_final, Operator op, std::vector<TensorId> inputs);
  void claim(const std::string& name);
  Value& value_of(const std::string& value);
  const Value& value_of(const std::string& value) const;
  std::string unique(const std::string& wanted) const;
  TensorId to_channels_last(TensorId plain, const std::string& name);
  TensorId to_plain(TensorId channels_last, const Value& value, const std::string& name);
  // int8 to uint8 and back.
  TensorId add_sign_change(const std::string& name, TensorId tensor, ElementType result);
  void add_constant_value(const std::string& name);

  const OnnxModel& model_;
  Graph graph_;
  std::set<std::string> used_;                      // names of the graph's tensors
  std::set<std::string> taken_;                     // and of the model's values
  mutable std::map<std::string, int> next_number_;  // to look for a free name from, by wanted name
  std::map<std::string, Value> values_;
  std::map<std::string, OnnxTensor> folded_;
  std::map<std::vector<std::int8_t>, TensorId> tables_;
  const OnnxNode* node_ = nullptr;
  std::vector<OnnxNodeNote> notes_;
};

}  // namespace gemel::compiler
