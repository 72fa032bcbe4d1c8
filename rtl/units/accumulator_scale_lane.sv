// SPDX-License-Identifier: Apache-2.0

/// One lane of an 8-bit accumulator read: ReLU, or a normalisation where they are built in, on the
/// 32-bit value where asked for, then to float32 (rounded half to even), times scale (rounded
/// likewise), rounded and saturated to int8.
/// Combinational.
module accumulator_scale_lane
  import array_side_pkg::*;
#(
  parameter bit HasNormalisations = accelerator_pkg::HasNormalisations
) (
  input  logic signed [31:0] value_i,
  input  logic               relu_i,
  input  row_normalisation_t normalisation_i,
  input  logic [31:0]        scale_i,
  output logic signed [7:0]  value_o
);

  logic signed [31:0] activated;
  logic [31:0] activated_float, product;

  if (HasNormalisations) begin : gen_normalised
    normalised_value u_normalised (
      .value_i        (value_i),
      .relu_i         (relu_i),
      .normalisation_i(normalisation_i),
      .value_o        (activated)
    );
  end else begin : gen_plain
    activation #(
      .Width(32)
    ) u_activation (
      .relu_i (relu_i),
      .value_i(value_i),
      .value_o(activated)
    );

    logic unused_normalisation;
    assign unused_normalisation = ^normalisation_i;
  end

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
