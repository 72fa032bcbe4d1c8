// SPDX-License-Identifier: Apache-2.0

/// Merges one element of a pooling window into the row collected so far: lane by lane the larger
/// signed byte; the first element of a window overwrites.
/// Combinational.
module max_pool #(
  parameter int unsigned Lanes = accelerator_pkg::Dim
) (
  input  logic                  first_i,
  input  logic [Lanes-1:0][7:0] collected_i,
  input  logic [Lanes-1:0][7:0] element_i,
  output logic [Lanes-1:0][7:0] collected_o
);

  for (genvar lane = 0; lane < Lanes; lane++) begin : gen_lane
    logic larger;
    assign larger = $signed(element_i[lane]) > $signed(collected_i[lane]);
    assign collected_o[lane] = first_i || larger ? element_i[lane] : collected_i[lane];
  end

endmodule : max_pool
