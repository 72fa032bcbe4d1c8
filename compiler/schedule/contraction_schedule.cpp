// SPDX-License-Identifier: Apache-2.0
#include "compiler/schedule/contraction_schedule.h"

#include <algorithm>

#include "compiler/schedule/bank_use.h"
#include "compiler/schedule/operand_loader.h"
#include "compiler/schedule/result_store.h"
#include "compiler/schedule/slot_cache.h"
#include "compiler/schedule/tile_context.h"

namespace gemel::compiler {
namespace {

using arch::LocalAddress;

class Scheduler {
 public:
  Scheduler(const Contraction& work, const Machine& machine, const TilePlan& plan, ScheduleBuilder& builder)
      : t_(work, machine, plan),
        builder_(builder),
        loader_(t_, builder),
        a_cache_(plan.a, builder.contractions()),
        b_cache_(plan.b, builder.contractions()),
        bias_cache_(plan.bias, builder.contractions()),
        banks_(machine),
        weights_stream_(plan.cost.load * 10 > plan.cost.compute * 9 && t_.position_tiles() == 1 &&
                        t_.output_tiles() * t_.lane_blocks > 3 * plan.lanes_b) {
    arch::ConfigExecute execute;
    execute.dataflow = machine.output_stationary ? arch::Dataflow::OutputStationary : arch::Dataflow::WeightStationary;
    execute.b_transpose = work.weight_layout == WeightLayout::Transposed;
    execute.a_stride = execute.c_stride = 1;
    builder_.execute_config(execute);
  }

  void run() {
    const std::int32_t tiles_m = t_.position_tiles(), tiles_n = t_.output_tiles();
    const bool outputs_outer = t_.plan.outputs_outer;
    const bool backwards = begins_with_last();
    for (std::int32_t outer = 0; outer < (outputs_outer ? tiles_n : tiles_m); ++outer) {
      for (std::int32_t inner = 0; inner < (outputs_outer ? tiles_m : tiles_n); ++inner) {
        const std::int32_t m = outputs_outer ? inner : outer;
        t_.enter(backwards ? tiles_m - 1 - m : m, outputs_outer ? outer : inner);
        run_tile();
      }
    }
    builder_.contents().forget(t_.work.output, std::int64_t{t_.work.outputs} * (t_.work.scale ? 1 : 4));
    builder_.end_contraction();
  }

 private:
  // An earlier layer has left the last positions in a slot and not the first: so begin where it ended.
  bool begins_with_last() {
    const auto is_held = [this](std::int32_t m) {
      t_.enter(m, 0);
      return std::any_of(t_.plan.a.bases.begin(), t_.plan.a.bases.end(),
                         [this](std::int32_t base) { return loader_.a_begins_at(base, 0); });
    };
    return t_.position_tiles() > 1 && !is_held(0) && is_held(t_.position_tiles() - 1);
  }

  void run_tile() {
    t_.begin(builder_.next_tile());
    builder_.begin_tile(t_.description());
    const std::int32_t steps = t_.work.diagonal ? 1 : (t_.lane_blocks + t_.plan.lanes_b - 1) / t_.plan.lanes_b;
    std::vector<PendingLoad> first;
    if (t_.plan.bias_in_array) {
      add_bias();
    } else if (t_.work.bias) {
      first = loader_.bias_loads();
    }
    for (std::int32_t step = 0; step < steps; ++step) run_step(step, first);
    if (t_.work.residual) add_residual();
    store_tile(t_, builder_);
    builder_.end_tile();
  }

  // The first pass: rows of constant lanes times the digits of the bias.
  void add_bias() {
    const auto slot = bias_cache_.find(t_.n);
    if (!slot.filled) loader_.fill_bias(slot.base);
    for (std::int32_t n = 0; n < t_.n_count; ++n) {
      const std::int32_t outputs = t_.block_outputs(t_.n_first + n);
      for (std::size_t c = 0; c < t_.chunking.chunks.size(); ++c) {
        builder_.compute(scratchpad(t_.plan.bias_lanes), scratchpad(slot.base + n * t_.dim),
                         accumulator(t_.result_row(static_cast<std::int32_t>(c), n)), t_.chunking.chunks[c].rows,
                         t_.dim, outputs, c == 0, t_.dim);
      }
    }
  }

