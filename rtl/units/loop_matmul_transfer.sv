// SPDX-License-Identifier: Apache-2.0
/// A stream of mvins or mvouts of a matmul loop: walks over a matrix of blocks, rows or columns
/// first, up to `step` columns at a time, and shows the command of its position. An empty stream
/// is active for one cycle and shows none. All products are kept up by adding.
module loop_matmul_transfer
  import accelerator_pkg::*;
  import loop_pkg::*;
  import loop_matmul_pkg::*;
(
  input  logic             clk_i,
  input  logic             rst_ni,

  input  logic             start_i,
  input  matmul_transfer_t transfer_i,

  output logic             active_o,
  output logic [15:0]      row_o,    // position, in blocks
  output logic [15:0]      col_o,
  output logic [15:0]      count_o,  // blocks of the command
  output logic             valid_o,
  input  logic             taken_i,
  output command_t         command_o
);
  matmul_transfer_t transfer_q;
  logic             active_q;
  logic [15:0]      row_q, col_q, count, left;
  logic [31:0]      row_elements_q;  // row * stride
  local_row_t       row_blocks_q;    // row * cols
  logic             is_last_row, is_last_col, row_steps, col_steps;

  assign left        = transfer_q.cols - col_q;
  assign count       = smaller(transfer_q.step, left);
  assign is_last_row = 17'(row_q) + 17'd1 >= 17'(transfer_q.rows);
  assign is_last_col = 17'(col_q) + 17'(transfer_q.step) >= 17'(transfer_q.cols);
  assign row_steps   = transfer_q.row_inner || is_last_col;
  assign col_steps   = !transfer_q.row_inner || is_last_row;

  assign active_o = active_q;
  assign row_o    = row_q;
  assign col_o    = col_q;
  assign count_o  = count;
  assign valid_o  = active_q && !transfer_q.empty;

  // ---- The command ----
  logic [31:0] elements;
  logic [15:0] lines, columns;
  assign elements = (row_elements_q + 32'(col_q)) << DimBits;
  assign lines    = OneBlock - (is_last_row ? transfer_q.row_pad : '0);
  assign columns  = (count << DimBits) - (is_last_col ? transfer_q.col_pad : '0);

  always_comb begin
    command_o.funct = transfer_q.funct;
    command_o.rs1   = at_offset(transfer_q.address, transfer_q.wide ? elements << 2 : elements);
    command_o.rs2   = local_block(
        address_plus(transfer_q.local_address,
                     32'(local_row_t'((row_blocks_q + local_row_t'(col_q)) << DimBits))),
        lines, columns);
  end

  // ---- The position ----
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      active_q       <= 1'b0;
      row_q          <= '0;
      col_q          <= '0;
      row_elements_q <= '0;
      row_blocks_q   <= '0;
    end else if (start_i) begin
      active_q       <= 1'b1;
      row_q          <= '0;
      col_q          <= '0;
      row_elements_q <= '0;
      row_blocks_q   <= '0;
    end else if (active_q && transfer_q.empty) begin
      active_q <= 1'b0;
    end else if (taken_i) begin
      if (row_steps) begin
        row_q          <= is_last_row ? '0 : row_q + 1'b1;
        row_elements_q <= is_last_row ? '0 : row_elements_q + transfer_q.stride;
        row_blocks_q   <= is_last_row ? '0 : row_blocks_q + local_row_t'(transfer_q.cols);
      end
      if (col_steps) col_q <= is_last_col ? '0 : col_q + transfer_q.step;
      if (is_last_row && is_last_col) active_q <= 1'b0;
    end
  end

  always_ff @(posedge clk_i) begin
    if (start_i) transfer_q <= transfer_i;
  end

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      assert (!start_i || !active_q) else $error("a stream starts that is at work");
      assert (!taken_i || valid_o) else $error("a command is taken that was not there");
    end
  end
endmodule : loop_matmul_transfer
