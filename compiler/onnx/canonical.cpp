// SPDX-License-Identifier: Apache-2.0
#include "compiler/onnx/canonical.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <set>

#include "compiler/onnx/onnx_error.h"
#include "compiler/onnx/quantised_operators.h"

namespace gemel::compiler {
namespace {

// A float value as integers: scale · (value - zero point).
struct Real {
  std::string value, scale, zero_point;
  std::int64_t axis = 1;
};

class Canonicaliser {
 public:
  explicit Canonicaliser(const OnnxModel& in) : in_(in), out_(in) {
    out_.nodes.clear();
    for (std::size_t n = 0; n < in.nodes.size(); ++n) {
      for (const std::string& output : in.nodes[n].outputs) producer_[output] = n;
    }
    for (const OnnxNode& node : in.nodes) used_.insert(node.outputs.begin(), node.outputs.end());
    for (const OnnxValue& input : in.inputs) used_.insert(input.name);
    for (const auto& [name, tensor] : in.initializers) used_.insert(name);
  }

  OnnxModel run() {
    for (const OnnxNode& node : in_.nodes) take(node);
    for (const OnnxValue& output : in_.outputs) {
      if (floats_.count(output.name) == 0 || direct_.count(output.name) != 0) continue;
      const Real real = need_real(output.name, in_.nodes[producer_.at(output.name)]);
      OnnxNode node;
      node.name = unused(output.name + "_dequantize");
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
  std::string unused(const std::string& wanted) {
    std::string name = wanted;
    for (int i = 2; !used_.insert(name).second; ++i) name = wanted + "_" + std::to_string(i);
    return name;
  }

  bool uses_domain(const char* domain) const {
    return std::any_of(out_.nodes.begin(), out_.nodes.end(), [&](const OnnxNode& n) { return n.domain == domain; });
  }

  bool is_float_constant(const std::string& value) const {
    const OnnxTensor* tensor = out_.initializer(value);
    return tensor && tensor->type == OnnxType::Float;
  }

  // --- nodes in order ------------------------------------------------------------------------------------

  void take(const OnnxNode& node) {
    if (node.op_type == "Constant" && node.domain.empty()) {
      take_constant(node);
    } else if (node.op_type == "DequantizeLinear" && node.domain.empty()) {
      take_dequantize(node);
    } else if (node.op_type == "QuantizeLinear" && node.domain.empty()) {
      take_quantize(node);
    } else if (reads_float(node)) {
      floats_.insert(node.outputs.begin(), node.outputs.end());
    } else {
      out_.nodes.push_back(node);
    }
  }

  bool reads_float(const OnnxNode& node) const {
    return std::any_of(node.inputs.begin(), node.inputs.end(), [&](const std::string& i) { return floats_.count(i); });
  }

  void take_constant(const OnnxNode& node) {
    const auto value = node.attributes.find("value");
    OnnxTensor tensor;
    if (value != node.attributes.end() && value->second.kind == OnnxAttribute::Kind::Tensor) {
      tensor = value->second.tensor;
    } else if (node.has("value_float")) {
      tensor = onnx_scalar(node.float_or("value_float", 0));
    } else if (node.has("value_int")) {
      tensor = make_onnx_tensor(OnnxType::Int64, {}, std::vector<std::int64_t>{node.int_or("value_int", 0)});
    } else if (node.has("value_ints")) {
      const auto ints = node.ints_or("value_ints", {});
      tensor = make_onnx_tensor(OnnxType::Int64, {static_cast<std::int64_t>(ints.size())}, ints);
    } else if (node.has("value_floats")) {
      const auto& floats = node.attributes.at("value_floats").floats;
      tensor = make_onnx_tensor(OnnxType::Float, {static_cast<std::int64_t>(floats.size())}, floats);
    } else {
      throw OnnxError(node.described() + ": has no value that is a tensor or a number");
    }
    out_.initializers[node.outputs[0]] = std::move(tensor);
  }

  void take_dequantize(const OnnxNode& node) {
    if (node.inputs.size() < 2) throw OnnxError(node.described() + ": has no scale");
    if (node.int_or("block_size", 0) != 0) {
      throw OnnxError(node.described() + ": a scale for each block is not supported; expected one, or one a channel");
    }
    Real real{node.inputs[0], node.inputs[1], node.input(2), node.int_or("axis", 1)};
    floats_.insert(node.outputs[0]);
    reals_[node.outputs[0]] = real;
    if (in_.is_output(node.outputs[0])) {
      direct_.insert(node.outputs[0]);
      out_.nodes.push_back(node);
    }
  }

  void take_quantize(const OnnxNode& node) {
    if (node.inputs.size() < 2) throw OnnxError(node.described() + ": has no scale");
    const std::string& x = node.inputs[0];
    if (is_float_constant(x)) {
      fold_quantize(node);
    } else if (floats_.count(x) == 0) {
      out_.nodes.push_back(node);
    } else {
      emit_quantised(node);
    }
  }

  // --- constants -----------------------------------------------------------------------------------------

  const OnnxTensor& need_constant(const std::string& value, const OnnxNode& node) const {
    const OnnxTensor* tensor = out_.initializer(value);
    if (!tensor) throw OnnxError(node.described() + ": scale or zero point '" + value + "' must be a constant");
    return *tensor;
  }

  float one_scale(const std::string& value, const OnnxNode& node) const {
    const OnnxTensor& tensor = need_constant(value, node);
    if (tensor.type != OnnxType::Float || tensor.count() != 1) {
      throw OnnxError(node.described() + ": scale '" + value + "' must be one float");
    }
    return tensor.elements<float>()[0];
  }

  const OnnxTensor& one_zero_point(const std::string& value, const OnnxNode& node) const {
    const OnnxTensor& tensor = need_constant(value, node);
    if (tensor.count() != 1 || (tensor.type != OnnxType::Int8 && tensor.type != OnnxType::UInt8)) {
      throw OnnxError(node.described() + ": zero point '" + value + "' must be one int8 or uint8");
    }
    return tensor;
  }

  // The zero point's name, made where it is absent: 0 of uint8, as ONNX has it.
  std::string zero_point_of(const OnnxNode& node, const std::string& name) {
    if (!name.empty()) return name;
    if (node.int_or("output_dtype", 0) == static_cast<std::int64_t>(OnnxType::Int8)) return zero(OnnxType::Int8);
    return zero(OnnxType::UInt8);
  }

  std::string zero(OnnxType type) {
    std::string& name = zeros_[type];
    if (name.empty()) {
      name = unused(std::string("zero_") + onnx_type_name(type));
      out_.initializers[name] = make_onnx_tensor(type, {}, std::vector<std::int8_t>{0});
    }
    return name;
  }

  void fold_quantize(const OnnxNode& node) {
    const OnnxTensor& x = *out_.initializer(node.inputs[0]);
    const float scale = one_scale(node.inputs[1], node);
    const OnnxTensor& point = one_zero_point(zero_point_of(node, node.input(2)), node);
    const bool is_unsigned = point.type == OnnxType::UInt8;
    const auto zero_value = static_cast<float>(point.integers()[0]);
    std::vector<std::uint8_t> values;
    for (const float v : x.elements<float>()) {
      const float q = std::nearbyint(v / scale) + zero_value;
      const float low = is_unsigned ? 0.0f : -128.0f, high = is_unsigned ? 255.0f : 127.0f;
      const float limited = q > low ? std::min(q, high) : low;
      values.push_back(static_cast<std::uint8_t>(static_cast<std::int32_t>(limited)));
    }
    out_.initializers[node.outputs[0]] = make_onnx_tensor(point.type, x.shape, values);
  }

  // --- float values as integers -----------------------------------------------------------------------------

  bool same_constant(const std::string& a, const std::string& b) const {
    if (a == b) return true;
    const OnnxTensor *x = out_.initializer(a), *y = out_.initializer(b);
    return x && y && x->type == y->type && x->count() == y->count() && x->data == y->data;
  }

  bool same_quantization(const Real& a, const Real& b) const {
    return same_constant(a.scale, b.scale) && same_constant(a.zero_point, b.zero_point);
  }

  // Integers of a float value that is only moved since it was dequantised. Emits the moves.
  std::optional<Real> resolve(const std::string& value) {
    const auto known = reals_.find(value);
    if (known != reals_.end()) return known->second;
    const auto made = producer_.find(value);
    if (made == producer_.end() || floats_.count(value) == 0) return std::nullopt;
    const OnnxNode& node = in_.nodes[made->second];
    if (!keeps_onnx_numbers(node)) return std::nullopt;
    OnnxNode moved = node;
    std::optional<Real> real;
    const std::size_t data_inputs = node.op_type == "Concat" ? node.inputs.size() : 1;
    for (std::size_t i = 0; i < data_inputs; ++i) {
      const std::optional<Real> input = resolve(node.input(i));
      if (!input || (real && !same_quantization(*real, *input))) return std::nullopt;
      moved.inputs[i] = input->value;
      if (!real) real = input;
    }
    if (!real || need_constant(real->scale, node).count() != 1) return std::nullopt;
    if (real->zero_point.empty()) real->zero_point = zero(OnnxType::UInt8);
    if ((node.op_type == "Relu" || node.op_type == "Clip")) {
      Limits limits;
      add_limit(node, limits);
      moved = clip_node(node.name, limits, real->scale, real->zero_point, node);
      moved.inputs[0] = real->value;
      moved.outputs.resize(1);
    }
    if (node.op_type == "Pad") set_pad_value(moved, *real);
    for (std::string& output : moved.outputs) {
      if (output.empty()) continue;
      const std::string inner = unused(output + "_quantized");
      reals_[output] = Real{inner, real->scale, real->zero_point, real->axis};
      output = inner;
    }
    if (node.op_type == "Relu" || node.op_type == "Clip") {
      const std::string inner = unused(value + "_quantized");
      moved.outputs = {inner};
      reals_[value] = Real{inner, real->scale, real->zero_point, real->axis};
    }
    out_.nodes.push_back(std::move(moved));
    return reals_.at(value);
  }

  Real need_real(const std::string& value, const OnnxNode& reader) {
    const std::optional<Real> real = resolve(value);
    if (real) return *real;
    const auto made = producer_.find(value);
    if (made == producer_.end() || floats_.count(value) == 0) {
      throw OnnxError(reader.described() + ": reads the float value '" + value +
                      "'; expected the result of a DequantizeLinear");
    }
    const OnnxNode& node = in_.nodes[made->second];
    const std::string pattern = qdq_pattern(node.op_type);
    throw OnnxError(node.described() + ": its float result '" + value + "' is not quantised; supported is " +
                    (pattern.empty() ? "no form of this operator" : pattern));
  }

  void set_pad_value(OnnxNode& node, const Real& real) {
    const std::string& value = node.input(2);
    if (!value.empty()) {
      const OnnxTensor& given = need_constant(value, node);
      if (given.type != OnnxType::Float || given.count() != 1 || given.elements<float>()[0] != 0.0f) {
        throw OnnxError(node.described() + ": padding between integers must be 0");
      }
    }
    if (node.inputs.size() < 2) throw OnnxError(node.described() + ": has no pads");
    if (node.inputs.size() == 2) node.inputs.emplace_back();
    node.inputs[2] = real.zero_point;
  }

  // --- limits ----------------------------------------------------------------------------------------------

  struct Limits {
    float low = -std::numeric_limits<float>::infinity(), high = std::numeric_limits<float>::infinity();
  };

  // Takes the limits of a Relu or Clip along.
  void add_limit(const OnnxNode& node, Limits& limits) const {
    float low = 0, high = std::numeric_limits<float>::infinity();
    if (node.op_type == "Clip") {
      low = node.float_or("min", -std::numeric_limits<float>::infinity());
      high = node.float_or("max", high);
      if (!node.input(1).empty()) low = one_scale(node.input(1), node);
      if (!node.input(2).empty()) high = one_scale(node.input(2), node);
    }
    limits.high = std::min(std::max(limits.high, low), high);
    limits.low = std::min(std::max(limits.low, low), high);
  }

  // A Clip of integers; input and output are still to be set.
  OnnxNode clip_node(const std::string& name, const Limits& limits, const std::string& scale,
                     const std::string& zero_point, const OnnxNode& like) {
    const float s = one_scale(scale, like);
    const OnnxTensor& point = one_zero_point(zero_point, like);
    const bool is_unsigned = point.type == OnnxType::UInt8;
    const float z = static_cast<float>(point.integers()[0]);
    const float least = is_unsigned ? 0.0f : -128.0f, most = is_unsigned ? 255.0f : 127.0f;
    const auto quantised = [&](float value) {
      const float q = std::nearbyint(value / s) + z;
      return static_cast<std::int8_t>(static_cast<std::int32_t>(q > least ? std::min(q, most) : least));
    };
    OnnxNode node;
    node.name = name;
    node.op_type = "Clip";
    node.opset = like.opset;
    node.inputs = {"", unused(name + "_least"), unused(name + "_most")};
    out_.initializers[node.inputs[1]] =
        make_onnx_tensor(point.type, {}, std::vector<std::int8_t>{quantised(limits.low)});
    out_.initializers[node.inputs[2]] =
        make_onnx_tensor(point.type, {}, std::vector<std::int8_t>{quantised(limits.high)});
    return node;
  }

  // Whether a Clip to these limits changes any integer.
  bool clips(const OnnxNode& clip) const {
    const OnnxTensor& least = out_.initializers.at(clip.inputs[1]);
    const std::int64_t low = least.integers()[0], high = out_.initializers.at(clip.inputs[2]).integers()[0];
    return least.type == OnnxType::UInt8 ? low > 0 || high < 255 : low > -128 || high < 127;
  }

  // --- quantised operators ---------------------------------------------------------------------------------

  void emit_quantised(const OnnxNode& quantize) {
    const std::string zero_point = zero_point_of(quantize, quantize.input(2));
    const std::string& scale = quantize.inputs[1];
    const std::string& result = quantize.outputs[0];
    if (const std::optional<Real> real = resolve(quantize.inputs[0])) {
      OnnxNode node;
      node.name = quantize.name;
      node.opset = quantize.opset;
      node.outputs = {result};
      if (same_quantization(*real, {"", scale, zero_point})) {
        node.op_type = "Identity";
        node.inputs = {real->value};
      } else {
        node.op_type = "QuantizedIdentity";
        node.domain = kOnnxInner;
        node.inputs = {real->value, real->scale, zero_point_or_zero(*real), scale, zero_point};
      }
      out_.nodes.push_back(std::move(node));
      return;
    }
    Limits limits;
    std::string value = quantize.inputs[0];
    const OnnxNode* made = &in_.nodes[producer_.at(value)];
    bool limited = false;
    while (made->domain.empty() && (made->op_type == "Relu" || made->op_type == "Clip")) {
      add_limit_before(*made, limits);
      limited = true;
      value = made->input(0);
      if (floats_.count(value) == 0) need_real(value, *made);
      made = &in_.nodes[producer_.at(value)];
    }
    OnnxNode node = quantised_node(*made, scale, zero_point);
    node.outputs = {result};
    if (!limited) {
      out_.nodes.push_back(std::move(node));
      return;
    }
    OnnxNode clip = clip_node(quantize.name, limits, scale, zero_point, quantize);
    if (!clips(clip)) {
      out_.nodes.push_back(std::move(node));
      return;
    }
    node.outputs = {unused(result + "_unlimited")};
    clip.inputs[0] = node.outputs[0];
    clip.outputs = {result};
    out_.nodes.push_back(std::move(node));
    out_.nodes.push_back(std::move(clip));
  }

  // Limits of a node that stands before those already taken.
  void add_limit_before(const OnnxNode& node, Limits& limits) const {
    Limits earlier;
    add_limit(node, earlier);
    earlier.low = std::min(std::max(earlier.low, limits.low), limits.high);
    earlier.high = std::min(std::max(earlier.high, limits.low), limits.high);
    limits = earlier;
  }

  std::string zero_point_or_zero(const Real& real) {
    return real.zero_point.empty() ? zero(type_of(real)) : real.zero_point;
  }

  OnnxType type_of(const Real& real) const {
    const OnnxTensor* tensor = out_.initializer(real.value);
    if (tensor && tensor->type == OnnxType::Int8) return OnnxType::Int8;
    const OnnxValue* input = in_.input(real.value);
    if (input && input->type == OnnxType::Int8) return OnnxType::Int8;
    return OnnxType::UInt8;
  }

  void push_real(OnnxNode& node, const Real& real) {
    node.inputs.insert(node.inputs.end(), {real.value, real.scale, zero_point_or_zero(real)});
  }

  OnnxNode quantised_node(const OnnxNode& made, const std::string& scale, const std::string& zero_point) {
    const QuantisedForm* entry =
        made.domain.empty() || made.domain == kOnnxMicrosoft ? find_quantised_form(made.op_type) : nullptr;
    if (!entry) {
      throw OnnxError(made.described() +
                      ": has no quantised form; supported between DequantizeLinear and QuantizeLinear are " +
                      quantised_onnx_operators());
    }
    if (made.op_type == "Add") {
      if (const auto sum = product_with_bias(made, scale, zero_point)) return *sum;
    }
    OnnxNode node;
    node.name = unused_node(made.name);
    node.op_type = entry->name;
    node.domain = entry->domain;
    node.opset = made.opset;
    node.attributes = made.attributes;
    if (entry->form == OperandForm::Product) {
      return product_node(made, std::move(node), made.input(2), scale, zero_point);
    }
    const std::size_t operands = entry->form == OperandForm::Binary ? 2 : 1;
    if (made.inputs.size() < operands) throw OnnxError(made.described() + ": has too few inputs");
    for (std::size_t i = 0; i < operands; ++i) push_real(node, need_real(made.input(i), made));
    if (entry->form == OperandForm::LayerNorm) {
      node.inputs.push_back(made.input(1));
      node.inputs.push_back(made.input(2));
    }
    if (made.op_type == "Softmax") node.attributes["opset"] = OnnxAttribute::of(made.opset);
    if (made.op_type == "GlobalAveragePool" || made.op_type == "AveragePool") {
      node.attributes["channels_last"] = OnnxAttribute::of(std::int64_t{0});
    }
    if (made.op_type == "ReduceMean") set_mean(made, node);
    node.inputs.push_back(scale);
    node.inputs.push_back(zero_point);
    return node;
  }

  // A mean over height and width is a global average.
  void set_mean(const OnnxNode& made, OnnxNode& node) const {
    std::vector<std::int64_t> axes = made.ints_or("axes", {});
    if (const OnnxTensor* tensor = out_.initializer(made.input(1))) axes = tensor->integers();
    std::sort(axes.begin(), axes.end());
    const bool is_image = axes == std::vector<std::int64_t>{2, 3} || axes == std::vector<std::int64_t>{-2, -1};
    if (!is_image || made.int_or("keepdims", 1) != 1) {
      throw OnnxError(made.described() + ": expected axes [2, 3] and keepdims 1: the mean of an image");
    }
    node.attributes.clear();
    node.attributes["channels_last"] = OnnxAttribute::of(std::int64_t{0});
  }

  std::string unused_node(const std::string& wanted) {
    std::string name = wanted;
    for (int i = 2; !node_names_.insert(name).second; ++i) name = wanted + "_" + std::to_string(i);
    return name;
  }

  OnnxNode product_node(const OnnxNode& made, OnnxNode node, const std::string& bias, const std::string& scale,
                        const std::string& zero_point) {
    if (made.inputs.size() < 2) throw OnnxError(made.described() + ": has too few inputs");
    const Real x = need_real(made.input(0), made), w = need_real(made.input(1), made);
    check_axis(made, w);
    push_real(node, x);
    push_real(node, w);
    const std::string quantised_bias = bias.empty() ? "" : bias_of(made, bias, x, w);
    if (made.op_type == "Gemm") {
      if (!bias.empty() && made.float_or("beta", 1.0f) != 1.0f) {
        throw OnnxError(made.described() + ": beta " + std::to_string(made.float_or("beta", 1.0f)) +
                        " is not supported; expected 1");
      }
      node.attributes.erase("beta");
      node.inputs.push_back(quantised_bias);
    }
    node.inputs.push_back(scale);
    node.inputs.push_back(zero_point);
    if (made.op_type == "MatMul") {
      if (!quantised_bias.empty()) {
        node.domain = kOnnxInner;
        node.op_type = "QuantizedMatMul";
        node.inputs.push_back(quantised_bias);
      }
    } else if (made.op_type != "Gemm" && !quantised_bias.empty()) {
      node.inputs.push_back(quantised_bias);
    }
    return node;
  }

  // Add(MatMul(DequantizeLinear, DequantizeLinear), constant).
  std::optional<OnnxNode> product_with_bias(const OnnxNode& add, const std::string& scale,
                                            const std::string& zero_point) {
    for (std::size_t i = 0; i < 2 && add.inputs.size() == 2; ++i) {
      const auto made = producer_.find(add.input(i));
      if (made == producer_.end()) continue;
      const OnnxNode& product = in_.nodes[made->second];
      if (product.op_type != "MatMul" || !product.domain.empty() || floats_.count(add.input(i)) == 0) continue;
      OnnxNode node;
      node.name = unused_node(product.name);
      node.op_type = "QLinearMatMul";
      node.opset = product.opset;
      return product_node(product, std::move(node), add.input(1 - i), scale, zero_point);
    }
    return std::nullopt;
  }

  // Weights may have a scale for each output channel.
  void check_axis(const OnnxNode& made, const Real& w) const {
    const OnnxTensor& scales = need_constant(w.scale, made);
    if (scales.count() == 1) return;
    const OnnxTensor* tensor = out_.initializer(w.value);
    if (!tensor) throw OnnxError(made.described() + ": a scale for each channel needs constant weights");
    const auto rank = static_cast<std::int64_t>(tensor->shape.size());
    const std::int64_t axis = w.axis < 0 ? w.axis + rank : w.axis;
    std::int64_t wanted = made.op_type == "ConvTranspose" ? 1 : rank - 1;
    if (made.op_type == "Conv" || (made.op_type == "Gemm" && made.int_or("transB", 0) != 0)) wanted = 0;
    if (axis != wanted || axis >= rank || tensor->shape[static_cast<std::size_t>(axis)] != scales.count()) {
      throw OnnxError(made.described() + ": weights '" + w.value + "' have scales along axis " +
                      std::to_string(w.axis) + "; expected one scale, or one for each output channel");
    }
  }

  // int32 with the scale of the sums.
  std::string bias_of(const OnnxNode& made, const std::string& bias, const Real& x, const Real& w) {
    const float x_scale = one_scale(x.scale, made) * (made.op_type == "Gemm" ? made.float_or("alpha", 1.0f) : 1.0f);
    std::vector<float> scales = need_constant(w.scale, made).elements<float>();
    for (float& s : scales) s *= x_scale;
    if (is_float_constant(bias)) return rounded_bias(made, bias, scales);
    const Real real = need_real(bias, made);
    const OnnxTensor* tensor = out_.initializer(real.value);
    if (!tensor || tensor->type != OnnxType::Int32) {
      throw OnnxError(made.described() + ": bias '" + bias + "' must be a float constant, or a dequantised int32 one");
    }
    const std::vector<float> given = need_constant(real.scale, made).elements<float>();
    if (given.empty() || scales.empty()) throw OnnxError(made.described() + ": a scale is empty");
    for (std::size_t i = 0; i < std::max(given.size(), scales.size()); ++i) {
      const float have = given[given.size() == 1 ? 0 : i % given.size()],
                  want = scales[scales.size() == 1 ? 0 : i % scales.size()];
      if (!(std::fabs(have - want) <= 1e-3f * std::fabs(want))) {
        throw OnnxError(made.described() + ": bias '" + real.value + "' has scale " + std::to_string(have) +
                        "; expected the product of the operands' scales, " + std::to_string(want));
      }
    }
    return real.value;
  }

  std::string rounded_bias(const OnnxNode& made, const std::string& bias, const std::vector<float>& scales) {
    const OnnxTensor& tensor = *out_.initializer(bias);
    const std::vector<float> values = tensor.elements<float>();
    if (scales.size() != 1 && scales.size() != values.size()) {
      throw OnnxError(made.described() + ": bias '" + bias + "' has " + std::to_string(values.size()) +
                      " elements for " + std::to_string(scales.size()) + " channels");
    }
    std::vector<std::int32_t> rounded;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const float q = std::nearbyint(values[i] / scales[scales.size() == 1 ? 0 : i]);
      if (!(std::fabs(q) < 2147483648.0f)) {
        throw OnnxError(made.described() + ": bias '" + bias + "' leaves 32 bits at its scale");
      }
      rounded.push_back(static_cast<std::int32_t>(q));
    }
    const std::string name = unused(bias + "_quantized");
    out_.initializers[name] = make_onnx_tensor(OnnxType::Int32, tensor.shape, rounded);
    return name;
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
  std::map<std::string, std::size_t> producer_;
  std::map<std::string, Real> reals_;
  std::set<std::string> floats_;  // values that are left out: dequantised, or made of such
  std::set<std::string> direct_;  // outputs of the model that a DequantizeLinear makes
  std::set<std::string> used_, node_names_;
  std::map<OnnxType, std::string> zeros_;
};

}  // namespace

OnnxModel canonical_onnx(const OnnxModel& model) { return Canonicaliser(model).run(); }

}  // namespace gemel::compiler
