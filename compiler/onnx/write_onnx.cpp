// SPDX-License-Identifier: Apache-2.0
#include <onnx/onnx_pb.h>

#include <algorithm>

#include "compiler/onnx/onnx_file.h"

namespace gemel::compiler {
namespace {

void write_tensor(const OnnxTensor& tensor, const std::string& name, onnx::TensorProto& proto) {
  proto.set_name(name);
  proto.set_data_type(static_cast<std::int32_t>(tensor.type));
  for (const std::int64_t extent : tensor.shape) proto.add_dims(extent);
  proto.set_raw_data(tensor.data.data(), tensor.data.size());
}

void write_attribute(const std::string& name, const OnnxAttribute& attribute, onnx::AttributeProto& proto) {
  using Kind = OnnxAttribute::Kind;
  proto.set_name(name);
  switch (attribute.kind) {
    case Kind::Float:
      proto.set_type(onnx::AttributeProto::FLOAT);
      proto.set_f(attribute.f);
      break;
    case Kind::Int:
      proto.set_type(onnx::AttributeProto::INT);
      proto.set_i(attribute.i);
      break;
    case Kind::String:
      proto.set_type(onnx::AttributeProto::STRING);
      proto.set_s(attribute.s);
      break;
    case Kind::Tensor:
      proto.set_type(onnx::AttributeProto::TENSOR);
      write_tensor(attribute.tensor, "", *proto.mutable_t());
      break;
    case Kind::Floats:
      proto.set_type(onnx::AttributeProto::FLOATS);
      for (const float value : attribute.floats) proto.add_floats(value);
      break;
    case Kind::Ints:
      proto.set_type(onnx::AttributeProto::INTS);
      for (const std::int64_t value : attribute.ints) proto.add_ints(value);
      break;
    case Kind::Strings:
      proto.set_type(onnx::AttributeProto::STRINGS);
      for (const std::string& value : attribute.strings) proto.add_strings(value);
      break;
  }
}

void write_value(const OnnxValue& value, bool has_shape, onnx::ValueInfoProto& proto) {
  proto.set_name(value.name);
  if (value.type == OnnxType::Undefined) return;
  onnx::TypeProto_Tensor& type = *proto.mutable_type()->mutable_tensor_type();
  type.set_elem_type(static_cast<std::int32_t>(value.type));
  if (!has_shape) return;
  type.mutable_shape();
  for (const std::int64_t extent : value.shape) type.mutable_shape()->add_dim()->set_dim_value(extent);
}

}  // namespace

std::string onnx_bytes(const OnnxModel& model) {
  onnx::ModelProto proto;
  proto.set_ir_version(std::max<std::int64_t>(model.ir_version, 4));  // from 4 on, initialisers need not be inputs
  proto.set_producer_name("gemel");
  for (const auto& [domain, version] : model.opsets) {
    onnx::OperatorSetIdProto& set = *proto.add_opset_import();
    set.set_domain(domain);
    set.set_version(version);
  }
  onnx::GraphProto& graph = *proto.mutable_graph();
  graph.set_name(model.name);
  for (const OnnxValue& input : model.inputs) write_value(input, true, *graph.add_input());
  for (const OnnxValue& output : model.outputs) write_value(output, !output.shape.empty(), *graph.add_output());
  for (const auto& [name, tensor] : model.initializers) write_tensor(tensor, name, *graph.add_initializer());
  for (const OnnxNode& node : model.nodes) {
    onnx::NodeProto& to = *graph.add_node();
    to.set_name(node.name);
    to.set_op_type(node.op_type);
    to.set_domain(node.domain);
    for (const std::string& input : node.inputs) to.add_input(input);
    for (const std::string& output : node.outputs) to.add_output(output);
    for (const auto& [name, attribute] : node.attributes) write_attribute(name, attribute, *to.add_attribute());
  }
  return proto.SerializeAsString();
}

}  // namespace gemel::compiler
