// SPDX-License-Identifier: Apache-2.0

/// IEEE 754 binary32 to int32: towards zero, saturated. Not for NaN.
/// Combinational.
module float_to_int32 (
  input  logic [31:0]        float_i,
  output logic signed [31:0] value_o
);

  // Exponents (biased) of 1, below which all becomes 0, and of 2^31, from which all saturates.
  localparam logic [7:0] ExponentOne  = 8'd127;
  localparam logic [7:0] ExponentTop  = 8'd158;

  logic sign;
  logic [7:0] exponent, places;
  logic [31:0] magnitude;

  assign sign      = float_i[31];
  assign exponent  = float_i[30:23];
  assign places    = ExponentTop - exponent;
  assign magnitude = {1'b1, float_i[22:0], 8'd0} >> places[4:0];

  always_comb begin
    if (exponent < ExponentOne) begin
      value_o = '0;
    end else if (exponent >= ExponentTop) begin
      value_o = sign ? 32'sh8000_0000 : 32'sh7FFF_FFFF;
    end else begin
      value_o = sign ? -$signed(magnitude) : $signed(magnitude);
    end
  end

  logic unused_places;
  assign unused_places = ^places[7:5];

endmodule : float_to_int32
