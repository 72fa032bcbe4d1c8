// SPDX-License-Identifier: Apache-2.0
#include "compiler/schedule/contraction_schedule.h"

#include <algorithm>

#include "compiler/schedule/bank_use.h"
#include "compiler/schedule/slot_cache.h"
#include "compiler/tile/planes.h"
#include "compiler/tile/weight_packing.h"

namespace gemel::compiler {
namespace {

using arch::LocalAddress;

struct PendingLoad {
  BufferRef source;
  LocalAddress local;
  std::int32_t rows, cols;
  std::uint16_t config;
};

LocalAddress scratchpad(std::int32_t row) { return LocalAddress::scratchpad(static_cast<std::uint32_t>(row)); }
LocalAddress accumulator(std::int32_t row) { return LocalAddress::accumulator(static_cast<std::uint32_t>(row)); }

class Scheduler {
 public:
  Scheduler(const Contraction& work, const Machine& machine, const TilePlan& plan, ScheduleBuilder& builder)
      : work_(work),
        machine_(machine),
        plan_(plan),
        builder_(builder),
        a_cache_(plan.a, builder.contractions()),
        b_cache_(plan.b, builder.contractions()),
        banks_(machine, plan.cost.load < plan.cost.compute * 3 / 4),
        dim_(machine.dim()),
        group_(machine.move_blocks()),
        lane_blocks_(machine.blocks(work.lanes)),
        out_blocks_(machine.blocks(work.outputs)),
        packing_(packing_of(work, machine)) {}

  void run() {
    configure();
    const std::int32_t tiles_n = (out_blocks_ + plan_.tile_n - 1) / plan_.tile_n;
    const std::int32_t rows = (grid_h(work_) + plan_.tile_h - 1) / plan_.tile_h;
    const std::int32_t columns = (grid_w(work_) + plan_.tile_w - 1) / plan_.tile_w;
    const std::int32_t tiles_m = work_.images * rows * columns;
    for (std::int32_t outer = 0; outer < (plan_.outputs_outer ? tiles_n : tiles_m); ++outer) {
      for (std::int32_t inner = 0; inner < (plan_.outputs_outer ? tiles_m : tiles_n); ++inner) {
        const std::int32_t m = plan_.outputs_outer ? inner : outer;
        enter_positions(m, rows, columns);
        n_ = plan_.outputs_outer ? outer : inner;
        n_first_ = n_ * plan_.tile_n;
        n_count_ = std::min(plan_.tile_n, out_blocks_ - n_first_);
        run_tile();
      }
    }
    builder_.end_contraction();
  }

 private:
  void configure() {
    arch::ConfigExecute execute;
    execute.dataflow =
        machine_.output_stationary ? arch::Dataflow::OutputStationary : arch::Dataflow::WeightStationary;
    execute.b_transpose = work_.weight_layout == WeightLayout::Transposed;
    execute.a_stride = execute.c_stride = 1;
    builder_.execute_config(execute);

    arch::ConfigLoad weights;
    weights.state = 1;
    weights.block_stride = static_cast<std::uint16_t>(
        work_.weight_layout == WeightLayout::Transposed ? plan_.tile_n * dim_ : dim_);
    weights.dram_stride = static_cast<std::uint64_t>(
        work_.weight_layout == WeightLayout::Packed ? packing_.row_bytes : work_.weight_stride);
    weight_config_ = builder_.load_config(weights);
    if (work_.bias) {
      arch::ConfigLoad bias;
      bias.state = 2;
      bias.block_stride = static_cast<std::uint16_t>(dim_);
      bias_config_ = builder_.load_config(bias);
    }
    if (work_.residual) {
      arch::ConfigLoad matrix;
      matrix.state = 1;
      matrix.block_stride = static_cast<std::uint16_t>(dim_);
      matrix.dram_stride = static_cast<std::uint64_t>(dim_);
      builder_.load(work_.residual_matrix, scratchpad(plan_.residual_matrix), dim_, dim_, builder_.load_config(matrix));
      arch::ConfigLoad residual;
      residual.state = 2;
      residual.block_stride = static_cast<std::uint16_t>(dim_);
      residual.dram_stride = static_cast<std::uint64_t>(work_.residual->x_stride);
      residual_config_ = builder_.load_config(residual);
    }
  }

