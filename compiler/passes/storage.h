// SPDX-License-Identifier: Apache-2.0
#pragma once
// Decides where each tensor lies. Reshape, transpose, slice and concat become addressing: either the producer
// writes straight into the layout that the consumer wants, or the consumer reads with strides. Copies remain only
// where neither is possible.
#include <optional>
#include <vector>

#include "compiler/graph/graph.h"
#include "compiler/graph/tensor_view.h"

namespace gemel::compiler {

struct PlannedCopy {
  TensorView from, to;  // of equal shape
};

struct Storage {
  std::vector<TensorView> views;                 // per tensor
  std::vector<std::vector<PlannedCopy>> copies;  // per node: what a data-movement node must still copy
};

Storage plan_storage(const Graph& graph);

bool is_data_movement(const Operator& op);

// Last dimension contiguous (or of extent 1): what the machine's rows need.
bool has_unit_inner_stride(const TensorView& view);

}  // namespace gemel::compiler
