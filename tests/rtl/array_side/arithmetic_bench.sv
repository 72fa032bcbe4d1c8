// SPDX-License-Identifier: Apache-2.0

/// Scalar ports around the arithmetic units, for arithmetic_test.cpp.
module arithmetic_bench (
  input  logic [31:0]        float_a_i,
  input  logic [31:0]        float_b_i,
  output logic [31:0]        product_o,
  output logic signed [7:0]  rounded_o,     // float_a_i to int8

  input  logic signed [31:0] int32_i,
  input  logic signed [7:0]  int8_i,
  output logic [31:0]        int32_float_o,
  output logic [31:0]        int8_float_o,

  input  logic               relu_i,
  output logic signed [7:0]  mvin_scaled_o,        // int8_i times float_b_i
  output logic signed [7:0]  accumulator_scaled_o  // int32_i times float_b_i
);

  float_multiply u_multiply (
    .a_i      (float_a_i),
    .b_i      (float_b_i),
    .product_o(product_o)
  );

  float_to_int8 u_to_int8 (
    .float_i(float_a_i),
    .value_o(rounded_o)
  );

  int_to_float #(
    .Width(32)
  ) u_int32_to_float (
    .value_i(int32_i),
    .float_o(int32_float_o)
  );

  int_to_float #(
    .Width(8)
  ) u_int8_to_float (
    .value_i(int8_i),
    .float_o(int8_float_o)
  );

  mvin_scale_lane u_mvin_scale (
    .value_i(int8_i),
    .scale_i(float_b_i),
    .value_o(mvin_scaled_o)
  );

  accumulator_scale_lane u_accumulator_scale (
    .value_i        (int32_i),
    .relu_i         (relu_i),
    .normalisation_i('0),
    .scale_i        (float_b_i),
    .value_o        (accumulator_scaled_o)
  );

endmodule : arithmetic_bench
