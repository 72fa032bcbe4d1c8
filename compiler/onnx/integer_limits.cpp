// SPDX-License-Identifier: Apache-2.0
#include "compiler/onnx/integer_limits.h"

#include <algorithm>
#include <cmath>

namespace gemel::compiler {
namespace {

RealLimits limits_of(const ConstantPool& pool, const OnnxNode& node) {
  RealLimits limits;
  if (node.op_type == "Relu") {
    limits.low = 0;
    return limits;
  }
  limits.low = node.float_or("min", limits.low);
  limits.high = node.float_or("max", limits.high);
  if (!node.input(1).empty()) limits.low = pool.one_scale(node.input(1), node);
  if (!node.input(2).empty()) limits.high = pool.one_scale(node.input(2), node);
  return limits;
}

RealLimits composed(const RealLimits& before, const RealLimits& behind) {
  const auto limited = [&](float v) { return std::min(std::max(v, behind.low), behind.high); };
  return {limited(before.low), limited(before.high)};
}

}  // namespace

void RealLimits::then(const ConstantPool& pool, const OnnxNode& node) {
  *this = composed(*this, limits_of(pool, node));
}

void RealLimits::first(const ConstantPool& pool, const OnnxNode& node) {
  *this = composed(limits_of(pool, node), *this);
}

bool is_limit(const OnnxNode& node) {
  return node.domain.empty() && (node.op_type == "Relu" || node.op_type == "Clip");
}

OnnxNode integer_clip(ConstantPool& pool, const std::string& name, const RealLimits& limits, const std::string& scale,
                      const std::string& zero_point, const OnnxNode& like) {
  const float s = pool.one_scale(scale, like);
  const OnnxTensor& point = pool.one_zero_point(zero_point, like);
  const OnnxType type = point.type;
  const float z = static_cast<float>(point.integers()[0]);
  const float least = type == OnnxType::UInt8 ? 0.0f : -128.0f, most = type == OnnxType::UInt8 ? 255.0f : 127.0f;
  const auto quantised = [&](float value) {
    const float q = std::nearbyint(value / s) + z;
    return static_cast<std::int8_t>(static_cast<std::int32_t>(q > least ? std::min(q, most) : least));
  };
  OnnxNode node;
  node.name = name;
  node.op_type = "Clip";
  node.opset = like.opset;
  node.inputs = {"", pool.unused(name + "_least"), pool.unused(name + "_most")};
  pool.add(node.inputs[1], make_onnx_tensor(type, {}, std::vector<std::int8_t>{quantised(limits.low)}));
  pool.add(node.inputs[2], make_onnx_tensor(type, {}, std::vector<std::int8_t>{quantised(limits.high)}));
  return node;
}

bool limits_anything(const ConstantPool& pool, const OnnxNode& clip) {
  const OnnxTensor& least = *pool.find(clip.inputs[1]);
  const std::int64_t low = least.integers()[0], high = pool.find(clip.inputs[2])->integers()[0];
  return least.type == OnnxType::UInt8 ? low > 0 || high < 255 : low > -128 || high < 127;
}

}  // namespace gemel::compiler
