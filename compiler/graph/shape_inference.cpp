// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "compiler/graph/verify.h"

namespace gemel::compiler {
namespace {

using Operands = std::vector<const Tensor*>;

std::string described(const Tensor& tensor) {
  return "'" + tensor.name + "' (" + element_type_name(tensor.type) + " " + describe_shape(tensor.shape) + ")";
}

[[noreturn]] void fail(const std::string& reason) { throw GraphError(reason); }

void need_count(const Operands& in, std::size_t least, std::size_t most, const char* what) {
  if (in.size() >= least && in.size() <= most) return;
  std::string wanted = std::to_string(least);
  if (most != least) wanted += " to " + std::to_string(most);
  fail(std::string(what) + " takes " + wanted + " inputs, not " + std::to_string(in.size()));
}

void need_type(const Tensor& tensor, ElementType type, const char* what) {
  if (tensor.type != type) {
    fail(std::string(what) + " needs an " + element_type_name(type) + " input, but " + described(tensor) + " is not");
  }
}

void need_rank(const Tensor& tensor, std::size_t rank, const char* what) {
  if (tensor.shape.size() != rank) {
    fail(std::string(what) + " needs a tensor of " + std::to_string(rank) + " dimensions, but " + described(tensor) +
         " has " + std::to_string(tensor.shape.size()));
  }
}

void need_scale(float scale, const char* what) {
  if (!std::isfinite(scale) || scale <= 0.0f) fail(std::string(what) + " must be a positive finite number");
}

void need_bias(const Operands& in, std::int64_t channels) {
  if (in.size() < 3) return;
  if (in[2]->type != ElementType::Int32 || in[2]->shape != Shape{channels}) {
    fail("bias " + described(*in[2]) + " must be int32 " + std::to_string(channels));
  }
}

// Spatial size of a window's result over an NHWC tensor.
std::pair<std::int64_t, std::int64_t> window_output(const Window& window, const Tensor& x, const char* what) {
  const Padding& pad = window.padding;
  if (window.kernel_h < 1 || window.kernel_w < 1) fail(std::string(what) + " kernel must be at least 1");
  if (window.stride_h < 1 || window.stride_w < 1) fail(std::string(what) + " stride must be at least 1");
  if (window.dilation_h < 1 || window.dilation_w < 1) fail(std::string(what) + " dilation must be at least 1");
  if (pad.top < 0 || pad.left < 0 || pad.bottom < 0 || pad.right < 0) fail(std::string(what) + " padding is negative");
  const std::int64_t reach_h = window.dilation_h * (window.kernel_h - 1) + 1;
  const std::int64_t reach_w = window.dilation_w * (window.kernel_w - 1) + 1;
  if (pad.top >= reach_h || pad.bottom >= reach_h || pad.left >= reach_w || pad.right >= reach_w) {
    fail(std::string(what) + " padding must be smaller than its window of " + std::to_string(reach_h) + "x" +
         std::to_string(reach_w) + ", or some outputs see no input");
  }
  const std::int64_t out_h = window.output_h(x.shape[1]);
  const std::int64_t out_w = window.output_w(x.shape[2]);
  if (out_h < 1 || out_w < 1) {
    fail(std::string(what) + " window of " + std::to_string(reach_h) + "x" + std::to_string(reach_w) +
         " does not fit into the padded image " + std::to_string(x.shape[1] + pad.top + pad.bottom) + "x" +
         std::to_string(x.shape[2] + pad.left + pad.right) + " of '" + x.name + "'");
  }
  return {out_h, out_w};
}

struct Infer {
  const Operands& in;

