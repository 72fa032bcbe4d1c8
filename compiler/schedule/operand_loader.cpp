// SPDX-License-Identifier: Apache-2.0
#include "compiler/schedule/operand_loader.h"

#include <algorithm>

namespace gemel::compiler {

using arch::LocalAddress;

OperandLoader::OperandLoader(const TileContext& tile, ScheduleBuilder& builder) : t_(tile), builder_(builder) {
  arch::ConfigLoad weights;
  weights.state = 1;
  weights.block_stride =
      static_cast<std::uint16_t>(t_.work.weight_layout == WeightLayout::Transposed ? t_.plan.tile_n * t_.dim : t_.dim);
  weights.dram_stride = static_cast<std::uint64_t>(
      t_.work.weight_layout == WeightLayout::Packed ? t_.packing.row_bytes : t_.work.weight_stride);
  weight_config_ = builder_.load_config(weights);
  arch::ConfigLoad matrix;
  matrix.state = 1;
  matrix.block_stride = static_cast<std::uint16_t>(t_.dim);
  matrix.dram_stride = static_cast<std::uint64_t>(t_.dim);
  if (t_.plan.bias_in_array) {
    builder_.load(t_.work.bias_lanes, scratchpad(t_.plan.bias_lanes), t_.dim, t_.dim, builder_.load_config(matrix));
  } else if (t_.work.bias) {
    arch::ConfigLoad bias;
    bias.state = 2;
    bias.block_stride = static_cast<std::uint16_t>(t_.dim);
    bias_config_ = builder_.load_config(bias);
  }
  if (t_.work.residual) {
    builder_.load(t_.work.residual_matrix, scratchpad(t_.plan.residual_matrix), t_.dim, t_.dim,
                  builder_.load_config(matrix));
    arch::ConfigLoad residual;
    residual.state = 2;
    residual.block_stride = static_cast<std::uint16_t>(t_.dim);
    residual.dram_stride = static_cast<std::uint64_t>(t_.work.residual->x_stride);
    residual_config_ = builder_.load_config(residual);
  }
}

std::vector<PendingLoad> OperandLoader::bias_loads() const {
  std::vector<PendingLoad> loads;
  for (std::int32_t n = 0; n < t_.n_count; ++n) {
    BufferRef source = *t_.work.bias;
    source.offset += std::int64_t{4} * (t_.n_first + n) * t_.dim;
    for (std::size_t c = 0; c < t_.chunking.chunks.size(); ++c) {
      loads.push_back({source, accumulator(t_.result_row(static_cast<std::int32_t>(c), n)), t_.chunking.chunks[c].rows,
                       t_.block_outputs(t_.n_first + n), bias_config_});
    }
  }
  return loads;
}

OperandLoader::PixelRow OperandLoader::pixel_row(const Plane& plane, std::int32_t r) const {
  PixelRow pixels;
  pixels.row = plane.base + r * t_.planes.pitch;
  pixels.width = t_.planes.pitch + (r + 1 == t_.planes.height ? t_.planes.overlap : 0);
  const std::int32_t iy = (t_.at.y + r) * t_.work.stride_y + plane.phase_y - t_.work.pad_top;
  const auto ix_of = [&](std::int32_t c) {
    return (t_.at.x + c) * t_.work.stride_x + plane.phase_x - t_.work.pad_left;
  };
  pixels.end = pixels.width;
  if (iy < 0 || iy >= t_.work.in_h) {
    pixels.first = pixels.end;
    return pixels;
  }
  while (pixels.first < pixels.end && ix_of(pixels.first) < 0) ++pixels.first;
  while (pixels.end > pixels.first && ix_of(pixels.end - 1) >= t_.work.in_w) --pixels.end;
  const ImageRef& input = t_.work.input;
  pixels.source = input.base;
  pixels.source.offset += t_.image * input.image_stride + iy * input.y_stride + ix_of(pixels.first) * input.x_stride;
  return pixels;
}

bool OperandLoader::a_begins_at(std::int32_t base, std::int32_t g) const {
  for (const Plane& plane : t_.planes.planes) {
    for (std::int32_t r = 0; r < t_.planes.height; ++r) {
      const PixelRow pixels = pixel_row(plane, r);
      if (pixels.first == pixels.end) continue;
      BufferRef source = pixels.source;
      source.offset += std::int64_t{g} * t_.dim;
      return builder_.contents().holds({source, 0, base + pixels.row + pixels.first, 1, 1, t_.dim});
    }
  }
  return false;
}

void OperandLoader::fill_a(std::int32_t base, std::int32_t g, std::int32_t g_end, std::vector<PendingLoad>& first) {
  arch::ConfigLoad config;
  config.state = 0;
  config.block_stride = static_cast<std::uint16_t>(t_.planes.rows);
  config.dram_stride = static_cast<std::uint64_t>(t_.work.stride_x * t_.work.input.x_stride);
  const std::uint16_t id = builder_.load_config(config);
  const std::int32_t cols = std::min(g_end * t_.dim, t_.work.lanes) - g * t_.dim;
  const std::size_t loads = t_.planes.planes.size() * static_cast<std::size_t>(t_.planes.height) *
                            static_cast<std::size_t>((t_.planes.pitch + t_.dim - 1) / t_.dim);
  const std::size_t each = (first.size() + loads - 1) / loads;
  std::size_t taken = 0;
  for (const Plane& plane : t_.planes.planes) {
    for (std::int32_t r = 0; r < t_.planes.height; ++r) {
      const PixelRow pixels = pixel_row(plane, r);
      const std::int32_t row = base + pixels.row, c0 = pixels.first, c1 = pixels.end;
      if (c0 > 0) builder_.zero(row, c0, g_end - g, t_.planes.rows);
      for (std::int32_t c = c0; c < c1; c += t_.dim) {
        BufferRef source = pixels.source;
        source.offset += (c - c0) * t_.work.stride_x * t_.work.input.x_stride + std::int64_t{g} * t_.dim;
        builder_.load(source, scratchpad(row + c), std::min(t_.dim, c1 - c), cols, id);
        for (std::size_t i = 0; i < each && taken < first.size(); ++i) issue(first[taken++]);
      }
      if (c1 < pixels.width && c1 >= c0 && c0 < pixels.width) {
        builder_.zero(row + c1, pixels.width - c1, g_end - g, t_.planes.rows);
      }
    }
  }
  first.erase(first.begin(), first.begin() + static_cast<std::ptrdiff_t>(taken));
}

void OperandLoader::fill_b(std::int32_t base, std::int32_t block0, std::int32_t b0, std::int32_t b1) {
  if (t_.work.weight_layout == WeightLayout::Transposed) {
    fill_b_transposed(base, block0, b0, b1);
    return;
  }
  const std::int32_t taps = t_.work.taps_count();
  if (t_.work.diagonal) {
    if (b0 != block0) return;  // all blocks of a tap at once
    b1 = b0 + 1;
  }
  for (std::int32_t block = b0; block < b1; ++block) {
    for (std::int32_t tap = 0; tap < taps; ++tap) {
      const std::int32_t local_step = (t_.work.diagonal ? 0 : (block - block0) * taps) + tap;
      for (std::int32_t n = t_.n_first; n < t_.n_first + t_.n_count;) {
        const std::int32_t into = t_.work.weight_layout == WeightLayout::Packed ? n % t_.packing.group_blocks : 0;
        const std::int32_t count =
            std::min({(t_.work.weight_layout == WeightLayout::Packed ? t_.packing.group_blocks : t_.group) - into,
                      t_.group, t_.n_first + t_.n_count - n});
        BufferRef source = t_.work.weights;
        std::int32_t rows = t_.work.diagonal ? std::min(t_.dim, t_.work.lanes - n * t_.dim) : t_.block_lanes(block);
        if (t_.work.weight_layout == WeightLayout::Packed) {
          source.offset += t_.packing.offset(t_.work.diagonal ? 0 : block, tap, n);
        } else {
          source.offset += std::int64_t{block} * t_.dim * t_.work.weight_stride + n * t_.dim;
        }
        const std::int32_t cols = std::min((n + count) * t_.dim, t_.work.outputs) - n * t_.dim;
        builder_.load(source, scratchpad(base + (local_step * t_.n_count + n - t_.n_first) * t_.dim), rows, cols,
                      weight_config_);
        n += count;
      }
    }
  }
}

void OperandLoader::fill_b_transposed(std::int32_t base, std::int32_t block0, std::int32_t b0, std::int32_t b1) {
  arch::ConfigLoad config;
  config.state = 1;
  config.block_stride = static_cast<std::uint16_t>(t_.n_count * t_.dim);
  config.dram_stride = static_cast<std::uint64_t>(t_.work.weight_stride);
  const std::uint16_t id = builder_.load_config(config);
  for (std::int32_t block = b0; block < b1; block += t_.group) {
    const std::int32_t end = std::min(block + t_.group, b1);
    for (std::int32_t n = 0; n < t_.n_count; ++n) {
      BufferRef source = t_.work.weights;
      source.offset += std::int64_t{t_.n_first + n} * t_.dim * t_.work.weight_stride + block * t_.dim;
      builder_.load(source, scratchpad(base + ((block - block0) * t_.n_count + n) * t_.dim),
                    t_.block_outputs(t_.n_first + n), std::min(end * t_.dim, t_.work.lanes) - block * t_.dim, id);
    }
  }
}

void OperandLoader::fill_bias(std::int32_t base) {
  const WeightPacking packing = packing_of(t_.dim, 1, t_.work.outputs, false, t_.machine);
  for (std::int32_t n = t_.n_first; n < t_.n_first + t_.n_count;) {
    const std::int32_t count = std::min(packing.group_blocks - n % packing.group_blocks, t_.n_first + t_.n_count - n);
    BufferRef source = *t_.work.bias_weights;
    source.offset += packing.offset(0, 0, n);
    builder_.load(source, scratchpad(base + (n - t_.n_first) * t_.dim), t_.dim, t_.outputs_of(n - t_.n_first, count),
                  weight_config_);
    n += count;
  }
}

void OperandLoader::fill_residual(std::int32_t base) {
  for (std::int32_t n = 0; n < t_.n_count; n += t_.group) {
    const std::int32_t count = std::min(t_.group, t_.n_count - n);
    const std::int32_t cols = t_.outputs_of(n, count);
    t_.for_each_run(*t_.work.residual, n, [&](const Segment& s, BufferRef source) {
      builder_.load(source, scratchpad(base + (s.chunk * t_.n_count + n) * t_.dim + s.offset), s.rows, cols,
                    residual_config_);
    });
  }
}

}  // namespace gemel::compiler
