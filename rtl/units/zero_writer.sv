// SPDX-License-Identifier: Apache-2.0
/// Writes the zeros of mvins from address 0. A row request is split into its blocks of Dim columns,
/// one a cycle; a block passes one output register. A row requested in q is offered to the local
/// write port in q + 2 at the earliest; the next row is taken in the cycle in which the last block
/// enters the output register.
module zero_writer
  import accelerator_pkg::*;
(
  input  logic      clk_i,
  input  logic      rst_ni,

  input  logic      row_valid_i,
  output logic      row_ready_o,
  input  load_row_t row_i,

  output logic      piece_valid_o,
  input  logic      piece_ready_i,
  output piece_t    piece_o
);
  logic       row_valid_q, piece_valid_q, is_moved, is_last_block;
  load_row_t  row_q;
  piece_t     piece_q, next_piece;
  logic [15:0] column_q;

  assign is_moved      = row_valid_q && (!piece_valid_q || piece_ready_i);
  assign is_last_block = 32'(column_q) + Dim >= 32'(row_q.cols);
  assign row_ready_o   = !row_valid_q || (is_moved && is_last_block);
  assign piece_valid_o = piece_valid_q;
  assign piece_o       = piece_q;

  always_comb begin
    next_piece               = '0;
    next_piece.row           = row_q.row;
    next_piece.accumulator   = row_q.accumulator;
    next_piece.accumulate    = row_q.accumulate;
    next_piece.wide          = row_q.wide;
    next_piece.cols          = row_q.cols;
    next_piece.pixel_repeats = row_q.pixel_repeats;
    next_piece.repeats       = 16'd1;
    next_piece.last          = row_q.last && is_last_block;
    next_piece.id            = row_q.id;
    for (int i = 0; i < Dim; i++) begin
      if (32'(column_q) + i < 32'(row_q.cols)) begin
        if (row_q.wide) next_piece.mask[4*i+:4] = '1;
        else            next_piece.mask[i] = 1'b1;
      end
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      row_valid_q   <= 1'b0;
      piece_valid_q <= 1'b0;
    end else begin
      if (row_ready_o) row_valid_q <= row_valid_i;
      if (is_moved) piece_valid_q <= 1'b1;
      else if (piece_ready_i) piece_valid_q <= 1'b0;
    end
  end

  always_ff @(posedge clk_i) begin
    if (is_moved) piece_q <= next_piece;
    if (row_ready_o && row_valid_i) begin
      row_q    <= row_i;
      column_q <= '0;
    end else if (is_moved) begin
      row_q.row <= row_q.row + local_row_t'(row_q.block_stride);
      column_q  <= column_q + 16'(Dim);
    end
  end

  logic unused;
  assign unused = ^{row_q.dram_address, row_q.scale, row_q.repeats};
endmodule : zero_writer
