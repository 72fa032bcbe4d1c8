// SPDX-License-Identifier: Apache-2.0
/// The registers of the matmul unroller's two slots. A command that belongs to the unroller is
/// written into the target slot; what it says is seen in the next cycle and stays from loop to
/// loop.
module loop_matmul_registers
  import accelerator_pkg::*;
  import loop_pkg::*;
  import loop_matmul_pkg::*;
(
  input  logic         clk_i,
  input  logic         rst_ni,

  input  command_t     command_i,
  output logic         is_own_o,     // the unroller consumes it
  output logic         is_run_o,
  output streams_t     skipped_o,    // streams that the run command leaves out

  input  logic         write_i,
  input  slot_t        target_i,
  output matmul_loop_t loops_o [2]
);
  matmul_loop_t loops_q [2];
  matmul_loop_t loop;
  operands_t    operands;
  logic [15:0]  bound_j, bound_k;

  assign loops_o  = loops_q;
  assign operands = {1'b0, command_i.rs2, command_i.rs1};
  assign is_run_o = command_i.funct == FunctLoopWs;
  assign is_own_o = is_run_o
      || command_i.funct inside {FunctLoopWsBounds, FunctLoopWsAddressesAB, FunctLoopWsAddressesDC,
                                 FunctLoopWsStridesAB, FunctLoopWsStridesDC}
      || (IsGemmini2025
          && command_i.funct inside {FunctLoopWsScratchpadAB, FunctLoopWsScratchpadC});

  assign skipped_o[LoadA]   = operands[LoopWsSkipLoadAAt];
  assign skipped_o[LoadB]   = operands[LoopWsSkipLoadBAt];
  assign skipped_o[LoadD]   = operands[LoopWsSkipLoadDAt];
  assign skipped_o[Execute] = operands[LoopWsSkipExecuteAt];
  assign skipped_o[Store]   = operands[LoopWsSkipStoreAt];

  assign bound_j = operands[LoopWsBoundsJAt+:LoopWsBoundsJWidth];
  assign bound_k = operands[LoopWsBoundsKAt+:LoopWsBoundsKWidth];

  always_comb begin
    loop = loops_q[target_i];
    unique case (command_i.funct)
      FunctLoopWsBounds: begin
        loop.i      = operands[LoopWsBoundsIAt+:LoopWsBoundsIWidth];
        loop.j      = bound_j;
        loop.k      = bound_k;
        loop.pad_i  = operands[LoopWsBoundsPadIAt+:LoopWsBoundsPadIWidth];
        loop.pad_j  = operands[LoopWsBoundsPadJAt+:LoopWsBoundsPadJWidth];
        loop.pad_k  = operands[LoopWsBoundsPadKAt+:LoopWsBoundsPadKWidth];
        loop.b_rows = (local_row_t'(bound_k) * local_row_t'(bound_j)) << DimBits;
      end
      FunctLoopWsAddressesAB: begin
        loop.a = operands[LoopWsAddressesABAAt+:LoopWsAddressesABAWidth];
        loop.b = operands[LoopWsAddressesABBAt+:LoopWsAddressesABBWidth];
      end
      FunctLoopWsAddressesDC: begin
        loop.d = operands[LoopWsAddressesDCDAt+:LoopWsAddressesDCDWidth];
        loop.c = operands[LoopWsAddressesDCCAt+:LoopWsAddressesDCCWidth];
      end
      FunctLoopWsStridesAB: begin
        loop.a_stride = 32'(operands[LoopWsStridesABAAt+:LoopWsStridesABAWidth]);
        loop.b_stride = 32'(operands[LoopWsStridesABBAt+:LoopWsStridesABBWidth]);
      end
      FunctLoopWsStridesDC: begin
        loop.d_stride = 32'(operands[LoopWsStridesDCDAt+:LoopWsStridesDCDWidth]);
        loop.c_stride = 32'(operands[LoopWsStridesDCCAt+:LoopWsStridesDCCWidth]);
      end
      FunctLoopWs: begin
        loop.accumulate            = operands[LoopWsAccumulateAt];
        loop.full_c                = operands[LoopWsFullCAt];
        loop.low_d                 = operands[LoopWsLowDAt];
        loop.activation            = operands[LoopWsActivationAt+:LoopWsActivationWidth];
        loop.a_transpose           = operands[LoopWsATransposeAt];
        loop.b_transpose           = operands[LoopWsBTransposeAt];
        loop.a_id                  = 2'(operands[LoopWsAScratchpadIdAt+:LoopWsAScratchpadIdWidth]);
        loop.b_id                  = 2'(operands[LoopWsBScratchpadIdAt+:LoopWsBScratchpadIdWidth]);
        loop.residual_add          = operands[LoopWsResidualAddAt];
        loop.increment_accumulator = operands[LoopWsIncrementAccumulatorAt];
        loop.scratchpad_only       = operands[LoopWsScratchpadOnlyAt];
      end
      FunctLoopWsScratchpadAB: begin
        loop.a_start =
            local_row_t'(operands[LoopWsScratchpadABAStartAt+:LoopWsScratchpadABAStartWidth]);
        loop.b_end   =
            local_row_t'(operands[LoopWsScratchpadABBEndAt+:LoopWsScratchpadABBEndWidth]);
      end
      default: ;
    endcase
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      for (int i = 0; i < 2; i++) begin
        loops_q[i]         <= '0;
        loops_q[i].a_start <= local_row_t'(i * ScratchpadHalf);
        loops_q[i].b_end   <= local_row_t'((i + 1) * ScratchpadHalf);
      end
    end else if (write_i) begin
      loops_q[target_i] <= loop;
    end
  end
endmodule : loop_matmul_registers
