// SPDX-License-Identifier: Apache-2.0
#pragma once
// Operators that run on the host processor beside the accelerator: their meaning (exact, on the program's
// memory) and their cost. Part of the contract: model, RTL harness and reference all execute these.
#include <cstdint>
#include <string>
#include <vector>

#include "sim/arch/accelerator_config.h"

namespace gemel::arch {

// A view of memory: dense unless strides are given (in elements, one per dimension).
struct HostTensor {
  std::uint64_t address = 0;
  std::uint8_t element_bytes = 1;      // 1 = int8, 4 = int32
  std::vector<std::int64_t> shape;
  std::vector<std::int64_t> strides;   // empty = dense row-major
};

enum class HostOpKind : std::uint8_t {
  Softmax,      // last axis; float32 inside: dequantise, subtract max, exp, normalise, requantise
  LayerNorm,    // last axis; inputs: x, gamma (int32 bits of float), beta (the same)
  Gelu,
  Copy,         // strided copy: concat, transpose, reshape with padding
  MaxPool,      // NHWC; params: kernel h,w, stride h,w, pad top,left,bottom,right
  AveragePool,  // the same params
  Requantize,   // int32 or int8 -> int8 with scale
  Add,
  Mul,
  Relu,
};

struct HostOp {
  HostOpKind kind = HostOpKind::Copy;
  std::vector<HostTensor> inputs;
  HostTensor output;
  std::vector<std::int64_t> params;
  std::vector<float> scales;           // per input, then output: real = scale * integer
};

}  // namespace gemel::arch
