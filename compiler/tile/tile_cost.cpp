// SPDX-License-Identifier: Apache-2.0
#include "compiler/tile/tile_cost.h"

#include <algorithm>

#include "compiler/tile/planes.h"

namespace gemel::compiler {
namespace {

// Output positions run on through memory, so a store may pass a row end.
bool output_rows_join(const Contraction& work) { return work.output.y_stride == work.output.x_stride * work.out_w; }

void measure_fill(const Contraction& work, const Machine& machine, const PositionRange& at, TileShape& shape) {
  const Planes planes = place_planes(work, at.h, at.w);
  const std::int64_t group = std::min<std::int64_t>(machine.blocks(work.lanes), machine.move_blocks());
  const std::int64_t bytes = std::min<std::int64_t>(group * machine.dim(), work.lanes);
  for (const Plane& plane : planes.planes) {
    for (std::int32_t r = 0; r < planes.height; ++r) {
      const std::int32_t iy = (at.y + r) * work.stride_y + plane.phase_y - work.pad_top;
      if (iy < 0 || iy >= work.in_h) continue;
      std::int32_t first = planes.pitch, last = -1;
      for (std::int32_t c = 0; c < planes.pitch; ++c) {
        const std::int32_t ix = (at.x + c) * work.stride_x + plane.phase_x - work.pad_left;
        if (ix < 0 || ix >= work.in_w) continue;
        first = std::min(first, c);
        last = c;
      }
      for (std::int32_t c = first; c <= last; c += machine.dim()) {
        const std::int32_t rows = std::min(machine.dim(), last + 1 - c);
        ++shape.fill_loads;
        shape.fill_rows += rows;
        shape.fill_cycles += machine.load_cycles(rows, bytes);
      }
    }
  }
}

TileShape measure_tile(const Contraction& work, const Machine& machine, std::int32_t y, std::int32_t x, std::int32_t h,
                       std::int32_t w) {
  TileShape shape;
  const PositionRange at = positions_of(work, y, x, h, w);
  const Chunking chunking = chunk_tile(work, machine, at.h, at.w);
  shape.positions = std::int64_t{at.h} * at.w;
  shape.chunk_cycles = chunking.cycles;
  shape.chunks = static_cast<std::int64_t>(chunking.chunks.size());
  shape.segments = static_cast<std::int64_t>(chunking.segments.size());
  measure_fill(work, machine, at, shape);
  shape.store_pieces = output_rows_join(work) ? shape.chunks : shape.segments;
  // Five rows of the accumulator leave in eight cycles: the scaler's queue is shorter than its pipeline.
  if (work.pool) shape.store_cycles = std::int64_t{h} * w * work.pool->size * work.pool->size * 8 / 5 + 30;
  return shape;
}

// Loads into a bank that the array reads cost it a cycle a row. A is read all the time, B while weights are shifted in.
std::int64_t conflict_cycles(const Machine& machine, const TilePlan& plan, std::int64_t a_rows, std::int64_t b_rows,
                             std::int64_t chunks) {
  if (machine.config.scratchpad.ports != 1) return 0;
  const auto bank = static_cast<std::int32_t>(machine.derived.scratchpad_bank_rows);
  const std::int32_t a_banks = plan.a_banks,
                     b_banks = static_cast<std::int32_t>(machine.config.scratchpad.banks) - a_banks;
  const auto shared = [bank](const Slots& slots, std::int32_t banks) {
    return banks < 2 || (slots.rows > bank && slots.rows % bank != 0);
  };
  std::int64_t cycles = 0;
  if (plan.a_banks == 0 || shared(plan.a, a_banks)) cycles += a_rows;
  if (plan.a_banks == 0 || shared(plan.b, b_banks)) cycles += machine.output_stationary ? b_rows : b_rows / chunks;
  return cycles;
}

}  // namespace

PositionRange positions_of(const Contraction& work, std::int32_t y, std::int32_t x, std::int32_t h, std::int32_t w) {
  if (!work.pool) return {y, x, h, w};
  const MaxPoolStep& pool = *work.pool;
  const std::int32_t y0 = std::max(0, y * pool.stride - pool.pad_top);
  const std::int32_t x0 = std::max(0, x * pool.stride - pool.pad_left);
  const std::int32_t y1 = std::min(work.out_h, (y + h - 1) * pool.stride - pool.pad_top + pool.size);
  const std::int32_t x1 = std::min(work.out_w, (x + w - 1) * pool.stride - pool.pad_left + pool.size);
  return {y0, x0, y1 - y0, x1 - x0};
}

Chunking chunk_tile(const Contraction& work, const Machine& machine, std::int32_t h, std::int32_t w) {
  const std::int32_t weight_rows = std::min(machine.dim(), work.lanes);
  const Planes planes = place_planes(work, h, w);
  // A pooling store walks rows of w positions: nothing may stand between them.
  const bool across = !work.pool || planes.pitch == w;
  return choose_chunks(machine, h, w, planes.pitch, weight_rows, machine.dim(), across);
}

std::int32_t accumulator_rows_of(const Contraction& work, const Machine& machine, const Chunking& chunking,
                                 std::int32_t tile_n) {
  if (work.pool) return chunking.height * chunking.width * tile_n;
  return static_cast<std::int32_t>(chunking.chunks.size()) * tile_n * machine.dim();
}

TileGrid measure_grid(const Contraction& work, const Machine& machine, std::int32_t h, std::int32_t w) {
  TileGrid grid;
  grid.h = h;
  grid.w = w;
  const std::int32_t gh = grid_h(work), gw = grid_w(work);
  // First, inner and last tiles differ: at the edges by padding, at the end by size.
  struct Kind {
    std::int32_t at, size;
    std::int64_t count;
  };
  const auto kinds = [](std::int32_t total, std::int32_t step) {
    const std::int32_t n = (total + step - 1) / step;
    std::vector<Kind> list{{0, std::min(step, total), 1}};
    if (n > 2) list.push_back({step, step, n - 2});
    if (n > 1) list.push_back({(n - 1) * step, total - (n - 1) * step, 1});
    return list;
  };
  for (const Kind& ky : kinds(gh, h)) {
    for (const Kind& kx : kinds(gw, w)) {
      TileShape shape = measure_tile(work, machine, ky.at, kx.at, ky.size, kx.size);
      shape.count = ky.count * kx.count * work.images;
      grid.tiles += shape.count;
      const PositionRange at = positions_of(work, ky.at, kx.at, ky.size, kx.size);
      grid.plane_rows = std::max(grid.plane_rows, place_planes(work, at.h, at.w).rows);
      const std::int32_t rows = work.pool ? static_cast<std::int32_t>(shape.positions)
                                          : static_cast<std::int32_t>(shape.chunks) * machine.dim();
      grid.accumulator_rows = std::max(grid.accumulator_rows, rows);
      grid.max_chunks = std::max(grid.max_chunks, static_cast<std::int32_t>(shape.chunks));
      grid.shapes.push_back(shape);
    }
  }
  return grid;
}

// The busiest unit decides; of two plans it keeps equally busy, the one that leaves more slack to the others runs
// better.
std::int64_t TileCost::total() const { return busiest() + (load + store) / 16 + edges; }

TileCost estimate(const Contraction& work, const Machine& machine, const TileGrid& grid, const TilePlan& plan,
                  bool a_is_held) {
  const std::int64_t dim = machine.dim();
  const std::int64_t lane_blocks = machine.blocks(work.lanes), out_blocks = machine.blocks(work.outputs);
  const std::int64_t tiles_n = (out_blocks + plan.tile_n - 1) / plan.tile_n;
  const std::int64_t chunks_a = work.diagonal ? 1 : (lane_blocks + plan.lanes_a - 1) / plan.lanes_a;
  const std::int64_t chunks_b = work.diagonal ? 1 : (lane_blocks + plan.lanes_b - 1) / plan.lanes_b;
  const std::int64_t taps = work.taps_count();
  const std::int64_t steps = taps * (work.diagonal ? 1 : lane_blocks);  // weight blocks per output block
  const std::int64_t lane_groups = (lane_blocks + machine.move_blocks() - 1) / machine.move_blocks();
  const std::int64_t group_blocks = std::min<std::int64_t>(machine.move_blocks(), plan.tile_n);
  const std::int64_t weight_bytes = group_blocks * dim;
  const std::int64_t groups_of_tile = (plan.tile_n + group_blocks - 1) / group_blocks;
  const std::int64_t out_groups = std::max<std::int64_t>(1, out_blocks * groups_of_tile / plan.tile_n);

  // How often each operand is fetched: the slots keep what they hold until it is displaced, oldest first.
  std::int64_t a_times = 1, b_times = 1;
  if (work.diagonal) {
    b_times = !plan.outputs_outer && tiles_n > plan.b.count() ? grid.tiles : 1;
  } else if (plan.outputs_outer) {
    a_times = grid.tiles * chunks_a <= plan.a.count() ? 1 : tiles_n;
    b_times = chunks_b <= plan.b.count() ? 1 : grid.tiles;
  } else {
    a_times = chunks_a <= plan.a.count() ? 1 : tiles_n;
    b_times = tiles_n * chunks_b <= plan.b.count() ? 1 : grid.tiles;
  }

  // Of A's fetches, those that are left where slots are full at the start.
  const std::int64_t a_pieces = grid.tiles * (work.diagonal ? tiles_n : chunks_a);
  const std::int64_t held = a_is_held ? std::min<std::int64_t>(a_pieces, plan.a.count()) : 0;
  const auto fetched = [&](std::int64_t once) { return once * a_times - once * held / a_pieces; };

  TileCost cost;
  std::int64_t a_load = 0, a_rows = 0, a_bytes = 0, first_fill = 0, last_store = 0;
  for (const TileShape& shape : grid.shapes) {
    cost.compute += shape.count * out_blocks * (steps * shape.chunk_cycles + (work.residual ? shape.chunk_cycles : 0));
    a_load += shape.count * shape.fill_cycles * lane_groups;
    a_rows += shape.count * shape.fill_rows * lane_blocks;
    a_bytes += shape.count * shape.fill_rows * work.lanes;
    std::int64_t epilogue_load = 0;
    if (plan.bias_in_array) cost.compute += shape.count * out_blocks * shape.chunk_cycles;
    if (work.bias && !plan.bias_in_array)
      epilogue_load += shape.chunks * out_blocks * std::max(dim, machine.load_cycles(1, 4 * dim));
    if (work.residual) {
      epilogue_load +=
          shape.segments * out_groups *
          machine.load_cycles(std::max<std::int64_t>(1, shape.positions / std::max<std::int64_t>(1, shape.segments)),
                              weight_bytes);
      cost.read_bytes += shape.count * shape.positions * work.outputs;
    }
    cost.load += shape.count * epilogue_load;
    const std::int64_t tile_store = work.pool ? shape.store_cycles
                                              : machine.store_cycles(shape.positions, work.scale ? group_blocks : 1) +
                                                    (work.scale ? 0 : 2 * shape.positions) + shape.store_pieces * 4;
    cost.store += shape.count * tile_store * (work.pool || !work.scale ? out_blocks : out_groups);
    last_store = tile_store * (work.pool || !work.scale ? plan.tile_n : groups_of_tile);
    if (held == 0) first_fill = std::max(first_fill, shape.fill_cycles / std::max<std::int64_t>(1, shape.chunks));
  }
  const std::int64_t b_load =
      steps * out_groups * machine.load_cycles(std::min<std::int64_t>(dim, work.lanes), weight_bytes);
  cost.load += fetched(a_load) + b_load * b_times;
  cost.read_bytes += fetched(a_bytes) + b_times * work.lanes * taps * (work.diagonal ? dim : work.outputs);
  cost.written_bytes = std::int64_t{work.images} * grid_h(work) * grid_w(work) * work.outputs * (work.scale ? 1 : 4);

  cost.compute += conflict_cycles(machine, plan, fetched(a_rows), steps * out_blocks * dim * b_times,
                                  std::max<std::int64_t>(1, grid.max_chunks));
  // The transposer needs a second pass for each weight block.
  if (work.weight_layout == WeightLayout::Transposed) cost.compute += grid.tiles * out_blocks * steps * dim;
  // A tile that has no second slot waits for its operands.
  if (plan.a.count() == 1 && grid.tiles * chunks_a * (work.diagonal ? tiles_n : 1) > 1)
    cost.compute += a_load * a_times;
  if (plan.b.count() == 1 && tiles_n * chunks_b > 1) cost.compute += b_load * b_times;
  if (machine.accumulator_slots() < 2) cost.compute += cost.store;

  cost.edges = first_fill + 4 * machine.config.memory.latency_cycles + last_store / 2 + 2 * grid.tiles * tiles_n;
  return cost;
}

}  // namespace gemel::compiler
