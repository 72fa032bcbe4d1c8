// SPDX-License-Identifier: Apache-2.0
#include "compiler/graph/host_inference.h"

#include <algorithm>

namespace gemel::compiler {
namespace {

std::int64_t extent_from_last(const Shape& shape, std::size_t d) {
  return d < shape.size() ? shape[shape.size() - 1 - d] : 1;
}

void need_zero_point(std::int32_t zero_point) {
  if (zero_point < -128 || zero_point > 127)
    refuse_operands("zero point " + std::to_string(zero_point) + " is not in -128..127");
}

InferredType host_unary(const TensorOperands& in, const char* what, float input_scale, float output_scale) {
  need_type(*in[0], ElementType::Int8, what);
  need_scale(input_scale, "input_scale");
  need_scale(output_scale, "output_scale");
  if (in[0]->shape.empty()) refuse_operands(std::string(what) + " needs at least 1 dimension");
  return {in[0]->shape, ElementType::Int8};
}

void need_table(const Tensor& table, std::int64_t entries) {
  if (table.type != ElementType::Int8 || table.shape != Shape{entries} || table.role != TensorRole::Constant) {
    refuse_operands("table " + described_operand(table) + " must be a constant int8 " + std::to_string(entries));
  }
}

}  // namespace

InferredType HostInference::operator()(const Softmax& op) const {
  need_count(in, 1, 2, "softmax");
  if (in.size() == 2) {
    need_type(*in[1], ElementType::Int8, "softmax");
    need_scale(op.mask_scale, "mask_scale");
    const Shape &x = in[0]->shape, &mask = in[1]->shape;
    bool fits = mask.size() <= x.size();
    for (std::size_t d = 0; fits && d < mask.size(); ++d) {
      fits = extent_from_last(mask, d) == 1 || extent_from_last(mask, d) == extent_from_last(x, d);
    }
    if (!fits)
      refuse_operands("mask " + described_operand(*in[1]) + " does not repeat to " + described_operand(*in[0]));
  }
  if (op.logarithm && (op.causal || in.size() == 2))
    refuse_operands("the logarithm of softmax is neither causal nor masked");
  if (op.causal && in[0]->shape.size() < 2) refuse_operands("a causal softmax needs at least 2 dimensions");
  return host_unary(in, "softmax", op.input_scale, op.output_scale);
}

InferredType HostInference::operator()(const Gelu& op) const {
  need_count(in, 1, 1, "gelu");
  return host_unary(in, "gelu", op.input_scale, op.output_scale);
}

InferredType HostInference::operator()(const LayerNorm& op) const {
  need_count(in, 3, 3, "layer_norm");
  need_scale(op.epsilon, "epsilon");
  InferredType type = host_unary(in, "layer_norm", op.input_scale, op.output_scale);
  for (std::size_t i = 1; i < 3; ++i) {
    if (in[i]->type != ElementType::Int32 || in[i]->shape != Shape{in[0]->shape.back()} ||
        in[i]->role != TensorRole::Constant) {
      refuse_operands("layer_norm parameter " + described_operand(*in[i]) + " must be a constant int32 " +
                      std::to_string(in[0]->shape.back()));
    }
  }
  return type;
}

InferredType HostInference::operator()(const Mul& op) const {
  need_count(in, 2, 2, "mul");
  need_type(*in[0], ElementType::Int8, "mul");
  need_type(*in[1], ElementType::Int8, "mul");
  need_scale(op.a_scale, "a_scale");
  need_scale(op.b_scale, "b_scale");
  need_scale(op.output_scale, "output_scale");
  if (in[0]->shape != in[1]->shape) {
    refuse_operands("mul needs equal shapes, not " + described_operand(*in[0]) + " and " + described_operand(*in[1]));
  }
  return {in[0]->shape, ElementType::Int8};
}

InferredType HostInference::operator()(const GatherRows&) const {
  need_count(in, 2, 2, "gather_rows");
  need_type(*in[0], ElementType::Int32, "gather_rows");
  if (in[1]->type != ElementType::Int8 || in[1]->shape.size() != 2 || in[1]->role != TensorRole::Constant) {
    refuse_operands("table " + described_operand(*in[1]) + " must be a constant int8 matrix");
  }
  Shape shape = in[0]->shape;
  shape.push_back(in[1]->shape[1]);
  return {std::move(shape), ElementType::Int8};
}

InferredType HostInference::operator()(const Interpolate& op) const {
  need_count(in, 5, 5, "interpolate");
  if (in[0]->shape.size() != 4) refuse_operands("interpolate needs an image, not " + described_operand(*in[0]));
  InferredType type = host_unary(in, "interpolate", op.input_scale, op.output_scale);
  need_zero_point(op.input_zero_point);
  need_zero_point(op.output_zero_point);
  for (std::size_t d = 1; d <= 2; ++d) {
    const Tensor &elements = *in[2 * d - 1], &weights = *in[2 * d];
    const auto is_constant = [](const Tensor& t) {
      return t.type == ElementType::Int32 && t.shape.size() == 2 && t.role == TensorRole::Constant;
    };
    if (!is_constant(elements) || !is_constant(weights) || elements.shape != weights.shape) {
      refuse_operands("interpolate operands " + described_operand(elements) + " and " + described_operand(weights) +
                      " must be constant int32 matrices of one shape");
    }
    for (const std::int32_t element : elements.int32_data) {
      if (element < 0 || element >= in[0]->shape[d]) {
        refuse_operands("interpolate reads element " + std::to_string(element) + " of " +
                        std::to_string(in[0]->shape[d]));
      }
    }
    type.shape[d] = elements.shape[0];
  }
  return type;
}

InferredType HostInference::operator()(const Pad& op) const {
  need_count(in, 1, 1, "pad");
  need_type(*in[0], ElementType::Int8, "pad");
  Shape shape = in[0]->shape;
  if (op.before.size() != shape.size() || op.after.size() != shape.size()) {
    refuse_operands("pad needs two numbers for each of the " + std::to_string(shape.size()) + " dimensions of " +
                    described_operand(*in[0]));
  }
  for (std::size_t d = 0; d < shape.size(); ++d) {
    if (op.before[d] < 0 || op.after[d] < 0)
      refuse_operands("pad of " + described_operand(*in[0]) + " must not be negative");
    shape[d] += op.before[d] + op.after[d];
  }
  return {std::move(shape), ElementType::Int8};
}

InferredType HostInference::operator()(const Lookup& op) const {
  need_count(in, 2, 2, "lookup");
  if (element_bytes(in[0]->type) != 1)
    refuse_operands("lookup needs an input of bytes, but " + described_operand(*in[0]) + " is not");
  need_table(*in[1], 256);
  return {in[0]->shape, op.result};
}

InferredType HostInference::operator()(const LookupPair&) const {
  need_count(in, 3, 3, "lookup_pair");
  need_type(*in[0], ElementType::Int8, "lookup_pair");
  need_type(*in[1], ElementType::Int8, "lookup_pair");
  need_table(*in[2], 65536);
  const Shape &a = in[0]->shape, &b = in[1]->shape;
  Shape shape(std::max(a.size(), b.size()), 1);
  for (std::size_t d = 0; d < shape.size(); ++d) {
    const std::int64_t x = extent_from_last(a, d), y = extent_from_last(b, d);
    if (x != y && x != 1 && y != 1) {
      refuse_operands("lookup_pair needs shapes that fit each other, not " + described_operand(*in[0]) + " and " +
                      described_operand(*in[1]));
    }
    shape[shape.size() - 1 - d] = std::max(x, y);
  }
  return {std::move(shape), ElementType::Int8};
}

InferredType HostInference::operator()(const QuantizeSums& op) const {
  need_count(in, 2, 4, "quantize_sums");
  need_type(*in[0], ElementType::Int32, "quantize_sums");
  need_type(*in[1], ElementType::Float32, "quantize_sums");
  if (op.factors.size() + 2 != in.size()) refuse_operands("quantize_sums needs one factor for each term");
  const Shape& shape = in[0]->shape;
  for (std::size_t i = 1; i < in.size(); ++i) {
    if (i > 1) need_type(*in[i], ElementType::Int32, "quantize_sums");
    bool fits = in[i]->shape.size() <= shape.size();
    for (std::size_t d = 0; fits && d < in[i]->shape.size(); ++d) {
      const std::int64_t extent = extent_from_last(in[i]->shape, d);
      fits = extent == 1 || extent == extent_from_last(shape, d);
    }
    if (!fits)
      refuse_operands("quantize_sums operand " + described_operand(*in[i]) + " does not repeat to " +
                      described_operand(*in[0]));
  }
  need_zero_point(op.zero_point);
  if (op.least < -128 || op.least > op.most || op.most > 127)
    refuse_operands("quantize_sums limits are not in -128..127");
  return {shape, ElementType::Int8};
}

InferredType HostInference::operator()(const QuantizeFloat& op) const {
  need_count(in, 1, 1, "quantize_float");
  need_type(*in[0], ElementType::Float32, "quantize_float");
  need_scale(op.scale, "quantize_float scale");
  need_zero_point(op.zero_point);
  return {in[0]->shape, ElementType::Int8};
}

InferredType HostInference::operator()(const DequantizeFloat& op) const {
  need_count(in, 1, 1, "dequantize_float");
  if (in[0]->type != ElementType::Int8) need_type(*in[0], ElementType::Int32, "dequantize_float");
  need_scale(op.scale, "dequantize_float scale");
  need_zero_point(op.zero_point);
  return {in[0]->shape, ElementType::Float32};
}

}  // namespace gemel::compiler
