// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "compiler/tile/plan_cache.h"
#include "compiler/tile/slot_placement.h"
#include "compiler/tile/tile_cost.h"
#include "compiler/tile/tile_plan.h"
#include "sim/arch/input_error.h"

namespace gemel::compiler {
namespace {

// Sizes that cut `total` into equal parts, as they are and rounded up to `grain`, none above `most`; each about an
// eighth smaller than the one before. Largest first.
std::vector<std::int32_t> even_parts(std::int32_t total, std::int32_t most, std::int32_t grain) {
  std::set<std::int32_t, std::greater<>> sizes;
  for (std::int64_t parts = (total + most - 1) / most; parts <= total; parts = std::max(parts + 1, parts * 9 / 8)) {
    const auto size = static_cast<std::int32_t>((total + parts - 1) / parts);
    sizes.insert(size);
    const std::int32_t rounded = (size + grain - 1) / grain * grain;
    if (rounded <= most && rounded < total) sizes.insert(rounded);
  }
  return {sizes.begin(), sizes.end()};
}

std::vector<std::int32_t> block_counts(std::int32_t total, std::int32_t group, std::int32_t most) {
  std::set<std::int32_t, std::greater<>> sizes;
  if (total <= most) sizes.insert(total);
  for (std::int32_t size = group; size < total && size <= most; size *= 2) sizes.insert(size);
  for (std::int32_t parts = 2; parts <= 8; ++parts) {
    const std::int32_t size = ((total + parts - 1) / parts + group - 1) / group * group;
    if (size <= most && size < total) sizes.insert(size);
  }
  // Parts of a group only where they divide it: memory holds weights by groups.
  for (std::int32_t size = group; size >= 1; size /= 2) {
    if (size <= most && size <= total) sizes.insert(size);
  }
  return {sizes.begin(), sizes.end()};
}

// Where the slots of A lie and what each holds: plans that agree in it find each other's A.
using SlotsOfA = std::tuple<std::int32_t, std::int32_t, std::int32_t, std::int32_t, std::int32_t>;

SlotsOfA slots_of_a(const TilePlan& plan) {
  return {plan.tile_h, plan.tile_w, plan.lanes_a, plan.a_banks, plan.a.count()};
}

struct Best {
  std::optional<TilePlan> plan;
  std::int64_t total = std::numeric_limits<std::int64_t>::max();

  void take(const TilePlan& candidate) {
    const std::int64_t cycles = candidate.cost.total();
    if (plan && (cycles > total || (cycles == total && candidate.cost.read_bytes >= plan->cost.read_bytes))) return;
    plan = candidate;
    total = cycles;
  }
};

class Search {
 public:
  Search(const Contraction& work, const Machine& machine) : work_(work), machine_(machine) {}

  TilePlan run() {
    const std::int32_t gh = grid_h(work_), gw = grid_w(work_);
    // Half the accumulator holds a tile while the other half is stored.
    const std::int32_t most = machine_.accumulator_slot_rows();
    for (const std::int32_t w : even_parts(gw, most, machine_.dim())) {
      if (best_.plan && w < std::min(gw, machine_.dim())) break;  // part of a compute would stay empty
      for (const std::int32_t h : even_parts(gh, std::max(1, most / w), 1)) try_grid(h, w);
    }
    if (!best_.plan) {
      throw arch::InputError(
          machine_.config.name + ": no tile of layer '" + work_.name +
          "' fits the scratchpad and the accumulator; a larger scratchpad.capacity_kib would be right");
    }
    return best();
  }
  TilePlan best() const { return counted(*best_.plan); }

  // Also finds the best plan for each way to lay out A, filled by the layer before or not.
  TilePlan run_for_all_slots() {
    keeps_all_ = true;
    return run();
  }
  struct ForSlots {
    SlotsOfA slots;
    Best loaded, held;
  };
  // In the order in which they were found: of equals the first is the best.
  const std::vector<ForSlots>& for_slots() const { return for_slots_; }
  const ForSlots* for_slots(const SlotsOfA& slots) const {
    const auto found = place_.find(slots);
    return found == place_.end() ? nullptr : &for_slots_[found->second];
  }
  TilePlan counted(TilePlan plan) const {
    plan.candidates = candidates_;
    plan.rejected = rejected_;
    return plan;
  }

 private:
  void try_grid(std::int32_t h, std::int32_t w) {
    if (work_.pool) {  // fields of config_st
      const PositionRange at = positions_of(work_, 0, 0, h, w);
      if (h > 255 || w > 255 || at.h + 2 > 255 || at.w + 2 > 255) return;
      if (std::int64_t{at.h} * at.w > machine_.accumulator_slot_rows()) return;
    }
    const TileGrid grid = measure_grid(work_, machine_, h, w);
    const std::int32_t out_blocks = machine_.blocks(work_.outputs);
    const std::int32_t most_n = machine_.accumulator_slot_rows() / std::max(1, grid.accumulator_rows);
    if (most_n < 1) {
      ++candidates_;
      ++rejected_;
      return;
    }
    const std::int32_t group = std::max(1, machine_.move_blocks());
    for (const std::int32_t n : block_counts(out_blocks, group, most_n)) try_outputs(grid, n);
  }

  void try_outputs(const TileGrid& grid, std::int32_t n) {
    const std::int32_t lane_blocks = machine_.blocks(work_.lanes);
    const std::int32_t group = std::max(1, machine_.move_blocks());
    if (work_.diagonal) {
      try_lanes(grid, n, n, n);
      return;
    }
    const auto counts = block_counts(lane_blocks, group, lane_blocks);
    for (const std::int32_t a : counts) {
      for (const std::int32_t b : counts) {
        if (b <= a && a % b == 0) try_lanes(grid, n, a, b);
      }
    }
  }

