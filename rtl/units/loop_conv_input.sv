// SPDX-License-Identifier: Apache-2.0
/// The stream of the input: a configuration, then an mvin for each run of pixels of a row and each
/// group of channel blocks. Padding is rows and columns outside the image: zeros, without an
/// address. Transposed, images and channels change places.
module loop_conv_input
  import accelerator_pkg::*;
  import loop_pkg::*;
  import loop_conv_pkg::*;
(
  input  logic        clk_i,
  input  logic        rst_ni,

  input  logic        start_i,
  // Of the slot that it works for
  input  conv_loop_t  loop_i,
  input  conv_shape_t shape_i,
  input  local_row_t  base_i,

  output logic        active_o,
  output logic        valid_o,
  input  logic        taken_i,
  output command_t    command_o
);
  localparam logic [1:0] LoadState = 2'd0;

  logic active_q, at_config_q, is_empty;
  assign is_empty = IsGemmini2025 && loop_i.input_address == '0;
  assign active_o = active_q;
  assign valid_o  = active_q && !is_empty;

  // ---- Positions ----
  localparam int unsigned Levels = 4;
  typedef enum int {Image, Row, Column, Channel} level_e;
  pixel_t   firsts [Levels], ends [Levels], steps [Levels], index [Levels];
  product_t sum_steps [Levels][2], sum [Levels][2];
  logic     is_last [Levels+1];
  pixel_t   pixels, channels;  // of the command

  always_comb begin
    if (index[Column] < 0) begin
      pixels = lesser(pixel_t'(Dim), -index[Column]);
    end else if (index[Column] >= shape_i.in_cols) begin
      pixels = lesser(pixel_t'(Dim), ends[Column] - index[Column]);
    end else begin
      pixels = lesser(pixel_t'(Dim) << loop_i.downsample, shape_i.in_cols - index[Column]);
    end
  end

  always_comb begin
    firsts         = '{default: '0};
    for (int l = 0; l < Levels; l++) begin
      sum_steps[l][0] = '0;
      sum_steps[l][1] = '0;
    end
    firsts[Row]    = -shape_i.upper;
    firsts[Column] = -shape_i.left;
    ends[Image]    = to_pixel(loop_i.batches);
    ends[Row]      = shape_i.in_rows + shape_i.lower;
    ends[Column]   = shape_i.in_cols + shape_i.right;
    ends[Channel]  = to_pixel(loop_i.kernel_channels);
    steps[Image]   = loop_i.transpose_input ? pixel_t'(MaxBlocks * Dim) : 20'sd1;
    steps[Row]     = 20'sd1 << loop_i.downsample;
    steps[Column]  = pixels;
    steps[Channel] = loop_i.transpose_input ? 20'sd1 : pixel_t'(MaxBlocks * Dim);
    // Elements of memory, rows of the scratchpad
    sum_steps[Image][0]   = loop_i.transpose_input ? product_t'(MaxBlocks * Dim)
                                                   : shape_i.input_image;
    sum_steps[Image][1]   = loop_i.transpose_input ? shape_i.input_stride * product_t'(MaxBlocks)
                                                   : shape_i.plane;
    sum_steps[Row][0]     = shape_i.input_row << loop_i.downsample;
    sum_steps[Row][1]     = shape_i.plane_cols;
    sum_steps[Column][0]  = product_t'(pixels) * shape_i.input_unit;
    sum_steps[Channel][0] = loop_i.transpose_input ? shape_i.input_image
                                                   : product_t'(MaxBlocks * Dim);
    sum_steps[Channel][1] = loop_i.transpose_input ? shape_i.plane
                                                   : shape_i.input_stride * product_t'(MaxBlocks);
  end

  loop_nest #(
    .Levels(4)
  ) u_nest (
    .clk_i,
    .restart_i (start_i || (taken_i && at_config_q)),
    .advance_i (taken_i && !at_config_q),
    .first_i   (firsts),
    .end_i     (ends),
    .step_i    (steps),
    .sum_step_i(sum_steps),
    .index_o   (index),
    .sum_o     (sum),
    .is_last_o (is_last)
  );

  // ---- The command ----
  logic        is_padding;
  logic [31:0] elements;
  local_row_t  row;
  logic [15:0] stride;
  assign is_padding = index[Row] < 0 || index[Row] >= shape_i.in_rows
                   || index[Column] < 0 || index[Column] >= shape_i.in_cols;
  assign elements   = sum[Image][0] + sum[Row][0] + sum[Column][0] + sum[Channel][0]
                    - shape_i.input_padding;
  assign row        = base_i + local_row_t'(sum[Image][1] + sum[Row][1] + sum[Channel][1])
                    + local_row_t'((index[Column] + shape_i.left) >>> loop_i.downsample);
  assign stride     = loop_i.transpose_input ? loop_i.batch : loop_i.in_stride;
  assign channels   = loop_i.transpose_input
      ? lesser(steps[Image], ends[Image] - index[Image])
      : lesser(steps[Channel], ends[Channel] - index[Channel]);

  always_comb begin
    if (at_config_q) begin
      command_o = config_load(LoadState, 16'(shape_i.input_stride), loop_i.pixels,
                              64'(stride) << loop_i.downsample);
    end else begin
      command_o.funct = FunctMvin;
      command_o.rs1   = is_padding ? '0 : at_offset(loop_i.input_address, elements);
      command_o.rs2   = local_block(scratchpad_row(row), 16'(pixels >>> loop_i.downsample),
                                    16'(channels));
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      active_q    <= 1'b0;
      at_config_q <= 1'b0;
    end else if (start_i) begin
      active_q    <= 1'b1;
      at_config_q <= 1'b1;
    end else if (active_q && is_empty) begin
      active_q <= 1'b0;
    end else if (taken_i) begin
      at_config_q <= 1'b0;
      if (!at_config_q && is_last[0]) active_q <= 1'b0;
    end
  end

  logic unused;
  assign unused = ^{loop_i, shape_i, channels, sum[Column][1]};

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      assert (!start_i || !active_q) else $error("a stream starts that is at work");
      assert (!taken_i || valid_o) else $error("a command is taken that was not there");
    end
  end
endmodule : loop_conv_input