  InferredType operator()(const Conv2d& op) const {
    need_count(in, 2, 3, "conv2d");
    const Tensor& x = *in[0];
    const Tensor& w = *in[1];
    need_type(x, ElementType::Int8, "conv2d");
    need_type(w, ElementType::Int8, "conv2d");
    need_rank(x, 4, "conv2d");
    need_rank(w, 4, "conv2d");
    const std::int64_t channels = x.shape[3];
    const std::int64_t out_channels = w.shape[3];
    if (op.groups < 1 || channels % op.groups != 0) {
      fail("conv2d groups " + std::to_string(op.groups) + " must divide the " + std::to_string(channels) +
           " input channels");
    }
    if (out_channels % op.groups != 0) {
      fail("conv2d groups " + std::to_string(op.groups) + " must divide the " + std::to_string(out_channels) +
           " output channels");
    }
    const Shape wanted{op.window.kernel_h, op.window.kernel_w, channels / op.groups, out_channels};
    if (w.shape != wanted) fail("conv2d weights " + described(w) + " must be " + describe_shape(wanted));
    need_bias(in, out_channels);
    const auto [out_h, out_w] = window_output(op.window, x, "conv2d");
    return {{x.shape[0], out_h, out_w, out_channels}, ElementType::Int32};
  }

  InferredType operator()(const MatMul& op) const {
    need_count(in, 2, 3, "matmul");
    const Tensor& a = *in[0];
    const Tensor& b = *in[1];
    need_type(a, ElementType::Int8, "matmul");
    need_type(b, ElementType::Int8, "matmul");
    if (a.shape.size() < 2) fail("matmul needs at least 2 dimensions, but " + described(a) + " has fewer");
    if (b.shape.size() != 2 && b.shape.size() != a.shape.size()) {
      fail("matmul " + described(b) + " must have 2 dimensions or as many as " + described(a));
    }
    std::int64_t m = a.shape[a.shape.size() - 2], k = a.shape[a.shape.size() - 1];
    std::int64_t k_b = b.shape[b.shape.size() - 2], n = b.shape[b.shape.size() - 1];
    if (op.transpose_a) std::swap(m, k);
    if (op.transpose_b) std::swap(k_b, n);
    if (k != k_b) {
      fail("matmul inner dimensions differ: " + described(a) + " has " + std::to_string(k) + ", " + described(b) +
           " has " + std::to_string(k_b));
    }
    if (b.shape.size() > 2 && !std::equal(a.shape.begin(), a.shape.end() - 2, b.shape.begin())) {
      fail("matmul batch dimensions differ: " + described(a) + " and " + described(b));
    }
    need_bias(in, n);
    Shape shape(a.shape.begin(), a.shape.end() - 2);
    shape.push_back(m);
    shape.push_back(n);
    return {std::move(shape), ElementType::Int32};
  }

  InferredType operator()(const Add& op) const {
    need_count(in, 2, 2, "add");
    const Tensor& a = *in[0];
    const Tensor& b = *in[1];
    need_multiplier(op.a_multiplier, a);
    need_multiplier(op.b_multiplier, b);
    const std::size_t lead = a.shape.size() - std::min(a.shape.size(), b.shape.size());
    bool fits = b.shape.size() <= a.shape.size();
    bool repeats = true;  // while only leading dimensions of 1 have been met
    for (std::size_t i = 0; fits && i < b.shape.size(); ++i) {
      const std::int64_t wanted = a.shape[lead + i];
      if (repeats && b.shape[i] == 1) continue;
      repeats = false;
      fits = b.shape[i] == wanted;
    }
    if (!fits)
      fail("add needs equal shapes (the second may repeat along leading dimensions), not " + described(a) + " and " +
           described(b));
    return {a.shape, ElementType::Int32};
  }

  static void need_multiplier(std::int32_t multiplier, const Tensor& operand) {
    if (operand.type == ElementType::Int32 && multiplier != 1) {
      fail("add multiplies only int8 operands, but " + described(operand) + " has multiplier " +
           std::to_string(multiplier));
    }
    if (multiplier < -128 || multiplier > 127) {
      fail("add multiplier " + std::to_string(multiplier) + " is outside -128..127");
    }
  }

  InferredType operator()(const Relu&) const {
    need_count(in, 1, 1, "relu");
    return {in[0]->shape, in[0]->type};
  }

  InferredType operator()(const Requantize& op) const {
    need_count(in, 1, 1, "requantize");
    need_scale(op.scale, "requantize scale");
    return {in[0]->shape, ElementType::Int8};
  }

