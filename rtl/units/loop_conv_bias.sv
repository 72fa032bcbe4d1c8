// SPDX-License-Identifier: Apache-2.0
/// The stream of bias: a configuration, then an mvin for each piece of a row of pixels of the
/// result and each group of channel blocks; one row of memory goes to all pixels of the piece.
/// Without a bias it is active for one cycle and gives nothing.
module loop_conv_bias
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
  localparam logic [1:0] LoadState = 2'd2;

  logic active_q, at_config_q, is_empty;
  assign is_empty = loop_i.bias == '0;
  assign active_o = active_q;
  assign valid_o  = active_q && !is_empty;

  // ---- Positions ----
  localparam int unsigned Levels = 4;
  typedef enum int {Image, Row, Column, Channel} level_e;
  pixel_t   firsts [Levels], ends [Levels], steps [Levels], index [Levels];
  product_t sum_steps [Levels][2], sum [Levels][2];
  logic     is_last [Levels+1];

  always_comb begin
    firsts             = '{default: '0};
    for (int l = 0; l < Levels; l++) begin
      sum_steps[l][0] = '0;
      sum_steps[l][1] = '0;
    end
    ends[Image]        = to_pixel(loop_i.batches);
    ends[Row]          = to_pixel(loop_i.out_rows);
    ends[Column]       = to_pixel(loop_i.out_cols);
    ends[Channel]      = to_pixel(loop_i.pooled_channels);
    steps[Image]       = 20'sd1;
    steps[Row]         = 20'sd1;
    steps[Column]      = pixel_t'(Dim);
    steps[Channel]     = pixel_t'(MaxWideBlocks * Dim);
    // Rows of the accumulator
    sum_steps[Image][0]   = shape_i.image_out;
    sum_steps[Row][0]     = product_t'(loop_i.out_cols);
    sum_steps[Channel][0] = shape_i.bias_stride * product_t'(MaxWideBlocks);
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
  local_row_t row;
  assign row = base_i + local_row_t'(sum[Image][0] + sum[Row][0] + sum[Channel][0]
                                     + product_t'(index[Column]));

  always_comb begin
    if (at_config_q) begin
      command_o = config_load(LoadState, 16'(shape_i.bias_stride), 8'd1, '0);
    end else begin
      command_o.funct = FunctMvin3;
      command_o.rs1   = loop_i.no_bias ? '0
                                       : at_offset(loop_i.bias, 32'(index[Channel]) << 2);
      command_o.rs2   = local_block(
          accumulator_row(row, 1'b0, 1'b0),
          16'(lesser(steps[Column], ends[Column] - index[Column])),
          16'(lesser(steps[Channel], ends[Channel] - index[Channel])));
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
  assign unused = ^{loop_i, shape_i, sum[Image][1], sum[Row][1], sum[Column][0], sum[Column][1],
                    sum[Channel][1], index[Image], index[Row]};

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      assert (!start_i || !active_q) else $error("a stream starts that is at work");
      assert (!taken_i || valid_o) else $error("a command is taken that was not there");
    end
  end
endmodule : loop_conv_bias
