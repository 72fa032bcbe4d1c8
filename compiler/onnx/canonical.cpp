// SPDX-License-Identifier: Apache-2.0
#include "compiler/onnx/canonical.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <set>

#include "compiler/onnx/constant_pool.h"
#include "compiler/onnx/float_island.h"
#include "compiler/onnx/float_values.h"
#include "compiler/onnx/integer_limits.h"
#include "compiler/onnx/onnx_error.h"
#include "compiler/onnx/quantised_bias.h"
#include "compiler/onnx/quantised_operators.h"

namespace gemel::compiler {
namespace {

bool is_own(const OnnxNode& node, const char* op) { return node.op_type == op && node.domain.empty(); }

// QuantizeLinear and DequantizeLinear, which ONNX Runtime also has in its own domain.
bool is_step(const OnnxNode& node, const char* op) {
  return node.op_type == op && (node.domain.empty() || node.domain == kOnnxMicrosoft);
}

OnnxTensor constant_of(const OnnxNode& node) {
  const auto value = node.attributes.find("value");
  if (value != node.attributes.end() && value->second.kind == OnnxAttribute::Kind::Tensor) return value->second.tensor;
  if (node.has("value_float")) return onnx_scalar(node.float_or("value_float", 0));
  if (node.has("value_int")) {
    return make_onnx_tensor(OnnxType::Int64, {}, std::vector<std::int64_t>{node.int_or("value_int", 0)});
  }
  if (node.has("value_ints")) {
    const auto ints = node.ints_or("value_ints", {});
    return make_onnx_tensor(OnnxType::Int64, {static_cast<std::int64_t>(ints.size())}, ints);
  }
  if (node.has("value_floats")) {
    const auto& floats = node.attributes.at("value_floats").floats;
    return make_onnx_tensor(OnnxType::Float, {static_cast<std::int64_t>(floats.size())}, floats);
  }
  throw OnnxError(node.described() + ": has no value that is a tensor or a number");
}

class Canonicaliser {
 public:
  explicit Canonicaliser(const OnnxModel& in) : in_(in), out_(in), pool_(out_), floats_(in, out_, pool_) {
    out_.nodes.clear();
  }

  OnnxModel run() {
    for (const OnnxNode& node : in_.nodes) take(node);
    for (const OnnxValue& output : in_.outputs) {
      if (!floats_.is_left_out(output.name) || direct_.count(output.name) != 0) continue;
      const RealValue real = floats_.need(output.name, *floats_.producer(output.name));
      OnnxNode node;
      node.name = pool_.unused(output.name + "_dequantize");
      node.op_type = "DequantizeLinear";
      node.opset = in_.opsets.at("");
      node.inputs = {real.value, real.scale};
      if (!real.zero_point.empty()) node.inputs.push_back(real.zero_point);
      node.outputs = {output.name};
      out_.nodes.push_back(std::move(node));
    }
    drop_dead();
    if (out_.nodes.empty()) throw OnnxError("no node computes an output: each is an input or a constant of the model");
    if (uses_domain(kOnnxMicrosoft)) out_.opsets[kOnnxMicrosoft] = 1;
    if (uses_domain(kOnnxInner)) out_.opsets[kOnnxInner] = 1;
    return std::move(out_);
  }

 private:
  // How float numbers become integers; the QuantizeLinear that asks for it.
  struct Rounding {
    const OnnxNode& quantize;
    std::string scale, zero_point;
  };

  bool uses_domain(const char* domain) const {
    return std::any_of(out_.nodes.begin(), out_.nodes.end(), [&](const OnnxNode& n) { return n.domain == domain; });
  }

  // --- nodes in order ------------------------------------------------------------------------------------

  void take(const OnnxNode& node) {
    if (node.outputs[0].empty() && node.outputs.size() == 1) return;
    if (is_own(node, "Constant")) {
      pool_.add(node.outputs[0], constant_of(node));
    } else if (is_step(node, "DequantizeLinear")) {
      take_dequantize(node);
    } else if (is_step(node, "QuantizeLinear")) {
      take_quantize(node);
    } else if (!floats_.reads_left_out(node)) {
      out_.nodes.push_back(node);
    } else if (is_own(node, "Shape") || is_own(node, "Size")) {  // that of the integers
      out_.nodes.push_back(node);
      out_.nodes.back().inputs = {floats_.need(node.input(0), node).value};
    } else {
      floats_.leave_out(node);
    }
  }

