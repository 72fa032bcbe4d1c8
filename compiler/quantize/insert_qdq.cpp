// SPDX-License-Identifier: Apache-2.0
#include "compiler/quantize/insert_qdq.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "compiler/onnx/onnx_error.h"

namespace gemel::compiler {
namespace {

class RoundingInserter {
 public:
  RoundingInserter(const OnnxModel& model, const QuantizedValues& values, const std::map<std::string, float>& scales,
                   bool per_channel)
      : in_(model), out_(model), values_(values), scales_(scales), per_channel_(per_channel) {
    out_.nodes.clear();
    out_.notes.clear();
    for (const OnnxNode& node : model.nodes) {
      names_.insert(node.name);
      used_.insert(node.outputs.begin(), node.outputs.end());
    }
    for (const OnnxValue& input : model.inputs) used_.insert(input.name);
    for (const auto& [name, tensor] : model.initializers) used_.insert(name);
    zero_ = constant("zero_int8", make_onnx_tensor(OnnxType::Int8, {}, std::vector<std::int8_t>{0}));
  }

  OnnxModel run() {
    for (const OnnxValue& input : in_.inputs) {
      if (input.type != OnnxType::Float) continue;
      const std::string rounded = unused(input.name + "_rounded");
      add_rounding(input.name, input.name, rounded);
      renamed_[input.name] = rounded;
    }
    for (const std::string& name : values_.constants) add_constant_operand(name);
    find_limited();
    for (const OnnxNode& node : in_.nodes) add(node);
    return std::move(out_);
  }

 private:
  std::string unused(const std::string& wanted) {
    std::string name = wanted;
    for (int i = 2; !used_.insert(name).second; ++i) name = wanted + "_" + std::to_string(i);
    return name;
  }

  std::string constant(const std::string& wanted, OnnxTensor tensor) {
    const std::string name = unused(wanted);
    out_.initializers[name] = std::move(tensor);
    return name;
  }

  void add_node(const char* op, const std::string& name, std::vector<std::string> inputs, const std::string& output) {
    OnnxNode node;
    node.name = name;
    for (int i = 2; !names_.insert(node.name).second; ++i) node.name = name + "_" + std::to_string(i);
    node.op_type = op;
    node.opset = in_.opsets.at("");
    node.inputs = std::move(inputs);
    node.outputs = {output};
    out_.nodes.push_back(std::move(node));
  }

  // What is not rounded itself because a Relu or Clip follows is rounded at the scale of that one's result: the same
  // integers, and others than us know the operator before it as one of integers.
  void find_limited() {
    const auto readers = onnx_readers(in_);
    for (std::size_t n = in_.nodes.size(); n-- > 0;) {
      const OnnxNode& node = in_.nodes[n];
      if (!node.domain.empty() || (node.op_type != "Relu" && node.op_type != "Clip")) continue;
      const std::string &x = node.input(0), &y = node.outputs[0];
      const auto further = limited_.find(y);
      const std::string& last = further == limited_.end() ? y : further->second;
      if (scales_.count(x) == 0 && scales_.count(last) != 0 && readers.at(x).size() == 1) limited_[x] = last;
    }
  }

  // `value`, whose float numbers are `from`, as int8 and back as `to`.
  void add_rounding(const std::string& value, const std::string& from, const std::string& to) {
    const auto limited = limited_.find(value);
    const float rounding = scales_.at(limited == limited_.end() ? value : limited->second);
    const std::string scale = constant(value + "_scale", onnx_scalar(rounding));
    const std::string bytes = unused(value + "_int8");
    add_node("QuantizeLinear", value + "_quantize", {from, scale, zero_}, bytes);
    add_node("DequantizeLinear", value + "_dequantize", {bytes, scale, zero_}, to);
    bytes_[value] = bytes;
  }

  void add(const OnnxNode& node) {
    if (values_.rescaled.count(node.outputs[0]) != 0) {
      const std::string& from = out_.initializer(node.inputs[0]) ? node.inputs[1] : node.inputs[0];
      const std::string& bytes = bytes_.at(from);
      const std::string& to = node.outputs[0];
      const std::string scale = constant(to + "_scale", onnx_scalar(scales_.at(to)));
      add_node("DequantizeLinear", node.name, {bytes, scale, zero_}, to);
      bytes_[to] = bytes;
      return;
    }
    OnnxNode moved = node;
    for (std::string& input : moved.inputs) {
      const auto found = renamed_.find(input);
      if (found != renamed_.end()) input = found->second;
    }
    set_weights(node, moved);
    std::vector<std::pair<std::string, std::string>> rounded;
    for (std::string& output : moved.outputs) {
      if (output.empty() || (values_.activations.count(output) == 0 && limited_.count(output) == 0)) continue;
      const std::string value = output;
      output = unused(value + "_float");
      rounded.emplace_back(value, output);
    }
    out_.nodes.push_back(std::move(moved));
    for (const auto& [value, from] : rounded) add_rounding(value, from, value);
  }

