// SPDX-License-Identifier: Apache-2.0

/// Commands from the reservation station to the execute controller: a front queue of two, then the
/// queue of ExecuteQueueDepth whose first three entries the controller sees. A command issued in t
/// is seen in t + 2.
///
/// Between the two, weight-stationary work with B transpose is expanded: the array needs a request
/// that carries B into the transposer and one that carries it on. A preload followed by a
/// compute.preloaded becomes preload(B, no C), compute.accumulated(no A, no D), preload(no B, C),
/// compute.preloaded, one a cycle. A preload is held back until the next command is there.
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
  input  logic           [1:0] pop_i,           // how many leave: 0, 1 or 2 of those that are valid

  output logic                 lone_preload_o   // a single preload, which waits for its compute
);

  localparam int unsigned Depth     = ExecuteQueueDepth;
  localparam int unsigned IndexBits = $clog2(Depth);
  localparam int unsigned CountBits = $clog2(Depth + 1);

  typedef logic [IndexBits-1:0] index_t;
  typedef logic [CountBits-1:0] count_t;

  localparam logic [31:0] Garbage = 32'hFFFF_FFFF;

  // ---- Front queue ----

  execute_issue_t front_q [2];
  logic [1:0] front_count_q;
  logic front_push, front_pop;

  assign issue_ready_o = front_count_q != 2'd2;
  assign front_push    = issue_valid_i && issue_ready_o;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      front_count_q <= '0;
    end else begin
      front_count_q <= front_count_q + {1'b0, front_push} - {1'b0, front_pop};
    end
  end

  always_ff @(posedge clk_i) begin
    if (front_pop) front_q[0] <= front_q[1];
    if (front_push) front_q[front_count_q == {1'b0, front_pop} ? 0 : 1] <= issue_i;
  end

  // ---- Expansion ----

  typedef enum logic [1:0] {
    Pass          = 2'd0,
    InsertCompute = 2'd1,
    SecondPreload = 2'd2
  } state_e;

  state_e state_q, state_d;
  logic b_transposed_q, b_transposed_d;  // weight-stationary with B transpose, in program order
  logic head_is_preload, next_is_preloaded, expand, hold, offer, push;
  execute_entry_t entry;

  assign head_is_preload   = front_q[0].command.funct == FunctPreload;
  assign next_is_preloaded = front_count_q[1] &&
                             front_q[1].command.funct == FunctComputePreloaded;
  assign hold              = b_transposed_q && head_is_preload && !front_count_q[1];
  assign expand            = b_transposed_q && head_is_preload && next_is_preloaded;
  assign offer             = front_count_q != '0 && !hold;

  always_comb begin
    automatic logic is_config;
    automatic logic is_weight_stationary;

    is_config = front_q[0].command.funct == FunctConfig &&
                !front_q[0].command.rs1[ConfigExecuteSetOnlyStridesLsb];
    is_weight_stationary = HasWeightStationary &&
        (!HasOutputStationary || front_q[0].command.rs1[ConfigExecuteDataflowLsb]);

    entry          = '{command: front_q[0].command, id: front_q[0].id, has_id: 1'b1};
    state_d        = state_q;
    b_transposed_d = b_transposed_q;
    front_pop      = push;
    unique case (state_q)
      Pass: begin
        if (expand) begin
          entry.command.rs2[31:0] = Garbage;
          entry.has_id            = 1'b0;
          front_pop               = 1'b0;
          if (push) state_d = InsertCompute;
        end
        if (push && is_config) begin
          b_transposed_d = is_weight_stationary &&
                           front_q[0].command.rs1[ConfigExecuteBTransposeLsb];
        end
      end
      InsertCompute: begin
        entry.command.funct     = FunctComputeAccumulated;
        entry.command.rs1[31:0] = Garbage;
        entry.command.rs2[31:0] = Garbage;
        entry.has_id            = 1'b0;
        front_pop               = 1'b0;
        if (push) state_d = SecondPreload;
      end
      SecondPreload: begin
        entry.command.rs1[31:0] = Garbage;
        if (push) state_d = Pass;
      end
      default: state_d = Pass;
    endcase
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q        <= Pass;
      b_transposed_q <= 1'b0;
    end else begin
      state_q        <= state_d;
      b_transposed_q <= b_transposed_d;
    end
  end

  // ---- Main queue ----

  execute_entry_t entries_q [Depth];
  index_t head_q, tail_q;
  count_t count_q;

  function automatic index_t advance(index_t index, logic [1:0] places);
    automatic logic [IndexBits:0] sum = {1'b0, index} + (IndexBits + 1)'(places);
    return sum >= (IndexBits + 1)'(Depth) ? index_t'(sum - (IndexBits + 1)'(Depth)) : index_t'(sum);
  endfunction

  assign push = offer && count_q != count_t'(Depth);

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      head_q  <= '0;
      tail_q  <= '0;
      count_q <= '0;
    end else begin
      if (push) tail_q <= advance(tail_q, 2'd1);
      head_q  <= advance(head_q, pop_i);
      count_q <= count_q + count_t'(push) - count_t'(pop_i);
    end
  end

  always_ff @(posedge clk_i) begin
    if (push) entries_q[tail_q] <= entry;
  end

  for (genvar i = 0; i < 3; i++) begin : gen_head
    assign head_valid_o[i] = count_q > count_t'(i);
    assign head_o[i]       = entries_q[advance(head_q, 2'(i))];
  end

  assign lone_preload_o =
      (count_q == count_t'(1) && front_count_q == 2'd0 &&
       head_o[0].command.funct == FunctPreload) ||
      (count_q == '0 && front_count_q == 2'd1 && hold);

  // ---- Rules of use ----

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      assert (count_t'(pop_i) <= count_q) else $error("pops more than there is");
    end
  end

endmodule : execute_queue
