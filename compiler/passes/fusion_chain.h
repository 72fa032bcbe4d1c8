// SPDX-License-Identifier: Apache-2.0
#pragma once
// Which nodes one fused layer takes along.
#include <optional>
#include <vector>

#include "compiler/graph/fused_layer.h"

namespace gemel::compiler {

struct ResidualTerm {
  TensorId tensor = 0;
  std::int32_t multiplier = 1;
};

struct FusionChain {
  std::vector<std::size_t> nodes;  // anchor first
  TensorId sums = 0;               // the anchor's int32 result
  TensorId result = 0;             // what the last node makes
  std::optional<TensorId> bias;
  std::optional<ResidualTerm> residual;
  arch::Activation activation = arch::Activation::None;
  std::optional<float> scale;
  std::optional<Window> pool;
};

// The store path's limits: square kernel and stride of 1 to 3, top and left padding at most 3.
bool fits_store_path(const Window& pool);

// Follows the anchor's result as far as one pass through the accumulator can go.
FusionChain grow_chain(const Graph& graph, const std::vector<std::vector<std::size_t>>& consumers, std::size_t anchor);

}  // namespace gemel::compiler
