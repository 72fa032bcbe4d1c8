// SPDX-License-Identifier: Apache-2.0
#include "compiler/tile/loop_plan.h"

#include <algorithm>
#include <set>

namespace gemel::compiler {
namespace {

constexpr std::int64_t kCommandsOfLoop = 4;  // bounds seldom, two pairs of addresses, run

std::int64_t parts_of(std::int64_t total, std::int64_t size) { return (total + size - 1) / size; }

class LoopSearch {
 public:
  LoopSearch(const Contraction& work, const Machine& machine)
      : work_(work),
        machine_(machine),
        runs_(position_runs(work)),
        rows_(machine.blocks(runs_.front().rows)),
        outputs_(machine.blocks(work.outputs)),
        lanes_(machine.blocks(work.lanes)),
        operands_(static_cast<std::int32_t>(machine.derived.scratchpad_rows) / 2 / machine.dim()),
        results_(static_cast<std::int32_t>(machine.derived.accumulator_rows) / 2 / machine.dim()) {}

  std::vector<LoopPlan> run(std::size_t most) {
    for (const std::int32_t i : part_sizes(rows_, std::min(results_, operands_ - 1))) {
      for (const std::int32_t j : part_sizes(outputs_, std::min(results_ / i, operands_ - i))) {
        if (i + j > operands_) continue;
        std::size_t tried = 0;
        for (const std::int32_t k : part_sizes(lanes_, operands_ / (i + j))) {
          if (tried++ == 6) break;
          plans_.push_back(weigh(i, j, k));
        }
      }
    }
    std::stable_sort(plans_.begin(), plans_.end(),
                     [](const LoopPlan& a, const LoopPlan& b) { return a.total() < b.total(); });
    if (plans_.size() > most) plans_.resize(most);
    return plans_;
  }

 private:
  // mvins or mvouts of up to `group` blocks each, for `total` blocks in parts of `size`.
  static std::int64_t moves(std::int64_t total, std::int64_t size, std::int64_t group) {
    const std::int64_t last = total % size;
    return total / size * parts_of(size, group) + parts_of(last, group);
  }

  LoopPlan weigh(std::int32_t i, std::int32_t j, std::int32_t k) const {
    const std::int64_t dim = machine_.dim(), group = machine_.move_blocks();
    const auto runs = static_cast<std::int64_t>(runs_.size());
    const std::int64_t tiles_i = runs * parts_of(rows_, i), tiles_j = parts_of(outputs_, j),
                       tiles_k = parts_of(lanes_, k), rows = runs * rows_;
    const auto bytes = [&](std::int64_t blocks) { return std::min(group, blocks) * dim; };
    LoopPlan plan;
    plan.i = i;
    plan.j = j;
    plan.k = k;
    plan.loops = tiles_i * tiles_j * tiles_k;
    plan.cost.compute = rows * outputs_ * lanes_ * machine_.pair_cycles(machine_.dim(), machine_.dim());
    const std::int64_t block_beats = dim * dim / machine_.derived.bus_bytes;
    plan.least = std::max(plan.cost.compute, (tiles_j * rows * lanes_ + tiles_i * lanes_ * outputs_) * block_beats / 2);
    if (work_.weight_layout == WeightLayout::Transposed) plan.cost.compute += tiles_i * outputs_ * lanes_ * dim;
    // One bank delivers one row a cycle: where A and B meet in one, rows of A wait while weights are shifted in.
    const std::int64_t bank = machine_.derived.scratchpad_bank_rows;
    const std::int64_t half = machine_.derived.scratchpad_rows / 2, a_rows = std::int64_t{i} * k * dim,
                       b_rows = std::int64_t{j} * k * dim;
    if (half <= bank || a_rows > half - b_rows / bank * bank || b_rows > half - a_rows / bank * bank) {
      plan.cost.compute += tiles_i * outputs_ * lanes_ * dim;
    }
    const std::int64_t moves_b = work_.weight_layout == WeightLayout::Transposed ? outputs_ * moves(lanes_, k, group)
                                                                                 : lanes_ * moves(outputs_, j, group);
    plan.cost.load =
        tiles_j * rows * moves(lanes_, k, group) * machine_.load_cycles(dim, bytes(k)) +
        tiles_i * moves_b * machine_.load_cycles(dim, bytes(work_.weight_layout == WeightLayout::Transposed ? k : j));
    if (work_.bias) plan.cost.load += rows * outputs_ * std::max(dim, machine_.load_cycles(1, 4 * dim));
    const std::int64_t store_group = work_.scale ? std::min<std::int64_t>(group, j) : 1;
    const std::int64_t store = machine_.store_cycles(dim, store_group) + (work_.scale ? 0 : 2 * dim);
    plan.cost.store = rows * moves(outputs_, j, store_group) * store;
    plan.host = plan.loops * kCommandsOfLoop * (1 + machine_.config.host.issue_gap_cycles);
    // First operands in; results of the last tile out, as far as its last blocks of K do not cover it.
    const std::int64_t tile_store = i * parts_of(j, store_group) * store;
    const std::int64_t sweep = std::int64_t{i} * j * dim;
    plan.cost.edges = 3 * machine_.config.memory.latency_cycles + 8 * dim +
                      std::max<std::int64_t>(0, tile_store - sweep) + store + (plan.loops > 1 ? 0 : sweep / 2);
    return plan;
  }

