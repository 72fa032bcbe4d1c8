// SPDX-License-Identifier: Apache-2.0

/// The steps of a serial unit: started in t, it works from t + 1 to t + Steps; `last_o` is high in
/// the last of these cycles. A start while it works begins anew.
module step_counter #(
  parameter int unsigned Steps = 32
) (
  input  logic clk_i,
  input  logic rst_ni,

  input  logic start_i,
  output logic works_o,
  output logic last_o
);

  localparam int unsigned CountBits = $clog2(Steps + 1);

  logic [CountBits-1:0] left_q;

  assign works_o = left_q != '0;
  assign last_o  = left_q == CountBits'(1);

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      left_q <= '0;
    end else if (start_i) begin
      left_q <= CountBits'(Steps);
    end else if (works_o) begin
      left_q <= left_q - 1'b1;
    end
  end

endmodule : step_counter