  InferredType pool(const Window& window, ElementType result, const char* what) const {
    need_count(in, 1, 1, what);
    need_type(*in[0], ElementType::Int8, what);
    need_rank(*in[0], 4, what);
    if (window.dilation_h != 1 || window.dilation_w != 1) fail(std::string(what) + " takes no dilation");
    const auto [out_h, out_w] = window_output(window, *in[0], what);
    return {{in[0]->shape[0], out_h, out_w, in[0]->shape[3]}, result};
  }

  InferredType operator()(const MaxPool& op) const { return pool(op.window, ElementType::Int8, "max_pool"); }
  InferredType operator()(const SumPool& op) const { return pool(op.window, ElementType::Int32, "sum_pool"); }

  InferredType operator()(const Concat& op) const {
    if (in.empty()) fail("concat takes at least 1 input");
    Shape shape = in[0]->shape;
    if (op.axis >= shape.size()) {
      fail("concat axis " + std::to_string(op.axis) + " is outside the " + std::to_string(shape.size()) +
           " dimensions of " + described(*in[0]));
    }
    for (std::size_t i = 1; i < in.size(); ++i) {
      Shape other = in[i]->shape;
      bool fits = other.size() == shape.size() && in[i]->type == in[0]->type;
      for (std::size_t d = 0; fits && d < shape.size(); ++d) fits = d == op.axis || other[d] == shape[d];
      if (!fits)
        fail("concat inputs differ outside axis " + std::to_string(op.axis) + ": " + described(*in[0]) + " and " +
             described(*in[i]));
      shape[op.axis] += other[op.axis];
    }
    return {std::move(shape), in[0]->type};
  }

  InferredType operator()(const Reshape& op) const {
    need_count(in, 1, 1, "reshape");
    const bool positive = std::all_of(op.shape.begin(), op.shape.end(), [](std::int64_t e) { return e > 0; });
    if (!positive || element_count(op.shape) != element_count(in[0]->shape)) {
      fail("reshape of " + described(*in[0]) + " to " + describe_shape(op.shape) + " changes the number of elements");
    }
    return {op.shape, in[0]->type};
  }

  InferredType operator()(const Transpose& op) const {
    need_count(in, 1, 1, "transpose");
    std::vector<std::size_t> sorted = op.permutation;
    std::sort(sorted.begin(), sorted.end());
    bool fits = sorted.size() == in[0]->shape.size();
    for (std::size_t i = 0; fits && i < sorted.size(); ++i) fits = sorted[i] == i;
    if (!fits) {
      fail("transpose permutation must name each of the " + std::to_string(in[0]->shape.size()) + " dimensions of " +
           described(*in[0]) + " once, counted from 0");
    }
    Shape shape;
    for (std::size_t axis : op.permutation) shape.push_back(in[0]->shape[axis]);
    return {std::move(shape), in[0]->type};
  }

  InferredType operator()(const Slice& op) const {
    need_count(in, 1, 1, "slice");
    Shape shape = in[0]->shape;
    if (op.axis >= shape.size()) {
      fail("slice axis " + std::to_string(op.axis) + " is outside the " + std::to_string(shape.size()) +
           " dimensions of " + described(*in[0]));
    }
    if (op.begin < 0 || op.begin >= op.end || op.end > shape[op.axis]) {
      fail("slice [" + std::to_string(op.begin) + ", " + std::to_string(op.end) + ") must be a non-empty part of [0, " +
           std::to_string(shape[op.axis]) + ")");
    }
    shape[op.axis] = op.end - op.begin;
    return {std::move(shape), in[0]->type};
  }

  InferredType host_unary(const char* what, float input_scale, float output_scale) const {
    need_type(*in[0], ElementType::Int8, what);
    need_scale(input_scale, "input_scale");
    need_scale(output_scale, "output_scale");
    if (in[0]->shape.empty()) fail(std::string(what) + " needs at least 1 dimension");
    return {in[0]->shape, ElementType::Int8};
  }

