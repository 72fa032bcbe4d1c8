// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "compiler/graph/host_inference.h"
#include "compiler/graph/verify.h"

namespace gemel::compiler {
namespace {

void need_bias(const TensorOperands& in, std::int64_t channels) {
  if (in.size() < 3) return;
  if (in[2]->type != ElementType::Int32 || in[2]->shape != Shape{channels}) {
    refuse_operands("bias " + described_operand(*in[2]) + " must be int32 " + std::to_string(channels));
  }
}

// Spatial size of a window's result over an NHWC tensor.
std::pair<std::int64_t, std::int64_t> window_output(const Window& window, const Tensor& x, const char* what) {
  const Padding& pad = window.padding;
  if (window.kernel_h < 1 || window.kernel_w < 1) refuse_operands(std::string(what) + " kernel must be at least 1");
  if (window.stride_h < 1 || window.stride_w < 1) refuse_operands(std::string(what) + " stride must be at least 1");
  if (window.dilation_h < 1 || window.dilation_w < 1)
    refuse_operands(std::string(what) + " dilation must be at least 1");
  if (pad.top < 0 || pad.left < 0 || pad.bottom < 0 || pad.right < 0)
    refuse_operands(std::string(what) + " padding is negative");
  const std::int64_t reach_h = window.dilation_h * (window.kernel_h - 1) + 1;
  const std::int64_t reach_w = window.dilation_w * (window.kernel_w - 1) + 1;
  if (pad.top >= reach_h || pad.bottom >= reach_h || pad.left >= reach_w || pad.right >= reach_w) {
    refuse_operands(std::string(what) + " padding must be smaller than its window of " + std::to_string(reach_h) + "x" +
                    std::to_string(reach_w) + ", or some outputs see no input");
  }
  const std::int64_t out_h = window.output_h(x.shape[1]);
  const std::int64_t out_w = window.output_w(x.shape[2]);
  if (out_h < 1 || out_w < 1) {
    refuse_operands(std::string(what) + " window of " + std::to_string(reach_h) + "x" + std::to_string(reach_w) +
                    " does not fit into the padded image " + std::to_string(x.shape[1] + pad.top + pad.bottom) + "x" +
                    std::to_string(x.shape[2] + pad.left + pad.right) + " of '" + x.name + "'");
  }
  return {out_h, out_w};
}

struct Infer : HostInference {
  using HostInference::operator();

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
      refuse_operands("conv2d groups " + std::to_string(op.groups) + " must divide the " + std::to_string(channels) +
                      " input channels");
    }
    if (out_channels % op.groups != 0) {
      refuse_operands("conv2d groups " + std::to_string(op.groups) + " must divide the " +
                      std::to_string(out_channels) + " output channels");
    }
    const Shape wanted{op.window.kernel_h, op.window.kernel_w, channels / op.groups, out_channels};
    if (w.shape != wanted)
      refuse_operands("conv2d weights " + described_operand(w) + " must be " + describe_shape(wanted));
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
    if (a.shape.size() < 2)
      refuse_operands("matmul needs at least 2 dimensions, but " + described_operand(a) + " has fewer");
    if (b.shape.size() != 2 && b.shape.size() != a.shape.size()) {
      refuse_operands("matmul " + described_operand(b) + " must have 2 dimensions or as many as " +
                      described_operand(a));
    }
    std::int64_t m = a.shape[a.shape.size() - 2], k = a.shape[a.shape.size() - 1];
    std::int64_t k_b = b.shape[b.shape.size() - 2], n = b.shape[b.shape.size() - 1];
    if (op.transpose_a) std::swap(m, k);
    if (op.transpose_b) std::swap(k_b, n);
    if (k != k_b) {
      refuse_operands("matmul inner dimensions differ: " + described_operand(a) + " has " + std::to_string(k) + ", " +
                      described_operand(b) + " has " + std::to_string(k_b));
    }
    if (b.shape.size() > 2 && !std::equal(a.shape.begin(), a.shape.end() - 2, b.shape.begin())) {
      refuse_operands("matmul batch dimensions differ: " + described_operand(a) + " and " + described_operand(b));
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
      refuse_operands("add needs equal shapes (the second may repeat along leading dimensions), not " +
                      described_operand(a) + " and " + described_operand(b));
    return {a.shape, ElementType::Int32};
  }