  // The node in ONNX's own domain.
  void push_step(OnnxNode node) {
    if (!node.domain.empty()) node.opset = in_.opsets.at("");
    node.domain.clear();
    out_.nodes.push_back(std::move(node));
  }

  void take_dequantize(const OnnxNode& node) {
    if (node.inputs.size() < 2) throw OnnxError(node.described() + ": has no scale");
    if (node.int_or("block_size", 0) != 0) {
      throw OnnxError(node.described() + ": a scale for each block is not supported; expected one, or one a channel");
    }
    floats_.leave_out(node);
    floats_.add_dequantised(node.outputs[0], {node.inputs[0], node.inputs[1], node.input(2), node.int_or("axis", 1)});
    if (in_.is_output(node.outputs[0])) {
      direct_.insert(node.outputs[0]);
      push_step(node);
    }
  }

  void take_quantize(const OnnxNode& node) {
    if (node.inputs.size() < 2) throw OnnxError(node.described() + ": has no scale");
    const std::string& x = node.inputs[0];
    if (pool_.is_float(x)) {
      pool_.add(node.outputs[0], pool_.quantised(node, zero_point_of(node)));
    } else if (!floats_.is_left_out(x)) {
      push_step(node);
    } else {
      quantise(x, {node, node.inputs[1], zero_point_of(node)}, node.outputs[0]);
    }
  }

  // The zero point's name, made where it is absent: 0 of uint8, as ONNX has it.
  std::string zero_point_of(const OnnxNode& node) {
    if (!node.input(2).empty()) return node.input(2);
    const bool is_int8 = node.int_or("output_dtype", 0) == static_cast<std::int64_t>(OnnxType::Int8);
    return pool_.zero(is_int8 ? OnnxType::Int8 : OnnxType::UInt8);
  }

  // --- quantised operators ---------------------------------------------------------------------------------

  // The integers of a float value, under any name; asked for twice, made once.
  std::string rounded(const std::string& value, const Rounding& to) {
    const auto known = rounded_.find({value, to.scale, to.zero_point});
    if (known != rounded_.end()) return known->second;
    const std::string result = pool_.unused(value + "_rounded");
    quantise(value, to, result);
    return result;
  }

  // Defines `result` as the integers of a float value.
  void quantise(const std::string& value, const Rounding& to, const std::string& result) {
    rounded_[{value, to.scale, to.zero_point}] = result;
    if (const std::optional<RealValue> real = floats_.resolve(value)) {
      push_rescaled(*real, to, result);
      return;
    }
    RealLimits limits;
    std::string inner = value;
    const OnnxNode* made = floats_.producer(value);
    const bool is_limited = made && is_limit(*made);
    while (made && is_limit(*made)) {
      limits.first(pool_, *made);
      inner = made->input(0);
      made = floats_.producer(inner);
    }
    if (!made) floats_.need(inner, is_limited ? *floats_.producer(value) : to.quantize);
    std::optional<OnnxNode> clip;
    if (is_limited) {
      clip = integer_clip(pool_, to.quantize.name, limits, to.scale, to.zero_point, to.quantize);
      if (!limits_anything(pool_, *clip)) clip.reset();
    }
    const std::string unlimited = clip ? pool_.unused(result + "_unlimited") : result;
    if (keeps_onnx_numbers(*made)) {
      push_moved(*made, inner, to, unlimited);
    } else if (std::optional<OnnxNode> node = quantised_node(*made, to)) {
      node->outputs = {unlimited};
      out_.nodes.push_back(std::move(*node));
    } else {
      push_island(value, *made, to, result);
      return;
    }
    if (!clip) return;
    clip->inputs[0] = unlimited;
    clip->outputs = {result};
    out_.nodes.push_back(std::move(*clip));
  }

  void push_rescaled(const RealValue& real, const Rounding& to, const std::string& result) {
    OnnxNode node;
    node.name = unused_node(to.quantize.name);
    node.opset = in_.opsets.at("");
    node.outputs = {result};
    if (pool_.same_quantization(real, {"", to.scale, to.zero_point})) {
      node.op_type = "Identity";
      node.inputs = {real.value};
    } else {
      node.op_type = "QuantizedIdentity";
      node.domain = kOnnxInner;
      push_real(node, real);
      push_result(node, to);
    }
    out_.nodes.push_back(std::move(node));
  }

