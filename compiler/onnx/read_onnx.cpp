// SPDX-License-Identifier: Apache-2.0
#include <onnx/onnx_pb.h>

#include <filesystem>
#include <limits>
#include <map>
#include <optional>
#include <set>

#include "compiler/onnx/external_data.h"
#include "compiler/onnx/onnx_error.h"
#include "compiler/onnx/onnx_file.h"
#include "sim/arch/file_io.h"
#include "sim/arch/input_error.h"

namespace gemel::compiler {
namespace {

constexpr std::int64_t kOldestOpset = 10;
constexpr std::int64_t kNewestOpset = 25;
constexpr std::int64_t kMostElements = std::int64_t{1} << 31;

[[noreturn]] void fail(const std::string& what) { throw OnnxError(what); }

// Product of the dimensions, within bounds.
std::int64_t checked_count(const OnnxShape& shape, const std::string& owner) {
  std::int64_t count = 1;
  for (const std::int64_t extent : shape) {
    if (extent < 0) fail(owner + " has a dimension of " + std::to_string(extent) + "; expected at least 0");
    if (extent != 0 && count > kMostElements / extent) fail(owner + " has more than 2^31 elements");
    count *= extent;
  }
  return count;
}

template <typename To, typename Field>
void append_field(const Field& field, std::vector<std::uint8_t>& data) {
  for (const auto value : field) {
    const auto narrowed = static_cast<To>(value);
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(&narrowed);
    data.insert(data.end(), bytes, bytes + sizeof narrowed);
  }
}

// Where data outside the file is looked for; no directory: nowhere.
using Directory = std::optional<std::string>;

std::vector<std::uint8_t> read_outside(const onnx::TensorProto& proto, const Directory& directory, std::size_t wanted,
                                       const std::string& owner) {
  if (!directory) fail(owner + " keeps its data in another file; expected a model with all data inside");
  std::map<std::string, std::string> entries;
  for (const onnx::StringStringEntryProto& entry : proto.external_data()) entries[entry.key()] = entry.value();
  return read_external_data(entries, *directory, wanted, owner);
}

OnnxTensor read_tensor(const onnx::TensorProto& proto, const Directory& directory, const std::string& owner) {
  OnnxTensor tensor;
  tensor.type = static_cast<OnnxType>(proto.data_type() > 255 || proto.data_type() < 0 ? 0 : proto.data_type());
  if (onnx_type_bytes(tensor.type) == 0) {
    fail(owner + " has element type number " + std::to_string(proto.data_type()) +
         "; expected float, bool or an integer of 8 to 64 bits");
  }
  if (proto.has_segment()) fail(owner + " is stored in segments; expected its data in one piece");
  tensor.shape.assign(proto.dims().begin(), proto.dims().end());
  const std::int64_t count = checked_count(tensor.shape, owner);
  const auto wanted = static_cast<std::size_t>(count) * onnx_type_bytes(tensor.type);
  if (proto.data_location() == onnx::TensorProto::EXTERNAL || proto.external_data_size() > 0) {
    tensor.data = read_outside(proto, directory, wanted, owner);
  } else if (proto.has_raw_data()) {
    tensor.data.assign(proto.raw_data().begin(), proto.raw_data().end());
  } else {
    switch (tensor.type) {
      case OnnxType::Float:
        append_field<float>(proto.float_data(), tensor.data);
        break;
      case OnnxType::Double:
        append_field<double>(proto.double_data(), tensor.data);
        break;
      case OnnxType::Int64:
        append_field<std::int64_t>(proto.int64_data(), tensor.data);
        break;
      case OnnxType::UInt32:
        append_field<std::uint32_t>(proto.uint64_data(), tensor.data);
        break;
      case OnnxType::UInt64:
        append_field<std::uint64_t>(proto.uint64_data(), tensor.data);
        break;
      case OnnxType::Int32:
        append_field<std::int32_t>(proto.int32_data(), tensor.data);
        break;
      default:
        if (onnx_type_bytes(tensor.type) == 1) append_field<std::uint8_t>(proto.int32_data(), tensor.data);
        if (onnx_type_bytes(tensor.type) == 2) append_field<std::uint16_t>(proto.int32_data(), tensor.data);
    }
  }
  if (tensor.data.size() != wanted) {
    fail(owner + " holds " + std::to_string(tensor.data.size()) + " bytes of data; its shape " +
         onnx_shape_text(tensor.shape) + " of " + onnx_type_name(tensor.type) + " needs " + std::to_string(wanted));
  }
  return tensor;
}

OnnxAttribute read_attribute(const onnx::AttributeProto& proto, const Directory& directory, const OnnxNode& node) {
  using Kind = OnnxAttribute::Kind;
  OnnxAttribute attribute;
  attribute.f = proto.f();
  attribute.i = proto.i();
  attribute.s = proto.s();
  attribute.floats.assign(proto.floats().begin(), proto.floats().end());
  attribute.ints.assign(proto.ints().begin(), proto.ints().end());
  attribute.strings.assign(proto.strings().begin(), proto.strings().end());
  switch (proto.type()) {
    case onnx::AttributeProto::FLOAT:
      attribute.kind = Kind::Float;
      break;
    case onnx::AttributeProto::INT:
      attribute.kind = Kind::Int;
      break;
    case onnx::AttributeProto::STRING:
      attribute.kind = Kind::String;
      break;
    case onnx::AttributeProto::FLOATS:
      attribute.kind = Kind::Floats;
      break;
    case onnx::AttributeProto::INTS:
      attribute.kind = Kind::Ints;
      break;
    case onnx::AttributeProto::STRINGS:
      attribute.kind = Kind::Strings;
      break;
    case onnx::AttributeProto::TENSOR:
      attribute.kind = Kind::Tensor;
      attribute.tensor = read_tensor(proto.t(), directory, node.described() + ": attribute '" + proto.name() + "'");
      break;
    default:
      fail(
          node.described() + ": attribute '" + proto.name() +
          "' is a graph or of an unknown type; expected a number, text, tensor or list: control flow is not supported");
  }
  return attribute;
}

class Reader {
 public:
  Reader(const onnx::ModelProto& proto, const std::string& default_name, const OnnxDims& dims, Directory directory)
      : proto_(proto), graph_(proto.graph()), dims_(dims), directory_(std::move(directory)) {
    model_.name = graph_.name().empty() ? default_name : graph_.name();
    model_.ir_version = proto.ir_version();
  }

