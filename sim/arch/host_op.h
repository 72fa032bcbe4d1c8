// SPDX-License-Identifier: Apache-2.0
#pragma once
// Operators that run on the host processor beside the accelerator: their meaning (exact, on the program's
// memory) and their cost. Part of the contract: model, RTL harness and reference all execute these.
//
// Numbers. real = scale * integer. Arithmetic uses only +, -, *, / and square root of IEEE floating point, each
// correctly rounded, in the order written here, and no library functions; so results are the same everywhere.
//   round(v)      float32 to int8: half to even, saturating (numerics.h saturate_to_int8)
//   multiplier    of an operator with inputs i and output o: (float)((double)scale_i / (double)scale_o); with several
//                 factors (double)scale_a * (double)scale_b / (double)scale_o. With scale_o = 1 (and the other factors
//                 1) it is scale_i itself.
//   exp, log, erf the polynomial and the series of host_math.h, in double
#include <cstdint>
#include <string>
#include <vector>

#include "sim/arch/accelerator_config.h"

namespace gemel::arch {

// A view of memory: dense unless strides are given (in elements, one per dimension; 0 repeats).
struct HostTensor {
  std::uint64_t address = 0;
  std::uint8_t element_bytes = 1;  // 1 = int8, 4 = int32 (little-endian) or, where said, float32
  std::vector<std::int64_t> shape;
  std::vector<std::int64_t> strides;  // empty = dense row-major
};

// x: input 0 unless said otherwise. Integers may be int8 or int32 on every input, and output int8 or int32
// (an int32 output is rounded half to even and saturates at 32 bits), unless said otherwise.
// Scales are {one per integer input that is named in `scales`, output}; params have a fixed length per kind.
enum class HostOpKind : std::uint8_t {
  // Last axis. scales {x, out}; params {causal, offset, zero point of the output, logarithm}, the last two or one of
  // them left out where they are 0. With causal = 1, element j of row i (index of the second
  // last axis) takes part only where j <= i + offset, the others become 0.
  // e_j = (float)exp((double)((float)(x_j - max) * scale_x)); sum in double, ascending;
  // out = round((float)((double)e_j / sum / (double)scale_out)) + zero point, saturating.
  // With logarithm = 1 (not causal, no mask): out = round((float)(((double)((float)(x_j - max) * scale_x) - log(sum)) /
  // (double)scale_out)) + zero point.
  // With a second input, a mask m of x's shape: scales {x, m, out}; v_j = (float)x_j * scale_x + (float)m_j * scale_m
  // in
  // float32, e_j = (float)exp((double)(v_j - max v)).
  Softmax,
  // Last axis of n elements. inputs {x, gamma, beta} (gamma, beta: float32 of shape [n]); scales {x, out};
  // params {bits of float32 epsilon}. S = sum x, Q = sum x^2, ascending;
  // mean = S / n; variance = (n Q - S S) / (n n); r = scale_x / sqrt(variance scale_x^2 + epsilon), all in double;
  // out = round((float)((((x - mean) * r) * gamma + beta) / scale_out)).
  LayerNorm,
  // scales {x, out}: v = x * scale_x in double; out = round((float)(v * 0.5 * (1 + erf(v * sqrt(1/2))) / scale_out)).
  Gelu,
  // Strided copy: concat, transpose, reshape, slice, broadcast. The shapes of x and output are equal; element sizes
  // too. scales {} copies; {x, out} multiplies: round((float)x * multiplier).
  Copy,
  // Sets every element of the output to params {value}. No inputs, no scales.
  Fill,
  // NHWC. params {kernel h, w, stride h, w, pad top, left, bottom, right, pad_counts}. Maximum over the window;
  // elements
  // outside the image do not count, or count as 0 with pad_counts = 1 (as the machine's own pooling does). scales {}.
  MaxPool,
  // The same params. sum over the window in int32; divisor = elements inside the image, or kernel h * w with
  // pad_counts = 1. scales {x, out}: round((float)sum * (float)((double)scale_x / ((double)scale_out * divisor))).
  AveragePool,
  // scales {x, out}; params {relu}: with relu = 1, x below 0 counts as 0. round((float)x * multiplier): what a
  // mvout of the accumulator does.
  Requantize,
  // Equal shapes (broadcast by stride 0). scales {a, b, out}; params {relu}.
  // v = (float)a * multiplier_a + (float)b * multiplier_b in float32; with relu = 1 at least 0; round(v).
  Add,
  // Equal shapes. scales {a, b, out}: round(((float)a * (float)b) * multiplier).
  Mul,
  // max(x, 0); scales {} or {x, out} as Requantize.
  Relu,
  // inputs {a [.., m, k], b [.., k, n], bias int32 of the output's shape (stride 0 broadcasts), optional}, leading
  // dimensions equal; a, b int8. sum in int32 (wrapping) + bias; scales {a, b, out}; params {relu}.
  // Output int8: accumulator_scale(sum, multiplier, relu) of numerics.h; output int32: sum itself, unscaled.
  MatMul,
  // NHWC. inputs {x [n, h, w, c], weights [kh, kw, c / groups, oc], bias int32 [oc], optional}; x, weights int8.
  // params {stride h, w, pad top, left, bottom, right, dilation h, w, groups, relu}; output [n, oh, ow, oc]; outside
  // the
  // image is 0. Sum, scales and output as MatMul.
  Conv2d,
  // inputs {x int8, table int8 [256]}: table[x + 128]; or {a, b int8, table int8 [65536]}:
  // table[(a + 128) * 256 + b + 128]. Any function of one or two bytes. No params, no scales.
  Lookup,
  // inputs {sums int32, multiplier float32, up to two terms int32}, all of the output's shape (stride 0 broadcasts);
  // params {zero point, least, most, offset, factor, factor}; output int8.
  // v = sum + offset + factor * term + ..., wrapping; f = (float)v * multiplier, limited to [least - zero point,
  // most - zero point]; half-even round(f) + zero point: requantisation as ONNX defines it.
  QuantizeSums,
  // x float32 to int8: scales {scale}; params {zero point}: round(x / scale) + zero point, saturating.
  QuantizeFloat,
  // x int8 or int32 to float32: scales {scale}; params {zero point}: (float)(x - zero point) * scale.
  DequantizeFloat,
  // inputs {indices int32, table int8 [rows, width]}; output int8 of the indices' shape and width: the row of each
  // index, one below 0 counted from the end. No params, no scales. An index outside the table is refused.
  GatherRows,
  // NHWC. inputs {x int8, row elements int32 [oh, taps], row weights float32 of that shape, column elements int32
  // [ow, taps], column weights}; output int8 [n, oh, ow, c]. scales {x, out}; params {zero point of x, of the output}.
  // v = sum over row taps i, then column taps j, of (row weight_i * column weight_j) * (float)(x - zero point), in
  // float32; out = round(v * multiplier) + zero point, saturating.
  Interpolate,
};
inline constexpr HostOpKind kLastHostOpKind = HostOpKind::Interpolate;

struct HostOp {
  HostOpKind kind = HostOpKind::Copy;
  std::vector<HostTensor> inputs;
  HostTensor output;
  std::vector<std::int64_t> params;
  std::vector<float> scales;  // per input, then output: real = scale * integer
};

// snake_case name of a kind, and back; false where there is none.
const char* host_op_name(HostOpKind kind);
bool parse_host_op_kind(const std::string& name, HostOpKind& kind);

// Throws std::invalid_argument (one sentence) where number of inputs, shapes, params or scales do not fit the kind.
void check_host_op(const HostOp& op);

// Runs `op` on `memory`, which is [base, base + size). Throws std::invalid_argument as check_host_op() does, or where
// an element lies outside. Output and inputs must not overlap, except elementwise in place.
void run_host_op(const HostOp& op, std::uint8_t* memory, std::uint64_t base, std::uint64_t size);

// Work of an operator: what it costs follows from this alone.
//   Softmax 8 operations an element, LayerNorm 8, Gelu 16, Requantize and Relu 2, Copy 1 (with scales 2), Fill 1, Add
//   4, Mul 3, pooling 1 for each window element + 2 for each output, MatMul and Conv2d 2 for each multiply-accumulate +
//   2 for each output, Lookup 2 or (of two) 4, QuantizeSums 4 + 2 for each term, QuantizeFloat 3, DequantizeFloat 2.
//   GatherRows 1, Interpolate 2 for each pair of taps + 3. A mask adds 2 to Softmax. Bytes: each element of each input
//   once (repeated elements once; of the table of GatherRows as many as the output has), each element of the output
//   once.
struct HostOpWork {
  std::uint64_t operations = 0;
  std::uint64_t bytes_read = 0;
  std::uint64_t bytes_written = 0;
  std::uint64_t macs = 0;  // MatMul and Conv2d
};
HostOpWork host_op_work(const HostOp& op);

// Cycles of a call: kHostCallCycles + max(operations / operations_per_cycle, bytes / bytes_per_cycle), rounded up.
inline constexpr std::uint64_t kHostCallCycles = 100;
std::uint64_t host_op_cost_cycles(const HostOp& op, const HostConfig& config);

}  // namespace gemel::arch