  void set_weights(const OnnxNode& node, OnnxNode& moved) {
    const bool is_conv = node.op_type == "Conv", is_gemm = node.op_type == "Gemm";
    if (node.op_type == "Add" && node.domain.empty()) set_row_bias(node, moved);
    if (!node.domain.empty() || !(is_conv || is_gemm || node.op_type == "MatMul" || node.op_type == "ConvTranspose")) {
      return;
    }
    for (std::size_t i = 0; i < 2 && i < node.inputs.size(); ++i) {
      const OnnxTensor* tensor = in_.initializer(node.inputs[i]);
      if (!tensor || values_.constants.count(node.inputs[i]) != 0) continue;
      if (tensor->type != OnnxType::Float) throw OnnxError(node.described() + ": weights are not float");
      const auto rank = static_cast<std::int64_t>(tensor->shape.size());
      const bool leading = is_conv || (is_gemm && node.int_or("transB", 0) != 0);
      const bool by_channel = per_channel_ && i == 1 && node.op_type != "ConvTranspose" && (rank == 2 || is_conv);
      moved.inputs[i] = rounded_weights(node.inputs[i], by_channel ? (leading ? 0 : rank - 1) : -1);
    }
    const bool scaled = is_gemm && (node.float_or("alpha", 1) != 1 || node.float_or("beta", 1) != 1);
    if (is_conv || node.op_type == "ConvTranspose" || (is_gemm && !scaled)) {
      set_bias(node.input(2), node.input(0), moved.input(1), moved, 2);
    }
    if (node.op_type == "MatMul") products_[node.outputs[0]] = {node.input(0), moved.input(1)};
  }

  // The bias of a MatMul.
  void set_row_bias(const OnnxNode& node, OnnxNode& moved) {
    for (std::size_t i = 0; i < 2 && node.inputs.size() == 2; ++i) {
      const auto product = products_.find(node.inputs[i]);
      if (product == products_.end() || values_.activations.count(node.inputs[i]) != 0) continue;
      set_bias(node.inputs[1 - i], product->second.first, product->second.second, moved, 1 - i);
      return;
    }
  }

  // Input `place` as int32 with the scale of the sums of x and `weights`, which is dequantised.
  void set_bias(const std::string& bias, const std::string& x, const std::string& weights, OnnxNode& moved,
                std::size_t place) {
    const OnnxTensor* tensor = in_.initializer(bias);
    const auto known = weight_scales_.find(weights);
    const auto x_scale = scales_.find(x);
    if (!tensor || tensor->type != OnnxType::Float || tensor->shape.size() != 1 || known == weight_scales_.end() ||
        x_scale == scales_.end()) {
      return;
    }
    std::vector<float> scales = known->second;
    for (float& s : scales) s *= x_scale->second;
    const std::vector<float> values = tensor->elements<float>();
    if (scales.size() != 1 && scales.size() != values.size()) return;
    std::vector<std::int32_t> rounded;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const float q = std::nearbyint(values[i] / scales[scales.size() == 1 ? 0 : i]);
      if (!(std::fabs(q) < 2147483648.0f)) return;  // the importer says so
      rounded.push_back(static_cast<std::int32_t>(q));
    }
    const OnnxShape row{static_cast<std::int64_t>(scales.size())};
    std::vector<std::string> inputs{
        constant(bias + "_int32", make_onnx_tensor(OnnxType::Int32, tensor->shape, rounded))};
    inputs.push_back(scales.size() == 1 ? constant(bias + "_scale", onnx_scalar(scales[0]))
                                        : constant(bias + "_scales", make_onnx_tensor(OnnxType::Float, row, scales)));
    moved.inputs[place] = unused(bias + "_rounded");
    add_node("DequantizeLinear", bias + "_dequantize", inputs, moved.inputs[place]);
    if (scales.size() != 1) out_.nodes.back().attributes["axis"] = OnnxAttribute::of(std::int64_t{0});
  }