  InferredType operator()(const Softmax& op) const {
    need_count(in, 1, 2, "softmax");
    if (in.size() == 2) {
      need_type(*in[1], ElementType::Int8, "softmax");
      need_scale(op.mask_scale, "mask_scale");
      const Shape &x = in[0]->shape, &mask = in[1]->shape;
      bool fits = mask.size() <= x.size();
      for (std::size_t d = 0; fits && d < mask.size(); ++d) {
        fits = extent_from_last(mask, d) == 1 || extent_from_last(mask, d) == extent_from_last(x, d);
      }
      if (!fits) fail("mask " + described(*in[1]) + " does not repeat to " + described(*in[0]));
    }
    if (op.logarithm && (op.causal || in.size() == 2)) fail("the logarithm of softmax is neither causal nor masked");
    if (op.causal && in[0]->shape.size() < 2) fail("a causal softmax needs at least 2 dimensions");
    return host_unary("softmax", op.input_scale, op.output_scale);
  }

  InferredType operator()(const Gelu& op) const {
    need_count(in, 1, 1, "gelu");
    return host_unary("gelu", op.input_scale, op.output_scale);
  }

  InferredType operator()(const LayerNorm& op) const {
    need_count(in, 3, 3, "layer_norm");
    need_scale(op.epsilon, "epsilon");
    InferredType type = host_unary("layer_norm", op.input_scale, op.output_scale);
    for (std::size_t i = 1; i < 3; ++i) {
      if (in[i]->type != ElementType::Int32 || in[i]->shape != Shape{in[0]->shape.back()} ||
          in[i]->role != TensorRole::Constant) {
        fail("layer_norm parameter " + described(*in[i]) + " must be a constant int32 " +
             std::to_string(in[0]->shape.back()));
      }
    }
    return type;
  }

