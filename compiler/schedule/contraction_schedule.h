// SPDX-License-Identifier: Apache-2.0
#pragma once
// The operations of a tiled contraction, in sequential order: for each tile bias, then lanes and taps, then residual,
// then stores. Operands that are still in a slot are not loaded again.
#include "compiler/schedule/schedule_builder.h"
#include "compiler/tile/tile_plan.h"

namespace gemel::compiler {

// Appends to `builder`; several contractions of a layer share one, so that one runs on into the next.
void schedule_contraction(const Contraction& work, const Machine& machine, const TilePlan& plan,
                          ScheduleBuilder& builder);

}  // namespace gemel::compiler
