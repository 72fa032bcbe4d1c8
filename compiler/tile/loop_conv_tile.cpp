// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstring>

#include "compiler/tile/loop_conv_plan.h"

namespace gemel::compiler {
namespace {

std::uint32_t as_register(std::int64_t value) { return static_cast<std::uint32_t>(value); }

// Pixels from one row to the next; a single row may have any.
std::int64_t pitch_of(const ImageRef& image, std::int32_t rows, std::int32_t cols) {
  return rows > 1 ? image.y_stride / image.x_stride : cols;
}

}  // namespace

std::optional<ConvKernel> conv_kernel(const Contraction& work) {
  ConvKernel kernel;
  std::int32_t cols = 0;
  while (cols < work.taps_count() && work.taps[static_cast<std::size_t>(cols)].dy == work.taps.front().dy) ++cols;
  if (work.taps_count() % cols != 0) return std::nullopt;
  kernel.cols = cols;
  kernel.rows = work.taps_count() / cols;
  const std::int32_t dy = kernel.rows > 1 ? work.taps[static_cast<std::size_t>(cols)].dy : 0;
  const std::int32_t dx = kernel.cols > 1 ? work.taps[1].dx : 0;
  if (kernel.rows > 1 && kernel.cols > 1 && dx != dy) return std::nullopt;
  kernel.dilation = std::max({1, dy, dx});
  for (std::int32_t t = 0; t < work.taps_count(); ++t) {
    const Tap& tap = work.taps[static_cast<std::size_t>(t)];
    if (tap.dy != t / cols * dy || tap.dx != t % cols * dx) return std::nullopt;
  }
  return kernel;
}

std::optional<ConvWeightOrder> conv_weight_order(const Contraction& work, const Machine& machine) {
  const std::optional<ConvKernel> kernel = conv_kernel(work);
  if (!kernel) return std::nullopt;
  const WeightPacking packing = packing_of(work, machine);
  const std::int32_t lanes = work.diagonal ? machine.dim() : work.lanes;
  const std::int64_t most_rows = std::int64_t{packing.lane_blocks} * packing.taps * packing.dim;
  ConvWeightOrder elements_first;
  if (machine.config.isa_version == arch::IsaVersion::Gemmini2025) {
    elements_first.pitch = packing.row_bytes;
    elements_first.in_channels = lanes;
    elements_first.kernel_dim = kernel->cols;
    return elements_first;
  }
  // One register says how far pixels of the input lie apart and how many lanes a kernel element has; one, how far
  // pixels of the output and rows of weights lie apart.
  elements_first.pitch = work.output.x_stride;
  if (elements_first.pitch > packing.row_bytes) return std::nullopt;
  elements_first.in_channels = static_cast<std::int32_t>(work.input.x_stride);
  elements_first.kernel_dim = kernel->cols;
  if (kernel->cols == 1) {
    elements_first.kernel_dim = (lanes + elements_first.in_channels - 1) / elements_first.in_channels;
  }
  ConvWeightOrder lanes_first = elements_first;
  lanes_first.lanes_first = true;
  lanes_first.kernel_dim = std::max(kernel->rows, kernel->cols);
  const auto rows_of = [&](const ConvWeightOrder& order) {
    return order.row(kernel->rows - 1, kernel->cols - 1, lanes - 1) + 1;
  };
  const bool elements_apart = kernel->cols == 1 || elements_first.in_channels >= lanes;
  if (elements_apart && rows_of(elements_first) <= most_rows) return elements_first;
  if (rows_of(lanes_first) <= most_rows) return lanes_first;
  return std::nullopt;
}

std::vector<std::uint8_t> in_conv_order(const std::vector<std::uint8_t>& packed, const Contraction& work,
                                        const ConvWeightOrder& order, const Machine& machine) {
  const ConvKernel kernel = conv_kernel(work).value();
  const WeightPacking packing = packing_of(work, machine);
  const std::int32_t lanes = work.diagonal ? packing.dim : work.lanes;
  std::vector<std::uint8_t> data(packed.size(), 0);
  for (std::int32_t tap = 0; tap < packing.taps; ++tap) {
    for (std::int32_t lane = 0; lane < lanes; ++lane) {
      const std::int64_t from = packing.offset(lane / packing.dim, tap, 0) + lane % packing.dim * packing.row_bytes;
      const std::int64_t to = order.row(tap / kernel.cols, tap % kernel.cols, lane) * order.pitch;
      std::memcpy(data.data() + to, packed.data() + from, static_cast<std::size_t>(work.outputs));
    }
  }
  return data;
}

void for_each_conv_tile(const Contraction& work, const Machine& machine, const ConvLoopPlan& plan,
                        const std::function<void(const ConvTile&)>& visit) {
  const std::int32_t dim = machine.dim(), kernel_rows = conv_kernel(work).value().rows;
  const std::int32_t lanes = work.diagonal ? 0 : work.lanes;
  ConvTile tile;
  const auto sums = [&] {
    for (tile.first_lane = 0; tile.first_lane == 0 || tile.first_lane < lanes; tile.first_lane += plan.lanes * dim) {
      tile.lanes = work.diagonal ? tile.outputs : std::min(plan.lanes * dim, lanes - tile.first_lane);
      for (tile.first_row = 0; tile.first_row < kernel_rows; tile.first_row += plan.kernel_rows) {
        tile.rows = std::min(plan.kernel_rows, kernel_rows - tile.first_row);
        tile.is_first = tile.first_lane == 0 && tile.first_row == 0;
        tile.is_last = tile.first_lane + plan.lanes * dim >= lanes && tile.first_row + plan.kernel_rows >= kernel_rows;
        visit(tile);
      }
    }
  };
  for (tile.image = 0; tile.image < work.images; ++tile.image) {
    for (tile.first_output = 0; tile.first_output < work.outputs; tile.first_output += plan.tile_n * dim) {
      tile.outputs = std::min(plan.tile_n * dim, work.outputs - tile.first_output);
      for (tile.y = 0; tile.y < grid_h(work); tile.y += plan.tile_h) {
        tile.h = std::min(plan.tile_h, grid_h(work) - tile.y);
        for (tile.x = 0; tile.x < grid_w(work); tile.x += plan.tile_w) {
          tile.w = std::min(plan.tile_w, grid_w(work) - tile.x);
          sums();
        }
      }
    }
  }
}

ConvTileRegisters conv_tile_registers(const Contraction& work, const Machine& machine, const ConvTile& tile) {
  const ConvKernel kernel = conv_kernel(work).value();
  const ConvWeightOrder order = conv_weight_order(work, machine).value();
  const bool own_strides = machine.config.isa_version == arch::IsaVersion::Gemmini2025;
  const PositionRange at = positions_of(work, tile.y, tile.x, tile.h, tile.w);
  ConvTileRegisters result;
  arch::ConvLoop& loop = result.loop;
  loop.batch = loop.batches = 1;
  loop.in_cols = as_register(pitch_of(work.input, work.in_h, work.in_w));
  loop.in_rows = own_strides ? as_register(work.in_h) : loop.in_cols;
  loop.in_stride = as_register(work.input.x_stride);
  loop.in_channels = as_register(order.in_channels);
  loop.out_channels = loop.weight_stride = as_register(order.pitch);
  loop.out_stride = as_register(work.output.x_stride);
  const auto out_pitch = as_register(pitch_of(work.output, grid_h(work), grid_w(work)));
  loop.out_cols_dim = loop.pool_out_cols = out_pitch;
  loop.out_rows_dim = loop.pool_out_rows = own_strides ? as_register(grid_h(work)) : out_pitch;
  loop.stride = as_register(work.out_w > 1 ? work.stride_x : work.stride_y);
  loop.padding = as_register(work.pad_top);
  loop.kernel_dim = as_register(order.kernel_dim);
  loop.kernel_dilation = as_register(kernel.dilation);
  loop.transpose_weights_1203 = order.lanes_first;
  loop.no_pool = !work.pool;
  if (work.pool) {
    loop.pool_size = as_register(work.pool->size);
    loop.pool_stride = as_register(work.pool->stride);
    loop.pool_padding = as_register(work.pool->pad_top);
    loop.pool_upper_pad = as_register(std::max(0, work.pool->pad_top - tile.y * work.pool->stride));
    loop.pool_left_pad = as_register(std::max(0, work.pool->pad_left - tile.x * work.pool->stride));
  }
  loop.pooled_rows = as_register(tile.h);
  loop.pooled_cols = as_register(tile.w);
  loop.pooled_channels = as_register(tile.outputs);
  loop.kernel_rows = as_register(tile.rows);
  loop.kernel_cols = as_register(kernel.cols);
  loop.kernel_channels = as_register(tile.lanes);
  loop.out_rows = as_register(at.h);
  loop.out_cols = as_register(at.w);
  loop.activation = static_cast<std::uint8_t>(work.activation);
  loop.no_bias = !work.bias;
  // Input of the tile: what lies outside the image is padding, also where the last window does not reach it.
  const arch::ConvShape unpadded = arch::conv_shape(loop, machine.derived);
  const std::int32_t y = at.y * work.stride_y - work.pad_top + tile.first_row * kernel.dilation;
  const std::int32_t x = at.x * work.stride_x - work.pad_left;
  loop.upper_pad = as_register(std::max(0, -y));
  loop.left_pad = as_register(std::max(0, -x));
  loop.lower_pad = as_register(std::max(0, y + static_cast<std::int32_t>(unpadded.in_rows) - work.in_h));
  loop.right_pad = as_register(std::max(0, x + static_cast<std::int32_t>(unpadded.in_cols) - work.in_w));
  result.input_y = std::max(0, y);
  result.input_x = std::max(0, x);
  return result;
}

}  // namespace gemel::compiler
