// SPDX-License-Identifier: Apache-2.0

/// One lane of a scaled mvin: int8 to float32, times scale, rounded half to even, saturated to int8.
/// Scale bits of 1.0 pass the value unchanged (as the arithmetic would).
/// Combinational.
module mvin_scale_lane (
  input  logic signed [7:0] value_i,
  input  logic [31:0]       scale_i,
  output logic signed [7:0] value_o
);

  localparam logic [31:0] One = 32'h3F80_0000;

  logic [31:0] value_float, product;
  logic signed [7:0] scaled;

  int_to_float #(
    .Width(8)
  ) u_int_to_float (
    .value_i(value_i),
    .float_o(value_float)
  );

  float_multiply u_multiply (
    .a_i      (value_float),
    .b_i      (scale_i),
    .product_o(product)
  );

  float_to_int8 u_to_int8 (
    .float_i(product),
    .value_o(scaled)
  );

  assign value_o = scale_i == One ? value_i : scaled;

endmodule : mvin_scale_lane
