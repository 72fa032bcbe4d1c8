// SPDX-License-Identifier: Apache-2.0

/// 1 or 127, divided by an IEEE 754 binary32 number whose magnitude is 0 or 1 … 2^31, rounded half
/// to even; over 0 it is infinite. One bit a cycle: started in t, it works from t + 1 to t + 26; in
/// that last cycle `done_o` is high and the quotient stands at the output. The divisor stays while
/// it works.
module serial_reciprocal (
  input  logic        clk_i,
  input  logic        rst_ni,

  input  logic        start_i,
  input  logic        of_127_i,
  input  logic [31:0] divisor_i,
  output logic        done_o,
  output logic [31:0] quotient_o
);

  localparam int unsigned Steps = 26;  // 24 bits of the result, one for a leading zero, one to round
  localparam logic [24:0] SignificandOne = 25'h080_0000;
  localparam logic [24:0] Significand127 = 25'h0FE_0000;
  localparam logic [7:0]  ExponentOne    = 8'd127;
  localparam logic [7:0]  Exponent127    = 8'd133;
  localparam logic [30:0] Infinity       = 31'h7F80_0000;

  logic works;
  logic of_127_q;
  logic [24:0] remainder_q, divisor, rest;
  logic [24:0] bits_q;
  logic [25:0] bits;
  logic fits;

  assign divisor = {2'b01, divisor_i[22:0]};
  assign fits    = remainder_q >= divisor;
  assign rest    = fits ? remainder_q - divisor : remainder_q;
  assign bits    = {bits_q, fits};

  step_counter #(
    .Steps(Steps)
  ) u_steps (
    .clk_i,
    .rst_ni,
    .start_i,
    .works_o(works),
    .last_o (done_o)
  );

  always_ff @(posedge clk_i) begin
    if (start_i) begin
      of_127_q    <= of_127_i;
      remainder_q <= of_127_i ? Significand127 : SignificandOne;
      bits_q      <= '0;
    end else if (works) begin
      remainder_q <= rest << 1;
      bits_q      <= bits[24:0];
    end
  end

  // The quotient of the significands is within (1/2, 2): its leading one is bit 25 or bit 24.
  logic [25:0] aligned;
  logic [7:0] exponent;
  logic round_up;

  assign aligned  = bits[25] ? bits : {bits[24:0], 1'b0};
  assign exponent = (of_127_q ? Exponent127 : ExponentOne) + ExponentOne - divisor_i[30:23]
                  - {7'd0, !bits[25]};
  assign round_up = aligned[1] && (aligned[0] || rest != '0 || aligned[2]);

  // The hidden bit adds one to the exponent field; so does a carry of the rounding.
  always_comb begin
    if (divisor_i[30:0] == '0) begin
      quotient_o = {divisor_i[31], Infinity};
    end else begin
      quotient_o     = {1'b0, exponent - 8'd1, 23'd0} + {8'd0, aligned[25:2]} + {31'd0, round_up};
      quotient_o[31] = divisor_i[31];
    end
  end

endmodule : serial_reciprocal