  void try_lanes(const TileGrid& grid, std::int32_t n, std::int32_t lanes_a, std::int32_t lanes_b) {
    const std::int32_t lane_blocks = machine_.blocks(work_.lanes), out_blocks = machine_.blocks(work_.outputs);
    const std::int64_t tiles_n = (out_blocks + n - 1) / n;
    const std::int64_t chunks_a = work_.diagonal ? tiles_n : (lane_blocks + lanes_a - 1) / lanes_a;
    const std::int64_t chunks_b = work_.diagonal ? 1 : (lane_blocks + lanes_b - 1) / lanes_b;
    SlotNeeds needs;
    needs.a_rows = lanes_a * grid.plane_rows;
    needs.b_rows = work_.taps_count() * (work_.diagonal ? n : n * lanes_b) * machine_.dim();
    needs.a_useful = grid.tiles * chunks_a;
    needs.b_useful = tiles_n * chunks_b;
    if (work_.residual) needs.residual_rows = grid.max_chunks * n * machine_.dim();
    const auto banks = static_cast<std::int32_t>(machine_.config.scratchpad.banks);
    TilePlan plan;
    plan.tile_h = grid.h;
    plan.tile_w = grid.w;
    plan.tile_n = n;
    plan.lanes_a = lanes_a;
    plan.lanes_b = lanes_b;
    for (std::int32_t a_banks = banks == 1 ? 0 : 1; a_banks < std::max(1, banks); ++a_banks) {
      plan.bias_in_array = false;
      needs.bias_rows = 0;
      try_plan(grid, a_banks, needs, plan);
      // Loading the bias into every tile takes the load unit longer than a pass takes the array.
      if (!work_.bias_weights || plan.cost.load < plan.cost.compute / 2) continue;
      plan.bias_in_array = true;
      needs.bias_rows = n * machine_.dim();
      try_plan(grid, a_banks, needs, plan);
    }
  }

  void try_plan(const TileGrid& grid, std::int32_t a_banks, const SlotNeeds& needs, TilePlan& plan) {
    ++candidates_;
    if (!place_slots(machine_, a_banks, needs, plan)) {
      ++rejected_;
      return;
    }
    for (const bool outputs_outer : {false, true}) {
      plan.outputs_outer = outputs_outer;
      plan.a_is_held = false;
      plan.cost = estimate(work_, machine_, grid, plan);
      best_.take(plan);
      // Slots that hold less than one request brings are filled by more commands than estimate() sees.
      if (!keeps_all_ || !fills_requests(plan)) continue;
      const auto [place, is_new] = place_.try_emplace(slots_of_a(plan), for_slots_.size());
      if (is_new) for_slots_.push_back({place->first, {}, {}});
      ForSlots& kept = for_slots_[place->second];
      kept.loaded.take(plan);
      TilePlan held = plan;
      held.a_is_held = true;
      held.cost = estimate(work_, machine_, grid, held, true);
      kept.held.take(held);
    }
  }

  bool fills_requests(const TilePlan& plan) const {
    return plan.lanes_a == machine_.blocks(work_.lanes) || plan.lanes_a % machine_.move_blocks() == 0;
  }

  const Contraction& work_;
  const Machine& machine_;
  Best best_;
  bool keeps_all_ = false;
  std::vector<ForSlots> for_slots_;
  std::map<SlotsOfA, std::size_t> place_;
  std::int64_t candidates_ = 0, rejected_ = 0;
};

}  // namespace

TilePlan choose_tiles(const Contraction& work, const Machine& machine) { return Search(work, machine).run(); }

std::vector<std::vector<TilePlan>> shared_input_plans(const std::vector<const Contraction*>& run,
                                                      const Machine& machine, std::size_t most) {
  std::map<std::string, Search> by_shape;
  std::vector<const Search*> searches;
  std::vector<TilePlan> alone;
  for (const Contraction* work : run) {
    const auto [search, is_new] = by_shape.try_emplace(shape_key(*work), *work, machine);
    alone.push_back(is_new ? search->second.run_for_all_slots() : search->second.best());
    searches.push_back(&search->second);
  }
  struct Together {
    SlotsOfA slots;
    std::int64_t total = 0;
  };
  std::vector<Together> common;
  for (const Search::ForSlots& first : searches.front()->for_slots()) {
    Together together{first.slots, first.loaded.total};
    const bool all = std::all_of(searches.begin() + 1, searches.end(), [&](const Search* search) {
      const Search::ForSlots* next = search->for_slots(first.slots);
      if (next != nullptr) together.total += next->held.total;
      return next != nullptr;
    });
    if (all) common.push_back(together);
  }
  std::stable_sort(common.begin(), common.end(),
                   [](const Together& a, const Together& b) { return a.total < b.total; });
  if (common.size() > most) common.resize(most);
  std::vector<std::vector<TilePlan>> sets{std::move(alone)};
  for (const Together& together : common) {
    std::vector<TilePlan> plans;
    for (const Search* search : searches) {
      const Search::ForSlots& chosen = *search->for_slots(together.slots);
      plans.push_back(search->counted(*(plans.empty() ? chosen.loaded : chosen.held).plan));
    }
    sets.push_back(std::move(plans));
  }
  return sets;
}

}  // namespace gemel::compiler
