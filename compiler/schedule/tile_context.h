// SPDX-License-Identifier: Apache-2.0
#pragma once
// The tile that is being scheduled: its positions, its outputs, and where both lie in local memory.
#include <algorithm>
#include <cstdint>
#include <utility>

#include "compiler/tile/chunks.h"
#include "compiler/tile/planes.h"
#include "compiler/tile/tile_plan.h"
#include "compiler/tile/weight_packing.h"
#include "sim/arch/local_address.h"
#include "sim/arch/tile.h"

namespace gemel::compiler {

inline arch::LocalAddress scratchpad(std::int32_t row) {
  return arch::LocalAddress::scratchpad(static_cast<std::uint32_t>(row));
}
inline arch::LocalAddress accumulator(std::int32_t row) {
  return arch::LocalAddress::accumulator(static_cast<std::uint32_t>(row));
}

struct TileContext {
  TileContext(const Contraction& contraction, const Machine& target, const TilePlan& tiles)
      : work(contraction),
        machine(target),
        plan(tiles),
        dim(target.dim()),
        group(target.move_blocks()),
        lane_blocks(target.blocks(contraction.lanes)),
        out_blocks(target.blocks(contraction.outputs)),
        rows_of_tiles((grid_h(contraction) + tiles.tile_h - 1) / tiles.tile_h),
        columns_of_tiles((grid_w(contraction) + tiles.tile_w - 1) / tiles.tile_w),
        packing(packing_of(contraction, target)) {}

  const Contraction& work;
  const Machine& machine;
  const TilePlan& plan;
  const std::int32_t dim, group, lane_blocks, out_blocks;  // group: blocks that one mvin or mvout moves
  const std::int32_t rows_of_tiles, columns_of_tiles;
  const WeightPacking packing;

  std::int32_t m = -1, image = 0;                               // tile of positions
  std::int32_t tile_y = 0, tile_x = 0, tile_h = 0, tile_w = 0;  // pooled positions, where the layer pools
  PositionRange at;                                             // before pooling
  Planes planes;
  Chunking chunking;
  std::int32_t n = 0, n_first = 0, n_count = 0;  // tile of outputs, in blocks
  std::int32_t tile_number = 0, c_base = 0;      // first row in the accumulator

  std::int32_t position_tiles() const { return work.images * rows_of_tiles * columns_of_tiles; }
  std::int32_t output_tiles() const { return (out_blocks + plan.tile_n - 1) / plan.tile_n; }

  void enter(std::int32_t positions, std::int32_t outputs) {
    n = outputs;
    n_first = n * plan.tile_n;
    n_count = std::min(plan.tile_n, out_blocks - n_first);
    if (positions == m) return;
    m = positions;
    image = m / (rows_of_tiles * columns_of_tiles);
    tile_y = m / columns_of_tiles % rows_of_tiles * plan.tile_h;
    tile_x = m % columns_of_tiles * plan.tile_w;
    tile_h = std::min(plan.tile_h, grid_h(work) - tile_y);
    tile_w = std::min(plan.tile_w, grid_w(work) - tile_x);
    const PositionRange before = at;
    at = positions_of(work, tile_y, tile_x, tile_h, tile_w);
    if (before.h == at.h && before.w == at.w) return;
    planes = place_planes(work, at.h, at.w);
    chunking = chunk_tile(work, machine, at.h, at.w);
  }
  void begin(std::int32_t number) {
    tile_number = number;
    c_base = number % machine.accumulator_slots() * machine.accumulator_slot_rows();
  }

  arch::Tile description() const {
    arch::Tile tile;
    tile.image = image;
    tile.y = tile_y;
    tile.x = tile_x;
    tile.height = tile_h;
    tile.width = tile_w;
    tile.first_output = n_first * dim;
    tile.outputs = outputs_of(0, n_count);
    return tile;
  }

  std::int32_t block_lanes(std::int32_t block) const { return std::min(dim, work.lanes - block * dim); }
  std::int32_t block_outputs(std::int32_t block) const { return std::min(dim, work.outputs - block * dim); }
  // Lanes of `count` output blocks from block `first` of the tile on.
  std::int32_t outputs_of(std::int32_t first, std::int32_t count) const {
    return std::min((n_first + first + count) * dim, work.outputs) - (n_first + first) * dim;
  }

  // Row of the accumulator where block `block` (of the tile) of a chunk begins.
  std::int32_t result_row(std::int32_t chunk, std::int32_t block) const {
    if (work.pool) {
      const std::int32_t start = chunking.chunks[static_cast<std::size_t>(chunk)].start;
      return c_base + block * at.h * at.w + start / planes.pitch * at.w + start % planes.pitch;
    }
    return c_base + (chunk * n_count + block) * dim;
  }

  // Segments of the tile with their place in `target` (outputs from `block` on); those that go on where the one before
  // ended, in local memory and in `target`, are joined.
  template <typename Visit>
  void for_each_run(const ImageRef& target, std::int32_t block, Visit&& visit) const {
    const std::int64_t element = &target == &work.output && !work.scale ? 4 : 1;
    const auto offset_of = [&](const Segment& s) {
      return target.base.offset + image * target.image_stride + (at.y + s.y) * target.y_stride +
             (at.x + s.x) * target.x_stride + std::int64_t{n_first + block} * dim * element;
    };
    const auto& all = chunking.segments;
    for (std::size_t i = 0; i < all.size();) {
      Segment run = all[i];
      const std::int64_t offset = offset_of(run);
      for (++i; i < all.size() && all[i].chunk == run.chunk && all[i].offset == run.offset + run.rows &&
                offset_of(all[i]) == offset + run.rows * target.x_stride;
           ++i) {
        run.rows += all[i].rows;
      }
      visit(run, BufferRef{target.base.buffer, offset});
    }
  }
};

}  // namespace gemel::compiler
