// SPDX-License-Identifier: Apache-2.0
/// The stream of weights: a configuration, then an mvin for each group of blocks of output
/// channels, tap of the kernel and block of input channels (transposed 0132: input and output
/// change places).
module loop_conv_weights
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
  localparam logic [1:0] LoadState = 2'd1;

  logic active_q, at_config_q, is_empty;
  assign is_empty = IsGemmini2025 && loop_i.weights == '0;
  assign active_o = active_q;
  assign valid_o  = active_q && !is_empty;

  // ---- Positions ----
  localparam int unsigned Levels = 4;
  typedef enum int {Out, Row, Column, In} level_e;
  pixel_t   firsts [Levels], ends [Levels], steps [Levels], index [Levels];
  product_t sum_steps [Levels][2], sum [Levels][2];
  logic     is_last [Levels+1];
  product_t from_out, from_in;  // elements of memory for a step of either channel

  always_comb begin
    if (loop_i.depthwise) begin
      from_out = '0;
      from_in  = '0;
    end else if (loop_i.transpose_kernel) begin
      from_out = product_t'(steps[Out]);
      from_in  = shape_i.kernel_area_out[31:0] << DimBits;
    end else if (loop_i.transpose_weights) begin
      from_out = product_t'(loop_i.in_channels) << DimBits;
      from_in  = product_t'(steps[In]);
    end else begin
      from_out = product_t'(steps[Out]);
      from_in  = product_t'(loop_i.weight_stride) << DimBits;
    end
  end

  always_comb begin
    firsts        = '{default: '0};
    ends[Out]     = to_pixel(loop_i.pooled_channels);
    ends[Row]     = to_pixel(loop_i.kernel_rows);
    ends[Column]  = to_pixel(loop_i.kernel_cols);
    ends[In]      = to_pixel(loop_i.kernel_channels);
    steps[Out]    = loop_i.transpose_weights ? pixel_t'(Dim) : pixel_t'(MaxBlocks * Dim);
    steps[Row]    = 20'sd1;
    steps[Column] = 20'sd1;
    steps[In]     = loop_i.transpose_weights ? pixel_t'(MaxBlocks * Dim) : pixel_t'(Dim);
  end

  // Elements of memory, rows of the scratchpad
  always_comb begin
    sum_steps[Out][0]    = from_out;
    sum_steps[Out][1]    = loop_i.transpose_weights
        ? product_t'(Dim) : shape_i.weight_block * product_t'(MaxBlocks);
    sum_steps[Row][0]    = shape_i.weights_row;
    sum_steps[Row][1]    = shape_i.tap_row;
    sum_steps[Column][0] = shape_i.weights_unit;
    sum_steps[Column][1] = shape_i.tap;
    sum_steps[In][0]     = from_in;
    sum_steps[In][1]     = loop_i.transpose_weights
        ? shape_i.weight_block * product_t'(MaxBlocks) : product_t'(Dim);
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
  logic [15:0] out_count, in_count;
  logic [31:0] elements;
  logic [63:0] stride;
  local_row_t  row;
  assign out_count = 16'(lesser(steps[Out], ends[Out] - index[Out]));
  assign in_count  = 16'(lesser(steps[In], ends[In] - index[In]));
  assign elements  = sum[Out][0] + sum[Row][0] + sum[Column][0] + sum[In][0];
  assign row       = base_i
                   + local_row_t'(sum[Out][1] + sum[Row][1] + sum[Column][1] + sum[In][1]);

  always_comb begin
    if (loop_i.depthwise)              stride = 64'd1;
    else if (loop_i.transpose_kernel)  stride = 64'(shape_i.kernel_area_out);
    else if (loop_i.transpose_weights) stride = 64'(loop_i.in_channels);
    else                               stride = 64'(loop_i.weight_stride);
  end

  always_comb begin
    if (at_config_q) begin
      command_o = config_load(LoadState, 16'(shape_i.weight_block), 8'd1, stride);
    end else begin
      command_o.funct = FunctMvin2;
      command_o.rs1   = at_offset(loop_i.weights, elements);
      command_o.rs2   = loop_i.transpose_weights
          ? local_block(scratchpad_row(row), out_count, in_count)
          : local_block(scratchpad_row(row), in_count, out_count);
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
  assign unused = ^{loop_i, shape_i, index[Row], index[Column]};

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      assert (!start_i || !active_q) else $error("a stream starts that is at work");
      assert (!taken_i || valid_o) else $error("a command is taken that was not there");
    end
  end
endmodule : loop_conv_weights
