// SPDX-License-Identifier: Apache-2.0

/// Integer GELU of one value by a polynomial of the second degree; all sums and products wrap at 32
/// bits: with d = min(|q|, -qb) + qb, the result is q * (sign(q) * (d * d + qc) + qc).
/// Combinational.
module integer_gelu (
  input  logic signed [31:0] q_i,
  input  logic signed [31:0] qb_i,
  input  logic signed [31:0] qc_i,
  output logic signed [31:0] value_o
);

  logic signed [31:0] limit, magnitude, distance, polynomial;

  assign limit      = -qb_i;
  assign magnitude  = q_i[31] ? -q_i : q_i;
  assign distance   = (magnitude > limit ? limit : magnitude) + qb_i;
  assign polynomial = distance * distance + qc_i;
  assign value_o    = q_i * ((q_i[31] ? -polynomial : polynomial) + qc_i);

endmodule : integer_gelu
