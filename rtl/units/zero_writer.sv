// SPDX-License-Identifier: Apache-2.0
/// Writes the zeros of mvins from address 0. Input register, then working register; a row request
/// taken in r enters the working register in e >= r + 1, in the cycle in which the last piece of
/// the row before is written, or later. Its blocks of Dim columns are offered to the local write
/// port one a cycle, from e + 1 on.
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
  logic        input_valid_q, work_valid_q, is_written, is_last_block, is_work_free;
  load_row_t   input_q, work_q;
  logic [15:0] column_q;

  assign is_last_block = 32'(column_q) + Dim >= 32'(work_q.cols);
  assign is_written    = work_valid_q && piece_ready_i;
  assign is_work_free  = !work_valid_q || (is_written && is_last_block);
  assign row_ready_o   = !input_valid_q || is_work_free;
  assign piece_valid_o = work_valid_q;

  always_comb begin
    piece_o               = '0;
    piece_o.row           = work_q.row;
    piece_o.accumulator   = work_q.accumulator;
    piece_o.accumulate    = work_q.accumulate;
    piece_o.wide          = work_q.wide;
    piece_o.cols          = work_q.cols;
    piece_o.pixel_repeats = work_q.pixel_repeats;
    piece_o.repeats       = 16'd1;
    piece_o.last          = work_q.last && is_last_block;
    piece_o.id            = work_q.id;
    for (int i = 0; i < Dim; i++) begin
      if (32'(column_q) + i < 32'(work_q.cols)) begin
        if (work_q.wide) piece_o.mask[4*i+:4] = '1;
        else             piece_o.mask[i] = 1'b1;
      end
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      input_valid_q <= 1'b0;
      work_valid_q  <= 1'b0;
    end else begin
      if (row_ready_o) input_valid_q <= row_valid_i;
      if (is_work_free) work_valid_q <= input_valid_q;
    end
  end

  always_ff @(posedge clk_i) begin
    if (row_ready_o && row_valid_i) input_q <= row_i;
    if (is_work_free) begin
      work_q   <= input_q;
      column_q <= '0;
    end else if (is_written) begin
      work_q.row <= work_q.row + local_row_t'(work_q.block_stride);
      column_q   <= column_q + 16'(Dim);
    end
  end

  logic unused;
  assign unused = ^{work_q.dram_address, work_q.scale, work_q.repeats};
endmodule : zero_writer