  void enter_positions(std::int32_t m, std::int32_t rows, std::int32_t columns) {
    if (m == m_) return;
    m_ = m;
    image_ = m / (rows * columns);
    tile_y_ = m / columns % rows * plan_.tile_h;
    tile_x_ = m % columns * plan_.tile_w;
    tile_h_ = std::min(plan_.tile_h, grid_h(work_) - tile_y_);
    tile_w_ = std::min(plan_.tile_w, grid_w(work_) - tile_x_);
    at_ = positions_of(work_, tile_y_, tile_x_, tile_h_, tile_w_);
    if (planes_for_.h != at_.h || planes_for_.w != at_.w) {
      planes_ = place_planes(work_, at_.h, at_.w);
      chunking_ = chunk_tile(work_, machine_, at_.h, at_.w);
      planes_for_ = at_;
    }
  }

  std::int32_t block_lanes(std::int32_t block) const { return std::min(dim_, work_.lanes - block * dim_); }
  std::int32_t block_outputs(std::int32_t block) const { return std::min(dim_, work_.outputs - block * dim_); }

  // Row of the accumulator where block n (of the tile) of a chunk begins.
  std::int32_t result_row(std::int32_t chunk, std::int32_t n) const {
    if (work_.pool) {
      const std::int32_t start = chunking_.chunks[static_cast<std::size_t>(chunk)].start;
      const std::int32_t position = start / planes_.pitch * at_.w + start % planes_.pitch;
      return c_base_ + n * at_.h * at_.w + position;
    }
    return c_base_ + (chunk * n_count_ + n) * dim_;
  }

  void run_tile() {
    tile_number_ = builder_.next_tile();
    c_base_ = tile_number_ % machine_.accumulator_slots() * machine_.accumulator_slot_rows();
    const std::int32_t steps = work_.diagonal ? 1 : (lane_blocks_ + plan_.lanes_b - 1) / plan_.lanes_b;
    std::vector<PendingLoad> first = work_.bias ? bias_loads() : std::vector<PendingLoad>{};
    for (std::int32_t step = 0; step < steps; ++step) run_step(step, first);
    if (work_.residual) add_residual();
    if (work_.pool) {
      store_pooled();
    } else {
      store_tile();
    }
  }

  std::vector<PendingLoad> bias_loads() {
    std::vector<PendingLoad> loads;
    for (std::int32_t n = 0; n < n_count_; ++n) {
      BufferRef source = *work_.bias;
      source.offset += std::int64_t{4} * (n_first_ + n) * dim_;
      for (std::size_t c = 0; c < chunking_.chunks.size(); ++c) {
        loads.push_back({source, accumulator(result_row(static_cast<std::int32_t>(c), n)), chunking_.chunks[c].rows,
                         block_outputs(n_first_ + n), bias_config_});
      }
    }
    return loads;
  }

  void issue(const PendingLoad& load) { builder_.load(load.source, load.local, load.rows, load.cols, load.config); }

