// SPDX-License-Identifier: Apache-2.0
#include "compiler/graph/operators.h"

namespace gemel::compiler {
namespace {

std::int64_t positions(std::int64_t extent, std::int64_t before, std::int64_t after, std::int64_t kernel,
                       std::int64_t dilation, std::int64_t stride) {
  const std::int64_t room = extent + before + after - (dilation * (kernel - 1) + 1);
  return room < 0 ? 0 : room / stride + 1;
}

struct Name {
  const char* operator()(const Conv2d&) const { return "conv2d"; }
  const char* operator()(const MatMul&) const { return "matmul"; }
  const char* operator()(const Add&) const { return "add"; }
  const char* operator()(const Relu&) const { return "relu"; }
  const char* operator()(const Requantize&) const { return "requantize"; }
  const char* operator()(const MaxPool&) const { return "max_pool"; }
  const char* operator()(const SumPool&) const { return "sum_pool"; }
  const char* operator()(const Concat&) const { return "concat"; }
  const char* operator()(const Reshape&) const { return "reshape"; }
  const char* operator()(const Transpose&) const { return "transpose"; }
  const char* operator()(const Slice&) const { return "slice"; }
  const char* operator()(const Softmax&) const { return "softmax"; }
  const char* operator()(const LayerNorm&) const { return "layer_norm"; }
  const char* operator()(const Gelu&) const { return "gelu"; }
  const char* operator()(const Mul&) const { return "mul"; }
  const char* operator()(const Pad&) const { return "pad"; }
  const char* operator()(const Lookup&) const { return "lookup"; }
  const char* operator()(const LookupPair&) const { return "lookup_pair"; }
  const char* operator()(const QuantizeSums&) const { return "quantize_sums"; }
  const char* operator()(const QuantizeFloat&) const { return "quantize_float"; }
  const char* operator()(const DequantizeFloat&) const { return "dequantize_float"; }
  const char* operator()(const GatherRows&) const { return "gather_rows"; }
  const char* operator()(const Interpolate&) const { return "interpolate"; }
};

}  // namespace

std::int64_t Window::output_h(std::int64_t input_h) const {
  return positions(input_h, padding.top, padding.bottom, kernel_h, dilation_h, stride_h);
}

std::int64_t Window::output_w(std::int64_t input_w) const {
  return positions(input_w, padding.left, padding.right, kernel_w, dilation_w, stride_w);
}

const char* operator_name(const Operator& op) { return std::visit(Name{}, op); }

std::vector<std::int64_t> softmax_params(const Softmax& op) {
  std::vector<std::int64_t> params{op.causal ? 1 : 0, op.causal_offset};
  if (op.zero_point != 0 || op.logarithm) params.push_back(op.zero_point);
  if (op.logarithm) params.push_back(1);
  return params;
}

std::vector<float> softmax_scales(const Softmax& op, std::size_t inputs) {
  if (inputs == 2) return {op.input_scale, op.mask_scale, op.output_scale};
  return {op.input_scale, op.output_scale};
}

std::vector<std::int64_t> quantize_sums_params(const QuantizeSums& op) {
  std::vector<std::int64_t> params{op.zero_point, op.least, op.most, op.offset, 0, 0};
  for (std::size_t i = 0; i < op.factors.size(); ++i) params[4 + i] = op.factors[i];
  return params;
}

}  // namespace gemel::compiler
