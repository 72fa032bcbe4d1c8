// SPDX-License-Identifier: Apache-2.0
/// The stream of stores: an mvout for each run of pixels of a row and each block of channels.
/// Where the output is pooled: a configuration with the pooling, an mvout for each image and block
/// of channels, and a configuration without. Without an output it is active for one cycle and
/// gives nothing.
module loop_conv_store
  import accelerator_pkg::*;
  import loop_pkg::*;
  import loop_conv_pkg::*;
(
  input  logic        clk_i,
  input  logic        rst_ni,

  input  logic        start_i,
  input  logic        starts_pooled_i,  // the loop that it starts on pools
  // Of the slot that it works for
  input  conv_loop_t  loop_i,
  input  conv_shape_t shape_i,
  input  local_row_t  base_i,

  output logic        active_o,
  output logic        valid_o,
  input  logic        taken_i,
  output command_t    command_o
);
  // Where it is: the pooling's configuration before and behind is there with pooling only.
  typedef enum logic [1:0] {AtPooling, AtBody, AtEnd} phase_e;

  phase_e phase_q;
  logic   active_q, is_empty;
  assign is_empty = loop_i.output_address == '0;
  assign active_o = active_q;
  assign valid_o  = active_q && !is_empty;

  // ---- Positions ----
  localparam int unsigned Levels = 4;
  typedef enum int {Image, Row, Column, Channel} level_e;
  pixel_t   firsts [Levels], ends [Levels], steps [Levels], index [Levels];
  product_t sum_steps [Levels][2], sum [Levels][2];
  logic     is_last [Levels+1];

  always_comb begin
    firsts         = '{default: '0};
    for (int l = 0; l < Levels; l++) begin
      sum_steps[l][0] = '0;
      sum_steps[l][1] = '0;
    end
    // A pooling mvout takes all rows and columns.
    ends[Image]    = to_pixel(loop_i.batches);
    ends[Row]      = loop_i.no_pool ? to_pixel(loop_i.out_rows) : 20'sd1;
    ends[Column]   = loop_i.no_pool ? to_pixel(loop_i.out_cols) : 20'sd1;
    ends[Channel]  = to_pixel(loop_i.pooled_channels);
    steps[Image]   = 20'sd1;
    steps[Row]     = 20'sd1;
    steps[Column]  = pixel_t'(Dim);
    steps[Channel] = pixel_t'(Dim);
    // Elements of memory, rows of the accumulator
    if (!loop_i.no_pool)              sum_steps[Image][0] = shape_i.pooled_image;
    else if (loop_i.transpose_output) sum_steps[Image][0] = product_t'(loop_i.out_channels);
    else                              sum_steps[Image][0] = shape_i.output_image;
    sum_steps[Image][1]   = shape_i.image_out;
    sum_steps[Row][0]     = shape_i.output_row;
    sum_steps[Row][1]     = product_t'(loop_i.out_cols);
    sum_steps[Column][0]  = shape_i.output_unit << DimBits;
    sum_steps[Channel][1] = shape_i.bias_stride;
  end

  logic in_body;
  assign in_body = phase_q == AtBody;
  loop_nest #(
    .Levels(4)
  ) u_nest (
    .clk_i,
    .restart_i (start_i),
    .advance_i (taken_i && in_body),
    .first_i   (firsts),
    .end_i     (ends),
    .step_i    (steps),
    .sum_step_i(sum_steps),
    .index_o   (index),
    .sum_o     (sum),
    .is_last_o (is_last)
  );

  // ---- The command ----
  logic [31:0] elements;
  local_row_t  row;
  logic [15:0] pixels, channels;
  command_t    config_store;
  assign elements = sum[Image][0] + sum[Row][0] + sum[Column][0] + 32'(index[Channel]);
  assign row      = base_i + local_row_t'(sum[Image][1] + sum[Row][1] + sum[Channel][1]
                                          + product_t'(index[Column]));
  assign pixels   = 16'(lesser(steps[Column], ends[Column] - index[Column]));
  assign channels = 16'(lesser(steps[Channel], ends[Channel] - index[Channel]));

  always_comb begin
    config_store       = '0;
    config_store.funct = FunctConfig;
    config_store.rs1[1:0] = ConfigStoreSubtype;
    config_store.rs1[ConfigStoreActivationLsb+:ConfigStoreActivationWidth] = loop_i.activation;
    config_store.rs2[ConfigStoreDramStrideLsb+:ConfigStoreDramStrideWidth] =
        32'(loop_i.out_stride);
    config_store.rs2[ConfigStoreAccScaleLsb+:ConfigStoreAccScaleWidth]     = KeepScale;
    if (phase_q == AtPooling) begin
      config_store.rs1[ConfigStorePoolStrideLsb+:ConfigStorePoolStrideWidth] =
          ConfigStorePoolStrideWidth'(loop_i.pool_stride);
      config_store.rs1[ConfigStorePoolSizeLsb+:ConfigStorePoolSizeWidth]     =
          ConfigStorePoolSizeWidth'(loop_i.pool_size);
      config_store.rs1[ConfigStoreUpperPadLsb+:ConfigStoreUpperPadWidth]     =
          ConfigStoreUpperPadWidth'(loop_i.pool_upper_pad);
      config_store.rs1[ConfigStoreLeftPadLsb+:ConfigStoreLeftPadWidth]       =
          ConfigStoreLeftPadWidth'(loop_i.pool_left_pad);
      config_store.rs1[ConfigStorePoolOutDimLsb+:ConfigStorePoolOutDimWidth] =
          ConfigStorePoolOutDimWidth'(loop_i.pool_out_cols);
      config_store.rs1[ConfigStorePooledRowsLsb+:ConfigStorePooledRowsWidth] =
          ConfigStorePooledRowsWidth'(loop_i.pooled_rows);
      config_store.rs1[ConfigStorePooledColsLsb+:ConfigStorePooledColsWidth] =
          ConfigStorePooledColsWidth'(loop_i.pooled_cols);
      config_store.rs1[ConfigStoreOutRowsLsb+:ConfigStoreOutRowsWidth]       =
          ConfigStoreOutRowsWidth'(loop_i.out_rows);
      config_store.rs1[ConfigStoreOutColsLsb+:ConfigStoreOutColsWidth]       =
          ConfigStoreOutColsWidth'(loop_i.out_cols);
    end
  end

  always_comb begin
    if (in_body) begin
      command_o.funct = FunctMvout;
      command_o.rs1   = at_offset(loop_i.output_address, elements);
      command_o.rs2   = local_block(accumulator_row(row, 1'b0, 1'b0),
                                    loop_i.no_pool ? pixels : '0, channels);
    end else begin
      command_o = config_store;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      active_q <= 1'b0;
      phase_q  <= AtBody;
    end else if (start_i) begin
      active_q <= 1'b1;
      phase_q  <= starts_pooled_i ? AtPooling : AtBody;
    end else if (active_q && is_empty) begin
      active_q <= 1'b0;
    end else if (taken_i) begin
      unique case (phase_q)
        AtPooling: phase_q <= AtBody;
        AtBody: begin
          if (is_last[0]) begin
            phase_q  <= AtEnd;
            active_q <= !loop_i.no_pool;
          end
        end
        default: active_q <= 1'b0;
      endcase
    end
  end

  logic unused;
  assign unused = ^{loop_i, shape_i, sum[Column][1], sum[Channel][0], index[Image], index[Row]};

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      assert (!start_i || !active_q) else $error("a stream starts that is at work");
      assert (!taken_i || valid_o) else $error("a command is taken that was not there");
    end
  end
endmodule : loop_conv_store
