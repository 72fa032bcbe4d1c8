// SPDX-License-Identifier: Apache-2.0

/// Transposes blocks of Dim rows on the fly: while row k of a block is taken in, row k of the
/// transposed block before it stands at the output, in the same cycle. A square of registers whose
/// shift direction alternates from block to block: one block goes in by rows and comes out by
/// columns, the next goes in by columns and comes out by rows.
module transposer #(
  parameter int unsigned Dim = accelerator_pkg::Dim
) (
  input  logic                clk_i,
  input  logic                rst_ni,
  input  logic                valid_i,
  input  logic [Dim-1:0][7:0] row_i,
  output logic [Dim-1:0][7:0] row_o
);

  localparam int unsigned IndexBits = $clog2(Dim);

  logic [Dim-1:0][Dim-1:0][7:0] square_q;  // [row][lane]
  logic [IndexBits-1:0] index_q;
  logic by_columns_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      index_q      <= '0;
      by_columns_q <= 1'b0;
    end else if (valid_i) begin
      index_q <= index_q + IndexBits'(1);
      if (index_q == IndexBits'(Dim - 1)) by_columns_q <= !by_columns_q;
    end
  end

  // Lane 0 of row 0 leaves first, in both directions.
  for (genvar i = 0; i < Dim; i++) begin : gen_row
    logic [Dim-1:0][7:0] from_below;
    if (i == Dim - 1) begin : gen_last
      assign from_below = row_i;
    end else begin : gen_inner
      assign from_below = square_q[i+1];
    end

    always_ff @(posedge clk_i) begin
      if (valid_i) square_q[i] <= by_columns_q ? {row_i[i], square_q[i][Dim-1:1]} : from_below;
    end

    assign row_o[i] = by_columns_q ? square_q[i][0] : square_q[0][i];
  end

endmodule : transposer