  const Contraction& work_;
  const Machine& machine_;
  const std::vector<PositionRun> runs_;
  const std::int32_t rows_, outputs_, lanes_;  // blocks of a run, of B's columns, of K
  const std::int32_t operands_, results_;      // blocks of half a memory
  std::vector<LoopPlan> plans_;
};

}  // namespace

std::int64_t LoopEstimate::total() const {
  return std::max(cost.busiest(), host) + (cost.load + cost.store) / 16 + cost.edges;
}

std::vector<std::int32_t> part_sizes(std::int32_t total, std::int32_t most) {
  std::set<std::int32_t, std::greater<>> sizes;
  for (std::int64_t parts = parts_of(total, most); parts <= total; parts = std::max(parts + 1, parts * 5 / 4)) {
    sizes.insert(static_cast<std::int32_t>(parts_of(total, parts)));
  }
  return {sizes.begin(), sizes.end()};
}

std::vector<PositionRun> position_runs(const Contraction& work) {
  std::vector<PositionRun> runs;
  const std::int64_t in_step = std::int64_t{work.stride_x} * work.input.x_stride, out_step = work.output.x_stride;
  for (std::int64_t image = 0; image < work.images; ++image) {
    for (std::int64_t y = 0; y < work.out_h; ++y) {
      const PositionRun run{image * work.input.image_stride + y * work.stride_y * work.input.y_stride,
                            image * work.output.image_stride + y * work.output.y_stride, work.out_w};
      if (!runs.empty() && run.input == runs.back().input + runs.back().rows * in_step &&
          run.output == runs.back().output + runs.back().rows * out_step) {
        runs.back().rows += run.rows;
      } else {
        runs.push_back(run);
      }
    }
  }
  // Equal ones only: all are cut alike.
  for (const PositionRun& run : runs) {
    if (run.rows == runs.front().rows) continue;
    runs.clear();
    break;
  }
  return runs;
}

std::string why_no_loops(const Contraction& work, const Machine& machine) {
  if (machine.output_stationary) return "loop_ws is weight stationary, this program is not";
  if (work.diagonal) return "each output depends on some of the lanes only";
  if (work.taps.size() > 1)
    return "loop_ws multiplies two matrices, this is a sum over " + std::to_string(work.taps.size()) + " taps";
  if (work.pool) return "loop_ws does not pool";
  if (work.residual) return "loop_ws adds no residual";
  const Tap tap = work.taps.front();
  if (work.pad_top != 0 || work.pad_left != 0 || tap.dy != 0 || tap.dx != 0 ||
      (work.out_h - 1) * work.stride_y >= work.in_h || (work.out_w - 1) * work.stride_x >= work.in_w) {
    return "loop_ws has no padding around A";
  }
  if (position_runs(work).empty()) return "its positions lie in runs of unequal length";
  // The last block of K (transposed: of the outputs) is read whole; our own constants are filled up, others are not.
  const std::int32_t read_whole = work.weight_layout == WeightLayout::Transposed ? work.outputs : work.lanes;
  if (work.weight_layout != WeightLayout::Packed && read_whole % machine.dim() != 0) {
    return "loop_ws reads whole blocks of B, whose " + std::to_string(read_whole) + " rows are no multiple of " +
           std::to_string(machine.dim());
  }
  const std::uint32_t dim = machine.derived.dim;
  if (machine.derived.scratchpad_rows / 2 < 2 * dim) return "half of the scratchpad holds no block of A and one of B";
  if (machine.derived.accumulator_rows / 2 < dim) return "half of the accumulator holds no block of results";
  return "";
}

std::vector<LoopPlan> choose_loops(const Contraction& work, const Machine& machine, std::size_t most) {
  if (!why_no_loops(work, machine).empty()) return {};
  return LoopSearch(work, machine).run(most);
}

}  // namespace gemel::compiler