  OnnxModel run() {
    read_opsets();
    if (graph_.sparse_initializer_size() > 0) fail("the graph has sparse initialisers; expected dense ones");
    for (const onnx::TensorProto& tensor : graph_.initializer()) {
      if (tensor.name().empty()) fail("an initialiser has no name");
      define(tensor.name());
      model_.initializers[tensor.name()] = read_tensor(tensor, directory_, "initialiser '" + tensor.name() + "'");
    }
    for (const onnx::ValueInfoProto& value : graph_.input()) {
      if (model_.initializer(value.name())) continue;  // up to IR version 3, initialisers are inputs too
      if (value.name().empty()) fail("an input of the graph has no name");
      define(value.name());
      model_.inputs.push_back(read_input(value));
    }
    for (const onnx::NodeProto& node : graph_.node()) read_node(node);
    if (model_.nodes.empty()) fail("the graph has no nodes");
    for (const onnx::ValueInfoProto& value : graph_.output()) read_output(value);
    if (model_.outputs.empty()) fail("the graph has no outputs");
    for (const onnx::ValueInfoProto& value : graph_.value_info()) read_note(value);
    for (const auto& [name, size] : dims_) {
      if (used_dims_.count(name) == 0) {
        fail("--dim " + name + "=" + std::to_string(size) + ": no input has a dimension of this name" + known_dims());
      }
    }
    return std::move(model_);
  }

