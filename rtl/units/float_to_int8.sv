// SPDX-License-Identifier: Apache-2.0

/// IEEE 754 binary32 to int8: rounded half to even, saturated; any NaN gives 127.
/// Combinational.
module float_to_int8 (
  input  logic [31:0]       float_i,
  output logic signed [7:0] value_o
);

  // Exponents (biased) of 0.5, below which all rounds to 0, and of 256, from which all saturates.
  localparam logic [7:0] ExponentHalf = 8'd126;
  localparam logic [7:0] Exponent256  = 8'd135;

  logic sign, nan;
  logic [7:0] exponent;
  logic [3:0] places;
  logic [31:0] fixed_point;  // 24 fraction bits
  logic [8:0] magnitude;
  logic round_up;

  assign sign     = float_i[31];
  assign exponent = float_i[30:23];
  assign nan      = exponent == 8'hFF && float_i[22:0] != '0;

  assign places      = 4'(exponent - ExponentHalf);
  assign fixed_point = {8'd0, 1'b1, float_i[22:0]} << places;
  assign round_up    = fixed_point[23] && (fixed_point[22:0] != '0 || fixed_point[24]);
  assign magnitude   = {1'b0, fixed_point[31:24]} + {8'd0, round_up};

  always_comb begin
    if (nan) begin
      value_o = 8'sh7F;
    end else if (exponent < ExponentHalf) begin
      value_o = 8'sh00;
    end else if (exponent >= Exponent256 || magnitude > 9'd127) begin
      value_o = sign ? 8'sh80 : 8'sh7F;
    end else begin
      value_o = sign ? -$signed(magnitude[7:0]) : $signed(magnitude[7:0]);
    end
  end

endmodule : float_to_int8
