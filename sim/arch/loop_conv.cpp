// SPDX-License-Identifier: Apache-2.0
#include "sim/arch/loop_conv.h"

#include <algorithm>

namespace gemel::arch {

namespace {

std::uint32_t blocks_of(std::uint32_t elements, std::uint32_t dim) { return (elements + dim - 1) / dim; }

void write_run(ConvLoop& loop, const Command& command, IsaVersion version) {
  const auto get = [&](const FieldPlace& place) { return place.get(command.rs1, command.rs2); };
  loop.no_bias = get(field::LoopConvWs_no_bias) != 0;
  loop.rotate_weights = get(field::LoopConvWs_rotate_weights) != 0;
  loop.transpose_output_1203 = get(field::LoopConvWs_transpose_output_1203) != 0;
  loop.transpose_weights_1203 = get(field::LoopConvWs_transpose_weights_1203) != 0;
  loop.transpose_weights_0132 = get(field::LoopConvWs_transpose_weights_0132) != 0;
  loop.transpose_input_3120 = get(field::LoopConvWs_transpose_input_3120) != 0;
  loop.depthwise = get(field::LoopConvWs_depthwise) != 0;
  loop.max_pixels_per_row =
      std::max(1u, field::LoopConvWs_max_pixels_per_row.get32(command.rs1, command.rs2));  // 0 means 1
  loop.no_pool = get(field::LoopConvWs_no_pool) != 0;
  loop.downsample = get(field::LoopConvWs_downsample) != 0;
  loop.input_dilated = get(field::LoopConvWs_input_dilated) != 0;
  loop.activation = static_cast<std::uint8_t>(get(field::LoopConvWs_activation));
  if (version != IsaVersion::Gemmini2025) return;
  loop.input_scratchpad_id = static_cast<std::uint8_t>(get(field::LoopConvWs2025_input_scratchpad_id));
  loop.weights_scratchpad_id = static_cast<std::uint8_t>(get(field::LoopConvWs2025_weights_scratchpad_id));
}

void write_v07(ConvLoop& loop, const Command& command) {
  const auto get = [&](const FieldPlace& place) { return place.get32(command.rs1, command.rs2); };
  switch (static_cast<Funct>(command.funct)) {
    case Funct::LoopConvWsConfig1:
      loop.batch = get(field::LoopConvWsConfig1_batch);
      loop.in_rows = loop.in_cols = get(field::LoopConvWsConfig1_in_dim);
      loop.in_channels = loop.in_stride = get(field::LoopConvWsConfig1_in_channels);
      loop.out_channels = loop.weight_stride = loop.out_stride = get(field::LoopConvWsConfig1_out_channels);
      loop.out_rows_dim = loop.out_cols_dim = get(field::LoopConvWsConfig1_out_dim);
      loop.pool_out_rows = loop.pool_out_cols = get(field::LoopConvWsConfig1_pool_out_dim);
      loop.stride = get(field::LoopConvWsConfig1_stride);
      loop.padding = get(field::LoopConvWsConfig1_padding);
      break;
    case Funct::LoopConvWsConfig2:
      loop.pool_padding = get(field::LoopConvWsConfig2_pool_padding);
      loop.pool_stride = get(field::LoopConvWsConfig2_pool_stride);
      loop.pool_size = get(field::LoopConvWsConfig2_pool_size);
      loop.kernel_dim = get(field::LoopConvWsConfig2_kernel_dim);
      loop.pooled_channels = get(field::LoopConvWsConfig2_pooled_channels);
      loop.pooled_cols = get(field::LoopConvWsConfig2_pooled_cols);
      loop.pooled_rows = get(field::LoopConvWsConfig2_pooled_rows);
      loop.batches = get(field::LoopConvWsConfig2_batches);
      break;
    case Funct::LoopConvWsConfig3:
      loop.left_pad = get(field::LoopConvWsConfig3_left_pad);
      loop.kernel_channels = get(field::LoopConvWsConfig3_kernel_channels);
      loop.kernel_cols = get(field::LoopConvWsConfig3_kernel_cols);
      loop.kernel_rows = get(field::LoopConvWsConfig3_kernel_rows);
      loop.pool_left_pad = get(field::LoopConvWsConfig3_pool_left_pad);
      loop.lower_pad = get(field::LoopConvWsConfig3_lower_pad);
      loop.upper_pad = get(field::LoopConvWsConfig3_upper_pad);
      loop.right_pad = get(field::LoopConvWsConfig3_right_pad);
      break;
    case Funct::LoopConvWsConfig4:
      loop.pool_lower_pad = get(field::LoopConvWsConfig4_pool_lower_pad);
      loop.pool_upper_pad = get(field::LoopConvWsConfig4_pool_upper_pad);
      loop.pool_right_pad = get(field::LoopConvWsConfig4_pool_right_pad);
      loop.out_rows = get(field::LoopConvWsConfig4_out_rows);
      loop.out_cols = get(field::LoopConvWsConfig4_out_cols);
      loop.kernel_dilation = get(field::LoopConvWsConfig4_kernel_dilation);
      break;
    default:
      break;
  }
}

void write_2025(ConvLoop& loop, const Command& command) {
  const auto get = [&](const FieldPlace& place) { return place.get32(command.rs1, command.rs2); };
  switch (static_cast<Funct>(command.funct)) {
    case Funct::LoopConvWsConfig1:
      loop.batch = get(field::LoopConvWsConfig1_2025_batch);
      loop.in_rows = get(field::LoopConvWsConfig1_2025_in_row_dim);
      loop.in_channels = get(field::LoopConvWsConfig1_2025_in_channels);
      loop.out_channels = get(field::LoopConvWsConfig1_2025_out_channels);
      loop.out_rows_dim = get(field::LoopConvWsConfig1_2025_out_row_dim);
      loop.out_cols_dim = get(field::LoopConvWsConfig1_2025_out_col_dim);
      loop.pool_out_rows = get(field::LoopConvWsConfig1_2025_pool_out_row_dim);
      loop.stride = get(field::LoopConvWsConfig1_2025_stride);
      loop.padding = get(field::LoopConvWsConfig1_2025_padding);
      break;
    case Funct::LoopConvWsConfig2:
      loop.pool_padding = get(field::LoopConvWsConfig2_2025_pool_padding);
      loop.pool_stride = get(field::LoopConvWsConfig2_2025_pool_stride);
      loop.pool_size = get(field::LoopConvWsConfig2_2025_pool_size);
      loop.pool_out_cols = get(field::LoopConvWsConfig2_2025_pool_out_col_dim);
      loop.kernel_dim = get(field::LoopConvWsConfig2_2025_kernel_dim);
      loop.pooled_channels = get(field::LoopConvWsConfig2_2025_pooled_channels);
      loop.pooled_cols = get(field::LoopConvWsConfig2_2025_pooled_cols);
      loop.pooled_rows = get(field::LoopConvWsConfig2_2025_pooled_rows);
      loop.batches = get(field::LoopConvWsConfig2_2025_batches);
      break;
    case Funct::LoopConvWsConfig3:
      loop.left_pad = get(field::LoopConvWsConfig3_2025_left_pad);
      loop.kernel_channels = get(field::LoopConvWsConfig3_2025_kernel_channels);
      loop.kernel_cols = get(field::LoopConvWsConfig3_2025_kernel_cols);
      loop.kernel_rows = get(field::LoopConvWsConfig3_2025_kernel_rows);
      loop.in_cols = get(field::LoopConvWsConfig3_2025_in_col_dim);
      loop.pool_left_pad = get(field::LoopConvWsConfig3_2025_pool_left_pad);
      loop.lower_pad = get(field::LoopConvWsConfig3_2025_lower_pad);
      loop.upper_pad = get(field::LoopConvWsConfig3_2025_upper_pad);
      loop.right_pad = get(field::LoopConvWsConfig3_2025_right_pad);
      break;
    case Funct::LoopConvWsConfig4:
      loop.kernel_dilation = get(field::LoopConvWsConfig4_2025_kernel_dilation);
      loop.pool_lower_pad = get(field::LoopConvWsConfig4_2025_pool_lower_pad);
      loop.pool_upper_pad = get(field::LoopConvWsConfig4_2025_pool_upper_pad);
      loop.pool_right_pad = get(field::LoopConvWsConfig4_2025_pool_right_pad);
      loop.out_rows = get(field::LoopConvWsConfig4_2025_out_rows);
      loop.out_cols = get(field::LoopConvWsConfig4_2025_out_cols);
      loop.out_stride = get(field::LoopConvWsConfig4_2025_out_stride);
      loop.weight_stride = get(field::LoopConvWsConfig4_2025_weight_stride);
      loop.in_stride = get(field::LoopConvWsConfig4_2025_in_stride);
      break;
    default:
      break;
  }
}

}  // namespace

bool is_conv_loop_command(std::uint8_t funct) {
  return funct >= static_cast<std::uint8_t>(Funct::LoopConvWs) &&
         funct <= static_cast<std::uint8_t>(Funct::LoopConvWsConfig6);
}

void write_conv_register(ConvLoop& loop, const Command& command, IsaVersion version) {
  switch (static_cast<Funct>(command.funct)) {
    case Funct::LoopConvWs:
      write_run(loop, command, version);
      return;
    case Funct::LoopConvWsConfig5:
      loop.weights = command.rs1;
      loop.output = command.rs2;
      return;
    case Funct::LoopConvWsConfig6:
      loop.bias = command.rs1;
      loop.input = command.rs2;
      return;
    default:
      if (version == IsaVersion::Gemmini2025)
        write_2025(loop, command);
      else
        write_v07(loop, command);
  }
}

ConvShape conv_shape(const ConvLoop& loop, const DerivedConfig& derived) {
  ConvShape s;
  const unsigned dilated = loop.input_dilated ? 1 : 0;
  const unsigned down = loop.downsample ? 1 : 0;
  const auto stored = [&](std::int32_t pixels) { return (pixels + static_cast<std::int32_t>(dilated)) >> dilated; };
  const auto covered = [&](std::uint32_t out, std::uint32_t kernel) {
    return static_cast<std::int32_t>(out * loop.stride + kernel + (loop.kernel_dilation - 1) * (kernel - 1) - 1);
  };
  const std::int32_t rows = covered(loop.out_rows, loop.kernel_rows);
  const std::int32_t cols = covered(loop.out_cols, loop.kernel_cols);
  const auto pad = [](std::uint32_t pixels) { return static_cast<std::int32_t>(pixels); };
  s.upper = stored(pad(loop.upper_pad));
  s.lower = stored(pad(loop.lower_pad));
  s.left = stored(pad(loop.left_pad));
  s.right = stored(pad(loop.right_pad));
  s.in_rows_unpadded = stored(rows - pad(loop.upper_pad) - pad(loop.lower_pad));
  s.in_cols_unpadded = stored(cols - pad(loop.left_pad) - pad(loop.right_pad));
  s.in_rows = static_cast<std::uint32_t>(dilated ? s.in_rows_unpadded + s.upper + s.lower : rows);
  s.in_cols = static_cast<std::uint32_t>(dilated ? s.in_cols_unpadded + s.left + s.right : cols);
  s.plane_rows = s.in_rows >> down;
  s.plane_cols = s.in_cols >> down;
  const std::uint32_t plane = s.plane_rows * s.plane_cols;
  const bool exchanged = loop.transpose_input_3120;
  s.bias_stride = loop.batches * loop.out_rows * loop.out_cols;
  s.input_stride = (exchanged ? loop.kernel_channels : loop.batches) * plane;
  s.weight_block =
      loop.kernel_rows * loop.kernel_cols * (loop.transpose_weights_0132 ? loop.pooled_channels : loop.kernel_channels);
  s.input_rows_used = blocks_of(exchanged ? loop.batches : loop.kernel_channels, derived.dim) * s.input_stride;
  s.weight_rows_used =
      blocks_of(loop.transpose_weights_0132 ? loop.kernel_channels : loop.pooled_channels, derived.dim) *
      s.weight_block;
  s.result_rows_used = blocks_of(loop.pooled_channels, derived.dim) * s.bias_stride;
  return s;
}

std::uint32_t conv_input_base(const ConvLoop& loop, unsigned slot, const DerivedConfig& derived) {
  const unsigned half = loop.input_scratchpad_id == 0 ? slot : loop.input_scratchpad_id - 1u;
  return half * (derived.scratchpad_rows / 2);
}

std::uint32_t conv_weights_base(const ConvLoop& loop, unsigned slot, const DerivedConfig& derived) {
  const unsigned half = loop.weights_scratchpad_id == 0 ? slot + 1 : loop.weights_scratchpad_id;
  return half * (derived.scratchpad_rows / 2) - conv_shape(loop, derived).weight_rows_used;
}

}  // namespace gemel::arch