  // A move of numbers that are not rounded yet: they are rounded before it.
  void push_moved(const OnnxNode& made, const std::string& value, const Rounding& to, const std::string& result) {
    OnnxNode moved = made;
    moved.name = unused_node(made.name);
    std::vector<RealValue> parts;
    for (std::size_t i = 0; made.op_type == "Concat" && i < made.inputs.size(); ++i) {
      if (const std::optional<RealValue> real = floats_.resolve(made.inputs[i])) parts.push_back(*real);
    }
    if (!parts.empty() && parts.size() == made.inputs.size()) {
      moved.op_type = "QLinearConcat";
      moved.domain = kOnnxMicrosoft;
      moved.inputs = {to.scale, to.zero_point};
      for (const RealValue& part : parts) push_real(moved, part);
    } else {
      for (std::size_t i = 0; i < moved_inputs(made); ++i) moved.inputs.at(i) = rounded(made.input(i), to);
      if (made.op_type == "Pad") floats_.set_pad_value(moved, to.scale, to.zero_point, false);
    }
    for (std::string& output : moved.outputs) {
      if (!output.empty()) output = output == value ? result : pool_.unused(output + "_rounded");
    }
    out_.nodes.push_back(std::move(moved));
  }

  void push_island(const std::string& value, const OnnxNode& made, const Rounding& to, const std::string& result) {
    const IslandSources sources{pool_, [&](const std::string& v) { return floats_.resolve(v); },
                                [&](const std::string& v) { return floats_.producer(v); }};
    const OnnxNode* culprit = nullptr;
    std::optional<FloatIsland> island = find_float_island(sources, value, culprit);
    if (!island) refuse(made, culprit);
    OnnxNode node;
    node.name = unused_node(made.name);
    node.op_type = kOnnxIsland;
    node.domain = kOnnxInner;
    node.opset = made.opset;
    node.outputs = {result};
    node.attributes["operands"] = OnnxAttribute::of(static_cast<std::int64_t>(island->operands.size()));
    for (const RealValue& operand : island->operands) push_real(node, operand);
    push_result(node, to);
    node.inputs.insert(node.inputs.end(), island->constants.begin(), island->constants.end());
    node.body = std::move(island->body);
    out_.nodes.push_back(std::move(node));
  }

  [[noreturn]] void refuse(const OnnxNode& made, const OnnxNode* culprit) {
    if (!find_quantised_form(made.op_type) && !is_elementwise(made)) {
      throw OnnxError(made.described() +
                      ": has no quantised form; supported between DequantizeLinear and QuantizeLinear are " +
                      quantised_onnx_operators() + ", and functions of single elements");
    }
    if (culprit) floats_.need(culprit->outputs[0], made);
    for (const std::string& input : made.inputs) {
      if (!input.empty() && !pool_.find(input) && !floats_.producer(input)) floats_.need(input, made);
    }
    throw OnnxError(made.described() + ": is a function of more than two quantised values, or of none; expected " +
                    "QuantizeLinear and DequantizeLinear behind fewer operators");
  }

  void push_real(OnnxNode& node, const RealValue& real) {
    node.inputs.insert(node.inputs.end(), {real.value, real.scale, floats_.zero_point(real)});
  }

  static void push_result(OnnxNode& node, const Rounding& to) {
    node.inputs.insert(node.inputs.end(), {to.scale, to.zero_point});
  }

  std::string unused_node(const std::string& wanted) {
    std::string name = wanted;
    for (int i = 2; !node_names_.insert(name).second; ++i) name = wanted + "_" + std::to_string(i);
    return name;
  }

  OnnxNode named(const OnnxNode& made, const char* op, const char* domain) {
    OnnxNode node;
    node.name = unused_node(made.name);
    node.op_type = op;
    node.domain = domain;
    node.opset = made.opset;
    node.attributes = made.attributes;
    return node;
  }

