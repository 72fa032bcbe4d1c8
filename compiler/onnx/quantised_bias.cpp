// SPDX-License-Identifier: Apache-2.0
#include "compiler/onnx/quantised_bias.h"

#include <algorithm>
#include <cmath>

#include "compiler/onnx/onnx_error.h"

namespace gemel::compiler {
namespace {

std::string rounded_bias(ConstantPool& pool, const OnnxNode& product, const std::string& bias,
                         const std::vector<float>& scales) {
  const OnnxTensor& tensor = *pool.find(bias);
  const std::vector<float> values = tensor.elements<float>();
  if (scales.size() != 1 && scales.size() != values.size()) {
    throw OnnxError(product.described() + ": bias '" + bias + "' has " + std::to_string(values.size()) +
                    " elements for " + std::to_string(scales.size()) + " channels");
  }
  std::vector<std::int32_t> rounded;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const float q = std::nearbyint(values[i] / scales[scales.size() == 1 ? 0 : i]);
    if (!(std::fabs(q) < 2147483648.0f)) {
      throw OnnxError(product.described() + ": bias '" + bias + "' leaves 32 bits at its scale");
    }
    rounded.push_back(static_cast<std::int32_t>(q));
  }
  const OnnxShape shape = product.op_type == "Conv" ? OnnxShape{tensor.count()} : tensor.shape;
  const std::string name = pool.unused(bias + "_quantized");
  pool.add(name, make_onnx_tensor(OnnxType::Int32, shape, rounded));
  return name;
}

}  // namespace

void check_weight_scales(const ConstantPool& pool, const OnnxNode& product, const RealValue& weights) {
  const OnnxTensor& scales = pool.need(weights.scale, product);
  if (scales.count() == 1) return;
  const OnnxTensor* tensor = pool.find(weights.value);
  if (!tensor) throw OnnxError(product.described() + ": a scale for each channel needs constant weights");
  const auto rank = static_cast<std::int64_t>(tensor->shape.size());
  const std::int64_t axis = weights.axis < 0 ? weights.axis + rank : weights.axis;
  std::int64_t wanted = product.op_type == "ConvTranspose" ? 1 : rank - 1;
  if (product.op_type == "Conv" || (product.op_type == "Gemm" && product.int_or("transB", 0) != 0)) wanted = 0;
  if (axis != wanted || axis >= rank || tensor->shape[static_cast<std::size_t>(axis)] != scales.count()) {
    throw OnnxError(product.described() + ": weights '" + weights.value + "' have scales along axis " +
                    std::to_string(weights.axis) + "; expected one scale, or one for each output channel");
  }
}

std::string bias_of_sums(ConstantPool& pool, const OnnxNode& product, const std::string& bias, const RealValue* given,
                         const RealValue& x, const RealValue& weights) {
  const float alpha = product.op_type == "Gemm" ? product.float_or("alpha", 1.0f) : 1.0f;
  const float x_scale = pool.one_scale(x.scale, product) * alpha;
  std::vector<float> scales = pool.scales(weights.scale, product);
  for (float& s : scales) s *= x_scale;
  if (!given) return rounded_bias(pool, product, bias, scales);
  const OnnxTensor* tensor = pool.find(given->value);
  if (!tensor || tensor->type != OnnxType::Int32) {
    throw OnnxError(product.described() + ": bias '" + bias + "' must be a float constant, or a dequantised int32 one");
  }
  const std::vector<float> own = pool.scales(given->scale, product);
  for (std::size_t i = 0; i < std::max(own.size(), scales.size()); ++i) {
    const float have = own[own.size() == 1 ? 0 : i % own.size()],
                want = scales[scales.size() == 1 ? 0 : i % scales.size()];
    if (!(std::fabs(have - want) <= 1e-3f * std::fabs(want))) {
      throw OnnxError(product.described() + ": bias '" + given->value + "' has scale " + std::to_string(have) +
                      "; expected the product of the operands' scales, " + std::to_string(want));
    }
  }
  return given->value;
}

}  // namespace gemel::compiler
