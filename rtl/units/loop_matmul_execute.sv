// SPDX-License-Identifier: Apache-2.0
/// The stream of products of a matmul loop: i inner, then j, k outer; a preload and a compute for
/// each. Weights enter with i = 0 and stay for the other i. Without products to give it is active
/// for one cycle.
module loop_matmul_execute
  import accelerator_pkg::*;
  import loop_pkg::*;
  import loop_matmul_pkg::*;
(
  input  logic            clk_i,
  input  logic            rst_ni,

  input  logic            start_i,
  input  matmul_product_t product_i,

  output logic            active_o,
  output logic [15:0]     i_o,  // position, in blocks
  output logic [15:0]     j_o,
  output logic [15:0]     k_o,
  output logic            valid_o,
  input  logic            taken_i,
  output command_t        command_o
);
  matmul_product_t product_q;
  logic            active_q, at_compute_q;
  logic [15:0]     i_q, j_q, k_q;
  // Blocks from the start of a matrix to this row or column of blocks
  local_row_t      a_i_q, a_k_q, b_k_q, b_j_q, c_i_q;
  logic            is_last_i, is_last_j, is_last_k;

  assign is_last_i = 17'(i_q) + 17'd1 >= 17'(product_q.i);
  assign is_last_j = 17'(j_q) + 17'd1 >= 17'(product_q.j);
  assign is_last_k = 17'(k_q) + 17'd1 >= 17'(product_q.k);

  assign active_o = active_q;
  assign i_o      = i_q;
  assign j_o      = j_q;
  assign k_o      = k_q;
  assign valid_o  = active_q && !product_q.empty;

  // ---- The command ----
  local_row_t  a_row, b_row, c_row;
  logic [15:0] rows_i, cols_j, size_k;
  assign a_row  = product_q.a + ((a_i_q + a_k_q) << DimBits);
  assign b_row  = product_q.b + ((b_k_q + b_j_q) << DimBits);
  assign c_row  = product_q.c + ((c_i_q + local_row_t'(j_q)) << DimBits);
  assign rows_i = OneBlock - (is_last_i ? product_q.pad_i : '0);
  assign cols_j = OneBlock - (is_last_j ? product_q.pad_j : '0);
  assign size_k = OneBlock - (is_last_k ? product_q.pad_k : '0);

  always_comb begin
    if (at_compute_q) begin
      command_o.funct = i_q == '0 ? FunctComputePreloaded : FunctComputeAccumulated;
      command_o.rs1   = local_block(scratchpad_row(a_row), rows_i, size_k);
      command_o.rs2   = local_block(GarbageRow, OneBlock, OneBlock);
    end else begin
      command_o.funct = FunctPreload;
      command_o.rs1   = local_block(i_q == '0 ? scratchpad_row(b_row) : GarbageRow, size_k, cols_j);
      command_o.rs2   = local_block(
          accumulator_row(c_row, product_q.accumulate || k_q != '0, 1'b0), rows_i, cols_j);
    end
  end

  // ---- The position ----
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      active_q     <= 1'b0;
      at_compute_q <= 1'b0;
      i_q          <= '0;
      j_q          <= '0;
      k_q          <= '0;
      a_i_q        <= '0;
      a_k_q        <= '0;
      b_k_q        <= '0;
      b_j_q        <= '0;
      c_i_q        <= '0;
    end else if (start_i) begin
      active_q     <= 1'b1;
      at_compute_q <= 1'b0;
      i_q          <= '0;
      j_q          <= '0;
      k_q          <= '0;
      a_i_q        <= '0;
      a_k_q        <= '0;
      b_k_q        <= '0;
      b_j_q        <= '0;
      c_i_q        <= '0;
    end else if (active_q && product_q.empty) begin
      active_q <= 1'b0;
    end else if (taken_i) begin
      at_compute_q <= !at_compute_q;
      if (at_compute_q) begin
        i_q   <= is_last_i ? '0 : i_q + 1'b1;
        a_i_q <= is_last_i ? '0 : a_i_q + (product_q.a_transpose ? local_row_t'(1)
                                                                 : local_row_t'(product_q.k));
        c_i_q <= is_last_i ? '0 : c_i_q + local_row_t'(product_q.j);
        if (is_last_i) begin
          j_q   <= is_last_j ? '0 : j_q + 1'b1;
          b_j_q <= is_last_j ? '0 : b_j_q + (product_q.b_transpose ? local_row_t'(product_q.k)
                                                                   : local_row_t'(1));
          if (is_last_j) begin
            k_q   <= is_last_k ? '0 : k_q + 1'b1;
            a_k_q <= is_last_k ? '0 : a_k_q + (product_q.a_transpose ? local_row_t'(product_q.i)
                                                                     : local_row_t'(1));
            b_k_q <= is_last_k ? '0 : b_k_q + (product_q.b_transpose ? local_row_t'(1)
                                                                     : local_row_t'(product_q.j));
            if (is_last_k) active_q <= 1'b0;
          end
        end
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (start_i) product_q <= product_i;
  end

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      assert (!start_i || !active_q) else $error("a stream starts that is at work");
      assert (!taken_i || valid_o) else $error("a command is taken that was not there");
    end
  end
endmodule : loop_matmul_execute
