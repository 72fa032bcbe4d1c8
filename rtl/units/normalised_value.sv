// SPDX-License-Identifier: Apache-2.0

/// The activation of one lane of an 8-bit accumulator read on a machine with normalisations: none,
/// ReLU, igelu, layer normalisation ((value - mean) * inverse deviation, towards zero), softmax
/// (exponential of value - max, times 127 / sum, to int8). What comes out is then scaled.
/// Combinational.
module normalised_value
  import array_side_pkg::*;
(
  input  logic signed [31:0]  value_i,
  input  logic                relu_i,
  input  row_normalisation_t  normalisation_i,
  output logic signed [31:0]  value_o
);

  logic signed [31:0] distance, gelu, exponential, truncated;
  logic signed [7:0] probability;
  logic [31:0] factor_of, product;

  assign distance = value_i - $signed(normalisation_i.origin);

  integer_gelu u_gelu (
    .q_i    (value_i),
    .qb_i   (normalisation_i.constants.qb),
    .qc_i   (normalisation_i.constants.qc),
    .value_o(gelu)
  );

  integer_exponential u_exponential (
    .q_i       (distance),
    .qb_i      (normalisation_i.constants.qb),
    .qc_i      (normalisation_i.constants.qc),
    .qln2_i    (normalisation_i.constants.qln2),
    .qln2_inv_i(normalisation_i.constants.qln2_inv),
    .value_o   (exponential)
  );

  int_to_float #(
    .Width(32)
  ) u_int_to_float (
    .value_i(normalisation_i.kind == NormaliseLayer ? distance : exponential),
    .float_o(factor_of)
  );

  float_multiply u_multiply (
    .a_i      (factor_of),
    .b_i      (normalisation_i.factor),
    .product_o(product)
  );

  float_to_int32 u_truncate (
    .float_i(product),
    .value_o(truncated)
  );

  float_to_int8 u_probability (
    .float_i(product),
    .value_o(probability)
  );

  always_comb begin
    unique case (normalisation_i.kind)
      NormaliseGelu:    value_o = gelu;
      NormaliseLayer:   value_o = truncated;
      NormaliseSoftmax: value_o = 32'(probability);
      default:          value_o = relu_i && value_i[31] ? '0 : value_i;
    endcase
  end

endmodule : normalised_value
