// SPDX-License-Identifier: Apache-2.0
#pragma once
// Weights and biases of products (Conv, ConvTranspose, MatMul, Gemm) between DequantizeLinear and QuantizeLinear.
#include <string>

#include "compiler/onnx/constant_pool.h"

namespace gemel::compiler {

// Weights have one scale, or one for each output channel. Throws OnnxError otherwise.
void check_weight_scales(const ConstantPool& pool, const OnnxNode& product, const RealValue& weights);

// The name of an int32 bias at the scale of the sums: a float constant is rounded to it, half to even. `given` is
// that of a bias that a DequantizeLinear makes, else null.
std::string bias_of_sums(ConstantPool& pool, const OnnxNode& product, const std::string& bias, const RealValue* given,
                         const RealValue& x, const RealValue& weights);

}  // namespace gemel::compiler