  InferredType operator()(const Mul& op) const {
    need_count(in, 2, 2, "mul");
    need_type(*in[0], ElementType::Int8, "mul");
    need_type(*in[1], ElementType::Int8, "mul");
    need_scale(op.a_scale, "a_scale");
    need_scale(op.b_scale, "b_scale");
    need_scale(op.output_scale, "output_scale");
    if (in[0]->shape != in[1]->shape) {
      fail("mul needs equal shapes, not " + described(*in[0]) + " and " + described(*in[1]));
    }
    return {in[0]->shape, ElementType::Int8};
  }
  InferredType operator()(const GatherRows&) const {
    need_count(in, 2, 2, "gather_rows");
    need_type(*in[0], ElementType::Int32, "gather_rows");
    if (in[1]->type != ElementType::Int8 || in[1]->shape.size() != 2 || in[1]->role != TensorRole::Constant) {
      fail("table " + described(*in[1]) + " must be a constant int8 matrix");
    }
    Shape shape = in[0]->shape;
    shape.push_back(in[1]->shape[1]);
    return {std::move(shape), ElementType::Int8};
  }
  InferredType operator()(const Interpolate& op) const {
    need_count(in, 5, 5, "interpolate");
    if (in[0]->shape.size() != 4) fail("interpolate needs an image, not " + described(*in[0]));
    InferredType type = host_unary("interpolate", op.input_scale, op.output_scale);
    need_zero_point(op.input_zero_point);
    need_zero_point(op.output_zero_point);
    for (std::size_t d = 1; d <= 2; ++d) {
      const Tensor &elements = *in[2 * d - 1], &weights = *in[2 * d];
      const auto is_constant = [](const Tensor& t) {
        return t.type == ElementType::Int32 && t.shape.size() == 2 && t.role == TensorRole::Constant;
      };
      if (!is_constant(elements) || !is_constant(weights) || elements.shape != weights.shape) {
        fail("interpolate operands " + described(elements) + " and " + described(weights) +
             " must be constant int32 matrices of one shape");
      }
      for (const std::int32_t element : elements.int32_data) {
        if (element < 0 || element >= in[0]->shape[d]) {
          fail("interpolate reads element " + std::to_string(element) + " of " + std::to_string(in[0]->shape[d]));
        }
      }
      type.shape[d] = elements.shape[0];
    }
    return type;
  }
  InferredType operator()(const Pad& op) const {
    need_count(in, 1, 1, "pad");
    need_type(*in[0], ElementType::Int8, "pad");
    Shape shape = in[0]->shape;
    if (op.before.size() != shape.size() || op.after.size() != shape.size()) {
      fail("pad needs two numbers for each of the " + std::to_string(shape.size()) + " dimensions of " +
           described(*in[0]));
    }
    for (std::size_t d = 0; d < shape.size(); ++d) {
      if (op.before[d] < 0 || op.after[d] < 0) fail("pad of " + described(*in[0]) + " must not be negative");
      shape[d] += op.before[d] + op.after[d];
    }
    return {std::move(shape), ElementType::Int8};
  }
  void need_table(const Tensor& table, std::int64_t entries) const {
    if (table.type != ElementType::Int8 || table.shape != Shape{entries} || table.role != TensorRole::Constant) {
      fail("table " + described(table) + " must be a constant int8 " + std::to_string(entries));
    }
  }
  InferredType operator()(const Lookup& op) const {
    need_count(in, 2, 2, "lookup");
    if (element_bytes(in[0]->type) != 1) fail("lookup needs an input of bytes, but " + described(*in[0]) + " is not");
    need_table(*in[1], 256);
    return {in[0]->shape, op.result};
  }
  InferredType operator()(const LookupPair&) const {
    need_count(in, 3, 3, "lookup_pair");
    need_type(*in[0], ElementType::Int8, "lookup_pair");
    need_type(*in[1], ElementType::Int8, "lookup_pair");
    need_table(*in[2], 65536);
    const Shape &a = in[0]->shape, &b = in[1]->shape;
    Shape shape(std::max(a.size(), b.size()), 1);
    for (std::size_t d = 0; d < shape.size(); ++d) {
      const std::int64_t x = extent_from_last(a, d), y = extent_from_last(b, d);
      if (x != y && x != 1 && y != 1) {
        fail("lookup_pair needs shapes that fit each other, not " + described(*in[0]) + " and " + described(*in[1]));
      }
      shape[shape.size() - 1 - d] = std::max(x, y);
    }
    return {std::move(shape), ElementType::Int8};
  }
  static std::int64_t extent_from_last(const Shape& shape, std::size_t d) {
    return d < shape.size() ? shape[shape.size() - 1 - d] : 1;
  }
  InferredType operator()(const QuantizeSums& op) const {
    need_count(in, 2, 4, "quantize_sums");
    need_type(*in[0], ElementType::Int32, "quantize_sums");
    need_type(*in[1], ElementType::Float32, "quantize_sums");
    if (op.factors.size() + 2 != in.size()) fail("quantize_sums needs one factor for each term");
    const Shape& shape = in[0]->shape;
    for (std::size_t i = 1; i < in.size(); ++i) {
      if (i > 1) need_type(*in[i], ElementType::Int32, "quantize_sums");
      bool fits = in[i]->shape.size() <= shape.size();
      for (std::size_t d = 0; fits && d < in[i]->shape.size(); ++d) {
        const std::int64_t extent = extent_from_last(in[i]->shape, d);
        fits = extent == 1 || extent == extent_from_last(shape, d);
      }
      if (!fits) fail("quantize_sums operand " + described(*in[i]) + " does not repeat to " + described(*in[0]));
    }
    need_zero_point(op.zero_point);
    if (op.least < -128 || op.least > op.most || op.most > 127) fail("quantize_sums limits are not in -128..127");
    return {shape, ElementType::Int8};
  }
  static void need_zero_point(std::int32_t zero_point) {
    if (zero_point < -128 || zero_point > 127)
      fail("zero point " + std::to_string(zero_point) + " is not in -128..127");
  }
  InferredType operator()(const QuantizeFloat& op) const {
    need_count(in, 1, 1, "quantize_float");
    need_type(*in[0], ElementType::Float32, "quantize_float");
    need_scale(op.scale, "quantize_float scale");
    need_zero_point(op.zero_point);
    return {in[0]->shape, ElementType::Int8};
  }
  InferredType operator()(const DequantizeFloat& op) const {
    need_count(in, 1, 1, "dequantize_float");
    if (in[0]->type != ElementType::Int8) need_type(*in[0], ElementType::Int32, "dequantize_float");
    need_scale(op.scale, "dequantize_float scale");
    need_zero_point(op.zero_point);
    return {in[0]->shape, ElementType::Float32};
  }
};

}  // namespace

InferredType infer_type(const Operator& op, const std::vector<const Tensor*>& inputs) {
  return std::visit(Infer{inputs}, op);
}

}  // namespace gemel::compiler
