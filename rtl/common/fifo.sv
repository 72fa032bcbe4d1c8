// SPDX-License-Identifier: Apache-2.0
/// The "queue of n" of docs/microarchitecture.md. Accepts in a cycle in which it held fewer than
/// Depth entries at the start of the cycle; an entry accepted in t can leave in t + 1; one in and
/// one out a cycle. Both handshakes depend on registers only, so that it cuts every combinational
/// path.
module fifo #(
  parameter int unsigned Depth  = 2,
  parameter type         data_t = logic
) (
  input  logic  clk_i,
  input  logic  rst_ni,

  input  logic  in_valid_i,
  output logic  in_ready_o,
  input  data_t in_i,

  output logic  out_valid_o,
  input  logic  out_ready_i,
  output data_t out_o
);
  localparam int unsigned IndexBits = Depth > 1 ? $clog2(Depth) : 1;
  localparam int unsigned CountBits = $clog2(Depth + 1);
  typedef logic [IndexBits-1:0] index_t;
  typedef logic [CountBits-1:0] count_t;

  data_t  entries_q [Depth];
  index_t head_q, tail_q;
  count_t count_q;
  logic   is_pushed, is_popped;

  function automatic index_t next(index_t index);
    return index == index_t'(Depth - 1) ? '0 : index + 1'b1;
  endfunction

  assign in_ready_o  = count_q != count_t'(Depth);
  assign out_valid_o = count_q != '0;
  assign out_o       = entries_q[head_q];
  assign is_pushed   = in_valid_i && in_ready_o;
  assign is_popped   = out_valid_o && out_ready_i;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      head_q  <= '0;
      tail_q  <= '0;
      count_q <= '0;
    end else begin
      if (is_pushed) tail_q <= next(tail_q);
      if (is_popped) head_q <= next(head_q);
      if (is_pushed && !is_popped) count_q <= count_q + 1'b1;
      if (!is_pushed && is_popped) count_q <= count_q - 1'b1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (is_pushed) entries_q[tail_q] <= in_i;
  end
endmodule : fifo
