// SPDX-License-Identifier: Apache-2.0
#include "compiler/tile/tile_plan.h"

#include <algorithm>
#include <sstream>
#include <stdexcept>

#include "compiler/tile/planes.h"
#include "compiler/tile/tile_cost.h"

namespace gemel::compiler {
namespace {

[[noreturn]] void broken(const Contraction& work, const std::string& what) {
  throw std::logic_error("tile plan of '" + work.name + "': " + what);
}

bool same(const ImageRef& a, const ImageRef& b) {
  return a.base.buffer == b.base.buffer && a.base.offset == b.base.offset && a.image_stride == b.image_stride &&
         a.y_stride == b.y_stride && a.x_stride == b.x_stride;
}

bool same(const std::optional<MaxPoolStep>& a, const std::optional<MaxPoolStep>& b) {
  if (!a || !b) return a.has_value() == b.has_value();
  return a->size == b->size && a->stride == b->stride && a->pad_top == b->pad_top && a->pad_left == b->pad_left &&
         a->out_h == b->out_h && a->out_w == b->out_w;
}

}  // namespace

bool reads_same_input(const Contraction& a, const Contraction& b) {
  return same(a.input, b.input) && a.images == b.images && a.out_h == b.out_h && a.out_w == b.out_w &&
         a.in_h == b.in_h && a.in_w == b.in_w && a.lanes == b.lanes && a.stride_y == b.stride_y &&
         a.stride_x == b.stride_x && a.pad_top == b.pad_top && a.pad_left == b.pad_left && a.diagonal == b.diagonal &&
         std::equal(a.taps.begin(), a.taps.end(), b.taps.begin(), b.taps.end(),
                    [](const Tap& s, const Tap& t) { return s.dy == t.dy && s.dx == t.dx; }) &&
         same(a.pool, b.pool);
}

void verify_tiles(const Contraction& work, const Machine& machine, const TilePlan& plan) {
  if (plan.tile_h < 1 || plan.tile_w < 1 || plan.tile_n < 1) broken(work, "an empty tile");
  if (plan.lanes_a % plan.lanes_b != 0) broken(work, "a slot of A does not hold whole slots of B");
  const TileGrid grid = measure_grid(work, machine, plan.tile_h, plan.tile_w);
  if (grid.accumulator_rows * plan.tile_n > machine.accumulator_slot_rows()) {
    broken(work, "results need " + std::to_string(grid.accumulator_rows * plan.tile_n) + " accumulator rows of " +
                     std::to_string(machine.accumulator_slot_rows()));
  }
  if (plan.lanes_a * grid.plane_rows > plan.a.rows) broken(work, "a tile of A overruns its slot");
  const std::int32_t blocks = work.diagonal ? plan.tile_n : plan.tile_n * plan.lanes_b;
  if (work.taps_count() * blocks * machine.dim() > plan.b.rows) broken(work, "a tile of B overruns its slot");
  std::vector<char> used(machine.derived.scratchpad_rows, 0);
  const auto take = [&](std::int32_t base, std::int32_t rows) {
    if (base < 0 || base + rows > static_cast<std::int32_t>(used.size())) broken(work, "a slot outside the scratchpad");
    for (std::int32_t row = base; row < base + rows; ++row) {
      if (used[static_cast<std::size_t>(row)]++) broken(work, "slots overlap at row " + std::to_string(row));
    }
  };
  for (const Slots* slots : {&plan.a, &plan.b, &plan.residual, &plan.bias}) {
    for (const std::int32_t base : slots->bases) take(base, slots->rows);
  }
  if (plan.bias_lanes >= 0) take(plan.bias_lanes, machine.dim());
  if (plan.residual_matrix >= 0) take(plan.residual_matrix, machine.dim());
  if (plan.bias_in_array && (plan.bias_lanes < 0 || plan.bias.count() == 0)) broken(work, "no room for the bias");
  if (work.residual && (plan.residual_matrix < 0 || plan.residual.count() == 0))
    broken(work, "no room for the residual");
}

std::string describe_tiles(const Contraction& work, const Machine& machine, const TilePlan& plan) {
  std::ostringstream out;
  const TileGrid grid = measure_grid(work, machine, plan.tile_h, plan.tile_w);
  const std::int32_t out_blocks = machine.blocks(work.outputs), lane_blocks = machine.blocks(work.lanes);
  out << work.name << ": " << work.images << "x" << grid_h(work) << "x" << grid_w(work) << "x" << work.outputs << ", "
      << work.taps.size() << " tap" << (work.taps.size() == 1 ? "" : "s") << " of " << work.lanes << " lanes"
      << (work.diagonal ? ", diagonal" : "") << "\n  tile " << plan.tile_h << "x" << plan.tile_w << " positions, "
      << plan.tile_n << " of " << out_blocks << " output blocks; " << grid.tiles << " tiles, "
      << (plan.outputs_outer ? "outputs outer" : "positions outer") << "\n  A " << plan.lanes_a << " of " << lane_blocks
      << " lane blocks in " << plan.a.count() << " slot" << (plan.a.count() == 1 ? "" : "s") << " of " << plan.a.rows
      << " rows; B " << plan.lanes_b << " in " << plan.b.count() << " of " << plan.b.rows;
  if (plan.residual.count() > 0) out << "; residual in " << plan.residual.count() << " of " << plan.residual.rows;
  if (plan.bias_in_array) out << "; bias in the array";
  if (plan.a_is_held) out << "; A as the layer before leaves it";
  out << "\n  cycles: compute " << plan.cost.compute << ", load " << plan.cost.load << ", store " << plan.cost.store
      << ", edges " << plan.cost.edges << "; bytes read " << plan.cost.read_bytes << ", written "
      << plan.cost.written_bytes << "\n  chosen from " << plan.candidates << " candidates, " << plan.rejected
      << " of them did not fit\n";
  return out.str();
}

}  // namespace gemel::compiler
