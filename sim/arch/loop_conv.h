// SPDX-License-Identifier: Apache-2.0
#pragma once
// LOOP_CONV_WS: what one loop is, and the plain commands it stands for, as five streams (docs/microarchitecture.md,
// section 19). A stream is at one position at a time; who asks for its commands, and when, is not known here.
#include <cstdint>

#include "sim/arch/accelerator_config.h"
#include "sim/arch/command.h"
#include "sim/arch/isa.h"

namespace gemel::arch {

// The registers of one slot. Both versions fill all of it; what v0.7.1 does not have follows from what it has.
struct ConvLoop {
  std::uint32_t batch = 0, in_rows = 0, in_cols = 0, in_channels = 0;
  std::uint32_t out_channels = 0, out_rows_dim = 0, out_cols_dim = 0, pool_out_rows = 0, pool_out_cols = 0;
  std::uint32_t in_stride = 0, weight_stride = 0, out_stride = 0;  // elements between pixels, weight rows, pixels
  std::uint32_t stride = 0, padding = 0, kernel_dim = 0, kernel_dilation = 0;
  std::uint32_t pool_size = 0, pool_stride = 0, pool_padding = 0;
  // The tile.
  std::uint32_t batches = 0, pooled_rows = 0, pooled_cols = 0, pooled_channels = 0;
  std::uint32_t kernel_rows = 0, kernel_cols = 0, kernel_channels = 0;
  std::uint32_t left_pad = 0, right_pad = 0, upper_pad = 0, lower_pad = 0;
  std::uint32_t pool_left_pad = 0, pool_right_pad = 0, pool_upper_pad = 0, pool_lower_pad = 0;
  std::uint32_t out_rows = 0, out_cols = 0;
  std::uint64_t weights = 0, output = 0, bias = 0, input = 0;
  bool no_bias = false, rotate_weights = false, transpose_output_1203 = false, transpose_weights_1203 = false;
  bool transpose_weights_0132 = false, transpose_input_3120 = false, depthwise = false;
  bool no_pool = false, downsample = false, input_dilated = false;
  std::uint32_t max_pixels_per_row = 1;
  std::uint8_t activation = 0;
  std::uint8_t input_scratchpad_id = 0, weights_scratchpad_id = 0;  // gemmini_2025 only
};

bool is_conv_loop_command(std::uint8_t funct);
// Writes the registers that a LOOP_CONV_WS command or one of its configuration commands carries.
void write_conv_register(ConvLoop& loop, const Command& command, IsaVersion version);

// What follows from the registers.
struct ConvShape {
  std::int32_t in_rows_unpadded = 0, in_cols_unpadded = 0;
  std::uint32_t in_rows = 0, in_cols = 0;                             // with padding
  std::int32_t upper = 0, lower = 0, left = 0, right = 0;             // padding in pixels of the input as stored
  std::uint32_t plane_rows = 0, plane_cols = 0;                       // of one image in local memory
  std::uint32_t bias_stride = 0, input_stride = 0, weight_block = 0;  // local rows between blocks of channels
  std::uint32_t input_rows_used = 0, weight_rows_used = 0, result_rows_used = 0;  // local rows of the whole tile
};
ConvShape conv_shape(const ConvLoop& loop, const DerivedConfig& derived);

class ConvStream {
 public:
  bool active() const { return active_; }
  void finish() { active_ = false; }
  const ConvLoop& loop() const { return loop_; }

 protected:
  void begin(const ConvLoop& loop, const DerivedConfig& derived) {
    loop_ = loop;
    shape_ = conv_shape(loop, derived);
    derived_ = &derived;
    dim_ = derived.dim;
    active_ = true;
    at_config_ = true;
  }
  std::uint32_t result_row(std::uint32_t b, std::uint32_t row, std::uint32_t col, std::uint32_t channel) const {
    return (channel / dim_) * shape_.bias_stride + (b * loop_.out_rows + row) * loop_.out_cols + col;
  }
  LocalAddress scratchpad(std::uint32_t row) const {
    return LocalAddress(row & ((1u << derived_->local_row_bits) - 1u));
  }
  LocalAddress accumulator(std::uint32_t row) const {
    return LocalAddress(LocalAddress::kAccumulatorBit | (row & ((1u << derived_->local_row_bits) - 1u)));
  }

  ConvLoop loop_;
  ConvShape shape_;
  const DerivedConfig* derived_ = nullptr;
  std::uint32_t dim_ = 0;
  bool active_ = false;
  bool at_config_ = false;  // the configuration before the first position is due
};

class ConvLoadBias final : public ConvStream {
 public:
  void start(const ConvLoop& loop, std::uint32_t base, const DerivedConfig& derived);
  bool gives_nothing() const { return loop_.bias == 0; }
  Command command() const;
  void advance();

 private:
  std::uint32_t base_ = 0, step_ = 1;
  std::uint32_t b_ = 0, row_ = 0, col_ = 0, channel_ = 0;
};

class ConvLoadInput final : public ConvStream {
 public:
  void start(const ConvLoop& loop, unsigned slot, const DerivedConfig& derived);
  bool gives_nothing() const { return loop_.input == 0 && null_skips_; }
  void set_null_skips(bool skips) { null_skips_ = skips; }
  Command command() const;
  void advance();

 private:
  std::int32_t pixels() const;
  std::uint32_t base_ = 0, step_ = 1;
  std::uint32_t b_ = 0, channel_ = 0;
  std::int32_t row_ = 0, col_ = 0;
  bool null_skips_ = false;
};

class ConvLoadWeights final : public ConvStream {
 public:
  void start(const ConvLoop& loop, unsigned slot, const DerivedConfig& derived);
  bool gives_nothing() const { return loop_.weights == 0 && null_skips_; }
  void set_null_skips(bool skips) { null_skips_ = skips; }
  Command command() const;
  void advance();

 private:
  std::uint32_t base_ = 0, step_ = 1;
  std::uint32_t out_ = 0, row_ = 0, col_ = 0, in_ = 0;
  bool null_skips_ = false;
};

class ConvExecute final : public ConvStream {
 public:
  void start(const ConvLoop& loop, unsigned slot, std::uint32_t base, const DerivedConfig& derived);
  bool gives_nothing() const { return false; }
  // The position is left out (a zero between pixels of a dilated input): no command; advance() all the same, twice.
  bool left_out() const;
  Command command() const;
  void advance();

 private:
  std::uint32_t input_base_ = 0, weights_base_ = 0, base_ = 0;
  std::uint32_t out_ = 0, krow_ = 0, kcol_ = 0, in_ = 0, b_ = 0, row_ = 0, col_ = 0;
  bool at_compute_ = false;
  bool new_weights_ = true;
};

class ConvStore final : public ConvStream {
 public:
  void start(const ConvLoop& loop, std::uint32_t base, const DerivedConfig& derived);
  bool gives_nothing() const { return loop_.output == 0; }
  Command command() const;
  void advance();

 private:
  Command config() const;
  std::uint32_t base_ = 0;
  std::uint32_t b_ = 0, row_ = 0, col_ = 0, channel_ = 0;
  bool at_end_ = false;  // pooled: only the configuration behind is left
};

// Local rows where the tile's input begins and its weights begin.
std::uint32_t conv_input_base(const ConvLoop& loop, unsigned slot, const DerivedConfig& derived);
std::uint32_t conv_weights_base(const ConvLoop& loop, unsigned slot, const DerivedConfig& derived);

}  // namespace gemel::arch