  // One slot of B. `first`: loads that the tile's first computes need besides the operands.
  void run_step(std::int32_t step, std::vector<PendingLoad>& first) {
    const std::int32_t block0 = work_.diagonal ? n_first_ : step * plan_.lanes_b;
    const std::int32_t block1 = work_.diagonal ? n_first_ + n_count_ : std::min(lane_blocks_, block0 + plan_.lanes_b);
    const std::int32_t a_first = work_.diagonal ? n_first_ : block0 / plan_.lanes_a * plan_.lanes_a;
    const std::int32_t a_end = work_.diagonal ? block1 : std::min(lane_blocks_, a_first + plan_.lanes_a);
    const std::int64_t a_key = std::int64_t{m_} * (out_blocks_ + lane_blocks_) + a_first;
    const std::int64_t b_key = work_.diagonal ? n_ : std::int64_t{n_} * lane_blocks_ + block0;
    const auto a = a_cache_.find(a_key);
    const auto b = b_cache_.find(b_key);
    banks_.begin_step(builder_.computes());
    const std::size_t a_floor = banks_.free_since(a.base, plan_.a.rows), b_floor = banks_.free_since(b.base, plan_.b.rows);
    for (std::int32_t g = a_first; g < a_end; g += group_) {
      const std::int32_t g_end = std::min(a_end, g + group_);
      // The part of B that belongs to these lanes (in a slot of A with several slots of B only the first part).
      const std::int32_t b0 = std::max(g, block0), b1 = std::min(g_end, block1);
      // In the first group one block of B comes first: computing begins as soon as rows of A arrive.
      const bool split = g == a_first && work_.weight_layout != WeightLayout::Transposed;
      const std::int32_t b_split = split ? std::min(b0 + 1, b1) : b1;
      builder_.hold_loads_until(b_floor);
      if (!b.filled && b0 < b1) fill_b(b.base, block0, b0, b_split);
      builder_.hold_loads_until(a_floor);
      if (!a.filled) fill_a(a.base + (g - a_first) * planes_.rows, g, g_end, first);
      builder_.hold_loads_until(b_floor);
      if (!b.filled && b_split < b1) fill_b(b.base, block0, b_split, b1);
    }
    builder_.hold_loads_until(0);
    banks_.use(a.base, plan_.a.rows);
    banks_.use(b.base, plan_.b.rows);
    for (const PendingLoad& load : first) issue(load);
    first.clear();
    const std::int32_t a_base = a.base - a_first * planes_.rows;
    if (work_.diagonal) {
      compute_diagonal(a_base, b.base);
    } else {
      for (std::int32_t block = block0; block < block1; ++block) compute_block(a_base, b.base, block0, block);
    }
  }

  // Lane blocks [g, g_end) of the tile, `base` being the row of the first; `first` spread between the loads.
  void fill_a(std::int32_t base, std::int32_t g, std::int32_t g_end, std::vector<PendingLoad>& first) {
    arch::ConfigLoad config;
    config.state = 0;
    config.block_stride = static_cast<std::uint16_t>(planes_.rows);
    config.dram_stride = static_cast<std::uint64_t>(work_.stride_x * work_.input.x_stride);
    const std::uint16_t id = builder_.load_config(config);
    const std::int32_t cols = std::min(g_end * dim_, work_.lanes) - g * dim_;
    const std::size_t loads = planes_.planes.size() * static_cast<std::size_t>(planes_.height) *
                              static_cast<std::size_t>((planes_.pitch + dim_ - 1) / dim_);
    const std::size_t each = (first.size() + loads - 1) / loads;
    std::size_t taken = 0;
    for (const Plane& plane : planes_.planes) {
      for (std::int32_t r = 0; r < planes_.height; ++r) {
        const std::int32_t row = base + plane.base + r * planes_.pitch;
        const std::int32_t width = planes_.pitch + (r + 1 == planes_.height ? planes_.overlap : 0);
        const std::int32_t iy = (at_.y + r) * work_.stride_y + plane.phase_y - work_.pad_top;
        const auto ix_of = [&](std::int32_t c) { return (at_.x + c) * work_.stride_x + plane.phase_x - work_.pad_left; };
        std::int32_t c0 = 0, c1 = width;
        if (iy < 0 || iy >= work_.in_h) {
          c0 = c1;
        } else {
          while (c0 < c1 && ix_of(c0) < 0) ++c0;
          while (c1 > c0 && ix_of(c1 - 1) >= work_.in_w) --c1;
        }
        if (c0 > 0) builder_.zero(row, c0, g_end - g, planes_.rows);
        for (std::int32_t c = c0; c < c1; c += dim_) {
          BufferRef source = work_.input.base;
          source.offset += image_ * work_.input.image_stride + iy * work_.input.y_stride +
                           ix_of(c) * work_.input.x_stride + std::int64_t{g} * dim_;
          builder_.load(source, scratchpad(row + c), std::min(dim_, c1 - c), cols, id);
          for (std::size_t i = 0; i < each && taken < first.size(); ++i) issue(first[taken++]);
        }
        if (c1 < width && c1 >= c0 && c0 < width) builder_.zero(row + c1, width - c1, g_end - g, planes_.rows);
      }
    }
    first.erase(first.begin(), first.begin() + static_cast<std::ptrdiff_t>(taken));
  }

