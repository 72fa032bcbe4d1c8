// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/onnx_builder.h"

#include <algorithm>
#include <cmath>

#include "compiler/graph/verify.h"
#include "compiler/onnx/onnx_error.h"

namespace gemel::compiler {
namespace {

ElementType element_type(OnnxType type) {
  if (type == OnnxType::Float) return ElementType::Float32;
  if (type == OnnxType::Int32 || type == OnnxType::Int64) return ElementType::Int32;
  return type == OnnxType::UInt8 ? ElementType::UInt8 : ElementType::Int8;
}

constexpr std::int64_t kMostElements = std::int64_t{1} << 31;

bool is_byte(OnnxType type) { return type == OnnxType::Int8 || type == OnnxType::UInt8; }

bool can_be_input(OnnxType type) {
  return is_byte(type) || type == OnnxType::Float || type == OnnxType::Int32 || type == OnnxType::Int64;
}

}  // namespace

bool OnnxQuantization::has_zero_point() const {
  return std::any_of(zero_points.begin(), zero_points.end(), [](std::int32_t z) { return z != 0; });
}

OnnxBuilder::OnnxBuilder(const OnnxModel& model) : model_(model) {
  graph_.name = model.name;
  for (const OnnxValue& input : model.inputs) taken_.insert(input.name);
  for (const auto& [name, tensor] : model.initializers) taken_.insert(name);
  for (const OnnxNode& node : model.nodes) taken_.insert(node.outputs.begin(), node.outputs.end());
  for (const OnnxValue& input : model.inputs) {
    if (!can_be_input(input.type)) {
      throw OnnxError("input '" + input.name + "' is " + onnx_type_name(input.type) +
                      "; expected int8, uint8, float that a QuantizeLinear reads, or the indices of a Gather");
    }
    Value value;
    value.type = input.type;
    value.shape = input.shape;
    const TensorId tensor = graph_.add_input(input.name, input.shape, element_type(input.type));
    used_.insert(input.name);
    (input.type == OnnxType::UInt8 ? value.raw : value.plain) = tensor;
    values_[input.name] = value;
  }
}

void OnnxBuilder::begin(const OnnxNode& node) {
  node_ = &node;
  OnnxNodeNote note;
  note.node = node.name;
  note.op = node.op_type;
  note.opset = node.opset;
  notes_.push_back(std::move(note));
}

void OnnxBuilder::remark(const std::string& text) {
  std::vector<std::string>& remarks = notes_.back().remarks;
  if (std::find(remarks.begin(), remarks.end(), text) == remarks.end()) remarks.push_back(text);
}

void OnnxBuilder::fail(const std::string& what) const { throw OnnxError(node_->described() + ": " + what); }

const OnnxTensor* OnnxBuilder::constant(const std::string& value) const {
  const auto found = folded_.find(value);
  return found == folded_.end() ? model_.initializer(value) : &found->second;
}

const OnnxTensor& OnnxBuilder::need_constant(const std::string& value, const char* what) const {
  const OnnxTensor* tensor = constant(value);
  if (!tensor) fail(std::string(what) + " '" + value + "' must be a constant");
  return *tensor;
}

std::vector<std::int64_t> OnnxBuilder::need_integers(const std::string& value, const char* what) const {
  const OnnxTensor& tensor = need_constant(value, what);
  if (tensor.type != OnnxType::Int64 && tensor.type != OnnxType::Int32) {
    fail(std::string(what) + " '" + value + "' must be int64, not " + onnx_type_name(tensor.type));
  }
  return tensor.integers();
}

OnnxQuantization OnnxBuilder::quantization(const std::string& scale, const std::string& zero_point,
                                           OnnxType otherwise) const {
  OnnxQuantization result;
  const OnnxTensor& scales = need_constant(scale, "scale");
  if (scales.type != OnnxType::Float) fail("scale '" + scale + "' must be float, not " + onnx_type_name(scales.type));
  result.scales = scales.elements<float>();
  if (result.scales.empty()) fail("scale '" + scale + "' is empty");
  for (const float s : result.scales) {
    if (!std::isfinite(s) || s <= 0) fail("scale '" + scale + "' must be positive and finite");
  }
  result.is_unsigned = otherwise == OnnxType::UInt8;
  if (zero_point.empty()) {
    result.zero_points.assign(result.scales.size(), result.is_unsigned ? -128 : 0);
    return result;
  }
  const OnnxTensor& points = need_constant(zero_point, "zero point");
  if (!is_byte(points.type)) {
    fail("zero point '" + zero_point + "' must be int8 or uint8, not " + onnx_type_name(points.type));
  }
  result.is_unsigned = points.type == OnnxType::UInt8;
  for (const std::int64_t z : points.integers()) {
    result.zero_points.push_back(static_cast<std::int32_t>(z) - (result.is_unsigned ? 128 : 0));
  }
  if (result.zero_points.size() == 1) result.zero_points.resize(result.scales.size(), result.zero_points[0]);
  if (result.zero_points.size() != result.scales.size()) {
    fail("zero point '" + zero_point + "' has " + std::to_string(result.zero_points.size()) + " elements, scale '" +
         scale + "' has " + std::to_string(result.scales.size()));
  }
  return result;
}

OnnxQuantization OnnxBuilder::tensor_quantization(const std::string& scale, const std::string& zero_point,
                                                  OnnxType otherwise) const {
  OnnxQuantization result = quantization(scale, zero_point, otherwise);
  if (result.scales.size() != 1) {
    fail("scale '" + scale + "' has " + std::to_string(result.scales.size()) +
         " elements; expected one: only weights have a scale for each channel");
  }
  return result;
}

std::vector<std::int8_t> OnnxBuilder::need_bytes(const OnnxTensor& tensor, const char* what) const {
  if (!is_byte(tensor.type)) fail(std::string(what) + " must be int8 or uint8, not " + onnx_type_name(tensor.type));
  std::vector<std::int8_t> bytes = tensor.elements<std::int8_t>();
  if (tensor.type == OnnxType::UInt8) {
    for (std::int8_t& b : bytes) b = static_cast<std::int8_t>(b ^ -128);
  }
  return bytes;
}

OnnxShape OnnxBuilder::shape(const std::string& value) const {
  const OnnxTensor* tensor = constant(value);
  return tensor ? tensor->shape : value_of(value).shape;
}

OnnxType OnnxBuilder::type(const std::string& value) const {
  const OnnxTensor* tensor = constant(value);
  return tensor ? tensor->type : value_of(value).type;
}

OnnxBuilder::Value& OnnxBuilder::value_of(const std::string& value) {
  if (values_.count(value) == 0 && constant(value)) add_constant_value(value);
  const auto found = values_.find(value);
  if (found == values_.end()) fail("reads '" + value + "', which has no integer form here");
  return found->second;
}

const OnnxBuilder::Value& OnnxBuilder::value_of(const std::string& value) const {
  const auto found = values_.find(value);
  if (found == values_.end())
    fail(value.empty() ? "an input is missing" : "reads '" + value + "', which has no integer form here");
  return found->second;
}

// A constant that a node reads as it reads activations.
void OnnxBuilder::add_constant_value(const std::string& name) {
  const OnnxTensor& tensor = *constant(name);
  Value value;
  value.type = tensor.type;
  value.shape = tensor.shape;
  if (tensor.count() == 0) fail("constant '" + name + "' has no elements");
  if (is_byte(tensor.type)) {
    value.plain = add_constant(name, tensor.shape, need_bytes(tensor, "constant"));
  } else if (tensor.type == OnnxType::Int32) {
    value.plain = add_constant(name, tensor.shape, tensor.elements<std::int32_t>());
  } else if (tensor.type == OnnxType::Float) {
    value.plain = add_constant(name, tensor.shape, tensor.elements<float>());
  } else {
    fail(std::string("constant '") + name + "' is " + onnx_type_name(tensor.type) + "; expected int8 or uint8");
  }
  values_[name] = value;
}

std::string OnnxBuilder::unique(const std::string& wanted) const {
  if (taken_.count(wanted) == 0) return wanted;
  int& next = next_number_.try_emplace(wanted, 2).first->second;
  while (taken_.count(wanted + "_" + std::to_string(next)) != 0) ++next;
  return wanted + "_" + std::to_string(next);
}

// Appends a node; refuses results of absurd size.
TensorId OnnxBuilder::append(const std::string& name, Operator op, std::vector<TensorId> inputs) {
  claim(name);
  TensorId tensor = 0;
  try {
    tensor = graph_.add_node(name, node_->name, std::move(op), std::move(inputs));
  } catch (const GraphError& error) {
    fail(error.what());
  }
  std::int64_t count = 1;
  for (const std::int64_t extent : graph_.tensor(tensor).shape) {
    if (extent < 1 || count > kMostElements / extent) {
      fail("its result " + onnx_shape_text(graph_.tensor(tensor).shape) + " has no or more than 2^31 elements");
    }
    count *= extent;
  }
  return tensor;
}

TensorId OnnxBuilder::add(const std::string& suffix, Operator op, std::vector<TensorId> inputs) {
  return append(unique(node_->name + "." + suffix), std::move(op), std::move(inputs));
}

TensorId OnnxBuilder::add_result(const std::string& value, bool is_final, Operator op, std::vector<TensorId> inputs) {
  const std::string wanted = is_final || !model_.is_output(value) ? value : value + ".inner";
  const std::string name = wanted == value && used_.count(value) == 0 ? value : unique(wanted);
  return append(name, std::move(op), std::move(inputs));
}

TensorId OnnxBuilder::plain_result(const std::string& value, OnnxType type, Operator op, std::vector<TensorId> inputs) {
  const TensorId tensor = add_result(value, type != OnnxType::UInt8, std::move(op), std::move(inputs));
  define_plain(value, tensor, type);
  return tensor;
}

TensorId OnnxBuilder::image_result(const std::string& value, OnnxType type, std::size_t rank, Operator op,
                                   std::vector<TensorId> inputs) {
  const TensorId tensor = add_result(value, false, std::move(op), std::move(inputs));
  define_channels_last(value, tensor, type, rank);
  return tensor;
}

void OnnxBuilder::claim(const std::string& name) {
  taken_.insert(name);
  used_.insert(name);
}

TensorId OnnxBuilder::add_constant(const std::string& name, Shape shape, std::vector<std::int8_t> data) {
  const std::string free = unique(name + ".constant");
  claim(free);
  return graph_.add_constant(free, std::move(shape), std::move(data));
}

TensorId OnnxBuilder::add_constant(const std::string& name, Shape shape, std::vector<std::int32_t> data) {
  const std::string free = unique(name + ".constant");
  claim(free);
  return graph_.add_constant(free, std::move(shape), std::move(data));
}

TensorId OnnxBuilder::add_constant(const std::string& name, Shape shape, const std::vector<float>& data) {
  const std::string free = unique(name + ".constant");
  claim(free);
  return graph_.add_constant(free, std::move(shape), data);
}

TensorId OnnxBuilder::add_table(const std::vector<std::int8_t>& table) {
  const auto found = tables_.find(table);
  if (found != tables_.end()) return found->second;
  const TensorId id = add_constant(node_->name + ".table", {static_cast<std::int64_t>(table.size())}, table);
  tables_[table] = id;
  return id;
}

TensorId OnnxBuilder::add_sign_change(const std::string& name, TensorId tensor, ElementType result) {
  std::vector<std::int8_t> table(256);
  for (int v = -128; v < 128; ++v) table[static_cast<std::size_t>(v + 128)] = static_cast<std::int8_t>(v ^ -128);
  const TensorId entries = add_table(table);
  claim(name);
  return graph_.add_node(name, node_->name, Lookup{result}, {tensor, entries});
}

TensorId OnnxBuilder::to_channels_last(TensorId tensor, const std::string& name) {
  const Shape shape = graph_.tensor(tensor).shape;
  const auto node = [&](const std::string& suffix, Operator op, TensorId input) {
    const std::string full = unique(name + suffix);
    claim(full);
    return graph_.add_node(full, node_->name, std::move(op), {input});
  };
  if (shape.size() == 4) return node(".nhwc", Transpose{{0, 2, 3, 1}}, tensor);
  const TensorId turned = node(".nwc", Transpose{{0, 2, 1}}, tensor);
  return node(".n1wc", Reshape{{shape[0], 1, shape[2], shape[1]}}, turned);
}

TensorId OnnxBuilder::to_plain(TensorId tensor, const Value& value, const std::string& name) {
  const auto node = [&](const std::string& suffix, Operator op, TensorId input) {
    const std::string full = unique(name + suffix);
    claim(full);
    return graph_.add_node(full, node_->name, std::move(op), {input});
  };
  if (value.shape.size() == 4) return node(".nchw", Transpose{{0, 3, 1, 2}}, tensor);
  const TensorId flat = node(".nwc", Reshape{{value.shape[0], value.shape[2], value.shape[1]}}, tensor);
  return node(".ncw", Transpose{{0, 2, 1}}, flat);
}

TensorId OnnxBuilder::plain(const std::string& name) {
  Value& value = value_of(name);
  if (value.plain) return *value.plain;
  if (value.raw) {
    value.plain = add_sign_change(unique(name + ".int8"), *value.raw, ElementType::Int8);
  } else {
    value.plain = to_plain(*value.channels_last, value, name);
  }
  return *value.plain;
}

TensorId OnnxBuilder::channels_last(const std::string& name) {
  Value& value = value_of(name);
  if (value.channels_last) return *value.channels_last;
  need_image(name);
  if (value.raw && !value.plain) {
    value.channels_last =
        add_sign_change(unique(name + ".int8"), to_channels_last(*value.raw, name), ElementType::Int8);
  } else {
    value.channels_last = to_channels_last(*value.plain, name);
  }
  return *value.channels_last;
}

void OnnxBuilder::need_image(const std::string& value) const {
  const OnnxShape extents = shape(value);
  if (extents.size() != 3 && extents.size() != 4) {
    fail("'" + value + "' has shape " + onnx_shape_text(extents) +
         "; expected [batch, channels, height, width] or [batch, channels, width]");
  }
}

bool OnnxBuilder::is_channels_last(const std::string& name) const {
  const auto found = values_.find(name);
  return found != values_.end() && found->second.channels_last.has_value();
}

void OnnxBuilder::define_plain(const std::string& name, TensorId tensor, OnnxType type) {
  Value value;
  value.type = type;
  value.shape = graph_.tensor(tensor).shape;
  value.plain = tensor;
  values_[name] = value;
}

void OnnxBuilder::define_channels_last(const std::string& name, TensorId tensor, OnnxType type, std::size_t rank) {
  Value value;
  value.type = type;
  const Shape& shape = graph_.tensor(tensor).shape;
  value.shape = {shape[0], shape[3], shape[1], shape[2]};
  if (rank == 3) value.shape = {shape[0], shape[3], shape[2]};
  value.channels_last = tensor;
  values_[name] = value;
}

Graph OnnxBuilder::finish() {
  const OnnxNode boundary{"outputs", "", "", 0, {}, {}, {}};
  node_ = &boundary;
  for (const OnnxValue& output : model_.outputs) {
    if (values_.count(output.name) == 0 || model_.input(output.name)) {
      throw OnnxError("output '" + output.name + "' is not computed: it is an input or a constant of the model");
    }
    if (values_[output.name].type == OnnxType::Int64) {
      throw OnnxError("output '" + output.name + "' is int64; expected int8, uint8, int32 or float");
    }
    TensorId tensor = plain(output.name);
    const bool is_unsigned = values_[output.name].type == OnnxType::UInt8;
    const bool name_is_free = used_.count(output.name) == 0;
    if (is_unsigned) {
      const std::string name = name_is_free ? output.name : unique(output.name + ".uint8");
      tensor = add_sign_change(name, tensor, ElementType::UInt8);
    } else if (graph_.tensor(tensor).name != output.name || graph_.tensor(tensor).role != TensorRole::Intermediate) {
      const std::string name = name_is_free ? output.name : unique(output.name + ".output");
      claim(name);
      tensor = graph_.add_node(name, boundary.name, Reshape{graph_.tensor(tensor).shape}, {tensor});
    }
    graph_.mark_output(tensor);
  }
  return std::move(graph_);
}

std::map<std::string, OnnxPlace> OnnxBuilder::places() const {
  std::map<std::string, OnnxPlace> result;
  for (const auto& [name, value] : values_) {
    OnnxPlace place{0, false, value.type, value.shape};
    if (value.raw) {
      place.tensor = *value.raw;
    } else if (value.plain) {
      place.tensor = *value.plain;
    } else {
      place.tensor = *value.channels_last;
      place.is_channels_last = true;
    }
    result[name] = place;
  }
  return result;
}

}  // namespace gemel::compiler
