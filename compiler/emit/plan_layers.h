// SPDX-License-Identifier: Apache-2.0
#pragma once
// Tiles of all layers. Those that read the same input one after the other are planned together.
#include <unordered_map>

#include "compiler/memory/lifetime.h"
#include "compiler/memory/memory_plan.h"
#include "compiler/tile/tile_plan.h"

namespace gemel::compiler {

// Valid as long as `stages`.
using TilePlans = std::unordered_map<const Contraction*, TilePlan>;

// `together`: else each contraction on its own. Throws arch::InputError where a layer fits no tile.
TilePlans plan_layers(const LayerStages& stages, const Machine& machine, const MemoryPlan& memory, bool together);

}  // namespace gemel::compiler
