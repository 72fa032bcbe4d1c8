// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <set>

#include "compiler/onnx/canonical.h"
#include "compiler/onnx/float_island.h"

namespace gemel::compiler {
namespace {

class Standardiser {
 public:
  explicit Standardiser(const OnnxModel& in) : out_(in) {
    for (const OnnxNode& node : in.nodes) used_.insert(node.outputs.begin(), node.outputs.end());
    for (const OnnxValue& input : in.inputs) used_.insert(input.name);
    for (const auto& [name, tensor] : in.initializers) used_.insert(name);
    out_.nodes.clear();
    for (const OnnxNode& node : in.nodes) {
      if (node.domain == kOnnxInner && node.op_type == kOnnxIsland) {
        expand_island(node);
      } else if (node.domain == kOnnxInner) {
        expand(node);
      } else {
        out_.nodes.push_back(node);
      }
    }
    out_.opsets.erase(kOnnxInner);
    raise_opset();
  }

  OnnxModel take() { return std::move(out_); }

 private:
  std::string unused(const std::string& wanted) {
    std::string name = wanted;
    for (int i = 2; !used_.insert(name).second; ++i) name = wanted + "_" + std::to_string(i);
    return name;
  }

  std::string dequantised(const OnnxNode& node, const std::string& value, const std::string& scale,
                          const std::string& zero_point) {
    OnnxNode dequantize;
    dequantize.name = unused(node.name + "_dequantize");
    dequantize.op_type = "DequantizeLinear";
    dequantize.opset = node.opset;
    dequantize.inputs = {value, scale};
    if (!zero_point.empty()) dequantize.inputs.push_back(zero_point);
    dequantize.outputs = {unused(value + "_float")};
    out_.nodes.push_back(dequantize);
    return dequantize.outputs[0];
  }

  // int32, with the product of the operands' scales.
  std::string dequantised_bias(const OnnxNode& node) {
    const OnnxTensor& x = out_.initializers.at(node.inputs[1]);
    std::vector<float> scales = out_.initializers.at(node.inputs[4]).elements<float>();
    for (float& s : scales) s *= x.elements<float>()[0];
    const std::string scale = unused(node.name + "_bias_scale");
    const OnnxShape shape = scales.size() == 1 ? OnnxShape{} : OnnxShape{static_cast<std::int64_t>(scales.size())};
    out_.initializers[scale] = make_onnx_tensor(OnnxType::Float, shape, scales);
    const std::string value = dequantised(node, node.inputs[8], scale, "");
    if (scales.size() != 1) out_.nodes.back().attributes["axis"] = OnnxAttribute::of(std::int64_t{0});
    return value;
  }

  // An Add of two floats.
  std::string sum(const OnnxNode& node, std::vector<std::string> inputs) {
    OnnxNode add;
    add.op_type = "Add";
    add.opset = node.opset;
    add.inputs = std::move(inputs);
    add.name = unused(node.name + "_add");
    add.outputs = {unused(node.outputs[0] + "_sum")};
    out_.nodes.push_back(add);
    return add.outputs[0];
  }

  // Before operator set 20, Gelu is one of ONNX Runtime's.
  void set_older_gelu(OnnxNode& node) {
    if (node.string_or("approximate", "none") == "tanh") node.op_type = "FastGelu";
    node.attributes.clear();
    node.domain = kOnnxMicrosoft;
    node.opset = 1;
    out_.opsets[kOnnxMicrosoft] = 1;
  }