  // Weight blocks of lane blocks [b0, b1) into the slot that begins with lane block `block0`.
  void fill_b(std::int32_t base, std::int32_t block0, std::int32_t b0, std::int32_t b1) {
    if (work_.weight_layout == WeightLayout::Transposed) {
      fill_b_transposed(base, block0, b0, b1);
      return;
    }
    const std::int32_t taps = work_.taps_count();
    if (work_.diagonal) {
      if (b0 != block0) return;  // all blocks of a tap at once
      b1 = b0 + 1;
    }
    for (std::int32_t block = b0; block < b1; ++block) {
      for (std::int32_t tap = 0; tap < taps; ++tap) {
        const std::int32_t local_step = (work_.diagonal ? 0 : (block - block0) * taps) + tap;
        for (std::int32_t n = n_first_; n < n_first_ + n_count_;) {
          const std::int32_t into = work_.weight_layout == WeightLayout::Packed ? n % packing_.group_blocks : 0;
          const std::int32_t count = std::min(
              {(work_.weight_layout == WeightLayout::Packed ? packing_.group_blocks : group_) - into, group_,
               n_first_ + n_count_ - n});
          BufferRef source = work_.weights;
          std::int32_t rows = work_.diagonal ? std::min(dim_, work_.lanes - n * dim_) : block_lanes(block);
          if (work_.weight_layout == WeightLayout::Packed) {
            source.offset += packing_.offset(work_.diagonal ? 0 : block, tap, n);
          } else {
            source.offset += std::int64_t{block} * dim_ * work_.weight_stride + n * dim_;
          }
          const std::int32_t cols = std::min((n + count) * dim_, work_.outputs) - n * dim_;
          builder_.load(source, scratchpad(base + (local_step * n_count_ + n - n_first_) * dim_), rows, cols,
                        weight_config_);
          n += count;
        }
      }
    }
  }

  void fill_b_transposed(std::int32_t base, std::int32_t block0, std::int32_t b0, std::int32_t b1) {
    arch::ConfigLoad config;
    config.state = 1;
    config.block_stride = static_cast<std::uint16_t>(n_count_ * dim_);
    config.dram_stride = static_cast<std::uint64_t>(work_.weight_stride);
    const std::uint16_t id = builder_.load_config(config);
    for (std::int32_t block = b0; block < b1; block += group_) {
      const std::int32_t end = std::min(block + group_, b1);
      for (std::int32_t n = 0; n < n_count_; ++n) {
        BufferRef source = work_.weights;
        source.offset += std::int64_t{n_first_ + n} * dim_ * work_.weight_stride + block * dim_;
        builder_.load(source, scratchpad(base + ((block - block0) * n_count_ + n) * dim_), block_outputs(n_first_ + n),
                      std::min(end * dim_, work_.lanes) - block * dim_, id);
      }
    }
  }

  void compute_block(std::int32_t a_base, std::int32_t b_base, std::int32_t block0, std::int32_t block) {
    const std::int32_t taps = work_.taps_count();
    const std::int32_t lanes = block_lanes(block);
    for (std::int32_t tap = 0; tap < taps; ++tap) {
      const std::int32_t a_row = a_base + block * planes_.rows + planes_.tap_offset[static_cast<std::size_t>(tap)];
      const bool accumulate = work_.bias || block > 0 || tap > 0;
      for (std::int32_t n = 0; n < n_count_; ++n) {
        const std::int32_t b_row = b_base + (((block - block0) * taps + tap) * n_count_ + n) * dim_;
        compute_chunks(a_row, b_row, n, lanes, accumulate);
      }
    }
  }

