// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "sim/arch/loop_conv.h"

namespace gemel::arch {

namespace {

// Byte offsets into memory have 32 bits.
std::uint64_t at_offset(std::uint64_t address, std::uint64_t bytes) { return address + (bytes & 0xFFFFFFFFu); }

// The index steps; true where it went back to its start.
template <typename Index>
bool step_round(Index& index, Index step, Index end, Index start = 0) {
  index += step;
  if (index < end) return false;
  index = start;
  return true;
}

std::uint64_t block(LocalAddress local, std::uint32_t cols, std::uint32_t rows) {
  return encode_local_block({local, static_cast<std::uint16_t>(cols), static_cast<std::uint16_t>(rows)});
}

Command load_config(std::uint8_t state, std::uint32_t block_stride, std::uint32_t repeats, std::uint64_t dram_stride) {
  ConfigLoad config;
  config.state = state;
  config.block_stride = static_cast<std::uint16_t>(block_stride);
  config.pixel_repeats = static_cast<std::uint8_t>(repeats);
  config.dram_stride = dram_stride;
  return encode_config_load(config);
}

constexpr std::uint8_t code(Funct funct) { return static_cast<std::uint8_t>(funct); }

}  // namespace

// ---- Bias -------------------------------------------------------------------------------------------------------

void ConvLoadBias::start(const ConvLoop& loop, std::uint32_t base, const DerivedConfig& derived) {
  begin(loop, derived);
  base_ = base;
  step_ = std::min(loop.pooled_channels, derived.max_block_columns_acc * dim_);
  b_ = row_ = col_ = channel_ = 0;
}

Command ConvLoadBias::command() const {
  if (at_config_) return load_config(2, shape_.bias_stride, 1, 0);
  return {code(Funct::Mvin3), loop_.no_bias ? 0 : at_offset(loop_.bias, std::uint64_t{channel_} * 4),
          block(accumulator(base_ + result_row(b_, row_, col_, channel_)),
                std::min(step_, loop_.pooled_channels - channel_), std::min(dim_, loop_.out_cols - col_))};
}

void ConvLoadBias::advance() {
  if (at_config_) {
    at_config_ = false;
    return;
  }
  if (step_round(channel_, step_, loop_.pooled_channels) && step_round(col_, dim_, loop_.out_cols) &&
      step_round(row_, 1u, loop_.out_rows) && step_round(b_, 1u, loop_.batches))
    active_ = false;
}

// ---- Input ------------------------------------------------------------------------------------------------------

void ConvLoadInput::start(const ConvLoop& loop, unsigned slot, const DerivedConfig& derived) {
  begin(loop, derived);
  base_ = conv_input_base(loop, slot, derived);
  step_ = std::min(loop.transpose_input_3120 ? loop.batches : loop.kernel_channels, derived.max_block_columns * dim_);
  b_ = channel_ = 0;
  row_ = -shape_.upper;
  col_ = -shape_.left;
}

// Pixels of the row that the command at hand covers, those that are left out by down-sampling included.
std::int32_t ConvLoadInput::pixels() const {
  const std::int32_t dim = static_cast<std::int32_t>(dim_);
  if (col_ < 0) return std::min(dim, -col_);
  if (col_ >= shape_.in_cols_unpadded) return std::min(dim, shape_.in_cols_unpadded + shape_.right - col_);
  return std::min(loop_.downsample ? 2 * dim : dim, shape_.in_cols_unpadded - col_);
}

Command ConvLoadInput::command() const {
  const bool exchanged = loop_.transpose_input_3120;
  const unsigned down = loop_.downsample ? 1 : 0;
  if (at_config_)
    return load_config(0, shape_.input_stride, loop_.max_pixels_per_row,
                       std::uint64_t{exchanged ? loop_.batch : loop_.in_stride} << down);
  const bool zeros = row_ < 0 || row_ >= shape_.in_rows_unpadded || col_ < 0 || col_ >= shape_.in_cols_unpadded;
  const std::uint64_t row = static_cast<std::uint64_t>(row_), col = static_cast<std::uint64_t>(col_);
  const std::uint32_t outer = exchanged ? channel_ : b_, lane = exchanged ? b_ : channel_;
  const std::uint64_t offset = ((std::uint64_t{outer} * loop_.in_rows + row) * loop_.in_cols + col) *
                                   (exchanged ? loop_.batches : loop_.in_stride) +
                               lane;
  const std::uint32_t padded_row = static_cast<std::uint32_t>(row_ + shape_.upper) >> down;
  const std::uint32_t padded_col = static_cast<std::uint32_t>(col_ + shape_.left) >> down;
  const std::uint32_t local = base_ + lane / dim_ * shape_.input_stride +
                              (outer * shape_.plane_rows + padded_row) * shape_.plane_cols + padded_col;
  const std::uint32_t lanes = (exchanged ? loop_.batches : loop_.kernel_channels) - lane;
  return {code(Funct::Mvin), zeros ? 0 : at_offset(loop_.input, offset),
          block(scratchpad(local), std::min(step_, lanes), static_cast<std::uint32_t>(pixels()) >> down)};
}

void ConvLoadInput::advance() {
  if (at_config_) {
    at_config_ = false;
    return;
  }
  const bool exchanged = loop_.transpose_input_3120;
  const std::int32_t width = pixels();
  if (step_round(channel_, exchanged ? 1u : step_, loop_.kernel_channels) &&
      step_round(col_, width, shape_.in_cols_unpadded + shape_.right, -shape_.left) &&
      step_round(row_, loop_.downsample ? 2 : 1, shape_.in_rows_unpadded + shape_.lower, -shape_.upper) &&
      step_round(b_, exchanged ? step_ : 1u, loop_.batches))
    active_ = false;
}

// ---- Weights ----------------------------------------------------------------------------------------------------

void ConvLoadWeights::start(const ConvLoop& loop, unsigned slot, const DerivedConfig& derived) {
  begin(loop, derived);
  base_ = conv_weights_base(loop, slot, derived);
  step_ = std::min(loop.transpose_weights_0132 ? loop.kernel_channels : loop.pooled_channels,
                   derived.max_block_columns * dim_);
  out_ = row_ = col_ = in_ = 0;
}

Command ConvLoadWeights::command() const {
  const bool exchanged = loop_.transpose_weights_0132;
  const std::uint64_t kernel = loop_.kernel_dim;
  if (at_config_) {
    std::uint64_t stride = loop_.weight_stride;
    if (loop_.depthwise)
      stride = 1;
    else if (loop_.transpose_weights_1203)
      stride = kernel * kernel * loop_.out_channels;
    else if (exchanged)
      stride = loop_.in_channels;
    return load_config(1, shape_.weight_block, 1, stride);
  }
  std::uint64_t offset;
  if (loop_.depthwise)
    offset = row_ * kernel + col_;
  else if (loop_.transpose_weights_1203)
    offset = ((in_ * kernel + row_) * kernel + col_) * loop_.out_channels + out_;
  else if (exchanged)
    offset = ((row_ * kernel + col_) * loop_.out_channels + out_) * loop_.in_channels + in_;
  else
    offset = ((row_ * kernel + col_) * loop_.in_channels + in_) * loop_.weight_stride + out_;
  const std::uint32_t place = row_ * loop_.kernel_cols + col_;
  const std::uint32_t out_left = loop_.pooled_channels - out_, in_left = loop_.kernel_channels - in_;
  if (exchanged)
    return {code(Funct::Mvin2), at_offset(loop_.weights, offset),
            block(scratchpad(base_ + in_ / dim_ * shape_.weight_block + place * loop_.pooled_channels + out_),
                  std::min(step_, in_left), std::min(dim_, out_left))};
  return {code(Funct::Mvin2), at_offset(loop_.weights, offset),
          block(scratchpad(base_ + out_ / dim_ * shape_.weight_block + place * loop_.kernel_channels + in_),
                std::min(step_, out_left), std::min(dim_, in_left))};
}

void ConvLoadWeights::advance() {
  if (at_config_) {
    at_config_ = false;
    return;
  }
  const bool exchanged = loop_.transpose_weights_0132;
  if (step_round(in_, exchanged ? step_ : dim_, loop_.kernel_channels) && step_round(col_, 1u, loop_.kernel_cols) &&
      step_round(row_, 1u, loop_.kernel_rows) && step_round(out_, exchanged ? dim_ : step_, loop_.pooled_channels))
    active_ = false;
}

// ---- Execution --------------------------------------------------------------------------------------------------

void ConvExecute::start(const ConvLoop& loop, unsigned slot, std::uint32_t base, const DerivedConfig& derived) {
  begin(loop, derived);
  at_config_ = loop.transpose_input_3120;
  base_ = base;
  input_base_ = conv_input_base(loop, slot, derived);
  weights_base_ = conv_weights_base(loop, slot, derived);
  out_ = krow_ = kcol_ = in_ = b_ = row_ = col_ = 0;
  at_compute_ = false;
  new_weights_ = true;
}

bool ConvExecute::left_out() const {
  if (at_config_ || !loop_.input_dilated) return false;
  return ((krow_ * loop_.kernel_dilation + row_ - loop_.upper_pad) & 1) != 0 ||
         ((kcol_ * loop_.kernel_dilation + col_ - loop_.left_pad) & 1) != 0;
}

Command ConvExecute::command() const {
  if (at_config_) {
    ConfigExecute config;
    config.set_only_strides = true;
    config.a_stride = static_cast<std::uint16_t>(shape_.in_rows * shape_.in_cols);
    config.c_stride = static_cast<std::uint16_t>(loop_.out_rows * loop_.out_cols);
    return encode_config_execute(config);
  }
  const bool exchanged = loop_.transpose_input_3120;
  const unsigned dilated = loop_.input_dilated ? 1 : 0, down = loop_.downsample ? 1 : 0;
  const std::uint32_t inner =
      std::min(loop_.max_pixels_per_row, loop_.kernel_cols - kcol_) * std::min(dim_, loop_.kernel_channels - in_);
  const std::uint32_t rows = exchanged ? std::min(dim_, loop_.batches - b_)
                                       : (std::min(dim_ << dilated, loop_.out_cols - col_) + dilated) >> dilated;
  const std::uint32_t cols = std::min(dim_, loop_.pooled_channels - out_);
  if (!at_compute_) {
    const std::uint32_t krow = loop_.rotate_weights ? loop_.kernel_rows - 1 - krow_ : krow_;
    const std::uint32_t kcol = loop_.rotate_weights ? loop_.kernel_cols - 1 - kcol_ : kcol_;
    const std::uint32_t place = krow * loop_.kernel_cols + kcol;
    const std::uint32_t weights = loop_.transpose_weights_0132
                                      ? in_ / dim_ * shape_.weight_block + place * loop_.pooled_channels + out_
                                      : out_ / dim_ * shape_.weight_block + place * loop_.kernel_channels + in_;
    return {code(Funct::Preload),
            block(new_weights_ ? scratchpad(weights_base_ + weights) : LocalAddress::garbage(), cols, inner),
            block(accumulator(base_ + result_row(b_, row_, col_, out_)).with_accumulate(), cols, rows)};
  }
  const std::uint32_t y = (row_ * loop_.stride + krow_ * loop_.kernel_dilation + dilated) >> dilated;
  const std::uint32_t x = (col_ * loop_.stride + kcol_ * loop_.kernel_dilation + dilated) >> dilated;
  const std::uint32_t outer = exchanged ? in_ : b_, lane = exchanged ? b_ : in_;
  const std::uint32_t local = input_base_ + lane / dim_ * shape_.input_stride +
                              (outer * shape_.plane_rows + (y >> down)) * shape_.plane_cols + (x >> down);
  return {code(new_weights_ ? Funct::ComputePreloaded : Funct::ComputeAccumulated),
          block(scratchpad(local), inner, rows), block(LocalAddress::garbage(), cols, rows)};
}

void ConvExecute::advance() {
  if (at_config_) {
    at_config_ = false;
    return;
  }
  at_compute_ = !at_compute_;
  if (at_compute_) return;
  const bool exchanged = loop_.transpose_input_3120;
  const bool skipped = left_out();
  if (!skipped) new_weights_ = false;
  const std::uint32_t col_step = skipped || exchanged ? 1 : dim_ << (loop_.input_dilated ? 1 : 0);
  if (!step_round(col_, col_step, loop_.out_cols) || !step_round(row_, 1u, loop_.out_rows) ||
      !step_round(b_, exchanged ? dim_ : 1u, loop_.batches))
    return;
  new_weights_ = true;
  if (step_round(in_, dim_, loop_.kernel_channels) && step_round(kcol_, loop_.max_pixels_per_row, loop_.kernel_cols) &&
      step_round(krow_, 1u, loop_.kernel_rows) && step_round(out_, dim_, loop_.pooled_channels))
    active_ = false;
}

// ---- Store ------------------------------------------------------------------------------------------------------

void ConvStore::start(const ConvLoop& loop, std::uint32_t base, const DerivedConfig& derived) {
  begin(loop, derived);
  at_config_ = !loop.no_pool;
  at_end_ = false;
  base_ = base;
  b_ = row_ = col_ = channel_ = 0;
}

Command ConvStore::config() const {
  ConfigStore config;
  config.activation = loop_.activation;
  config.dram_stride = loop_.out_stride;
  config.scale_bits = ConfigStore::kKeepScale;
  if (at_end_) return encode_config_store(config);
  const auto low = [](std::uint32_t value) { return static_cast<std::uint8_t>(value); };
  config.pool_stride = low(loop_.pool_stride & 3);
  config.pool_size = low(loop_.pool_size & 3);
  config.upper_pad = low(loop_.pool_upper_pad & 3);
  config.left_pad = low(loop_.pool_left_pad & 3);
  config.pool_out_dim = low(loop_.pool_out_cols);
  config.pooled_rows = low(loop_.pooled_rows);
  config.pooled_cols = low(loop_.pooled_cols);
  config.out_rows = low(loop_.out_rows);
  config.out_cols = low(loop_.out_cols);
  return encode_config_store(config);
}

Command ConvStore::command() const {
  if (at_config_ || at_end_) return config();
  const std::uint32_t cols = std::min(dim_, loop_.pooled_channels - channel_);
  const LocalAddress local = accumulator(base_ + result_row(b_, row_, col_, channel_));
  if (!loop_.no_pool) {
    const std::uint64_t offset =
        std::uint64_t{b_} * loop_.pool_out_rows * loop_.pool_out_cols * loop_.out_stride + channel_;
    return {code(Funct::Mvout), at_offset(loop_.output, offset), block(local, cols, 0)};
  }
  const std::uint64_t offset =
      loop_.transpose_output_1203
          ? ((std::uint64_t{row_} * loop_.out_cols_dim + col_) * loop_.batch + b_) * loop_.out_channels + channel_
          : ((std::uint64_t{b_} * loop_.out_rows_dim + row_) * loop_.out_cols_dim + col_) * loop_.out_stride + channel_;
  return {code(Funct::Mvout), at_offset(loop_.output, offset),
          block(local, cols, std::min(dim_, loop_.out_cols - col_))};
}

void ConvStore::advance() {
  if (at_end_) {
    active_ = false;
    return;
  }
  if (at_config_) {
    at_config_ = false;
    return;
  }
  if (!step_round(channel_, dim_, loop_.pooled_channels)) return;
  if (loop_.no_pool) {
    if (step_round(col_, dim_, loop_.out_cols) && step_round(row_, 1u, loop_.out_rows) &&
        step_round(b_, 1u, loop_.batches))
      active_ = false;
  } else if (step_round(b_, 1u, loop_.batches)) {
    at_end_ = true;
  }
}

}  // namespace gemel::arch
