// SPDX-License-Identifier: Apache-2.0
#include <set>

#include "compiler/onnx/canonical.h"

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
      if (node.domain == kOnnxInner) {
        expand(node);
      } else {
        out_.nodes.push_back(node);
      }
    }
    out_.opsets.erase(kOnnxInner);
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

  void expand(const OnnxNode& node) {
    OnnxNode plain;
    plain.name = node.name;
    plain.op_type = node.op_type.substr(std::string("Quantized").size());
    plain.opset = node.opset;
    plain.attributes = node.attributes;
    const bool is_product = plain.op_type == "ConvTranspose" || plain.op_type == "MatMul";
    const bool is_norm = plain.op_type == "LayerNormalization";
    // Where the result's scale stands.
    const std::size_t result = is_norm ? 5 : node.inputs.size() >= 7 ? 6 : 3;
    plain.inputs.push_back(dequantised(node, node.inputs[0], node.inputs[1], node.inputs[2]));
    if (result == 6) plain.inputs.push_back(dequantised(node, node.inputs[3], node.inputs[4], node.inputs[5]));
    if (is_product && out_.initializers.at(node.inputs[4]).count() != 1) {
      out_.nodes.back().attributes["axis"] = OnnxAttribute::of(std::int64_t{plain.op_type == "MatMul" ? -1 : 1});
    }
    if (is_norm) plain.inputs.insert(plain.inputs.end(), {node.inputs[3], node.inputs[4]});
    const bool has_bias = is_product && !node.input(8).empty();
    if (has_bias && plain.op_type != "MatMul") plain.inputs.push_back(dequantised_bias(node));
    std::string value;
    if (plain.op_type == "Identity") {
      value = plain.inputs[0];
    } else {
      plain.outputs = {unused(node.outputs[0] + "_float")};
      value = plain.outputs[0];
      out_.nodes.push_back(plain);
    }
    if (has_bias && plain.op_type == "MatMul") {
      OnnxNode add;
      add.op_type = "Add";
      add.opset = node.opset;
      add.inputs = {value, dequantised_bias(node)};
      add.name = unused(node.name + "_add");
      add.outputs = {unused(node.outputs[0] + "_sum")};
      value = add.outputs[0];
      out_.nodes.push_back(add);
    }
    OnnxNode quantize;
    quantize.name = unused(node.name + "_quantize");
    quantize.op_type = "QuantizeLinear";
    quantize.opset = node.opset;
    quantize.inputs = {value, node.inputs[result], node.inputs[result + 1]};
    quantize.outputs = node.outputs;
    out_.nodes.push_back(quantize);
  }

  OnnxModel out_;
  std::set<std::string> used_;
};

}  // namespace

OnnxModel standard_onnx(const OnnxModel& canonical) { return Standardiser(canonical).take(); }

}  // namespace gemel::compiler