  void compute_diagonal(std::int32_t a_base, std::int32_t b_base) {
    const std::int32_t taps = work_.taps_count();
    for (std::int32_t n = 0; n < n_count_; ++n) {
      for (std::int32_t tap = 0; tap < taps; ++tap) {
        const std::int32_t a_row =
            a_base + (n_first_ + n) * planes_.rows + planes_.tap_offset[static_cast<std::size_t>(tap)];
        compute_chunks(a_row, b_base + (tap * n_count_ + n) * dim_, n, block_lanes(n_first_ + n), work_.bias || tap > 0);
      }
    }
  }

  void compute_chunks(std::int32_t a_row, std::int32_t b_row, std::int32_t n, std::int32_t lanes, bool accumulate) {
    const std::int32_t outputs = block_outputs(n_first_ + n);
    const bool transposed = work_.weight_layout == WeightLayout::Transposed;
    for (std::size_t c = 0; c < chunking_.chunks.size(); ++c) {
      LocalAddress result = accumulator(result_row(static_cast<std::int32_t>(c), n));
      if (accumulate) result = result.with_accumulate();
      builder_.compute(scratchpad(a_row + chunking_.chunks[c].start), scratchpad(b_row), result,
                       chunking_.chunks[c].rows, lanes, outputs, c == 0, transposed ? outputs : lanes);
    }
  }

  // The residual lies in its slot as the results lie in the accumulator; its weights serve all blocks of the tile.
  void add_residual() {
    const std::int32_t base = plan_.residual.bases[static_cast<std::size_t>(tile_number_ % plan_.residual.count())];
    banks_.begin_step(builder_.computes());
    for (std::int32_t n = 0; n < n_count_; n += group_) {
      const std::int32_t count = std::min(group_, n_count_ - n);
      const std::int32_t cols = std::min((n_first_ + n + count) * dim_, work_.outputs) - (n_first_ + n) * dim_;
      for_each_run(work_.residual->base, *work_.residual, at_.y, at_.x, n, [&](const Segment& s, BufferRef source) {
        builder_.load(source, scratchpad(base + (s.chunk * n_count_ + n) * dim_ + s.offset), s.rows, cols,
                      residual_config_);
      });
    }
    bool fresh = true;
    for (std::int32_t n = 0; n < n_count_; ++n) {
      const std::int32_t outputs = block_outputs(n_first_ + n);
      for (const Segment& s : chunking_.segments) {
        builder_.compute(scratchpad(base + (s.chunk * n_count_ + n) * dim_ + s.offset),
                         scratchpad(plan_.residual_matrix),
                         accumulator(result_row(s.chunk, n) + s.offset).with_accumulate(), s.rows, outputs, outputs,
                         fresh, outputs);
        fresh = false;
      }
    }
  }

  // Segments of the tile with their place in `image` (outputs from block n on); those that go on where the one before
  // ended, in local memory and in `image`, are joined.
  template <typename Visit>
  void for_each_run(BufferRef base, const ImageRef& image, std::int32_t y0, std::int32_t x0, std::int32_t n,
                    Visit&& visit) const {
    const std::int64_t element = &image == &work_.output && !work_.scale ? 4 : 1;
    const auto offset_of = [&](const Segment& s) {
      return base.offset + image_ * image.image_stride + (y0 + s.y) * image.y_stride + (x0 + s.x) * image.x_stride +
             std::int64_t{n_first_ + n} * dim_ * element;
    };
    const auto& all = chunking_.segments;
    for (std::size_t i = 0; i < all.size();) {
      Segment run = all[i];
      const std::int64_t offset = offset_of(run);
      for (++i; i < all.size() && all[i].chunk == run.chunk && all[i].offset == run.offset + run.rows &&
                offset_of(all[i]) == offset + run.rows * image.x_stride;
           ++i) {
        run.rows += all[i].rows;
      }
      visit(run, BufferRef{base.buffer, offset});
    }
  }

