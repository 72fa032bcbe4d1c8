// SPDX-License-Identifier: Apache-2.0
#pragma once
// One form for quantised models: every DequantizeLinear → operator → QuantizeLinear becomes the operator on integers
// (QLinearConv, com.microsoft.QGemm, ...). Operators without such a form in ONNX Runtime get one in a domain of our
// own, "gemel": their inputs are value, scale and zero point of each operand, other operands, then scale and zero
// point of the result.
#include <string>

#include "compiler/onnx/onnx_model.h"

namespace gemel::compiler {

inline constexpr const char* kOnnxInner = "gemel";
// A function of single elements: inputs are value, scale and zero point of each of its `operands` (an attribute), scale
// and zero point of the result, then constants; what it computes is the node's body (float_island.h).
inline constexpr const char* kOnnxIsland = "QuantizedElementwise";

// Also: Constant nodes become initialisers, QuantizeLinear of a constant is folded, nodes that nothing needs are gone.
// Throws OnnxError where a float operator has no quantised form.
OnnxModel canonical_onnx(const OnnxModel& model);

// The same model for others: nodes of our own domain as DequantizeLinear → operator → QuantizeLinear.
OnnxModel standard_onnx(const OnnxModel& canonical);

// "DequantizeLinear → Conv → QuantizeLinear" where the operator has a quantised form, else "".
std::string qdq_pattern(const std::string& op_type);

}  // namespace gemel::compiler
