// SPDX-License-Identifier: Apache-2.0
#pragma once
// A fused layer as the machine executes it: stages in order, each of which may read what the one before wrote.
#include <variant>
#include <vector>

#include "compiler/graph/fused_layer.h"
#include "compiler/tile/buffer_table.h"
#include "compiler/tile/contraction.h"
#include "compiler/tile/machine.h"

namespace gemel::compiler {

// Rows of bytes from one place to another through the scratchpad.
struct RowCopy {
  BufferRef from, to;
  std::int64_t from_stride = 0, to_stride = 0;
  std::int64_t rows = 0, bytes = 0;
};

// Contractions of a stage do not depend on each other and share the machine's execute configuration.
using ContractionGroup = std::vector<Contraction>;
using Stage = std::variant<ContractionGroup, RowCopy, HostLayer>;

// Constants and scratch that the layer needs are added to `buffers`; `graph` grows by the host's scratch tensors.
std::vector<Stage> lower_layer(const FusedLayer& layer, Graph& graph, const Machine& machine, BufferTable& buffers);

}  // namespace gemel::compiler