 private:
  void read_opsets() {
    for (const onnx::OperatorSetIdProto& set : proto_.opset_import()) {
      const std::string domain = set.domain() == "ai.onnx" ? "" : set.domain();
      model_.opsets[domain] = set.version();
    }
    const auto own = model_.opsets.find("");
    if (own == model_.opsets.end()) fail("the model imports no operator set of ONNX; expected opset 10 to 25");
    if (own->second < kOldestOpset || own->second > kNewestOpset) {
      fail("opset " + std::to_string(own->second) + " is not supported; expected " + std::to_string(kOldestOpset) +
           " to " + std::to_string(kNewestOpset));
    }
  }

  void define(const std::string& value) {
    if (!defined_.insert(value).second) fail("value '" + value + "' is defined twice");
  }

  std::string known_dims() const {
    std::string text;
    for (const std::string& name : met_dims_) text += (text.empty() ? "; known: " : ", ") + name;
    return text;
  }

  OnnxValue read_input(const onnx::ValueInfoProto& proto) {
    const std::string owner = "input '" + proto.name() + "'";
    if (!proto.type().has_tensor_type()) fail(owner + " is no tensor");
    const onnx::TypeProto_Tensor& type = proto.type().tensor_type();
    OnnxValue value;
    value.name = proto.name();
    value.type = static_cast<OnnxType>(type.elem_type() < 0 || type.elem_type() > 255 ? 0 : type.elem_type());
    if (onnx_type_bytes(value.type) == 0) {
      fail(owner + " has element type number " + std::to_string(type.elem_type()) +
           "; expected float, bool or an integer of 8 to 64 bits");
    }
    if (!type.has_shape()) fail(owner + " has no shape; expected one with all its dimensions");
    for (const onnx::TensorShapeProto_Dimension& dim : type.shape().dim()) {
      value.shape.push_back(bound_size(dim, proto.name(), value.shape.size()));
    }
    checked_count(value.shape, owner);
    return value;
  }

  // A dimension without a name is bound as INPUT.INDEX.
  std::int64_t bound_size(const onnx::TensorShapeProto_Dimension& dim, const std::string& input, std::size_t index) {
    const std::string owner = "input '" + input + "'";
    const bool is_named = !dim.dim_param().empty();
    const std::string name = is_named ? dim.dim_param() : input + "." + std::to_string(index);
    if (is_named) met_dims_.insert(name);
    if (!is_named && dim.has_dim_value() && dim.dim_value() >= 1) return dim.dim_value();
    const auto bound = dims_.find(name);
    if (bound != dims_.end()) {
      used_dims_.insert(name);
      return bound->second;
    }
    if (is_named) {
      fail(owner + " has a dynamic dimension '" + name + "'; give its size with --dim " + name + "=N");
    }
    fail(owner + ": dimension " + std::to_string(index) + " has " +
         (dim.has_dim_value() ? "size " + std::to_string(dim.dim_value()) : std::string("neither size nor name")) +
         "; expected a size of at least 1, or --dim " + name + "=N");
  }

