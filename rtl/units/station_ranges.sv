// SPDX-License-Identifier: Apache-2.0
/// What a command reads and writes in local memory, as ranges of rows. Follows the configuration
/// commands in program order: `allocated_i` says that the command is entered in this cycle. The
/// ranges are combinational.
module station_ranges
  import accelerator_pkg::*;
(
  input  logic       clk_i,
  input  logic       rst_ni,

  input  logic       allocated_i,
  input  command_t   command_i,

  output logic       is_config_o,
  output logic       is_load_o,
  output logic       is_execute_o,
  output logic       is_store_o,
  /// Destination of an mvin, source of an mvout; A of a compute, C of a preload.
  output row_range_t main_o,
  /// BD of a compute or preload.
  output row_range_t bd_o,
  output logic       is_preload_o
);
  localparam int unsigned LengthBits = 34;
  typedef logic [LengthBits-1:0] length_t;
  localparam int unsigned DimBits = $clog2(Dim);

  // ---- Shadows of the configuration ----
  logic [15:0] block_stride_q [3];
  logic [7:0]  pixel_repeats_q[3];
  logic [15:0] a_stride_q, c_stride_q;
  logic        weight_stationary_q, a_transpose_q, b_transpose_q, pooling_q;

  logic [1:0] subtype, load_state;
  assign subtype    = command_i.rs1[1:0];
  assign load_state = command_i.rs1[ConfigLoadStateLsb+:ConfigLoadStateWidth];

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      for (int i = 0; i < 3; i++) begin
        block_stride_q[i]  <= '0;
        pixel_repeats_q[i] <= 8'd1;
      end
      a_stride_q          <= '0;
      c_stride_q          <= '0;
      pooling_q           <= 1'b0;
      weight_stationary_q <= 1'b0;
      a_transpose_q       <= 1'b0;
      b_transpose_q       <= 1'b0;
    end else if (allocated_i && is_config_o) begin
      unique case (subtype)
        ConfigExecuteSubtype: begin
          a_stride_q <= command_i.rs1[ConfigExecuteAStrideLsb+:ConfigExecuteAStrideWidth];
          c_stride_q <= command_i.rs2[ConfigExecuteCStrideLsb+:ConfigExecuteCStrideWidth];
          if (!command_i.rs1[ConfigExecuteSetOnlyStridesLsb]) begin
            weight_stationary_q <= command_i.rs1[ConfigExecuteDataflowLsb];
            a_transpose_q       <= command_i.rs1[ConfigExecuteATransposeLsb];
            b_transpose_q       <= command_i.rs1[ConfigExecuteBTransposeLsb];
          end
        end
        ConfigLoadSubtype: begin
          if (load_state != 2'd3) begin
            block_stride_q[load_state] <=
                command_i.rs1[ConfigLoadBlockStrideLsb+:ConfigLoadBlockStrideWidth];
            pixel_repeats_q[load_state] <=
                command_i.rs1[ConfigLoadPixelRepeatsLsb+:ConfigLoadPixelRepeatsWidth];
          end
        end
        ConfigStoreSubtype: begin
          pooling_q <= command_i.rs1[ConfigStorePoolStrideLsb+:ConfigStorePoolStrideWidth] != '0
                    || command_i.rs1[ConfigStorePoolSizeLsb+:ConfigStorePoolSizeWidth] != '0;
        end
        default: ;
      endcase
    end
  end

  // ---- Class ----
  logic is_mvin, is_mvout, is_compute;
  assign is_mvin      = command_i.funct inside {FunctMvin, FunctMvin2, FunctMvin3};
  assign is_mvout     = command_i.funct == FunctMvout;
  assign is_compute   = command_i.funct inside {FunctComputePreloaded, FunctComputeAccumulated};
  assign is_preload_o = command_i.funct == FunctPreload;
  assign is_config_o  = command_i.funct == FunctConfig;
  assign is_load_o    = is_mvin || (is_config_o && subtype == ConfigLoadSubtype);
  assign is_execute_o = is_compute || is_preload_o
                     || (is_config_o && subtype == ConfigExecuteSubtype);
  assign is_store_o   = is_mvout || (is_config_o && subtype[1]);

  // ---- Ranges ----
  // The rows of the memory that an address names, and of one of its banks.
  function automatic length_t memory_rows(logic accumulator);
    return accumulator ? length_t'(AccumulatorRows) : length_t'(ScratchpadRows);
  endfunction
  function automatic length_t bank_rows(logic accumulator);
    return accumulator ? length_t'(AccumulatorBankRows) : length_t'(ScratchpadBankRows);
  endfunction

  // [row - lowered, row + length), lowered not below 0.
  function automatic row_range_t make_range(logic valid, local_address_t address, length_t length,
                                            logic [7:0] lowered);
    row_range_t range;
    length_t    row, stop, rows, over;
    rows  = memory_rows(address.accumulator);
    row   = length_t'(row_of(address));
    stop  = row + length;
    over  = stop - rows;
    range.valid        = valid && !is_garbage(address) && length != '0;
    range.accumulator  = address.accumulator;
    range.wraps        = stop > rows;
    range.start        = row < length_t'(lowered) ? '0
                       : (LocalRowBits+1)'(row - length_t'(lowered));
    range.stop         = stop > rows ? (LocalRowBits+1)'(rows) : (LocalRowBits+1)'(stop);
    range.wrapped_stop = stop <= rows ? '0
                       : over > rows ? (LocalRowBits+1)'(rows) : (LocalRowBits+1)'(over);
    return range;
  endfunction

  local_block_t rs1_block, rs2_block;
  logic [1:0]   state;
  logic [7:0]   repeats;
  logic [15:0]  last_column, a_rows;
  length_t      blocks_before_last, main_length;

  assign rs1_block = command_i.rs1;
  assign rs2_block = command_i.rs2;
  assign state     = command_i.funct == FunctMvin3 ? 2'd2
                   : command_i.funct == FunctMvin2 ? 2'd1 : 2'd0;
  assign repeats   = pixel_repeats_q[state];
  assign last_column        = rs2_block.cols == '0 ? '0 : rs2_block.cols - 1'b1;
  assign blocks_before_last = length_t'(last_column) >> DimBits;
  assign a_rows             = a_transpose_q ? rs1_block.cols : rs1_block.rows;

  always_comb begin
    main_length = '0;
    if (is_mvin) begin
      main_length = blocks_before_last * length_t'(block_stride_q[state])
                  + length_t'(rs2_block.rows);
    end else if (is_mvout && pooling_q) begin
      main_length = bank_rows(rs2_block.address.accumulator)
          - (length_t'(row_of(rs2_block.address))
             & (bank_rows(rs2_block.address.accumulator) - 1'b1));
    end else if (is_mvout) begin
      main_length = blocks_before_last * length_t'(Dim) + length_t'(rs2_block.rows);
    end else if (is_preload_o) begin
      main_length = length_t'(rs2_block.rows) * length_t'(c_stride_q);
    end else if (is_compute) begin
      main_length = length_t'(a_rows) * length_t'(a_stride_q);
    end
  end

  assign main_o = make_range(is_mvin || is_mvout || is_preload_o || is_compute,
                             is_compute ? rs1_block.address : rs2_block.address, main_length,
                             is_mvin && repeats != '0 ? repeats - 1'b1 : '0);

  // Rows as they are stored: B is exchanged where it is transposed. It is the preload's BD in
  // weight-stationary, the compute's in output-stationary.
  local_block_t bd_block;
  logic [15:0]  bd_rows;
  assign bd_block = is_preload_o ? rs1_block : rs2_block;
  assign bd_rows  = b_transpose_q && is_preload_o == weight_stationary_q ? bd_block.cols
                                                                         : bd_block.rows;
  assign bd_o     = make_range(is_preload_o || is_compute, bd_block.address,
                               length_t'(bd_rows), '0);
endmodule : station_ranges
