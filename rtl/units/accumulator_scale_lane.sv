// SPDX-License-Identifier: Apache-2.0

/// One lane of an 8-bit accumulator read: ReLU on the 32-bit value where asked for, then to float32
/// (rounded half to even), times scale (rounded likewise), rounded and saturated to int8.
/// Combinational.
module accumulator_scale_lane (
  input  logic signed [31:0] value_i,
  input  logic               relu_i,
  input  logic [31:0]        scale_i,
  output logic signed [7:0]  value_o
);

  logic signed [31:0] activated;
  logic [31:0] activated_float, product;

  activation #(
    .Width(32)
  ) u_activation (
    .relu_i (relu_i),
    .value_i(value_i),
    .value_o(activated)
  );

  int_to_float #(
    .Width(32)
  ) u_int_to_float (
    .value_i(activated),
    .float_o(activated_float)
  );

  float_multiply u_multiply (
    .a_i      (activated_float),
    .b_i      (scale_i),
    .product_o(product)
  );

  float_to_int8 u_to_int8 (
    .float_i(product),
    .value_o(value_o)
  );

endmodule : accumulator_scale_lane
