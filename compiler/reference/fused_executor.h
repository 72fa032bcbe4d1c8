// SPDX-License-Identifier: Apache-2.0
#pragma once
// Runs fused layers on plain integers, on memory laid out as the views say. Equal to the graph executor bit for bit:
// tests hold the passes to that.
#include <unordered_map>

#include "compiler/graph/fused_layer.h"
#include "compiler/reference/tensor_value.h"

namespace gemel::compiler {

// Values of all stored tensors for these inputs (missing inputs: synthetic_input).
std::unordered_map<TensorId, TensorValue> execute_fused_model(const FusedModel& model,
                                                              std::unordered_map<TensorId, TensorValue> inputs = {});

// Dense copy of what a view shows.
TensorValue gathered(const TensorValue& root, const TensorView& view);

}  // namespace gemel::compiler
