// SPDX-License-Identifier: Apache-2.0
#pragma once
// Stores of a finished tile.
#include "compiler/schedule/schedule_builder.h"
#include "compiler/schedule/tile_context.h"

namespace gemel::compiler {

void store_tile(const TileContext& tile, ScheduleBuilder& builder);

}  // namespace gemel::compiler
