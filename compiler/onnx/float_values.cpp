// SPDX-License-Identifier: Apache-2.0
#include "compiler/onnx/float_values.h"

#include <algorithm>

#include "compiler/onnx/canonical.h"
#include "compiler/onnx/integer_limits.h"
#include "compiler/onnx/onnx_error.h"
#include "compiler/onnx/quantised_operators.h"

namespace gemel::compiler {

FloatValues::FloatValues(const OnnxModel& in, OnnxModel& out, ConstantPool& pool) : in_(in), out_(out), pool_(pool) {
  for (std::size_t n = 0; n < in.nodes.size(); ++n) {
    for (const std::string& output : in.nodes[n].outputs) producer_[output] = n;
  }
}

bool FloatValues::reads_left_out(const OnnxNode& node) const {
  return std::any_of(node.inputs.begin(), node.inputs.end(), [&](const std::string& i) { return is_left_out(i); });
}

void FloatValues::leave_out(const OnnxNode& node) {
  for (const std::string& output : node.outputs) {
    if (!output.empty()) left_out_.insert(output);
  }
}

const OnnxNode* FloatValues::producer(const std::string& value) const {
  const auto made = producer_.find(value);
  return made == producer_.end() || !is_left_out(value) ? nullptr : &in_.nodes[made->second];
}

std::optional<RealValue> FloatValues::resolve(const std::string& value) {
  const auto known = reals_.find(value);
  if (known != reals_.end()) return known->second;
  const OnnxNode* made = producer(value);
  if (!made || !keeps_onnx_numbers(*made)) return std::nullopt;
  const OnnxNode& node = *made;
  OnnxNode moved = node;
  std::optional<RealValue> real;
  for (std::size_t i = 0; i < moved_inputs(node); ++i) {
    const std::optional<RealValue> input = resolve(node.input(i));
    if (!input || (real && !pool_.same_quantization(*real, *input))) return std::nullopt;
    moved.inputs[i] = input->value;
    if (!real) real = input;
  }
  if (!real || pool_.need(real->scale, node).count() != 1) return std::nullopt;
  if (real->zero_point.empty()) real->zero_point = pool_.zero(OnnxType::UInt8);
  if (is_limit(node)) {
    RealLimits limits;
    limits.then(pool_, node);
    moved = integer_clip(pool_, node.name, limits, real->scale, real->zero_point, node);
    moved.inputs[0] = real->value;
    moved.outputs = {value};
  }
  if (node.op_type == "Pad" && !set_pad_value(moved, real->scale, real->zero_point, true)) return std::nullopt;
  for (std::string& output : moved.outputs) {
    if (output.empty()) continue;
    const std::string inner = pool_.unused(output + "_quantized");
    reals_[output] = {inner, real->scale, real->zero_point, real->axis};
    output = inner;
  }
  out_.nodes.push_back(std::move(moved));
  return reals_.at(value);
}

RealValue FloatValues::need(const std::string& value, const OnnxNode& reader) {
  const std::optional<RealValue> real = resolve(value);
  if (real) return *real;
  const OnnxNode* made = producer(value);
  if (!made) {
    throw OnnxError(reader.described() + ": reads the float value '" + value +
                    "'; expected the result of a DequantizeLinear");
  }
  const std::string pattern = qdq_pattern(made->op_type);
  throw OnnxError(made->described() + ": its float result '" + value + "' is not quantised; supported is " +
                  (pattern.empty() ? "no form of this operator" : pattern));
}

bool FloatValues::set_pad_value(OnnxNode& node, const std::string& scale, const std::string& zero_point,
                                bool is_exact) {
  if (node.inputs.size() == 1 && node.has("pads")) node.inputs.emplace_back();  // up to operator set 10
  if (node.inputs.size() < 2) throw OnnxError(node.described() + ": has no pads");
  float number = node.float_or("value", 0.0f);
  if (!node.input(2).empty()) number = pool_.one_scale(node.input(2), node);
  node.attributes.erase("value");
  if (node.inputs.size() == 2) node.inputs.emplace_back();
  node.inputs[2] = zero_point;
  if (number == 0.0f) return true;
  RealLimits limits;
  limits.low = limits.high = number;
  const OnnxNode clip = integer_clip(pool_, node.name + "_value", limits, scale, zero_point, node);
  const auto of = [&](const std::string& name) { return static_cast<float>(pool_.find(name)->integers()[0]); };
  if (is_exact && (of(clip.inputs[1]) - of(zero_point)) * pool_.one_scale(scale, node) != number) return false;
  node.inputs[2] = clip.inputs[1];
  return true;
}

std::string FloatValues::zero_point(const RealValue& real) {
  if (!real.zero_point.empty()) return real.zero_point;
  const OnnxTensor* tensor = pool_.find(real.value);
  const OnnxValue* input = in_.input(real.value);
  const bool is_int8 = (tensor && tensor->type == OnnxType::Int8) || (input && input->type == OnnxType::Int8);
  return pool_.zero(is_int8 ? OnnxType::Int8 : OnnxType::UInt8);
}

std::size_t moved_inputs(const OnnxNode& node) { return node.op_type == "Concat" ? node.inputs.size() : 1; }

}  // namespace gemel::compiler
