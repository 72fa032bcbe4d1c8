// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a candidate costs. Shapes of tiles are worked out once and shared by all candidates of that tile height and
// width.
#include <cstdint>
#include <vector>

#include "compiler/tile/tile_plan.h"

namespace gemel::compiler {

// A kind of tile (inner, last row, last column, corner) and how many there are.
struct TileShape {
  std::int64_t count = 0;
  std::int64_t positions = 0;     // valid ones
  std::int64_t chunk_cycles = 0;  // one weight block over the whole tile
  std::int64_t chunks = 0, segments = 0;
  std::int64_t fill_loads = 0, fill_rows = 0;  // mvins and pixels to load for one group of lane blocks
  std::int64_t fill_cycles = 0;                // of the load unit, full group
  std::int64_t store_pieces = 0;               // mvouts for one group of output blocks
  std::int64_t store_cycles = 0;               // pooled: of the store unit, one output block
};

struct TileGrid {
  std::int32_t h = 0, w = 0;
  std::vector<TileShape> shapes;
  std::int64_t tiles = 0;
  std::int32_t plane_rows = 0;        // of the largest tile, one lane block
  std::int32_t accumulator_rows = 0;  // of the largest tile, one output block
  std::int32_t max_chunks = 0;
};

TileGrid measure_grid(const Contraction& work, const Machine& machine, std::int32_t h, std::int32_t w);
// `a_is_held`: the layer before has left in the slots of A what fits them.
TileCost estimate(const Contraction& work, const Machine& machine, const TileGrid& grid, const TilePlan& plan,
                  bool a_is_held = false);

}  // namespace gemel::compiler
