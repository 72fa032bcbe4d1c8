// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "sim/arch/loop_check.h"
#include "sim/cosim/program_generator_loops.h"

namespace gemel::sim {

using arch::Command;
using arch::ConvLoop;
using arch::Funct;
namespace field = arch::field;

void LoopProgramGenerator::emit_conv(const ConvLoop& loop) {
  Command c[7];
  for (unsigned i = 0; i < 7; ++i)
    c[i] = {static_cast<std::uint8_t>(static_cast<unsigned>(Funct::LoopConvWs) + i), 0, 0};
  // What both layouts have at the same place.
  field::LoopConvWsConfig1_batch.set(c[1], loop.batch);
  field::LoopConvWsConfig1_in_dim.set(c[1], loop.in_rows);
  field::LoopConvWsConfig1_in_channels.set(c[1], loop.in_channels);
  field::LoopConvWsConfig1_out_channels.set(c[1], loop.out_channels);
  field::LoopConvWsConfig1_out_dim.set(c[1], loop.out_rows_dim);
  field::LoopConvWsConfig1_pool_out_dim.set(c[1], loop.pool_out_rows);
  field::LoopConvWsConfig2_kernel_dim.set(c[2], loop.kernel_dim);
  field::LoopConvWsConfig2_batches.set(c[2], loop.batches);
  field::LoopConvWsConfig2_pooled_rows.set(c[2], loop.pooled_rows);
  field::LoopConvWsConfig2_pooled_cols.set(c[2], loop.pooled_cols);
  field::LoopConvWsConfig2_pooled_channels.set(c[2], loop.pooled_channels);
  field::LoopConvWsConfig3_kernel_rows.set(c[3], loop.kernel_rows);
  field::LoopConvWsConfig3_kernel_cols.set(c[3], loop.kernel_cols);
  field::LoopConvWsConfig3_kernel_channels.set(c[3], loop.kernel_channels);
  field::LoopConvWsConfig3_left_pad.set(c[3], loop.left_pad);
  field::LoopConvWsConfig3_right_pad.set(c[3], loop.right_pad);
  field::LoopConvWsConfig3_upper_pad.set(c[3], loop.upper_pad);
  field::LoopConvWsConfig4_out_rows.set(c[4], loop.out_rows);
  field::LoopConvWsConfig4_pool_right_pad.set(c[4], loop.pool_right_pad);
  field::LoopConvWsConfig4_out_cols.set(c[4], loop.out_cols);
  if (is_2025()) {
    field::LoopConvWsConfig1_2025_out_col_dim.set(c[1], loop.out_cols_dim);
    field::LoopConvWsConfig1_2025_stride.set(c[1], loop.stride);
    field::LoopConvWsConfig1_2025_padding.set(c[1], loop.padding);
    field::LoopConvWsConfig2_2025_pool_out_col_dim.set(c[2], loop.pool_out_cols);
    field::LoopConvWsConfig2_2025_pool_size.set(c[2], loop.pool_size);
    field::LoopConvWsConfig2_2025_pool_stride.set(c[2], loop.pool_stride);
    field::LoopConvWsConfig2_2025_pool_padding.set(c[2], loop.pool_padding);
    field::LoopConvWsConfig3_2025_lower_pad.set(c[3], loop.lower_pad);
    field::LoopConvWsConfig3_2025_pool_left_pad.set(c[3], loop.pool_left_pad);
    field::LoopConvWsConfig3_2025_in_col_dim.set(c[3], loop.in_cols);
    field::LoopConvWsConfig4_2025_pool_upper_pad.set(c[4], loop.pool_upper_pad);
    field::LoopConvWsConfig4_2025_pool_lower_pad.set(c[4], loop.pool_lower_pad);
    field::LoopConvWsConfig4_2025_kernel_dilation.set(c[4], loop.kernel_dilation);
    field::LoopConvWsConfig4_2025_in_stride.set(c[4], loop.in_stride);
    field::LoopConvWsConfig4_2025_weight_stride.set(c[4], loop.weight_stride);
    field::LoopConvWsConfig4_2025_out_stride.set(c[4], loop.out_stride);
    field::LoopConvWs2025_input_scratchpad_id.set(c[0], loop.input_scratchpad_id);
    field::LoopConvWs2025_weights_scratchpad_id.set(c[0], loop.weights_scratchpad_id);
  } else {
    field::LoopConvWsConfig1_stride.set(c[1], loop.stride);
    field::LoopConvWsConfig1_padding.set(c[1], loop.padding);
    field::LoopConvWsConfig2_pool_size.set(c[2], loop.pool_size);
    field::LoopConvWsConfig2_pool_stride.set(c[2], loop.pool_stride);
    field::LoopConvWsConfig2_pool_padding.set(c[2], loop.pool_padding);
    field::LoopConvWsConfig3_lower_pad.set(c[3], loop.lower_pad);
    field::LoopConvWsConfig3_pool_left_pad.set(c[3], loop.pool_left_pad);
    field::LoopConvWsConfig4_pool_upper_pad.set(c[4], loop.pool_upper_pad);
    field::LoopConvWsConfig4_pool_lower_pad.set(c[4], loop.pool_lower_pad);
    field::LoopConvWsConfig4_kernel_dilation.set(c[4], loop.kernel_dilation);
  }
  c[5].rs1 = loop.weights;
  c[5].rs2 = loop.output;
  c[6].rs1 = loop.bias;
  c[6].rs2 = loop.input;
  field::LoopConvWs_no_bias.set(c[0], loop.no_bias);
  field::LoopConvWs_rotate_weights.set(c[0], loop.rotate_weights);
  field::LoopConvWs_transpose_output_1203.set(c[0], loop.transpose_output_1203);
  field::LoopConvWs_transpose_weights_1203.set(c[0], loop.transpose_weights_1203);
  field::LoopConvWs_transpose_weights_0132.set(c[0], loop.transpose_weights_0132);
  field::LoopConvWs_transpose_input_3120.set(c[0], loop.transpose_input_3120);
  field::LoopConvWs_depthwise.set(c[0], loop.depthwise);
  field::LoopConvWs_max_pixels_per_row.set(c[0], loop.max_pixels_per_row);
  field::LoopConvWs_no_pool.set(c[0], loop.no_pool);
  field::LoopConvWs_downsample.set(c[0], loop.downsample);
  field::LoopConvWs_input_dilated.set(c[0], loop.input_dilated);
  field::LoopConvWs_activation.set(c[0], loop.activation);
  for (const unsigned i : {1u, 2u, 3u, 4u, 5u, 6u, 0u}) emit(c[i]);
}

void LoopProgramGenerator::choose_conv_options(ConvLoop& loop) {
  loop.stride = random_.pick<std::uint32_t>({1, 1, 1, 2, 3});
  loop.kernel_dim = random_.pick<std::uint32_t>({1, 2, 3, 3, 4});
  loop.kernel_dilation = 1;
  loop.padding = random_.below(std::min<std::uint32_t>(loop.kernel_dim, 3));
  loop.max_pixels_per_row = 1;
  loop.no_pool = true;
  loop.activation = random_.percent(40) ? 1 : 0;
  loop.in_channels = random_.pick<std::uint32_t>({random_.size(dim_), random_.between(1, 3 * dim_), 3});
  loop.out_channels = random_.pick<std::uint32_t>({random_.size(dim_), random_.between(1, 5 * dim_)});
  loop.batch = random_.between(1, 2);
  loop.rotate_weights = random_.percent(15);
  switch (random_.below(9)) {
    case 0:
      loop.kernel_dilation = 2;
      break;
    case 1:
      loop.input_dilated = true;
      loop.stride = 1;
      break;
    case 2:  // down-sampling: one pixel of two, nothing around
      loop.downsample = true;
      loop.stride = 2;
      loop.kernel_dim = 1;
      loop.padding = 0;
      break;
    case 3:
      loop.depthwise = true;
      loop.in_channels = loop.out_channels = random_.between(1, 40);
      break;
    case 4:  // pixels packed into a row
      loop.in_channels = random_.between(1, std::max(1u, dim_ / 2));
      loop.max_pixels_per_row = std::min(loop.kernel_dim, std::max(1u, dim_ / loop.in_channels));
      loop.rotate_weights = false;
      break;
    case 5:
      loop.transpose_input_3120 = true;
      loop.batch = random_.between(1, dim_ + 2);
      break;
    default:
      break;
  }
  if (loop.depthwise) {
  } else if (random_.percent(20)) {
    loop.transpose_weights_1203 = true;
  } else if (random_.percent(20) && !loop.transpose_input_3120 && loop.max_pixels_per_row == 1) {
    loop.transpose_weights_0132 = true;
  }
  if (random_.percent(35) && !loop.downsample) {
    loop.no_pool = false;
    loop.pool_size = random_.between(1, 3);
    loop.pool_stride = random_.between(1, 3);
    loop.pool_padding = random_.below(std::min(2u, loop.pool_size));
  } else {
    loop.pool_size = loop.pool_stride = 1;
    loop.transpose_output_1203 = random_.percent(15);
  }
}

// Shapes and one tile of a layer; false where it does not fit the machine.
bool LoopProgramGenerator::choose_conv(ConvLoop& loop) {
  loop = ConvLoop{};
  choose_conv_options(loop);
  const std::uint32_t most = dim_ >= 32 ? 8 : 13;
  loop.in_rows = random_.between(1, most);
  loop.in_cols = is_2025() ? random_.between(1, most) : loop.in_rows;
  if (loop.downsample) {
    loop.in_rows = (loop.in_rows + 1) / 2 * 2;
    loop.in_cols = (loop.in_cols + 1) / 2 * 2;
  }
  const std::uint32_t spread = loop.input_dilated ? 1 : 0;
  const std::uint32_t reach = (loop.kernel_dim - 1) * loop.kernel_dilation + 1;
  const auto outputs = [&](std::uint32_t in) {
    const std::uint32_t padded = in + (in - 1) * spread + 2 * loop.padding;
    return padded < reach ? 0 : (padded - reach) / loop.stride + 1;
  };
  loop.out_rows_dim = outputs(loop.in_rows);
  loop.out_cols_dim = outputs(loop.in_cols);
  if (loop.out_rows_dim == 0 || loop.out_cols_dim == 0) return false;
  const auto pooled = [&](std::uint32_t out) {
    return out + 2 * loop.pool_padding < loop.pool_size
               ? 0
               : (out + 2 * loop.pool_padding - loop.pool_size) / loop.pool_stride + 1;
  };
  loop.pool_out_rows = loop.no_pool ? loop.out_rows_dim : pooled(loop.out_rows_dim);
  loop.pool_out_cols = loop.no_pool ? loop.out_cols_dim : pooled(loop.out_cols_dim);
  if (loop.pool_out_rows == 0 || loop.pool_out_cols == 0) return false;
  const auto wide = [&](std::uint32_t channels) {
    return is_2025() && random_.percent(40) ? channels + random_.below(20) : channels;
  };
  loop.in_stride = loop.transpose_input_3120 ? loop.in_channels : wide(loop.in_channels);
  loop.weight_stride = wide(loop.out_channels);
  loop.out_stride = wide(loop.out_channels);
  if (is_2025() && random_.percent(30)) {
    loop.input_scratchpad_id = static_cast<std::uint8_t>(random_.between(1, 2));
    loop.weights_scratchpad_id = static_cast<std::uint8_t>(random_.between(1, 2));
  }

  loop.batches = loop.batch;
  loop.kernel_rows = loop.kernel_cols = loop.kernel_dim;
  loop.kernel_channels = loop.depthwise ? 1 : loop.in_channels;
  loop.pooled_channels = loop.depthwise        ? 1
                         : random_.percent(50) ? loop.out_channels
                                               : random_.between(1, loop.out_channels);
  loop.pooled_rows = loop.pool_out_rows;
  loop.pooled_cols = loop.pool_out_cols;
  loop.out_rows = loop.out_rows_dim;
  loop.out_cols = loop.out_cols_dim;
  const auto behind = [&](std::uint32_t out, std::uint32_t in) {  // zeros behind the input that the tile covers
    const std::uint32_t covered = out * loop.stride + reach - 1, stored = in + (in - 1) * spread + loop.padding;
    return covered > stored ? covered - stored : 0;
  };
  loop.upper_pad = loop.left_pad = loop.padding;
  loop.lower_pad = behind(loop.out_rows, loop.in_rows);
  loop.right_pad = behind(loop.out_cols, loop.in_cols);
  loop.pool_left_pad = loop.pool_upper_pad = loop.pool_padding;
  const std::uint64_t products = std::uint64_t{loop.batches} * loop.out_rows * loop.out_cols * loop.pooled_channels *
                                 loop.kernel_rows * loop.kernel_cols * loop.kernel_channels;
  if (products > 300000) return false;
  return arch::why_illegal(loop, derived_).empty();
}

// Addresses of the tile, inside tensors of the layer's own shape.
void LoopProgramGenerator::place_conv(ConvLoop& loop) {
  const std::uint64_t channel = loop.depthwise ? random_.below(loop.out_channels) : 0;
  const std::uint64_t first_out =
      loop.depthwise ? channel : random_.below(loop.out_channels - loop.pooled_channels + 1);
  const std::uint64_t kernel = std::uint64_t{loop.kernel_dim} * loop.kernel_dim;
  const std::uint64_t in_bytes = std::uint64_t{loop.batch} * loop.in_rows * loop.in_cols * loop.in_stride;
  loop.input = input(in_bytes + 64) + channel;
  const std::uint64_t weight_bytes = kernel * loop.in_channels * std::max(loop.weight_stride, loop.out_channels);
  loop.weights = input(weight_bytes + 64);
  if (loop.transpose_weights_0132)
    loop.weights += first_out * loop.in_channels;
  else if (!loop.depthwise)
    loop.weights += first_out;
  loop.bias = random_.percent(20) ? 0 : input(4 * loop.out_channels + 64) + 4 * first_out;
  loop.no_bias = loop.bias == 0 || random_.percent(20);
  if (loop.bias == 0) loop.bias = 1;  // zeros, whatever the address
  // Padded pooling can give more pixels than it takes.
  const std::uint64_t out_bytes = std::uint64_t{loop.batch} * loop.pool_out_rows * loop.pool_out_cols *
                                  std::max(loop.out_stride, loop.out_channels);
  loop.output = output(out_bytes + 64) + first_out;
}

// A layer's tile, or two that divide its input channels: the first leaves its sums for the second.
void LoopProgramGenerator::random_conv() {
  ConvLoop loop;
  while (!choose_conv(loop)) {
  }
  place_conv(loop);
  configure_execute(loop.stride >> (loop.downsample ? 1 : 0), loop.input_dilated ? 2 : 1, loop.transpose_input_3120,
                    loop.transpose_weights_0132);
  configure_store(loop.transpose_output_1203 ? std::uint64_t{loop.batch} * loop.out_channels : loop.out_stride);
  const bool fixed = loop.input_scratchpad_id != 0;  // loads run ahead of the products of the loop before
  const bool divided = !fixed && loop.kernel_channels > dim_ && !loop.transpose_input_3120 &&
                       loop.max_pixels_per_row == 1 && random_.percent(60);
  if (!divided) {
    if (fixed) fence();
    emit_conv(loop);
    pause();
    if (fixed) fence();
    return;
  }
  ConvLoop first = loop, second = loop;
  first.kernel_channels = dim_;
  first.output = 0;
  second.kernel_channels = loop.kernel_channels - dim_;
  second.bias = 0;
  second.input += dim_;
  const std::uint64_t kernel = std::uint64_t{loop.kernel_dim} * loop.kernel_dim;
  second.weights += loop.transpose_weights_1203   ? dim_ * kernel * loop.out_channels
                    : loop.transpose_weights_0132 ? dim_
                                                  : std::uint64_t{dim_} * loop.weight_stride;
  emit_conv(first);
  pause();
  emit_conv(second);
  pause();
}

}  // namespace gemel::sim
