// SPDX-License-Identifier: Apache-2.0

/// Commands from the reservation station to the execute controller: a queue of ExecuteQueueDepth
/// + 2 of which the first three entries are seen. A command issued in t is seen from t + 2.
module execute_queue
  import accelerator_pkg::*;
  import array_side_pkg::*;
(
  input  logic                 clk_i,
  input  logic                 rst_ni,

  input  logic                 issue_valid_i,
  output logic                 issue_ready_o,
  input  execute_issue_t       issue_i,

  output logic           [2:0] head_valid_o,
  output execute_entry_t [2:0] head_o,
  input  logic           [1:0] pop_i,     // how many of those seen leave: 0, 1 or 2
  output logic                 single_o   // holds one command, seen or not
);

  localparam int unsigned Depth     = ExecuteQueueDepth + 2;
  localparam int unsigned IndexBits = $clog2(Depth);
  localparam int unsigned CountBits = $clog2(Depth + 1);

  typedef logic [IndexBits-1:0] index_t;
  typedef logic [CountBits-1:0] count_t;

  execute_issue_t entries_q [Depth];
  index_t head_q, tail_q;
  count_t count_q, seen;
  logic push, newest_hidden_q;

  function automatic index_t advance(index_t index, logic [1:0] places);
    automatic logic [IndexBits:0] sum = {1'b0, index} + (IndexBits + 1)'(places);
    return sum >= (IndexBits + 1)'(Depth) ? index_t'(sum - (IndexBits + 1)'(Depth)) : index_t'(sum);
  endfunction

  assign issue_ready_o = count_q != count_t'(Depth);
  assign push          = issue_valid_i && issue_ready_o;
  assign seen          = count_q - count_t'(newest_hidden_q);
  assign single_o      = count_q == count_t'(1);

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      head_q          <= '0;
      tail_q          <= '0;
      count_q         <= '0;
      newest_hidden_q <= 1'b0;
    end else begin
      if (push) tail_q <= advance(tail_q, 2'd1);
      head_q          <= advance(head_q, pop_i);
      count_q         <= count_q + count_t'(push) - count_t'(pop_i);
      newest_hidden_q <= push;
    end
  end

  always_ff @(posedge clk_i) begin
    if (push) entries_q[tail_q] <= issue_i;
  end

  for (genvar i = 0; i < 3; i++) begin : gen_head
    execute_issue_t entry;
    assign entry           = entries_q[advance(head_q, 2'(i))];
    assign head_valid_o[i] = seen > count_t'(i);
    assign head_o[i]       = '{command: entry.command, id: entry.id, has_id: 1'b1};
  end

  // ---- Rules of use ----

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      assert (count_t'(pop_i) <= seen) else $error("pops more than is seen");
    end
  end

endmodule : execute_queue
