// SPDX-License-Identifier: Apache-2.0

/// Signed integer to IEEE 754 binary32, rounded half to even (exact up to 25 bits).
/// Combinational.
module int_to_float #(
  parameter int unsigned Width = 32
) (
  input  logic signed [Width-1:0] value_i,
  output logic [31:0]             float_o
);

  logic sign;
  logic [31:0] magnitude, aligned;
  logic [4:0] leading_zeros;
  logic round_up;

  assign sign      = value_i[Width-1];
  assign magnitude = sign ? -32'(value_i) : 32'(value_i);

  always_comb begin
    aligned       = magnitude;
    leading_zeros = '0;
    for (int unsigned step = 0; step < 5; step++) begin
      automatic int unsigned places = 16 >> step;
      if ((aligned >> (32 - places)) == '0) begin
        aligned       = aligned << places;
        leading_zeros = leading_zeros + 5'(places);
      end
    end
  end

  assign round_up = aligned[7] && (aligned[6:0] != '0 || aligned[8]);

  // The hidden bit adds one to the exponent field; so does a carry of the rounding.
  always_comb begin
    float_o = '0;
    if (magnitude != '0) begin
      float_o = {1'b0, 8'd157 - {3'd0, leading_zeros}, 23'd0} + {8'd0, aligned[31:8]}
              + {31'd0, round_up};
      float_o[31] = sign;
    end
  end

endmodule : int_to_float
