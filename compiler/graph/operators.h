// SPDX-License-Identifier: Apache-2.0
#pragma once
// The operators of the graph and their exact meaning. Integers throughout: products and sums are int32 with
// wrap-around, only Requantize (and the host's float operators) round. Because every sum is exact, any
// fusion of bias, residual, relu and requantisation gives the same bits as the unfused graph.
#include <cstdint>
#include <variant>
#include <vector>

#include "compiler/graph/tensor.h"

namespace gemel::compiler {

struct Padding {
  std::int64_t top = 0, left = 0, bottom = 0, right = 0;
  bool any() const { return top != 0 || left != 0 || bottom != 0 || right != 0; }
};

// A sliding window over the H and W of an NHWC tensor.
struct Window {
  std::int64_t kernel_h = 1, kernel_w = 1;
  std::int64_t stride_h = 1, stride_w = 1;
  Padding padding;
  std::int64_t dilation_h = 1, dilation_w = 1;

  // Positions of the window along H and W; zero or less where the window does not fit.
  std::int64_t output_h(std::int64_t input_h) const;
  std::int64_t output_w(std::int64_t input_w) const;
};

// x int8 [N,H,W,C], weights int8 [KH,KW,C/groups,CO], optional bias int32 [CO] -> int32 [N,OH,OW,CO].
// Padding is 0. Output channel o belongs to group o / (CO/groups). Depthwise: groups == C.
struct Conv2d {
  Window window;
  std::int64_t groups = 1;
};

// a int8 [..., M, K], b int8 [K, N] (shared by the batch) or [..., K, N] with a's batch dimensions, optional
// bias int32 [N] -> int32 [..., M, N]. A transposed operand is stored with its last two dimensions swapped.
struct MatMul {
  bool transpose_a = false;
  bool transpose_b = false;
};

// a_multiplier·a + b_multiplier·b -> int32. Operands int8 or int32; the multiplier of an int32 operand is 1.
// b may have fewer leading dimensions than a, or leading dimensions of 1: it repeats along them.
struct Add {
  std::int32_t a_multiplier = 1;  // -128..127
  std::int32_t b_multiplier = 1;
};

// max(x, 0), type unchanged.
struct Relu {};

// int32 (or int8) -> int8: arch::accumulator_scale(x, scale, None).
struct Requantize {
  float scale = 1.0f;  // finite, > 0
};

// int8 [N,H,W,C] -> int8. Padding counts as 0, as in the machine's store path; the verifier therefore demands
// that the input of a padded pool can not be negative, where this is the usual max-pool. With ignores_padding, padding
// does not count at all, whatever the input. No dilation.
struct MaxPool {
  Window window;
  bool ignores_padding = false;
};

// int8 [N,H,W,C] -> int32: sum over the window, padding 0. An average is this and a Requantize by s / (KH·KW).
struct SumPool {
  Window window;
};

// Joins its inputs along `axis`.
struct Concat {
  std::size_t axis = 0;
};

// Same elements in row-major order, new shape.
struct Reshape {
  Shape shape;
};

// Output dimension i is input dimension permutation[i].
struct Transpose {
  std::vector<std::size_t> permutation;
};

// Elements [begin, end) along `axis`.
struct Slice {
  std::size_t axis = 0;
  std::int64_t begin = 0, end = 0;
};

// int8: `before` and `after` elements of `value` around each dimension.
struct Pad {
  std::vector<std::int64_t> before, after;
  std::int8_t value = 0;
};

// Any function of a byte: inputs x (int8 or uint8) and table, a constant int8 [256]: table[x + 128], x as a signed
// byte.
struct Lookup {
  ElementType result = ElementType::Int8;  // or UInt8
};

// Any function of two int8, which may repeat along dimensions of 1 or missing ones; third input a constant int8
// [65536]: table[(a + 128) * 256 + b + 128].
struct LookupPair {};

// int32 -> int8 as ONNX defines it: half-even round(float32(v) * multiplier) + zero_point, limited to [least, most],
// v = sums + offset + sum of factor · term. Inputs: sums; multipliers, a Float32 constant; up to two int32 terms; all
// but the sums repeat along dimensions of 1 or missing ones.
struct QuantizeSums {
  std::int32_t zero_point = 0;
  std::int32_t least = -128, most = 127;
  std::int32_t offset = 0;
  std::vector<std::int32_t> factors;  // one a term
};

// Float32 -> int8: round(x / scale) + zero_point. And back from int8 or int32: (x - zero_point) · scale.
struct QuantizeFloat {
  float scale = 1.0f;
  std::int32_t zero_point = 0;
};
struct DequantizeFloat {
  float scale = 1.0f;
  std::int32_t zero_point = 0;
};

// Host operators, int8 -> int8: real value = scale · integer. Meaning as arch::HostOpKind of the same name.
// Last axis. Causal: element j of row i takes part only where j <= i + causal_offset; the others become 0. A second
// input is a mask, added before: int8 real = mask_scale · integer, repeated along dimensions of 1 or missing ones.
struct Softmax {
  float input_scale = 1.0f, output_scale = 1.0f;
  bool causal = false;
  std::int64_t causal_offset = 0;
  std::int32_t zero_point = 0;  // of the output
  float mask_scale = 1.0f;
  bool logarithm = false;  // of the result; neither causal nor masked
};
// Last axis. Inputs x, gamma, beta; gamma and beta are Int32 constants [last dimension] that hold float32 bits.
struct LayerNorm {
  float input_scale = 1.0f, output_scale = 1.0f;
  float epsilon = 1e-5f;
};
struct Gelu {
  float input_scale = 1.0f, output_scale = 1.0f;
};
// Element-wise product of two int8 tensors of one shape.
struct Mul {
  float a_scale = 1.0f, b_scale = 1.0f, output_scale = 1.0f;
};
// Inputs indices int32, table a constant int8 [rows, width]: the row of each index; one below 0 counts from the end.
struct GatherRows {};
// NHWC. Inputs x, elements and weights of each row, those of each column: Int32 constants [rows or columns, taps], the
// weights float32 bits. real = scale · (integer - zero point).
struct Interpolate {
  float input_scale = 1.0f, output_scale = 1.0f;
  std::int32_t input_zero_point = 0, output_zero_point = 0;
};

using Operator = std::variant<Conv2d, MatMul, Add, Relu, Requantize, MaxPool, SumPool, Concat, Reshape, Transpose,
                              Slice, Softmax, LayerNorm, Gelu, Mul, Pad, Lookup, LookupPair, QuantizeSums,
                              QuantizeFloat, DequantizeFloat, GatherRows, Interpolate>;

// Params of the host operators of these names (sim/arch/host_op.h).
std::vector<std::int64_t> softmax_params(const Softmax& op);
std::vector<float> softmax_scales(const Softmax& op, std::size_t inputs);
std::vector<std::int64_t> quantize_sums_params(const QuantizeSums& op);

const char* operator_name(const Operator& op);  // "conv2d", "matmul", "max_pool", ...

}  // namespace gemel::compiler