  void expand(const OnnxNode& node) {
    OnnxNode plain;
    plain.name = node.name;
    plain.op_type = node.op_type.substr(std::string("Quantized").size());
    plain.opset = node.opset;
    plain.attributes = node.attributes;
    if (plain.op_type == "LogSoftmax") plain.attributes.erase("opset");
    const bool is_product = plain.op_type == "ConvTranspose" || plain.op_type == "MatMul";
    const bool is_norm = plain.op_type == "LayerNormalization";
    // Where the result's scale stands.
    const bool is_resize = plain.op_type == "Resize";
    const std::size_t result = is_norm ? 5 : node.inputs.size() >= 7 && !is_resize ? 6 : 3;
    plain.inputs.push_back(dequantised(node, node.inputs[0], node.inputs[1], node.inputs[2]));
    if (result == 6) plain.inputs.push_back(dequantised(node, node.inputs[3], node.inputs[4], node.inputs[5]));
    if (is_product && out_.initializers.at(node.inputs[4]).count() != 1) {
      out_.nodes.back().attributes["axis"] = OnnxAttribute::of(std::int64_t{plain.op_type == "MatMul" ? -1 : 1});
    }
    const bool is_reduced = plain.op_type.rfind("Reduce", 0) == 0;
    if (is_reduced && !node.input(5).empty()) plain.inputs.push_back(node.inputs[5]);  // the axes
    if (is_resize) plain.inputs.insert(plain.inputs.end(), node.inputs.begin() + 5, node.inputs.end());
    if (is_norm) plain.inputs.insert(plain.inputs.end(), {node.inputs[3], node.inputs[4]});
    const bool has_bias = is_product && !node.input(8).empty();
    if (has_bias && plain.op_type != "MatMul") plain.inputs.push_back(dequantised_bias(node));
    std::string value;
    if (plain.op_type == "Gelu" && out_.opsets.at("") < 20) set_older_gelu(plain);
    if (plain.op_type == "MaskedSoftmax") {
      plain.op_type = "Softmax";
      plain.attributes.erase("opset");
      plain.inputs = {sum(node, plain.inputs)};
    }
    if (plain.op_type == "Identity") {
      value = plain.inputs[0];
    } else {
      plain.outputs = {unused(node.outputs[0] + "_float")};
      value = plain.outputs[0];
      out_.nodes.push_back(plain);
    }
    if (has_bias && plain.op_type == "MatMul") {
      const std::string bias = dequantised_bias(node);
      value = sum(node, {value, bias});
    }
    quantise(node, value, result);
  }

  // The node's result from a float value; `result` is the place of its scale.
  void quantise(const OnnxNode& node, const std::string& value, std::size_t result) {
    OnnxNode quantize;
    quantize.name = unused(node.name + "_quantize");
    quantize.op_type = "QuantizeLinear";
    quantize.opset = out_.opsets.at("");
    quantize.inputs = {value, node.inputs[result], node.inputs[result + 1]};
    quantize.outputs = node.outputs;
    out_.nodes.push_back(quantize);
  }

  void expand_island(const OnnxNode& node) {
    const auto operands = static_cast<std::size_t>(node.int_or("operands", 0));
    std::map<std::string, std::string> names;
    for (std::size_t i = 0; i < operands; ++i) {
      names[island_operand(i)] = dequantised(node, node.inputs[3 * i], node.inputs[3 * i + 1], node.inputs[3 * i + 2]);
    }
    for (OnnxNode part : node.body) {
      part.name = unused(part.name);
      for (std::string& input : part.inputs) {
        const auto found = names.find(input);
        if (found != names.end()) input = found->second;
      }
      const std::string result = unused(node.outputs[0] + "_float");
      names[part.outputs[0]] = result;
      part.outputs = {result};
      out_.nodes.push_back(std::move(part));
    }
    quantise(node, names.at(node.body.back().outputs[0]), 3 * operands);
  }

  // Operators that the model's own operator set does not know yet. Only steps that leave all other operators as they
  // are.
  void raise_opset() {
    std::int64_t& opset = out_.opsets.at("");
    const auto has = [&](const char* op) {
      return std::any_of(out_.nodes.begin(), out_.nodes.end(),
                         [&](const OnnxNode& node) { return node.domain.empty() && node.op_type == op; });
    };
    if (opset == 11 && (has("Clip") || has("MaxPool")) && !has("Dropout")) opset = 12;  // on bytes
    if (opset >= 13 && opset < 17 && has("LayerNormalization")) opset = 17;
    if (opset == 13 && (has("HardSwish") || has("Relu"))) opset = 14;  // Relu on bytes
    for (OnnxNode& node : out_.nodes) {
      if (node.domain.empty()) node.opset = opset;
    }
  }

  OnnxModel out_;
  std::set<std::string> used_;
};

}  // namespace

OnnxModel standard_onnx(const OnnxModel& canonical) { return Standardiser(canonical).take(); }

}  // namespace gemel::compiler
