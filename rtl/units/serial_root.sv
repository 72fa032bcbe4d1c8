// SPDX-License-Identifier: Apache-2.0

/// Square root of an unsigned number, rounded down, one bit a cycle. Started in t, it works from
/// t + 1 to t + 16; in that last cycle `done_o` is high and the root stands at the output.
module serial_root (
  input  logic        clk_i,
  input  logic        rst_ni,

  input  logic        start_i,
  input  logic [31:0] radicand_i,
  output logic        done_o,
  output logic [15:0] root_o
);

  localparam int unsigned Steps = 16;

  logic works;
  logic [31:0] radicand_q;  // what is to come, from the top
  logic [15:0] root_q;
  logic [17:0] remainder_q, minuend, subtrahend, difference;
  logic fits;

  assign minuend    = {remainder_q[15:0], radicand_q[31:30]};
  assign subtrahend = {root_q, 2'b01};
  assign difference = minuend - subtrahend;
  assign fits       = minuend >= subtrahend;
  assign root_o     = {root_q[14:0], fits};

  step_counter #(
    .Steps(Steps)
  ) u_steps (
    .clk_i,
    .rst_ni,
    .start_i,
    .works_o(works),
    .last_o (done_o)
  );

  always_ff @(posedge clk_i) begin
    if (start_i) begin
      radicand_q  <= radicand_i;
      root_q      <= '0;
      remainder_q <= '0;
    end else if (works) begin
      radicand_q  <= radicand_q << 2;
      root_q      <= root_o;
      remainder_q <= fits ? difference : minuend;
    end
  end

  // The remainder is at most twice the root.
  logic unused_remainder;
  assign unused_remainder = ^remainder_q[17:16];

endmodule : serial_root