  // The operator on integers; nothing where it has none, or an operand is not at hand as integers and it might be part
  // of an island.
  std::optional<OnnxNode> quantised_node(const OnnxNode& made, const Rounding& to) {
    const bool is_known = made.domain.empty() || made.domain == kOnnxMicrosoft;
    const QuantisedForm* entry = is_known ? find_quantised_form(made.op_type) : nullptr;
    if (!entry) return std::nullopt;
    if (made.op_type == "Add") {
      if (auto sum = product_with_bias(made, to)) return sum;
    }
    if (made.op_type == "Softmax") {
      if (auto softmax = masked_softmax(made, to)) return softmax;
    }
    if (entry->form == OperandForm::Product) {
      return product_node(made, named(made, entry->name, entry->domain), made.input(2), to);
    }
    const std::size_t first = entry->form == OperandForm::Chosen ? 1 : 0;
    const std::size_t operands = entry->form == OperandForm::Binary || entry->form == OperandForm::Chosen ? 2 : 1;
    if (made.inputs.size() < first + operands) throw OnnxError(made.described() + ": has too few inputs");
    for (std::size_t i = first; i < first + operands; ++i) {
      if (floats_.resolve(made.input(i))) continue;
      if (is_elementwise(made)) return std::nullopt;
      floats_.need(made.input(i), made);
    }
    OnnxNode node = named(made, entry->name, entry->domain);
    if (first == 1) node.inputs.push_back(made.input(0));
    for (std::size_t i = first; i < first + operands; ++i) push_real(node, *floats_.resolve(made.input(i)));
    if (entry->form == OperandForm::LayerNorm) {
      node.inputs.insert(node.inputs.end(), {float_constant(made, 1), float_constant(made, 2)});
    }
    if (made.op_type == "FastGelu") node.attributes["approximate"] = OnnxAttribute::of(std::string("tanh"));
    if (made.op_type == "Softmax" || made.op_type == "LogSoftmax")
      node.attributes["opset"] = OnnxAttribute::of(made.opset);
    if (made.op_type == "GlobalAveragePool" || made.op_type == "AveragePool") {
      node.attributes["channels_last"] = OnnxAttribute::of(std::int64_t{0});
    }
    if (made.op_type == "ReduceMean" && is_mean_of_image(made)) {
      node.op_type = "QLinearGlobalAveragePool";
      node.domain = kOnnxMicrosoft;
      node.attributes.clear();
      node.attributes["channels_last"] = OnnxAttribute::of(std::int64_t{0});
    }
    push_result(node, to);
    const bool has_axes = entry->form == OperandForm::Reduced && node.domain == kOnnxInner && !made.input(1).empty();
    if (has_axes) node.inputs.push_back(made.input(1));
    if (entry->form == OperandForm::Resized) {
      if (made.opset < 11)
        throw OnnxError(made.described() + ": mode '" + made.string_or("mode", "") +
                        "' is not supported before operator set 11; expected 'nearest'");
      node.inputs.insert(node.inputs.end(), std::next(made.inputs.begin()), made.inputs.end());
    }
    return node;
  }

  // Softmax(Add(DequantizeLinear, DequantizeLinear)): the sum is not rounded.
  std::optional<OnnxNode> masked_softmax(const OnnxNode& softmax, const Rounding& to) {
    const OnnxNode* add = floats_.is_dequantised(softmax.input(0)) ? nullptr : floats_.producer(softmax.input(0));
    if (!add || !is_own(*add, "Add") || add->inputs.size() != 2) return std::nullopt;
    OnnxNode node = named(softmax, "QuantizedMaskedSoftmax", kOnnxInner);
    node.attributes["opset"] = OnnxAttribute::of(softmax.opset);
    for (const std::string& operand : add->inputs) push_real(node, floats_.need(operand, *add));
    push_result(node, to);
    return node;
  }

  // A mean over height and width of an image is a global average.
  bool is_mean_of_image(const OnnxNode& made) const {
    std::vector<std::int64_t> axes = made.ints_or("axes", {});
    if (const OnnxTensor* tensor = pool_.find(made.input(1))) axes = tensor->integers();
    std::sort(axes.begin(), axes.end());
    return axes == std::vector<std::int64_t>{2, 3} && made.int_or("keepdims", 1) == 1;
  }

  // Input i as a float constant; a dequantised one is computed.
  std::string float_constant(const OnnxNode& made, std::size_t i) {
    const std::string& name = made.input(i);
    if (name.empty() || !floats_.is_left_out(name)) return name;
    const RealValue real = floats_.need(name, made);
    const OnnxTensor* tensor = pool_.find(real.value);
    if (!tensor) throw OnnxError(made.described() + ": parameter '" + name + "' must be a constant");
    const float scale = pool_.one_scale(real.scale, made);
    std::int64_t zero = 0;
    if (!real.zero_point.empty() && tensor->type != OnnxType::Int32) {
      zero = pool_.one_zero_point(real.zero_point, made).integers()[0];
    }
    std::vector<float> numbers;
    for (const std::int64_t q : tensor->integers()) numbers.push_back(static_cast<float>(q - zero) * scale);
    const std::string result = pool_.unused(name + "_float");
    pool_.add(result, make_onnx_tensor(OnnxType::Float, tensor->shape, numbers));
    return result;
  }

