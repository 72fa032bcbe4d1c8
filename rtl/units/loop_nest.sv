// SPDX-License-Identifier: Apache-2.0
/// A nest of loops, level 0 outermost. A level has an index from `first_i` up, below `end_i`, and
/// two sums that grow with its steps: what the index contributes to addresses. With `advance_i`
/// the innermost level steps; one that would reach or pass its end starts again and the next outer
/// one steps. `is_last_o`: the position is the last.
module loop_nest
  import loop_conv_pkg::*;
#(
  parameter int unsigned Levels = 4
) (
  input  logic     clk_i,

  input  logic     restart_i,
  input  logic     advance_i,
  input  pixel_t   first_i    [Levels],
  input  pixel_t   end_i      [Levels],
  input  pixel_t   step_i     [Levels],
  input  product_t sum_step_i [Levels][2],

  output pixel_t   index_o    [Levels],
  output product_t sum_o      [Levels][2],
  output logic     is_last_o  [Levels+1]  // the level and all inside it; [Levels]: always
);
  pixel_t   index_q [Levels], index_next [Levels];
  product_t sum_q   [Levels][2];
  logic     is_last [Levels];

  assign index_o = index_q;
  assign sum_o   = sum_q;

  always_comb begin
    logic inner;
    inner             = 1'b1;
    is_last_o[Levels] = 1'b1;
    for (int l = Levels - 1; l >= 0; l--) begin
      index_next[l] = index_q[l] + step_i[l];
      is_last[l]    = index_next[l] >= end_i[l];
      inner         = inner && is_last[l];
      is_last_o[l]  = inner;
    end
  end

  always_ff @(posedge clk_i) begin
    if (restart_i || advance_i) begin
      for (int l = 0; l < Levels; l++) begin
        if (restart_i || (is_last_o[l+1] && is_last[l])) begin
          index_q[l]  <= first_i[l];
          sum_q[l][0] <= '0;
          sum_q[l][1] <= '0;
        end else if (is_last_o[l+1]) begin
          index_q[l]  <= index_next[l];
          sum_q[l][0] <= sum_q[l][0] + sum_step_i[l][0];
          sum_q[l][1] <= sum_q[l][1] + sum_step_i[l][1];
        end
      end
    end
  end
endmodule : loop_nest
