// SPDX-License-Identifier: Apache-2.0
/// The stream of products: for each block of output channels, tap of the kernel and block of input
/// channels the weights once, and all pixels of the result past them; a preload and a compute for
/// each position. Transposed input needs strides of its own, configured first. In a dilated input
/// the positions that meet only the zeros between pixels are left out: two cycles without a
/// command.
module loop_conv_execute
  import accelerator_pkg::*;
  import loop_pkg::*;
  import loop_conv_pkg::*;
(
  input  logic        clk_i,
  input  logic        rst_ni,

  input  logic        start_i,
  input  logic        starts_transposed_i,  // the loop that it starts on has transposed input
  // Of the slot that it works for
  input  conv_loop_t  loop_i,
  input  conv_shape_t shape_i,
  input  local_row_t  input_base_i,
  input  local_row_t  weights_base_i,
  input  local_row_t  base_i,           // of the results

  output logic        active_o,
  output logic        valid_o,
  input  logic        taken_i,
  output command_t    command_o
);
  // ---- Positions ----
  localparam int unsigned Levels = 7;
  typedef enum int {Out, KernelRow, KernelColumn, In, Image, Row, Column} level_e;
  pixel_t   firsts [Levels], ends [Levels], steps [Levels], index [Levels];
  product_t sum_steps [Levels][2], sum [Levels][2];
  logic     is_last [Levels+1];

  logic   active_q, at_config_q, at_compute_q, new_weights_q, steps_on, left_out;
  logic   odd_row, odd_column;
  pixel_t column_step;

  assign active_o = active_q;
  assign valid_o  = active_q && (at_config_q || !left_out);

  // The pixel of the dilated input that the tap meets: a zero between pixels where it is odd
  assign odd_row    = sum[KernelRow][1][0] ^ index[Row][0] ^ loop_i.upper_pad[0];
  assign odd_column = sum[KernelColumn][1][0] ^ index[Column][0] ^ loop_i.left_pad[0];
  assign left_out   = loop_i.input_dilated && (odd_row || odd_column);
  assign column_step = loop_i.transpose_input || left_out
                     ? 20'sd1 : pixel_t'(Dim) << loop_i.input_dilated;

  always_comb begin
    firsts              = '{default: '0};
    ends[Out]           = to_pixel(loop_i.pooled_channels);
    ends[KernelRow]     = to_pixel(loop_i.kernel_rows);
    ends[KernelColumn]  = to_pixel(loop_i.kernel_cols);
    ends[In]            = to_pixel(loop_i.kernel_channels);
    ends[Image]         = to_pixel(loop_i.batches);
    ends[Row]           = to_pixel(loop_i.out_rows);
    ends[Column]        = to_pixel(loop_i.out_cols);
    steps[Out]          = pixel_t'(Dim);
    steps[KernelRow]    = 20'sd1;
    steps[KernelColumn] = pixel_t'({12'b0, loop_i.pixels});
    steps[In]           = pixel_t'(Dim);
    steps[Image]        = loop_i.transpose_input ? pixel_t'(Dim) : 20'sd1;
    steps[Row]          = 20'sd1;
    steps[Column]       = column_step;
  end

  always_comb begin
    // Rows of the weights, rows of the results
    sum_steps[Out][0] = loop_i.transpose_weights ? product_t'(Dim) : shape_i.weight_block;
    sum_steps[Out][1] = shape_i.bias_stride;
    // Rows of the weights, rows (columns) of the input
    sum_steps[KernelRow][0]    = shape_i.tap_row;
    sum_steps[KernelRow][1]    = product_t'(loop_i.kernel_dilation);
    sum_steps[KernelColumn][0] = shape_i.tap_pixels;
    sum_steps[KernelColumn][1] = product_t'(loop_i.kernel_dilation) * product_t'(loop_i.pixels);
    // Rows of the weights, rows of the input in the scratchpad
    sum_steps[In][0] = loop_i.transpose_weights ? shape_i.weight_block : product_t'(Dim);
    sum_steps[In][1] = loop_i.transpose_input ? shape_i.plane << DimBits : shape_i.input_stride;
    // Rows of the results, rows of the input in the scratchpad
    sum_steps[Image][0] = loop_i.transpose_input ? shape_i.image_out << DimBits
                                                 : shape_i.image_out;
    sum_steps[Image][1] = loop_i.transpose_input ? shape_i.input_stride : shape_i.plane;
    // Rows of the results, rows (columns) of the input
    sum_steps[Row][0]    = product_t'(loop_i.out_cols);
    sum_steps[Row][1]    = product_t'(loop_i.stride);
    sum_steps[Column][0] = '0;
    sum_steps[Column][1] = column_step == 20'sd1
        ? product_t'(loop_i.stride)
        : (product_t'(loop_i.stride) << DimBits) << loop_i.input_dilated;
  end

  assign steps_on = active_q && !at_config_q && at_compute_q && (taken_i || left_out);
  loop_nest #(
    .Levels(7)
  ) u_nest (
    .clk_i,
    .restart_i (start_i),
    .advance_i (steps_on),
    .first_i   (firsts),
    .end_i     (ends),
    .step_i    (steps),
    .sum_step_i(sum_steps),
    .index_o   (index),
    .sum_o     (sum),
    .is_last_o (is_last)
  );

  // ---- The command ----
  pixel_t      input_row, input_column, taps;
  logic [15:0] rows_i, cols_j, size_k;
  product_t    weights_forward, weights_turned;
  local_row_t  input_local, weights_local, result_local;
  local_address_t weights_address;

  assign input_row    = undilated(pixel_t'(sum[KernelRow][1] + sum[Row][1]),
                                  loop_i.input_dilated) >>> loop_i.downsample;
  assign input_column = undilated(pixel_t'(sum[KernelColumn][1] + sum[Column][1]),
                                  loop_i.input_dilated) >>> loop_i.downsample;
  assign input_local  = input_base_i
      + local_row_t'(sum[In][1] + sum[Image][1]
                     + product_t'(input_row) * shape_i.plane_cols + product_t'(input_column));
  assign weights_forward = sum[KernelRow][0] + sum[KernelColumn][0];
  assign weights_turned  = shape_i.weight_block - shape_i.tap - weights_forward;
  assign weights_local   = weights_base_i
      + local_row_t'(sum[Out][0] + sum[In][0]
                     + (loop_i.rotate_weights ? weights_turned : weights_forward));
  assign weights_address = new_weights_q ? scratchpad_row(weights_local) : GarbageRow;
  assign result_local    = base_i
      + local_row_t'(sum[Out][1] + sum[Image][0] + sum[Row][0] + product_t'(index[Column]));

  assign taps   = lesser(steps[KernelColumn], ends[KernelColumn] - index[KernelColumn]);
  assign size_k = 16'(taps) * 16'(lesser(steps[In], ends[In] - index[In]));
  assign cols_j = 16'(lesser(steps[Out], ends[Out] - index[Out]));
  assign rows_i = loop_i.transpose_input
      ? 16'(lesser(steps[Image], ends[Image] - index[Image]))
      : 16'(undilated(lesser(steps[Column], ends[Column] - index[Column]), loop_i.input_dilated));

  always_comb begin
    command_o = '0;
    if (at_config_q) begin
      command_o.funct    = FunctConfig;
      command_o.rs1[1:0] = ConfigExecuteSubtype;
      command_o.rs1[ConfigExecuteSetOnlyStridesLsb]                        = 1'b1;
      command_o.rs1[ConfigExecuteAStrideLsb+:ConfigExecuteAStrideWidth] =
          ConfigExecuteAStrideWidth'(shape_i.padded_area);
      command_o.rs2[ConfigExecuteCStrideLsb+:ConfigExecuteCStrideWidth] =
          ConfigExecuteCStrideWidth'(shape_i.image_out);
    end else if (at_compute_q) begin
      command_o.funct = new_weights_q ? FunctComputePreloaded : FunctComputeAccumulated;
      command_o.rs1   = local_block(scratchpad_row(input_local), rows_i, size_k);
      command_o.rs2   = local_block(GarbageRow, rows_i, cols_j);
    end else begin
      command_o.funct = FunctPreload;
      command_o.rs1   = local_block(weights_address, size_k, cols_j);
      command_o.rs2   = local_block(accumulator_row(result_local, 1'b1, 1'b0), rows_i, cols_j);
    end
  end

  // ---- The position ----
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      active_q      <= 1'b0;
      at_config_q   <= 1'b0;
      at_compute_q  <= 1'b0;
      new_weights_q <= 1'b0;
    end else if (start_i) begin
      active_q      <= 1'b1;
      at_config_q   <= starts_transposed_i;
      at_compute_q  <= 1'b0;
      new_weights_q <= 1'b1;
    end else if (at_config_q) begin
      if (taken_i) at_config_q <= 1'b0;
    end else if (taken_i || (active_q && left_out)) begin
      at_compute_q <= !at_compute_q;
      if (at_compute_q) begin
        if (is_last[Image]) new_weights_q <= 1'b1;
        else if (!left_out) new_weights_q <= 1'b0;
        if (is_last[Out]) active_q <= 1'b0;
      end
    end
  end

  logic unused;
  assign unused = ^{loop_i, shape_i, taps, sum[Column][0], index[KernelRow]};

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      assert (!start_i || !active_q) else $error("a stream starts that is at work");
      assert (!taken_i || valid_o) else $error("a command is taken that was not there");
    end
  end
endmodule : loop_conv_execute
