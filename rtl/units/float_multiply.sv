// SPDX-License-Identifier: Apache-2.0

/// Product of two IEEE 754 binary32 numbers, rounded half to even; exact for subnormal operands and
/// results, infinities and NaN (any NaN gives the quiet NaN 0x7FC00000).
/// Combinational.
module float_multiply (
  input  logic [31:0] a_i,
  input  logic [31:0] b_i,
  output logic [31:0] product_o
);

  localparam logic [30:0] Infinity = 31'h7F80_0000;
  localparam logic [31:0] QuietNan = 32'h7FC0_0000;

  logic sign;
  logic a_normal, b_normal, a_special, b_special, a_nan, b_nan, a_zero, b_zero;
  logic [47:0] product, aligned;
  logic [5:0] leading_zeros;
  logic signed [10:0] exponent;  // biased, of a leading one at bit 47
  logic signed [10:0] below;     // places by which a subnormal result stands lower
  logic sticky, round_up;
  logic [30:0] magnitude;        // exponent and fraction, before and after rounding

  assign sign      = a_i[31] ^ b_i[31];
  assign a_normal  = a_i[30:23] != 8'h00;
  assign b_normal  = b_i[30:23] != 8'h00;
  assign a_special = a_i[30:23] == 8'hFF;
  assign b_special = b_i[30:23] == 8'hFF;
  assign a_nan     = a_special && a_i[22:0] != '0;
  assign b_nan     = b_special && b_i[22:0] != '0;
  assign a_zero    = a_i[30:0] == '0;
  assign b_zero    = b_i[30:0] == '0;

  assign product = {24'd0, a_normal, a_i[22:0]} * {24'd0, b_normal, b_i[22:0]};

  // Left shift by halving steps until the leading one stands at bit 47.
  always_comb begin
    aligned       = product;
    leading_zeros = '0;
    for (int unsigned step = 0; step < 6; step++) begin
      automatic int unsigned places = 32 >> step;
      if ((aligned >> (48 - places)) == '0) begin
        aligned       = aligned << places;
        leading_zeros = leading_zeros + 6'(places);
      end
    end
  end

  // The exponent of a subnormal operand is that of the smallest normal number.
  assign exponent = $signed({3'd0, a_i[30:23]}) + $signed({10'd0, !a_normal})
                  + $signed({3'd0, b_i[30:23]}) + $signed({10'd0, !b_normal})
                  - 11'sd126 - $signed({5'd0, leading_zeros});
  assign below    = 11'sd1 - exponent;

  always_comb begin
    automatic logic [47:0] significand = aligned;
    automatic logic lost = 1'b0;
    if (exponent < 11'sd1) begin
      if (below > 11'sd25) begin
        significand = '0;
        lost        = 1'b1;
      end else begin
        significand = aligned >> below[4:0];
        lost        = (significand << below[4:0]) != aligned;
      end
      // The hidden bit, where rounding reaches it, becomes exponent 1.
      magnitude = {7'd0, significand[47:24]};
    end else begin
      // The hidden bit adds one to the exponent field.
      magnitude = {exponent[7:0] - 8'd1, 23'd0} + {7'd0, significand[47:24]};
    end
    sticky   = lost || significand[22:0] != '0;
    round_up = significand[23] && (sticky || significand[24]);
    magnitude = magnitude + {30'd0, round_up};
    if (exponent > 11'sd254 || (exponent > 11'sd0 && magnitude > Infinity)) magnitude = Infinity;
  end

  always_comb begin
    if (a_nan || b_nan || (a_special && b_zero) || (b_special && a_zero)) begin
      product_o = QuietNan;
    end else if (a_special || b_special) begin
      product_o = {sign, Infinity};
    end else if (a_zero || b_zero) begin
      product_o = {sign, 31'd0};
    end else begin
      product_o = {sign, magnitude};
    end
  end

endmodule : float_multiply
