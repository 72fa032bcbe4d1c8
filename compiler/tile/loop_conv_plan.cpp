// SPDX-License-Identifier: Apache-2.0
#include "compiler/tile/loop_conv_plan.h"

#include <algorithm>

#include "sim/arch/loop_check.h"

namespace gemel::compiler {
namespace {

constexpr std::int64_t kCommandsOfLoop = 4;  // pads or parts of the kernel, two pairs of addresses, run
constexpr std::int64_t kMostField = 65535;
constexpr std::int64_t kMostKernel = 127;  // rows or columns from the first tap to the last; pads may have 8 bits
constexpr std::int64_t kMostPooled = 255;  // columns of a pooled output
constexpr std::size_t kMostWidths = 5, kMostLanes = 3;

std::int64_t parts_of(std::int64_t total, std::int64_t size) { return (total + size - 1) / size; }

// How often a tile of a size occurs along one dimension.
struct Extent {
  std::int32_t at = 0, size = 0;
  std::int64_t count = 0;
};

std::vector<Extent> extents_of(std::int32_t total, std::int32_t size) {
  std::vector<Extent> extents;
  if (total >= size) extents.push_back({0, size, total / size});
  if (total % size != 0) extents.push_back({total / size * size, total % size, 1});
  return extents;
}

class ConvLoopSearch {
 public:
  ConvLoopSearch(const Contraction& work, const Machine& machine)
      : work_(work),
        machine_(machine),
        kernel_(conv_kernel(work).value()),
        outputs_(machine.blocks(work.outputs)),
        lanes_(work.diagonal ? 1 : machine.blocks(work.lanes)) {}

  std::vector<ConvLoopPlan> run(std::size_t most) {
    for (const std::int32_t rows : part_sizes(kernel_.rows, kernel_.rows)) {
      search(rows);
      keep_legal(most);
      if (!plans_.empty()) break;  // the kernel is cut where nothing fits otherwise
    }
    return plans_;
  }

 private:
  std::uint32_t half_scratchpad() const { return machine_.derived.scratchpad_rows / 2; }
  std::uint32_t half_accumulator() const { return machine_.derived.accumulator_rows / 2; }

  void search(std::int32_t kernel_rows) {
    ConvLoopPlan plan;
    plan.kernel_rows = kernel_rows;
    std::size_t widths = 0;
    for (const std::int32_t w : part_sizes(grid_w(work_), grid_w(work_))) {
      plan.tile_w = w;
      bool fits = false;
      for (const std::int32_t h : part_sizes(grid_h(work_), grid_h(work_))) {
        plan.tile_h = h;
        const std::int32_t most_n = work_.diagonal ? 1 : outputs_;
        for (const std::int32_t n : part_sizes(outputs_, most_n)) {
          plan.tile_n = n;
          if (results_of(plan) > half_accumulator()) continue;
          std::size_t tried = 0;
          for (const std::int32_t lanes : part_sizes(lanes_, lanes_)) {
            plan.lanes = lanes;
            if (operands_of(plan) > half_scratchpad()) continue;
            fits = true;
            plans_.push_back(weigh(plan));
            if (++tried == kMostLanes) break;
          }
        }
      }
      if (fits && ++widths == kMostWidths) break;
    }
  }

  // Those that the machine can unroll at every edge of the image.
  void keep_legal(std::size_t most) {
    std::stable_sort(plans_.begin(), plans_.end(),
                     [](const ConvLoopPlan& a, const ConvLoopPlan& b) { return a.total() < b.total(); });
    std::vector<ConvLoopPlan> legal;
    for (const ConvLoopPlan& plan : plans_) {
      if (legal.size() == most) break;
      bool is_legal = true;
      for_each_conv_tile(work_, machine_, plan, [&](const ConvTile& tile) {
        if (!is_legal || tile.image > 0 || (tile.first_output > 0 && tile.first_output + tile.outputs < work_.outputs))
          return;
        is_legal = arch::why_illegal(conv_tile_registers(work_, machine_, tile).loop, machine_.derived).empty();
      });
      if (is_legal) legal.push_back(plan);
    }
    plans_ = std::move(legal);
  }

