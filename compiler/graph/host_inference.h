// SPDX-License-Identifier: Apache-2.0
#pragma once
// Type and shape of what the operators make that the host runs.
#include "compiler/graph/operand_requirements.h"
#include "compiler/graph/operators.h"
#include "compiler/graph/verify.h"

namespace gemel::compiler {

struct HostInference {
  const TensorOperands& in;

  InferredType operator()(const Softmax& op) const;
  InferredType operator()(const Gelu& op) const;
  InferredType operator()(const LayerNorm& op) const;
  InferredType operator()(const Mul& op) const;
  InferredType operator()(const GatherRows& op) const;
  InferredType operator()(const Interpolate& op) const;
  InferredType operator()(const Pad& op) const;
  InferredType operator()(const Lookup& op) const;
  InferredType operator()(const LookupPair& op) const;
  InferredType operator()(const QuantizeSums& op) const;
  InferredType operator()(const QuantizeFloat& op) const;
  InferredType operator()(const DequantizeFloat& op) const;
};

}  // namespace gemel::compiler
