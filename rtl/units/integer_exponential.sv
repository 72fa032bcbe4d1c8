// SPDX-License-Identifier: Apache-2.0

/// Integer exponential of one value that is not above 0: z = (-q * qln2_inv) >> 16 halvings of
/// (q + z * qln2 + qb) ^ 2 + qc, which wraps at 32 bits; the product that gives z does not. Where z
/// is not within 0..31 the result is 0.
/// Combinational.
module integer_exponential (
  input  logic signed [31:0] q_i,
  input  logic signed [31:0] qb_i,
  input  logic signed [31:0] qc_i,
  input  logic signed [31:0] qln2_i,
  input  logic signed [31:0] qln2_inv_i,
  output logic signed [31:0] value_o
);

  logic signed [31:0] negated, halvings, distance, polynomial, halved;
  logic signed [63:0] product;

  assign negated    = -q_i;
  assign product    = 64'(negated) * 64'(qln2_inv_i);
  assign halvings   = product[47:16];
  assign distance   = q_i + halvings * qln2_i + qb_i;
  assign polynomial = distance * distance + qc_i;
  assign halved     = polynomial >>> halvings[4:0];  // apart, so that it stays signed
  assign value_o    = halvings[31:5] == '0 ? halved : '0;

  logic unused_product;
  assign unused_product = ^{product[63:48], product[15:0]};

endmodule : integer_exponential