  // The dequantised value of an int8 constant; -1 as axis is one scale for all.
  std::string rounded_weights(const std::string& name, std::int64_t axis) {
    const auto key = std::make_pair(name, axis);
    const auto known = weights_.find(key);
    if (known != weights_.end()) return known->second;
    const OnnxTensor& tensor = in_.initializers.at(name);
    const std::vector<float> values = tensor.elements<float>();
    std::int64_t step = 1;
    const std::int64_t channels = axis < 0 ? 1 : tensor.shape[static_cast<std::size_t>(axis)];
    for (std::size_t d = static_cast<std::size_t>(axis + 1); axis >= 0 && d < tensor.shape.size(); ++d) {
      step *= tensor.shape[d];
    }
    const auto channel = [&](std::size_t i) { return static_cast<std::int64_t>(i) / step % channels; };
    std::vector<float> scales(static_cast<std::size_t>(channels), 0.0f);
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (!std::isfinite(values[i])) throw OnnxError("weights '" + name + "' are not finite");
      float& scale = scales[static_cast<std::size_t>(channel(i))];
      scale = std::max(scale, std::fabs(values[i]) / 127);
    }
    for (float& scale : scales) scale = std::isnormal(scale) ? scale : 1.0f;
    std::vector<std::int8_t> bytes(values.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
      const float q = std::nearbyint(values[i] / scales[static_cast<std::size_t>(channel(i))]);
      bytes[i] = static_cast<std::int8_t>(std::min(std::max(q, -127.0f), 127.0f));
    }
    return weights_[key] = add_bytes(name, tensor.shape, bytes, scales, axis);
  }

  // Other constant operands have the scale that was planned for them.
  void add_constant_operand(const std::string& name) {
    const OnnxTensor& tensor = in_.initializers.at(name);
    const float scale = scales_.at(name);
    std::vector<std::int8_t> bytes;
    for (const float v : tensor.elements<float>()) {
      const float q = std::nearbyint(v / scale);
      bytes.push_back(static_cast<std::int8_t>(q > -127.0f ? std::min(q, 127.0f) : -127.0f));
    }
    renamed_[name] = add_bytes(name, tensor.shape, bytes, {scale}, -1);
  }

  std::string add_bytes(const std::string& name, const OnnxShape& shape, const std::vector<std::int8_t>& bytes,
                        const std::vector<float>& scales, std::int64_t axis) {
    const std::string values = constant(name + "_int8", make_onnx_tensor(OnnxType::Int8, shape, bytes));
    std::vector<std::string> inputs{values};
    if (axis < 0) {
      inputs.push_back(constant(name + "_scale", onnx_scalar(scales[0])));
      inputs.push_back(zero_);
    } else {
      const OnnxShape row{static_cast<std::int64_t>(scales.size())};
      inputs.push_back(constant(name + "_scales", make_onnx_tensor(OnnxType::Float, row, scales)));
      inputs.push_back(
          constant(name + "_zeros", make_onnx_tensor(OnnxType::Int8, row, std::vector<std::int8_t>(scales.size(), 0))));
    }
    const std::string result = unused(name + "_rounded");
    weight_scales_[result] = scales;
    add_node("DequantizeLinear", name + "_dequantize", inputs, result);
    if (axis >= 0) out_.nodes.back().attributes["axis"] = OnnxAttribute::of(axis);
    return result;
  }

  const OnnxModel& in_;
  OnnxModel out_;
  const QuantizedValues& values_;
  const std::map<std::string, float>& scales_;
  bool per_channel_;
  std::string zero_;
  std::set<std::string> used_, names_;
  std::map<std::string, std::string> renamed_;  // what readers of a value read instead
  std::map<std::string, std::string> bytes_;    // the int8 form of a value
  std::map<std::string, std::string> limited_;  // what limits it at last
  std::map<std::pair<std::string, std::int64_t>, std::string> weights_;
  std::map<std::string, std::vector<float>> weight_scales_;              // of dequantised constants
  std::map<std::string, std::pair<std::string, std::string>> products_;  // x and dequantised weights of a MatMul
};

}  // namespace

OnnxModel with_rounding(const OnnxModel& model, const QuantizedValues& values,
                        const std::map<std::string, float>& scales, bool weights_per_channel) {
  return RoundingInserter(model, values, scales, weights_per_channel).run();
}

}  // namespace gemel::compiler
