// SPDX-License-Identifier: Apache-2.0

/// ReLU of one lane: negative values become 0 where `relu_i` is set.
/// Combinational.
module activation #(
  parameter int unsigned Width = 8
) (
  input  logic                    relu_i,
  input  logic signed [Width-1:0] value_i,
  output logic signed [Width-1:0] value_o
);

  assign value_o = relu_i && value_i[Width-1] ? '0 : value_i;

endmodule : activation
