// SPDX-License-Identifier: Apache-2.0
#pragma once
// Operators of ONNX on plain tensors, as the standard defines them: float32 (sums of products too) and whole numbers.
// The float reference of quantisation, and what folds constants.
#include <string>
#include <vector>

#include "compiler/onnx/onnx_model.h"

namespace gemel::compiler {

// `inputs` are the node's, null where one is absent. Throws OnnxError where the operator is unknown or the operands do
// not fit it.
std::vector<OnnxTensor> evaluate_node(const OnnxNode& node, const std::vector<const OnnxTensor*>& inputs);

bool can_evaluate(const OnnxNode& node);

}  // namespace gemel::compiler