  // One slot of B. `first`: loads that the tile's first computes need besides the operands.
  void run_step(std::int32_t step, std::vector<PendingLoad>& first) {
    const std::int32_t block0 = t_.work.diagonal ? t_.n_first : step * t_.plan.lanes_b;
    const std::int32_t block1 =
        t_.work.diagonal ? t_.n_first + t_.n_count : std::min(t_.lane_blocks, block0 + t_.plan.lanes_b);
    const std::int32_t a_first = t_.work.diagonal ? t_.n_first : block0 / t_.plan.lanes_a * t_.plan.lanes_a;
    const std::int32_t a_end = t_.work.diagonal ? block1 : std::min(t_.lane_blocks, a_first + t_.plan.lanes_a);
    const std::int64_t a_key = std::int64_t{t_.m} * (t_.out_blocks + t_.lane_blocks) + a_first;
    const std::int64_t b_key = t_.work.diagonal ? t_.n : std::int64_t{t_.n} * t_.lane_blocks + block0;
    const auto a = a_cache_.find(a_key, [&](std::int32_t base) { return loader_.a_begins_at(base, a_first); });
    const auto b = b_cache_.find(b_key);
    banks_.begin_step(builder_.computes());
    const std::size_t a_floor = banks_.free_since(a.base, t_.plan.a.rows),
                      b_floor = banks_.free_since(b.base, t_.plan.b.rows);
    for (std::int32_t g = a_first; g < a_end; g += t_.group) {
      const std::int32_t g_end = std::min(a_end, g + t_.group);
      // The part of B that belongs to these lanes (in a slot of A with several slots of B only the first part).
      const std::int32_t b0 = std::max(g, block0), b1 = std::min(g_end, block1);
      // In the first group one block of B comes first: computing begins as soon as rows of A arrive.
      const bool split = g == a_first && t_.work.weight_layout != WeightLayout::Transposed;
      const std::int32_t b_split = split ? std::min(b0 + 1, b1) : b1;
      builder_.hold_loads_until(b_floor);
      if (!b.filled && b0 < b1) loader_.fill_b(b.base, block0, b0, b_split);
      builder_.hold_loads_until(a_floor);
      if (!a.filled) loader_.fill_a(a.base + (g - a_first) * t_.planes.rows, g, g_end, first);
      builder_.hold_loads_until(b_floor);
      if (!b.filled && b_split < b1) loader_.fill_b(b.base, block0, b_split, b1);
    }
    builder_.hold_loads_until(0);
    banks_.use(a.base, t_.plan.a.rows);
    banks_.use(b.base, t_.plan.b.rows);
    for (const PendingLoad& load : first) loader_.issue(load);
    first.clear();
    if (weights_stream_ && !b.filled && t_.chunking.chunks.size() == 1) builder_.hold_computes_until(builder_.loads());
    const std::int32_t a_base = a.base - a_first * t_.planes.rows;
    if (t_.work.diagonal) {
      compute_diagonal(a_base, b.base);
    } else {
      for (std::int32_t block = block0; block < block1; ++block) compute_block(a_base, b.base, block0, block);
    }
  }

  void compute_block(std::int32_t a_base, std::int32_t b_base, std::int32_t block0, std::int32_t block) {
    const std::int32_t taps = t_.work.taps_count();
    const std::int32_t lanes = t_.block_lanes(block);
    for (std::int32_t tap = 0; tap < taps; ++tap) {
      const std::int32_t a_row = a_base + block * t_.planes.rows + t_.planes.tap_offset[static_cast<std::size_t>(tap)];
      const bool accumulate = t_.work.bias || block > 0 || tap > 0;
      for (std::int32_t n = 0; n < t_.n_count; ++n) {
        const std::int32_t b_row = b_base + (((block - block0) * taps + tap) * t_.n_count + n) * t_.dim;
        compute_chunks(a_row, b_row, n, lanes, accumulate);
      }
    }
  }

  void compute_diagonal(std::int32_t a_base, std::int32_t b_base) {
    const std::int32_t taps = t_.work.taps_count();
    for (std::int32_t n = 0; n < t_.n_count; ++n) {
      for (std::int32_t tap = 0; tap < taps; ++tap) {
        const std::int32_t a_row =
            a_base + (t_.n_first + n) * t_.planes.rows + t_.planes.tap_offset[static_cast<std::size_t>(tap)];
        compute_chunks(a_row, b_base + (tap * t_.n_count + n) * t_.dim, n, t_.block_lanes(t_.n_first + n),
                       t_.work.bias || tap > 0);
      }
    }
  }

  void compute_chunks(std::int32_t a_row, std::int32_t b_row, std::int32_t n, std::int32_t lanes, bool accumulate) {
    const std::int32_t outputs = t_.block_outputs(t_.n_first + n);
    const bool transposed = t_.work.weight_layout == WeightLayout::Transposed;
    for (std::size_t c = 0; c < t_.chunking.chunks.size(); ++c) {
      LocalAddress result = accumulator(t_.result_row(static_cast<std::int32_t>(c), n));
      if (accumulate) result = result.with_accumulate();
      builder_.compute(scratchpad(a_row + t_.chunking.chunks[c].start), scratchpad(b_row), result,
                       t_.chunking.chunks[c].rows, lanes, outputs, c == 0, transposed ? outputs : lanes);
    }
  }

  // The residual lies in its slot as the results lie in the accumulator; its weights serve all blocks of the tile.
  void add_residual() {
    const std::int32_t base =
        t_.plan.residual.bases[static_cast<std::size_t>(t_.tile_number % t_.plan.residual.count())];
    banks_.begin_step(builder_.computes());
    loader_.fill_residual(base);
    bool fresh = true;
    for (std::int32_t n = 0; n < t_.n_count; ++n) {
      const std::int32_t outputs = t_.block_outputs(t_.n_first + n);
      for (const Segment& s : t_.chunking.segments) {
        builder_.compute(scratchpad(base + (s.chunk * t_.n_count + n) * t_.dim + s.offset),
                         scratchpad(t_.plan.residual_matrix),
                         accumulator(t_.result_row(s.chunk, n) + s.offset).with_accumulate(), s.rows, outputs, outputs,
                         fresh, outputs);
        fresh = false;
      }
    }
  }

  TileContext t_;
  ScheduleBuilder& builder_;
  OperandLoader loader_;
  SlotCache a_cache_, b_cache_, bias_cache_;
  BankUse banks_;
  // The array uses each weight block once, as fast as it is loaded: it stays a slot behind, in another bank than the
  // load.
  const bool weights_stream_;
};

}  // namespace

void schedule_contraction(const Contraction& work, const Machine& machine, const TilePlan& plan,
                          ScheduleBuilder& builder) {
  Scheduler(work, machine, plan, builder).run();
}

}  // namespace gemel::compiler
