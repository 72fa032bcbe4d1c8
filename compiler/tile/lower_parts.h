// SPDX-License-Identifier: Apache-2.0
#pragma once
// What all kinds of layers have in common when they become contractions.
#include <cstdint>
#include <vector>

#include "compiler/graph/fused_layer.h"
#include "compiler/tile/buffer_table.h"
#include "compiler/tile/contraction.h"
#include "compiler/tile/machine.h"
#include "compiler/tile/weight_packing.h"

namespace gemel::compiler {

// View [N,H,W,C].
ImageRef image_ref(BufferTable& buffers, const Graph& graph, const TensorView& view);
// View [batch,rows,columns]: rows are positions x; all batches, or one.
ImageRef rows_ref(BufferTable& buffers, const Graph& graph, const TensorView& view);
ImageRef matrix_ref(BufferTable& buffers, const Graph& graph, const TensorView& view, std::int64_t batch);

// Bias, residual matrix, activation and scale; the residual itself depends on the layer.
void set_epilogue(Contraction& work, const Epilogue& epilogue, const Machine& machine, const Graph& graph,
                  BufferTable& buffers);

// Bias of a contraction with packed weights as weights of a pass of its own, where the digits suffice.
void add_bias_weights(Contraction& work, const Machine& machine, const Graph& graph, BufferTable& buffers);

// multiple · identity, DIM x DIM.
BufferId identity_matrix(std::int32_t multiple, const Machine& machine, BufferTable& buffers);

std::vector<std::int64_t> packed_shape(const WeightPacking& packing);

}  // namespace gemel::compiler
