// SPDX-License-Identifier: Apache-2.0
/// The registers of the convolution unroller's two slots. A command that belongs to the unroller
/// is written into the target slot; what it says is seen in the next cycle and stays from loop to
/// loop.
module loop_conv_registers
  import accelerator_pkg::*;
  import loop_pkg::*;
  import loop_conv_pkg::*;
(
  input  logic       clk_i,
  input  logic       rst_ni,

  input  command_t   command_i,
  output logic       is_own_o,  // the unroller consumes it
  output logic       is_run_o,

  input  logic       write_i,
  input  slot_t      target_i,
  output conv_loop_t loops_o [2]
);
  conv_loop_t loops_q [2];
  conv_loop_t loop;
  operands_t  operands;

  assign loops_o  = loops_q;
  assign operands = {1'b0, command_i.rs2, command_i.rs1};
  assign is_run_o = command_i.funct == FunctLoopConvWs;
  assign is_own_o = is_run_o
      || command_i.funct inside {FunctLoopConvWsConfig1, FunctLoopConvWsConfig2,
                                 FunctLoopConvWsConfig3, FunctLoopConvWsConfig4,
                                 FunctLoopConvWsConfig5, FunctLoopConvWsConfig6};

  // Where the versions name a thing differently the other's field reads 0, so that "or" picks the
  // one that there is.
  always_comb begin
    loop = loops_q[target_i];
    unique case (command_i.funct)
      FunctLoopConvWsConfig1: begin
        loop.batch        = operands[LoopConvWsConfig1BatchAt+:LoopConvWsConfig1BatchWidth];
        loop.in_rows_dim  = 16'(operands[LoopConvWsConfig1InDimAt+:LoopConvWsConfig1InDimWidth])
            | 16'(operands[LoopConvWsConfig1InRowDimAt+:LoopConvWsConfig1InRowDimWidth]);
        loop.in_channels  =
            operands[LoopConvWsConfig1InChannelsAt+:LoopConvWsConfig1InChannelsWidth];
        loop.out_channels =
            operands[LoopConvWsConfig1OutChannelsAt+:LoopConvWsConfig1OutChannelsWidth];
        loop.out_rows_dim = 16'(operands[LoopConvWsConfig1OutDimAt+:LoopConvWsConfig1OutDimWidth])
            | 16'(operands[LoopConvWsConfig1OutRowDimAt+:LoopConvWsConfig1OutRowDimWidth]);
        loop.out_cols_dim = 16'(operands[LoopConvWsConfig1OutDimAt+:LoopConvWsConfig1OutDimWidth])
            | 16'(operands[LoopConvWsConfig1OutColDimAt+:LoopConvWsConfig1OutColDimWidth]);
        loop.pool_out_rows =
            16'(operands[LoopConvWsConfig1PoolOutDimAt+:LoopConvWsConfig1PoolOutDimWidth])
            | 16'(operands[LoopConvWsConfig1PoolOutRowDimAt+:LoopConvWsConfig1PoolOutRowDimWidth]);
        loop.stride = 16'(operands[LoopConvWsConfig1StrideAt+:LoopConvWsConfig1StrideWidth]);
        if (!IsGemmini2025) begin
          loop.in_cols_dim   = loop.in_rows_dim;
          loop.pool_out_cols = loop.pool_out_rows;
          loop.in_stride     = loop.in_channels;
          loop.weight_stride = loop.out_channels;
          loop.out_stride    = loop.out_channels;
        end
      end
      FunctLoopConvWsConfig2: begin
        loop.pool_stride =
            16'(operands[LoopConvWsConfig2PoolStrideAt+:LoopConvWsConfig2PoolStrideWidth]);
        loop.pool_size   = operands[LoopConvWsConfig2PoolSizeAt+:LoopConvWsConfig2PoolSizeWidth];
        loop.kernel_dim  = operands[LoopConvWsConfig2KernelDimAt+:LoopConvWsConfig2KernelDimWidth];
        loop.pooled_channels =
            operands[LoopConvWsConfig2PooledChannelsAt+:LoopConvWsConfig2PooledChannelsWidth];
        loop.pooled_cols =
            operands[LoopConvWsConfig2PooledColsAt+:LoopConvWsConfig2PooledColsWidth];
        loop.pooled_rows =
            operands[LoopConvWsConfig2PooledRowsAt+:LoopConvWsConfig2PooledRowsWidth];
        loop.batches     = operands[LoopConvWsConfig2BatchesAt+:LoopConvWsConfig2BatchesWidth];
        if (IsGemmini2025) begin
          loop.pool_out_cols = 16'(
              operands[LoopConvWsConfig2PoolOutColDimAt+:LoopConvWsConfig2PoolOutColDimWidth]);
        end
      end
      FunctLoopConvWsConfig3: begin
        loop.left_pad    = operands[LoopConvWsConfig3LeftPadAt+:LoopConvWsConfig3LeftPadWidth];
        loop.kernel_channels =
            operands[LoopConvWsConfig3KernelChannelsAt+:LoopConvWsConfig3KernelChannelsWidth];
        loop.kernel_cols =
            operands[LoopConvWsConfig3KernelColsAt+:LoopConvWsConfig3KernelColsWidth];
        loop.kernel_rows =
            operands[LoopConvWsConfig3KernelRowsAt+:LoopConvWsConfig3KernelRowsWidth];
        loop.pool_left_pad =
            16'(operands[LoopConvWsConfig3PoolLeftPadAt+:LoopConvWsConfig3PoolLeftPadWidth]);
        loop.lower_pad   =
            16'(operands[LoopConvWsConfig3LowerPadAt+:LoopConvWsConfig3LowerPadWidth]);
        loop.upper_pad   = operands[LoopConvWsConfig3UpperPadAt+:LoopConvWsConfig3UpperPadWidth];
        loop.right_pad   = operands[LoopConvWsConfig3RightPadAt+:LoopConvWsConfig3RightPadWidth];
        if (IsGemmini2025) begin
          loop.in_cols_dim =
              16'(operands[LoopConvWsConfig3InColDimAt+:LoopConvWsConfig3InColDimWidth]);
        end
      end
      FunctLoopConvWsConfig4: begin
        loop.pool_upper_pad  =
            16'(operands[LoopConvWsConfig4PoolUpperPadAt+:LoopConvWsConfig4PoolUpperPadWidth]);
        loop.out_rows        = operands[LoopConvWsConfig4OutRowsAt+:LoopConvWsConfig4OutRowsWidth];
        loop.out_cols        = operands[LoopConvWsConfig4OutColsAt+:LoopConvWsConfig4OutColsWidth];
        loop.kernel_dilation = 16'(
            operands[LoopConvWsConfig4KernelDilationAt+:LoopConvWsConfig4KernelDilationWidth]);
        if (IsGemmini2025) begin
          loop.out_stride =
              16'(operands[LoopConvWsConfig4OutStrideAt+:LoopConvWsConfig4OutStrideWidth]);
          loop.weight_stride =
              16'(operands[LoopConvWsConfig4WeightStrideAt+:LoopConvWsConfig4WeightStrideWidth]);
          loop.in_stride =
              16'(operands[LoopConvWsConfig4InStrideAt+:LoopConvWsConfig4InStrideWidth]);
        end
      end
      FunctLoopConvWsConfig5: begin
        loop.weights = operands[LoopConvWsConfig5WeightsAt+:LoopConvWsConfig5WeightsWidth];
        loop.output_address = operands[LoopConvWsConfig5OutputAt+:LoopConvWsConfig5OutputWidth];
      end
      FunctLoopConvWsConfig6: begin
        loop.bias          = operands[LoopConvWsConfig6BiasAt+:LoopConvWsConfig6BiasWidth];
        loop.input_address = operands[LoopConvWsConfig6InputAt+:LoopConvWsConfig6InputWidth];
      end
      FunctLoopConvWs: begin
        loop.no_bias           = operands[LoopConvWsNoBiasAt];
        loop.rotate_weights    = operands[LoopConvWsRotateWeightsAt];
        loop.transpose_output  = operands[LoopConvWsTransposeOutput1203At];
        loop.transpose_kernel  = operands[LoopConvWsTransposeWeights1203At];
        loop.transpose_weights = operands[LoopConvWsTransposeWeights0132At];
        loop.transpose_input   = operands[LoopConvWsTransposeInput3120At];
        loop.depthwise         = operands[LoopConvWsDepthwiseAt];
        loop.no_pool           = operands[LoopConvWsNoPoolAt];
        loop.downsample        = operands[LoopConvWsDownsampleAt];
        loop.input_dilated     = operands[LoopConvWsInputDilatedAt];
        loop.activation        = operands[LoopConvWsActivationAt+:LoopConvWsActivationWidth];
        loop.pixels = operands[LoopConvWsMaxPixelsPerRowAt+:LoopConvWsMaxPixelsPerRowWidth];
        if (loop.pixels == '0) loop.pixels = 8'd1;
        loop.input_id   =
            2'(operands[LoopConvWsInputScratchpadIdAt+:LoopConvWsInputScratchpadIdWidth]);
        loop.weights_id =
            2'(operands[LoopConvWsWeightsScratchpadIdAt+:LoopConvWsWeightsScratchpadIdWidth]);
      end
      default: ;
    endcase
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      for (int i = 0; i < 2; i++) loops_q[i] <= '0;
    end else if (write_i) begin
      loops_q[target_i] <= loop;
    end
  end
endmodule : loop_conv_registers