  PositionRange largest(const ConvLoopPlan& plan) const {
    if (!work_.pool) return {0, 0, plan.tile_h, plan.tile_w};
    const MaxPoolStep& pool = *work_.pool;
    return {0, 0, std::min(work_.out_h, (plan.tile_h - 1) * pool.stride + pool.size),
            std::min(work_.out_w, (plan.tile_w - 1) * pool.stride + pool.size)};
  }
  std::int64_t input_rows(std::int32_t positions, std::int32_t stride, std::int32_t taps) const {
    return std::int64_t{positions} * stride + std::int64_t{taps - 1} * kernel_.dilation;
  }
  std::int64_t results_of(const ConvLoopPlan& plan) const {
    const PositionRange at = largest(plan);
    return std::int64_t{plan.tile_n} * at.h * at.w;
  }
  std::int64_t lane_count(const ConvLoopPlan& plan) const {
    return work_.diagonal ? std::min(machine_.dim(), work_.outputs)
                          : std::min(plan.lanes * machine_.dim(), work_.lanes);
  }
  std::int64_t operands_of(const ConvLoopPlan& plan) const {
    const PositionRange at = largest(plan);
    return plan.lanes * input_rows(at.h, work_.stride_y, plan.kernel_rows) *
               input_rows(at.w, work_.stride_x, kernel_.cols) +
           plan.tile_n * plan.kernel_rows * kernel_.cols * lane_count(plan);
  }

  // Cycles of `count` things in groups of `group`, where a group of n takes cycles_of(n).
  template <typename CyclesOf>
  static std::int64_t in_groups(std::int64_t count, std::int64_t group, CyclesOf&& cycles_of) {
    return count / group * cycles_of(group) + (count % group != 0 ? cycles_of(count % group) : 0);
  }

  ConvLoopPlan weigh(ConvLoopPlan plan) const {
    const std::int64_t dim = machine_.dim(), group = machine_.move_blocks(), lane_count_of_loop = lane_count(plan);
    const std::int64_t tiles_n = parts_of(outputs_, plan.tile_n),
                       sums = parts_of(lanes_, plan.lanes) * parts_of(kernel_.rows, plan.kernel_rows);
    const std::int64_t taps = work_.taps_count();
    const bool meet = operands_meet(plan);
    plan.loops = 0;
    std::int64_t tile_store = 0, sweep = 0, beats = 0, array = 0;
    for (const Extent& y : extents_of(grid_h(work_), plan.tile_h)) {
      for (const Extent& x : extents_of(grid_w(work_), plan.tile_w)) {
        const std::int64_t tiles = work_.images * y.count * x.count;
        const PositionRange at = positions_of(work_, y.at, x.at, y.size, x.size);
        plan.loops += tiles * tiles_n * sums;
        // Rows of the array under one block of weights; the first run under it has the weights shifted in.
        const auto run = [&](std::int64_t rows) {
          return std::int64_t{machine_.pair_cycles(static_cast<std::int32_t>(rows), 0)};
        };
        const std::int64_t first = run(std::min<std::int64_t>(dim, at.w));
        const std::int64_t block = at.h * in_groups(at.w, dim, run) + std::max<std::int64_t>(0, dim - first) +
                                   (meet ? std::min<std::int64_t>(dim, at.w) : 0);
        plan.cost.compute += tiles * outputs_ * lanes_ * taps * block;
        array += tiles * outputs_ * lanes_ * taps *
                 std::max(dim - std::min<std::int64_t>(dim, at.w) + std::int64_t{at.h} * at.w, dim);
        // Input, once for each tile of outputs and each part of the kernel.
        const std::int64_t in_h = input_rows(at.h, work_.stride_y, plan.kernel_rows),
                           in_w = input_rows(at.w, work_.stride_x, kernel_.cols);
        const auto pixels = [&](std::int64_t lanes) {
          return in_groups(in_w, dim, [&](std::int64_t rows) { return machine_.load_cycles(rows, lanes); });
        };
        const std::int64_t input = in_h * in_groups(lane_count_of_loop, group * dim, pixels);
        const auto weight_rows = [&](std::int64_t outputs) { return machine_.load_cycles(dim, outputs); };
        const std::int64_t outputs = std::min<std::int64_t>(plan.tile_n * dim, work_.outputs);
        const std::int64_t weights = plan.kernel_rows * kernel_.cols * parts_of(lane_count_of_loop, dim) *
                                     in_groups(outputs, group * dim, weight_rows);
        plan.cost.load += tiles * tiles_n * sums * (input + weights);
        beats += tiles * tiles_n * sums *
                 (in_h * in_w * lane_count_of_loop + plan.kernel_rows * kernel_.cols * lane_count_of_loop * outputs) /
                 machine_.derived.bus_bytes;
        const std::int64_t runs = at.h * parts_of(at.w, dim);
        plan.cost.load += tiles * outputs_ * runs * std::max(dim, machine_.load_cycles(1, 4 * dim));
        const std::int64_t store = work_.pool
                                       ? std::int64_t{y.size} * x.size * work_.pool->size * work_.pool->size * 8 / 5
                                       : runs * machine_.store_cycles(std::min<std::int64_t>(dim, at.w), 1);
        plan.cost.store += tiles * outputs_ * store;
        tile_store = std::max(tile_store, store * plan.tile_n);
        sweep = std::max(sweep, block * plan.tile_n);
      }
    }
    plan.least = std::max(array, beats / 2);
    plan.host = plan.loops * kCommandsOfLoop * (1 + machine_.config.host.issue_gap_cycles);
    // Nothing of a loop is computed before all of it is loaded, nothing stored before all of it is computed.
    plan.cost.edges = 3 * machine_.config.memory.latency_cycles + 8 * dim + plan.cost.load / plan.loops +
                      std::max<std::int64_t>(0, tile_store - sweep) + tile_store;
    return plan;
  }