  OnnxNode product_node(const OnnxNode& made, OnnxNode node, const std::string& bias, const Rounding& to) {
    if (made.inputs.size() < 2) throw OnnxError(made.described() + ": has too few inputs");
    const RealValue x = floats_.need(made.input(0), made), w = floats_.need(made.input(1), made);
    check_weight_scales(pool_, made, w);
    push_real(node, x);
    push_real(node, w);
    std::string quantised_bias;
    if (!bias.empty() && pool_.is_float(bias)) {
      quantised_bias = bias_of_sums(pool_, made, bias, nullptr, x, w);
    } else if (!bias.empty()) {
      const RealValue given = floats_.need(bias, made);
      quantised_bias = bias_of_sums(pool_, made, bias, &given, x, w);
    }
    if (made.op_type == "Gemm") {
      if (!bias.empty() && made.float_or("beta", 1.0f) != 1.0f) {
        throw OnnxError(made.described() + ": beta " + std::to_string(made.float_or("beta", 1.0f)) +
                        " is not supported; expected 1");
      }
      node.attributes.erase("beta");
      node.inputs.push_back(quantised_bias);
    }
    push_result(node, to);
    if (made.op_type == "MatMul" && !quantised_bias.empty()) {
      node.domain = kOnnxInner;
      node.op_type = "QuantizedMatMul";
    }
    if (made.op_type != "Gemm" && !quantised_bias.empty()) node.inputs.push_back(quantised_bias);
    return node;
  }

  // Add(MatMul, constant), and Add(Conv, constant of one number a channel).
  std::optional<OnnxNode> product_with_bias(const OnnxNode& add, const Rounding& to) {
    for (std::size_t i = 0; i < 2 && add.inputs.size() == 2; ++i) {
      const OnnxNode* product = floats_.producer(add.input(i));
      const std::string& bias = add.input(1 - i);
      if (!product) continue;
      if (is_own(*product, "MatMul")) return product_node(*product, named(*product, "QLinearMatMul", ""), bias, to);
      if (!is_own(*product, "Conv") || !product->input(2).empty() || !is_number_of_channels(*product, bias)) continue;
      return product_node(*product, named(*product, "QLinearConv", ""), bias, to);
    }
    return std::nullopt;
  }

  bool is_number_of_channels(const OnnxNode& conv, const std::string& bias) {
    const std::optional<RealValue> weights = floats_.resolve(conv.input(1));
    const OnnxTensor* w = weights ? pool_.find(weights->value) : nullptr;
    const OnnxTensor* b = pool_.find(bias);
    if (!w || !b || b->type != OnnxType::Float || w->shape.size() < 3 || b->count() != w->shape[0]) return false;
    const std::size_t spatial = w->shape.size() - 2;
    return b->shape.size() > spatial && b->shape[b->shape.size() - 1 - spatial] == w->shape[0];
  }

  void drop_dead() {
    std::set<std::string> needed;
    for (const OnnxValue& output : out_.outputs) needed.insert(output.name);
    std::vector<OnnxNode> kept;
    for (std::size_t n = out_.nodes.size(); n-- > 0;) {
      OnnxNode& node = out_.nodes[n];
      const bool is_needed = std::any_of(node.outputs.begin(), node.outputs.end(),
                                         [&](const std::string& o) { return needed.count(o) != 0; });
      if (!is_needed) continue;
      needed.insert(node.inputs.begin(), node.inputs.end());
      kept.push_back(std::move(node));
    }
    std::reverse(kept.begin(), kept.end());
    out_.nodes = std::move(kept);
    for (auto it = out_.initializers.begin(); it != out_.initializers.end();) {
      it = needed.count(it->first) != 0 ? std::next(it) : out_.initializers.erase(it);
    }
  }

  const OnnxModel& in_;
  OnnxModel out_;
  ConstantPool pool_;
  FloatValues floats_;
  std::map<std::array<std::string, 3>, std::string> rounded_;  // integers by value, scale and zero point
  std::set<std::string> direct_;                               // outputs of the model that a DequantizeLinear makes
  std::set<std::string> node_names_;
};

}  // namespace

OnnxModel canonical_onnx(const OnnxModel& model) { return Canonicaliser(model).run(); }

}  // namespace gemel::compiler
