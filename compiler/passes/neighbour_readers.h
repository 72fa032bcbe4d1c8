// SPDX-License-Identifier: Apache-2.0
#pragma once
// Order of the layers: those that read the same input in the same way follow each other, so that what the first of them
// has loaded can serve the others.
#include <vector>

#include "compiler/graph/fused_layer.h"

namespace gemel::compiler {

// Moves a layer forward to the first reader of its input where that is its only operand beside constants. All others
// keep their order.
void bring_readers_together(const Graph& graph, std::vector<FusedLayer>& layers);

}  // namespace gemel::compiler
