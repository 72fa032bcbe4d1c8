// SPDX-License-Identifier: Apache-2.0
#pragma once
// When each buffer is in use. Fences and host operators cut a program into phases; within a phase commands of several
// stages are in flight and may touch memory in any order.
#include <cstddef>
#include <optional>
#include <vector>

#include "compiler/graph/fused_layer.h"
#include "compiler/tile/buffer_table.h"
#include "compiler/tile/lower_layer.h"

namespace gemel::compiler {

using LayerStages = std::vector<std::vector<Stage>>;  // of each layer

struct StagePhase {
  bool fence_before = false;  // what was written since the last fence must have arrived
  std::size_t phase = 0;
};

// A fence stands between stages of a layer, before a layer that reads what was written since the last one, and before
// host operators; nowhere else.
std::vector<std::vector<StagePhase>> plan_phases(const FusedModel& model, const LayerStages& stages);

// First and last phase in which a buffer is written or read.
struct Lifetime {
  std::size_t first = 0, last = 0;

  bool meets(const Lifetime& other) const { return first <= other.last && other.first <= last; }
};

// Per buffer; none where the buffer must keep its memory to itself: inputs, outputs, constants, and scratch whose
// unwritten bytes have to stay zero.
std::vector<std::optional<Lifetime>> buffer_lifetimes(const Graph& graph, const LayerStages& stages,
                                                      const std::vector<std::vector<StagePhase>>& phases,
                                                      BufferTable& buffers);

}  // namespace gemel::compiler
