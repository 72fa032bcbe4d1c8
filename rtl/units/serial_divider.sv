// SPDX-License-Identifier: Apache-2.0

/// Quotient of two unsigned numbers, rounded down, one bit a cycle. Started in t, it works from
/// t + 1 to t + Width; in that last cycle `done_o` is high and the quotient stands at the output.
/// The divisor is not 0 and stays while it works.
module serial_divider #(
  parameter int unsigned Width = 32
) (
  input  logic             clk_i,
  input  logic             rst_ni,

  input  logic             start_i,
  input  logic [Width-1:0] dividend_i,
  input  logic [Width-1:0] divisor_i,
  output logic             done_o,
  output logic [Width-1:0] quotient_o
);

  logic works;
  logic [Width-1:0] quotient_q;   // of the bits done so far, below those of the dividend to come
  logic [Width-1:0] remainder_q;
  logic [Width:0] minuend, difference;
  logic fits;

  assign minuend    = {remainder_q, quotient_q[Width-1]};
  assign difference = minuend - {1'b0, divisor_i};
  assign fits       = minuend >= {1'b0, divisor_i};
  assign quotient_o = {quotient_q[Width-2:0], fits};

  step_counter #(
    .Steps(Width)
  ) u_steps (
    .clk_i,
    .rst_ni,
    .start_i,
    .works_o(works),
    .last_o (done_o)
  );

  always_ff @(posedge clk_i) begin
    if (start_i) begin
      quotient_q  <= dividend_i;
      remainder_q <= '0;
    end else if (works) begin
      quotient_q  <= quotient_o;
      remainder_q <= fits ? difference[Width-1:0] : minuend[Width-1:0];
    end
  end

  logic unused_borrow;
  assign unused_borrow = difference[Width];

endmodule : serial_divider