  // Input, from the start of the half, and weights, against its end, in one bank: rows of input wait while weights are
  // shifted in.
  bool operands_meet(const ConvLoopPlan& plan) const {
    const std::int64_t bank = machine_.derived.scratchpad_bank_rows, half = half_scratchpad();
    const std::int64_t weights = plan.tile_n * plan.kernel_rows * kernel_.cols * lane_count(plan);
    const std::int64_t input = operands_of(plan) - weights;
    return half <= bank || input > half - parts_of(weights, bank) * bank;
  }

  const Contraction& work_;
  const Machine& machine_;
  const ConvKernel kernel_;
  const std::int32_t outputs_, lanes_;  // blocks
  std::vector<ConvLoopPlan> plans_;
};

std::string beyond(const char* what, std::int64_t value, std::int64_t most) {
  return value > most ? "loop_conv_ws has no room for " + std::string(what) + " of " + std::to_string(value) +
                            "; the most is " + std::to_string(most)
                      : "";
}

std::string why_not_addressable(const Contraction& work, const ConvKernel& kernel) {
  const auto rows_are_pixels = [](const ImageRef& image, std::int32_t rows) {
    return rows == 1 || (image.y_stride > 0 && image.y_stride % image.x_stride == 0);
  };
  if (!rows_are_pixels(work.input, work.in_h) || !rows_are_pixels(work.output, grid_h(work)))
    return "rows of its image are no whole number of pixels apart";
  const auto pitch = [](const ImageRef& image, std::int32_t rows, std::int32_t cols) {
    return rows == 1 ? cols : image.y_stride / image.x_stride;
  };
  for (const std::string& why :
       {beyond("pixels of", work.input.x_stride, kMostField), beyond("pixels of", work.output.x_stride, kMostField),
        beyond("rows", pitch(work.input, work.in_h, work.in_w), kMostField),
        beyond("rows", pitch(work.output, grid_h(work), grid_w(work)), work.pool ? kMostPooled : kMostField),
        beyond("a kernel", std::max<std::int64_t>(kernel.rows, kernel.cols) * kernel.dilation, kMostKernel),
        beyond("a step", std::max(work.stride_y, work.stride_x), kMostKernel),
        beyond("padding", std::max(work.pad_top, work.pad_left), kMostKernel)}) {
    if (!why.empty()) return why;
  }
  return "";
}

}  // namespace

std::string why_no_conv_loops(const Contraction& work, const Machine& machine) {
  if (machine.output_stationary) return "loop_conv_ws is weight stationary, this program is not";
  if (work.residual) return "loop_conv_ws adds no residual";
  if (!work.scale) return "loop_conv_ws stores no 32-bit results";
  if (work.weight_layout != WeightLayout::Packed) return "loop_conv_ws needs constant weights";
  const std::optional<ConvKernel> kernel = conv_kernel(work);
  if (!kernel) return "its taps are no rows and columns at one distance";
  if (work.stride_y != work.stride_x && work.out_h > 1 && work.out_w > 1)
    return "loop_conv_ws steps alike down and across, this layer by " + std::to_string(work.stride_y) + " and " +
           std::to_string(work.stride_x);
  if (std::string why = why_not_addressable(work, *kernel); !why.empty()) return why;
  if (!conv_weight_order(work, machine)) {
    return "loop_conv_ws wants weights as far apart as pixels of input and output, " +
           std::to_string(work.input.x_stride) + " and " + std::to_string(work.output.x_stride) +
           ", and they would take more memory";
  }
  return "";
}

std::vector<ConvLoopPlan> choose_conv_loops(const Contraction& work, const Machine& machine, std::size_t most) {
  if (!why_no_conv_loops(work, machine).empty()) return {};
  return ConvLoopSearch(work, machine).run(most);
}

}  // namespace gemel::compiler
