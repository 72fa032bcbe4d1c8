// SPDX-License-Identifier: Apache-2.0
/// What follows from the registers of a slot: sizes, and products for addresses, one
/// multiplication deep a cycle. The run command is the last that is written before a loop: with it
/// in t, the first level is there in t + 1 (it needs the run command for nothing), the second in t
/// + 2, the third in t + 3, the fourth in t + 4, each before its first use. `input_stride` is
/// needed in t + 2 and follows combinationally.
module loop_conv_shape
  import accelerator_pkg::*;
  import loop_pkg::*;
  import loop_conv_pkg::*;
(
  input  logic        clk_i,
  input  logic        rst_ni,

  input  logic        written_i,  // a register of this slot
  input  conv_loop_t  loop_i,
  output conv_shape_t shape_o
);
  function automatic product_t product(logic [15:0] a, logic [15:0] b);
    return product_t'(a) * product_t'(b);
  endfunction

  logic [2:0] fresh_q;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) fresh_q <= '0;
    else         fresh_q <= {fresh_q[1:0], written_i};
  end

  // ---- Level 1: of the configuration alone ----
  pixel_t      span_rows_q, span_cols_q;  // of the input with padding and dilation
  product_t    image_out_q, taps_q, in_x_out_q, in_x_stride_q, batch_out_q, pool_plane_q;
  product_t    kernel_area_q;
  logic [15:0] dilation_less;
  assign dilation_less = loop_i.kernel_dilation - 1'b1;

  function automatic pixel_t span(logic [15:0] out, logic [15:0] stride, logic [15:0] kernel,
                                  logic [15:0] less);
    logic [15:0] gaps;
    gaps = kernel - 1'b1;
    return pixel_t'(product(out, stride) + product_t'(kernel) + product(less, gaps) - 32'd1);
  endfunction

  always_ff @(posedge clk_i) begin
    if (fresh_q[0]) begin
      span_rows_q   <= span(loop_i.out_rows, loop_i.stride, loop_i.kernel_rows, dilation_less);
      span_cols_q   <= span(loop_i.out_cols, loop_i.stride, loop_i.kernel_cols, dilation_less);
      image_out_q   <= product(loop_i.out_rows, loop_i.out_cols);
      taps_q        <= product(loop_i.kernel_rows, loop_i.kernel_cols);
      in_x_out_q    <= product(loop_i.in_channels, loop_i.out_channels);
      in_x_stride_q <= product(loop_i.in_channels, loop_i.weight_stride);
      batch_out_q   <= product(loop_i.batch, loop_i.out_channels);
      pool_plane_q  <= product(loop_i.pool_out_rows, loop_i.pool_out_cols);
      kernel_area_q <= product(loop_i.kernel_dim, loop_i.kernel_dim);
    end
  end

  // ---- Level 2 ----
  conv_shape_t shape_q;
  pixel_t      upper, lower, left, right, in_rows, in_cols, padded_rows, padded_cols;
  logic [15:0] plane_rows, plane_cols, lines;
  product_t    padded_rows_q, padded_cols_q;
  assign upper   = undilated(to_pixel(loop_i.upper_pad), loop_i.input_dilated);
  assign lower   = undilated(to_pixel(loop_i.lower_pad), loop_i.input_dilated);
  assign left    = undilated(to_pixel(loop_i.left_pad), loop_i.input_dilated);
  assign right   = undilated(to_pixel(loop_i.right_pad), loop_i.input_dilated);
  assign in_rows = undilated(span_rows_q - to_pixel(loop_i.upper_pad) - to_pixel(loop_i.lower_pad),
                             loop_i.input_dilated);
  assign in_cols = undilated(span_cols_q - to_pixel(loop_i.left_pad) - to_pixel(loop_i.right_pad),
                             loop_i.input_dilated);
  assign padded_rows = loop_i.input_dilated ? in_rows + upper + lower : span_rows_q;
  assign padded_cols = loop_i.input_dilated ? in_cols + left + right : span_cols_q;
  assign plane_rows  = 16'(padded_rows >>> loop_i.downsample);
  assign plane_cols  = 16'(padded_cols >>> loop_i.downsample);
  // Of the weights, in one block
  assign lines = loop_i.transpose_weights ? loop_i.pooled_channels : loop_i.kernel_channels;

  // ---- Levels 3 and 4 ----
  product_t    input_stride;
  logic [15:0] planes, weight_columns, weight_blocks;
  assign planes         = loop_i.transpose_input ? loop_i.kernel_channels : loop_i.batches;
  assign input_stride   = product_t'(planes) * shape_q.plane;
  assign weight_columns = loop_i.transpose_weights ? loop_i.kernel_channels
                                                   : loop_i.pooled_channels;
  assign weight_blocks  = 16'((17'(weight_columns) + 17'(Dim - 1)) >> DimBits);

  always_ff @(posedge clk_i) begin
    if (fresh_q[0]) begin
      shape_q.in_rows         <= in_rows;
      shape_q.in_cols         <= in_cols;
      shape_q.upper           <= upper;
      shape_q.lower           <= lower;
      shape_q.left            <= left;
      shape_q.right           <= right;
      padded_rows_q           <= product_t'(padded_rows);
      padded_cols_q           <= product_t'(padded_cols);
      shape_q.plane_cols      <= product_t'(plane_cols);
      shape_q.plane           <= product(plane_rows, plane_cols);
      shape_q.image_out       <= image_out_q;
      shape_q.bias_stride     <= product_t'(loop_i.batches) * image_out_q;
      shape_q.weight_block    <= taps_q * product_t'(lines);
      shape_q.tap             <= product_t'(lines);
      shape_q.tap_row         <= product(loop_i.kernel_cols, lines);
      shape_q.tap_pixels      <= product(16'(loop_i.pixels), lines);
      shape_q.input_unit      <= loop_i.transpose_input ? product_t'(loop_i.batches)
                                                         : product_t'(loop_i.in_stride);
      shape_q.input_row       <= product(loop_i.in_cols_dim, loop_i.transpose_input
                                                              ? loop_i.batches : loop_i.in_stride);
      shape_q.kernel_area_out <= 48'(kernel_area_q) * 48'(loop_i.out_channels);
      shape_q.output_unit     <= loop_i.transpose_output ? batch_out_q
                                                          : product_t'(loop_i.out_stride);
      shape_q.pooled_image    <= pool_plane_q * product_t'(loop_i.out_stride);
      if (loop_i.depthwise)              shape_q.weights_unit <= 32'd1;
      else if (loop_i.transpose_kernel)  shape_q.weights_unit <= product_t'(loop_i.out_channels);
      else if (loop_i.transpose_weights) shape_q.weights_unit <= in_x_out_q;
      else                               shape_q.weights_unit <= in_x_stride_q;
    end
    if (fresh_q[1]) begin
      shape_q.padded_area   <= padded_rows_q * padded_cols_q;
      shape_q.input_stride  <= input_stride;
      shape_q.input_image   <= product_t'(loop_i.in_rows_dim) * shape_q.input_row;
      shape_q.input_padding <= product_t'(shape_q.upper) * shape_q.input_row
                             + product_t'(shape_q.left) * shape_q.input_unit;
      shape_q.weights_row   <= product_t'(loop_i.kernel_dim) * shape_q.weights_unit;
      shape_q.weights_rows  <= product_t'(weight_blocks) * shape_q.weight_block;
      shape_q.output_row    <= product_t'(loop_i.out_cols_dim) * shape_q.output_unit;
    end
    if (fresh_q[2]) shape_q.output_image <= product_t'(loop_i.out_rows_dim) * shape_q.output_row;
  end

  logic unused;
  assign unused = ^loop_i;

  always_comb begin
    shape_o = shape_q;
    if (fresh_q[1]) shape_o.input_stride = input_stride;
  end
endmodule : loop_conv_shape
