// SPDX-License-Identifier: Apache-2.0
/// beat_merger with scalar ports.
module beat_merger_bench
  import accelerator_pkg::*;
(
  input  logic                  clk_i,
  input  logic                  rst_ni,
  input  logic                  transaction_valid_i,
  input  logic                  wide_i,
  input  logic                  last_i,
  input  row_bytes_t            position_i,
  input  request_bytes_t        offset_i,
  input  request_bytes_t        useful_i,
  input  beat_count_t           beats_i,
  output logic                  slot_released_o,
  input  logic                  beat_valid_i,
  output logic                  beat_ready_o,
  input  logic [8*BusBytes-1:0] beat_i,
  output logic                  piece_valid_o,
  output local_row_t            piece_row_o,
  output logic                  piece_last_o,
  output logic [4*Dim-1:0]      piece_mask_o,
  output logic [32*Dim-1:0]     piece_data_o
);
  read_transaction_t transaction;
  piece_t            piece;

  always_comb begin
    transaction                   = '0;
    transaction.row.wide          = wide_i;
    transaction.row.accumulator   = wide_i;
    transaction.row.block_stride  = 16'(Dim);
    transaction.row.pixel_repeats = 8'd1;
    transaction.row.repeats       = 16'd1;
    transaction.row.last          = 1'b1;
    transaction.position          = position_i;
    transaction.offset            = offset_i;
    transaction.useful            = useful_i;
    transaction.beats             = beats_i;
    transaction.last              = last_i;
  end
  assign piece_row_o  = piece.row;
  assign piece_last_o = piece.last;
  assign piece_mask_o = piece.mask;
  assign piece_data_o = piece.data;

  beat_merger u_dut (
    .clk_i,
    .rst_ni,
    .transaction_valid_i,
    .transaction_i      (transaction),
    .slot_released_o,
    .beat_valid_i,
    .beat_ready_o,
    .beat_i,
    .piece_valid_o,
    .piece_o            (piece)
  );

  logic unused;
  assign unused = ^piece;
endmodule : beat_merger_bench