  void store_tile() {
    arch::ConfigStore config;
    config.activation = static_cast<std::uint8_t>(work_.activation);
    config.dram_stride = static_cast<std::uint32_t>(work_.output.x_stride);
    config.scale_bits = arch::bits_from_float(work_.scale.value_or(1.0f));
    const std::uint16_t id = builder_.store_config(config);
    const std::int32_t step = work_.scale ? group_ : 1;
    for (std::int32_t n = 0; n < n_count_; n += step) {
      const std::int32_t count = std::min(step, n_count_ - n);
      const std::int32_t cols = std::min((n_first_ + n + count) * dim_, work_.outputs) - (n_first_ + n) * dim_;
      for_each_run(work_.output.base, work_.output, at_.y, at_.x, n, [&](const Segment& s, BufferRef target) {
        LocalAddress local = accumulator(result_row(s.chunk, n) + s.offset);
        if (!work_.scale) local = local.with_full_width();
        builder_.store(target, local, s.rows, cols, id);
      });
    }
  }

  void store_pooled() {
    const MaxPoolStep& pool = *work_.pool;
    arch::ConfigStore config;
    config.activation = static_cast<std::uint8_t>(work_.activation);
    config.dram_stride = static_cast<std::uint32_t>(work_.output.x_stride);
    config.scale_bits = arch::bits_from_float(work_.scale.value_or(1.0f));
    config.pool_stride = static_cast<std::uint8_t>(pool.stride);
    config.pool_size = static_cast<std::uint8_t>(pool.size);
    config.upper_pad = static_cast<std::uint8_t>(std::max(0, pool.pad_top - tile_y_ * pool.stride));
    config.left_pad = static_cast<std::uint8_t>(std::max(0, pool.pad_left - tile_x_ * pool.stride));
    config.pool_out_dim = static_cast<std::uint8_t>(pool.out_w);
    config.pooled_rows = static_cast<std::uint8_t>(tile_h_);
    config.pooled_cols = static_cast<std::uint8_t>(tile_w_);
    config.out_rows = static_cast<std::uint8_t>(at_.h);
    config.out_cols = static_cast<std::uint8_t>(at_.w);
    const std::uint16_t id = builder_.store_config(config);
    for (std::int32_t n = 0; n < n_count_; ++n) {
      BufferRef target = work_.output.base;
      target.offset += image_ * work_.output.image_stride + tile_y_ * work_.output.y_stride +
                       tile_x_ * work_.output.x_stride + std::int64_t{n_first_ + n} * dim_;
      builder_.store(target, accumulator(c_base_ + n * at_.h * at_.w), 1, block_outputs(n_first_ + n), id,
                     at_.h * at_.w);
    }
  }

  const Contraction& work_;
  const Machine& machine_;
  const TilePlan& plan_;
  ScheduleBuilder& builder_;
  SlotCache a_cache_, b_cache_;
  BankUse banks_;
  const std::int32_t dim_, group_, lane_blocks_, out_blocks_;
  const WeightPacking packing_;
  std::uint16_t weight_config_ = 0, bias_config_ = 0, residual_config_ = 0;

  std::int32_t m_ = -1, n_ = 0, n_first_ = 0, n_count_ = 0, image_ = 0;
  std::int32_t tile_y_ = 0, tile_x_ = 0, tile_h_ = 0, tile_w_ = 0;
  PositionRange at_, planes_for_;
  Planes planes_;
  Chunking chunking_;
  std::int32_t tile_number_ = 0, c_base_ = 0;
};

}  // namespace

void schedule_contraction(const Contraction& work, const Machine& machine, const TilePlan& plan,
                          ScheduleBuilder& builder) {
  Scheduler(work, machine, plan, builder).run();
}

}  // namespace gemel::compiler