  void read_node(const onnx::NodeProto& proto) {
    OnnxNode node;
    node.op_type = proto.op_type();
    node.domain = proto.domain() == "ai.onnx" ? "" : proto.domain();
    node.name = proto.name().empty() ? node.op_type + "_" + std::to_string(model_.nodes.size()) : proto.name();
    for (int i = 2; !names_.insert(node.name).second; ++i) {
      node.name = (proto.name().empty() ? node.op_type : proto.name()) + "_" + std::to_string(i);
    }
    if (node.op_type.empty()) fail("node '" + node.name + "' names no operator");
    const auto opset = model_.opsets.find(node.domain);
    node.opset = opset == model_.opsets.end() ? 1 : opset->second;
    node.inputs.assign(proto.input().begin(), proto.input().end());
    node.outputs.assign(proto.output().begin(), proto.output().end());
    for (const onnx::AttributeProto& attribute : proto.attribute()) {
      if (!node.attributes.emplace(attribute.name(), read_attribute(attribute, directory_, node)).second) {
        fail(node.described() + ": attribute '" + attribute.name() + "' is given twice");
      }
    }
    if (opset == model_.opsets.end()) {
      fail(node.described() + ": the model imports no operator set '" + node.domain + "'");
    }
    for (const std::string& input : node.inputs) {
      if (!input.empty() && defined_.count(input) == 0) {
        fail(node.described() + ": reads '" + input + "' before anything defines it");
      }
    }
    while (!node.outputs.empty() && node.outputs.back().empty()) node.outputs.pop_back();
    if (node.outputs.empty()) fail(node.described() + ": has no output");
    for (const std::string& output : node.outputs) {
      if (!output.empty()) define(output);
    }
    model_.nodes.push_back(std::move(node));
  }

  void read_output(const onnx::ValueInfoProto& proto) {
    if (defined_.count(proto.name()) == 0) fail("output '" + proto.name() + "' of the graph is made by no node");
    if (model_.is_output(proto.name())) fail("output '" + proto.name() + "' of the graph is listed twice");
    OnnxValue value;
    value.name = proto.name();
    static_value(proto, value);
    model_.outputs.push_back(std::move(value));
  }

  // Type and shape where the file states both and all sizes are known.
  bool static_value(const onnx::ValueInfoProto& proto, OnnxValue& value) const {
    if (!proto.type().has_tensor_type()) return false;
    const onnx::TypeProto_Tensor& type = proto.type().tensor_type();
    if (type.elem_type() >= 0 && type.elem_type() < 256) value.type = static_cast<OnnxType>(type.elem_type());
    if (!type.has_shape()) return false;
    OnnxShape shape;
    for (const onnx::TensorShapeProto_Dimension& dim : type.shape().dim()) {
      const auto bound = dims_.find(dim.dim_param());
      if (!dim.dim_param().empty() && bound != dims_.end()) {
        shape.push_back(bound->second);
      } else if (dim.has_dim_value() && dim.dim_value() > 0) {
        shape.push_back(dim.dim_value());
      } else {
        return false;
      }
    }
    value.shape = std::move(shape);
    return true;
  }

  void read_note(const onnx::ValueInfoProto& proto) {
    OnnxValue value;
    value.name = proto.name();
    if (static_value(proto, value)) model_.notes[value.name] = value;
  }

  const onnx::ModelProto& proto_;
  const onnx::GraphProto& graph_;
  const OnnxDims& dims_;
  const Directory directory_;
  OnnxModel model_;
  std::set<std::string> defined_, names_, met_dims_, used_dims_;
};

}  // namespace

namespace {

OnnxModel parse(const std::string& bytes, const std::string& default_name, const OnnxDims& dims, Directory directory) {
  onnx::ModelProto proto;
  if (bytes.size() > static_cast<std::size_t>(std::numeric_limits<int>::max()) || !proto.ParseFromString(bytes)) {
    fail("not an ONNX model: the file does not parse; expected a serialised ModelProto");
  }
  if (!proto.has_graph()) fail("not an ONNX model: it has no graph");
  return Reader(proto, default_name, dims, std::move(directory)).run();
}

}  // namespace

OnnxModel parse_onnx(const std::string& bytes, const std::string& default_name, const OnnxDims& dims) {
  return parse(bytes, default_name, dims, std::nullopt);
}

OnnxModel load_onnx(const std::string& path, const OnnxDims& dims) {
  const std::filesystem::path at(path);
  try {
    return parse(arch::load_file(path), at.stem().string(), dims, at.parent_path().string());
  } catch (const OnnxError& error) {
    throw arch::InputError(path + ": " + error.what());
  }
}

}  // namespace gemel::compiler
