// SPDX-License-Identifier: Apache-2.0
#pragma once
// From graph to fused layers: each convolution, matrix product, sum or pooling sum takes along the bias, residual,
// activation, requantisation and max-pooling that follow it, where nothing else reads what lies between.
#include "compiler/graph/fused_layer.h"

namespace gemel::compiler {

// Verifies the graph before and the layers after. Throws GraphError where the graph needs an operation that neither the
// array nor the host has.
FusedModel fuse_layers(Graph graph);

}  // namespace gemel::compiler
