// SPDX-License-Identifier: Apache-2.0
/// The two stages behind a stream: a command that enters in t is offered from t + 2 on. One may
/// enter where the first stage is empty or moves on.
module loop_conv_pipe
  import accelerator_pkg::*;
(
  input  logic     clk_i,
  input  logic     rst_ni,

  input  logic     in_valid_i,
  output logic     in_ready_o,
  input  command_t in_i,

  output logic     out_valid_o,
  input  logic     out_ready_i,
  output command_t out_o,
  output logic     empty_o
);
  logic [1:0] valid_q;
  command_t   first_q, second_q;
  logic       moves, enters;

  assign moves       = valid_q[0] && (!valid_q[1] || out_ready_i);
  assign in_ready_o  = !valid_q[0] || moves;
  assign enters      = in_valid_i && in_ready_o;
  assign out_valid_o = valid_q[1];
  assign out_o       = second_q;
  assign empty_o     = valid_q == '0;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      valid_q <= '0;
    end else begin
      valid_q[0] <= enters || (valid_q[0] && !moves);
      valid_q[1] <= moves || (valid_q[1] && !out_ready_i);
    end
  end

  always_ff @(posedge clk_i) begin
    if (enters) first_q <= in_i;
    if (moves) second_q <= first_q;
  end
endmodule : loop_conv_pipe