  static void need_multiplier(std::int32_t multiplier, const Tensor& operand) {
    if (operand.type == ElementType::Int32 && multiplier != 1) {
      refuse_operands("add multiplies only int8 operands, but " + described_operand(operand) + " has multiplier " +
                      std::to_string(multiplier));
    }
    if (multiplier < -128 || multiplier > 127) {
      refuse_operands("add multiplier " + std::to_string(multiplier) + " is outside -128..127");
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
    if (window.dilation_h != 1 || window.dilation_w != 1) refuse_operands(std::string(what) + " takes no dilation");
    const auto [out_h, out_w] = window_output(window, *in[0], what);
    return {{in[0]->shape[0], out_h, out_w, in[0]->shape[3]}, result};
  }

  InferredType operator()(const MaxPool& op) const { return pool(op.window, ElementType::Int8, "max_pool"); }
  InferredType operator()(const SumPool& op) const { return pool(op.window, ElementType::Int32, "sum_pool"); }

  InferredType operator()(const Concat& op) const {
    if (in.empty()) refuse_operands("concat takes at least 1 input");
    Shape shape = in[0]->shape;
    if (op.axis >= shape.size()) {
      refuse_operands("concat axis " + std::to_string(op.axis) + " is outside the " + std::to_string(shape.size()) +
                      " dimensions of " + described_operand(*in[0]));
    }
    for (std::size_t i = 1; i < in.size(); ++i) {
      Shape other = in[i]->shape;
      bool fits = other.size() == shape.size() && in[i]->type == in[0]->type;
      for (std::size_t d = 0; fits && d < shape.size(); ++d) fits = d == op.axis || other[d] == shape[d];
      if (!fits)
        refuse_operands("concat inputs differ outside axis " + std::to_string(op.axis) + ": " +
                        described_operand(*in[0]) + " and " + described_operand(*in[i]));
      shape[op.axis] += other[op.axis];
    }
    return {std::move(shape), in[0]->type};
  }

  InferredType operator()(const Reshape& op) const {
    need_count(in, 1, 1, "reshape");
    const bool positive = std::all_of(op.shape.begin(), op.shape.end(), [](std::int64_t e) { return e > 0; });
    if (!positive || element_count(op.shape) != element_count(in[0]->shape)) {
      refuse_operands("reshape of " + described_operand(*in[0]) + " to " + describe_shape(op.shape) +
                      " changes the number of elements");
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
      refuse_operands("transpose permutation must name each of the " + std::to_string(in[0]->shape.size()) +
                      " dimensions of " + described_operand(*in[0]) + " once, counted from 0");
    }
    Shape shape;
    for (std::size_t axis : op.permutation) shape.push_back(in[0]->shape[axis]);
    return {std::move(shape), in[0]->type};
  }

  InferredType operator()(const Slice& op) const {
    need_count(in, 1, 1, "slice");
    Shape shape = in[0]->shape;
    if (op.axis >= shape.size()) {
      refuse_operands("slice axis " + std::to_string(op.axis) + " is outside the " + std::to_string(shape.size()) +
                      " dimensions of " + described_operand(*in[0]));
    }
    if (op.begin < 0 || op.begin >= op.end || op.end > shape[op.axis]) {
      refuse_operands("slice [" + std::to_string(op.begin) + ", " + std::to_string(op.end) +
                      ") must be a non-empty part of [0, " + std::to_string(shape[op.axis]) + ")");
    }
    shape[op.axis] = op.end - op.begin;
    return {std::move(shape), in[0]->type};
  }
};

}  // namespace

InferredType infer_type(const Operator& op, const std::vector<const Tensor*>& inputs) {
  return std::visit(Infer{{inputs}}, op);
}

}  // namespace gemel::compiler
