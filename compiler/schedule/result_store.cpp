// SPDX-License-Identifier: Apache-2.0
#include "compiler/schedule/result_store.h"

#include <algorithm>

namespace gemel::compiler {
namespace {

using arch::LocalAddress;

void store_positions(const TileContext& tile, ScheduleBuilder& builder) {
  arch::ConfigStore config;
  config.activation = static_cast<std::uint8_t>(tile.work.activation);
  config.dram_stride = static_cast<std::uint32_t>(tile.work.output.x_stride);
  config.scale_bits = arch::bits_from_float(tile.work.scale.value_or(1.0f));
  const std::uint16_t id = builder.store_config(config);
  const std::int32_t step = tile.work.scale ? tile.group : 1;
  for (std::int32_t n = 0; n < tile.n_count; n += step) {
    const std::int32_t count = std::min(step, tile.n_count - n);
    const std::int32_t cols = tile.outputs_of(n, count);
    tile.for_each_run(tile.work.output, n, [&](const Segment& s, BufferRef target) {
      LocalAddress local = accumulator(tile.result_row(s.chunk, n) + s.offset);
      if (!tile.work.scale) local = local.with_full_width();
      builder.store(target, local, s.rows, cols, id);
    });
  }
}

void store_pooled(const TileContext& tile, ScheduleBuilder& builder) {
  const MaxPoolStep& pool = *tile.work.pool;
  arch::ConfigStore config;
  config.activation = static_cast<std::uint8_t>(tile.work.activation);
  config.dram_stride = static_cast<std::uint32_t>(tile.work.output.x_stride);
  config.scale_bits = arch::bits_from_float(tile.work.scale.value_or(1.0f));
  config.pool_stride = static_cast<std::uint8_t>(pool.stride);
  config.pool_size = static_cast<std::uint8_t>(pool.size);
  config.upper_pad = static_cast<std::uint8_t>(std::max(0, pool.pad_top - tile.tile_y * pool.stride));
  config.left_pad = static_cast<std::uint8_t>(std::max(0, pool.pad_left - tile.tile_x * pool.stride));
  config.pool_out_dim = static_cast<std::uint8_t>(pool.out_w);
  config.pooled_rows = static_cast<std::uint8_t>(tile.tile_h);
  config.pooled_cols = static_cast<std::uint8_t>(tile.tile_w);
  config.out_rows = static_cast<std::uint8_t>(tile.at.h);
  config.out_cols = static_cast<std::uint8_t>(tile.at.w);
  const std::uint16_t id = builder.store_config(config);
  for (std::int32_t n = 0; n < tile.n_count; ++n) {
    BufferRef target = tile.work.output.base;
    target.offset += tile.image * tile.work.output.image_stride + tile.tile_y * tile.work.output.y_stride +
                     tile.tile_x * tile.work.output.x_stride + std::int64_t{tile.n_first + n} * tile.dim;
    builder.store(target, accumulator(tile.c_base + n * tile.at.h * tile.at.w), 1, tile.block_outputs(tile.n_first + n),
                  id, tile.at.h * tile.at.w);
  }
}

}  // namespace

void store_tile(const TileContext& tile, ScheduleBuilder& builder) {
  if (tile.work.pool) {
    store_pooled(tile, builder);
  } else {
    store_positions(tile, builder);
  }
}

}  // namespace gemel::compiler
