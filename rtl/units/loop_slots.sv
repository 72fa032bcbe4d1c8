// SPDX-License-Identifier: Apache-2.0
/// The two slots of an unroller: which are configured, which stream started and completed in
/// which, and in whose turn. A loop is put into the head slot, or behind it into the other one; a
/// stream starts on the first configured slot that it has not started yet; the head is freed when
/// all its streams have completed.
module loop_slots
  import loop_pkg::*;
(
  input  logic     clk_i,
  input  logic     rst_ni,

  // A run command is consumed: the target slot, which is not configured, becomes so. Streams that
  // the loop does without count as completed.
  input  logic     run_i,
  input  streams_t skipped_i,
  output slot_t    target_o,
  output logic     target_configured_o,
  output logic     any_configured_o,

  output slot_t    head_o,
  output streams_t started_o   [2],
  output streams_t completed_o [2],

  // By stream
  input  streams_t idle_i,
  output streams_t candidate_o,  // the slot that it would start on
  input  streams_t may_start_i,  // its own condition, for the candidate
  output streams_t start_o,
  output streams_t slot_o        // that it last worked for
);
  logic [1:0] configured_q, running_q;
  streams_t   started_q [2], completed_q [2], slot_q;
  slot_t      head_q;
  logic       head_ends;

  assign target_o            = configured_q[head_q] ? !head_q : head_q;
  assign target_configured_o = configured_q[target_o];
  assign any_configured_o    = |configured_q;
  assign head_o              = head_q;
  assign started_o           = started_q;
  assign completed_o         = completed_q;
  assign slot_o              = slot_q;
  assign head_ends           = running_q[head_q] && (&completed_q[head_q]);

  always_comb begin
    for (int s = 0; s < LoopStreams; s++) begin
      candidate_o[s] = started_q[head_q][s] ? !head_q : head_q;
    end
  end

  always_comb begin
    for (int s = 0; s < LoopStreams; s++) begin
      start_o[s] = idle_i[s] && configured_q[candidate_o[s]] && !started_q[candidate_o[s]][s]
                && may_start_i[s];
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      configured_q <= '0;
      running_q    <= '0;
      head_q       <= 1'b0;
      slot_q       <= '0;
      for (int i = 0; i < 2; i++) begin
        started_q[i]   <= '0;
        completed_q[i] <= '0;
      end
    end else begin
      if (run_i) begin
        configured_q[target_o] <= 1'b1;
        started_q[target_o]    <= skipped_i;
        completed_q[target_o]  <= skipped_i;
      end
      if (|configured_q) begin
        for (int s = 0; s < LoopStreams; s++) begin
          if (start_o[s]) begin
            slot_q[s]                       <= candidate_o[s];
            running_q[candidate_o[s]]       <= 1'b1;
            started_q[candidate_o[s]][s]    <= 1'b1;
          end
          if (idle_i[s] && running_q[slot_q[s]] && started_q[slot_q[s]][s]) begin
            completed_q[slot_q[s]][s] <= 1'b1;
          end
        end
        if (head_ends) begin
          configured_q[head_q] <= 1'b0;
          running_q[head_q]    <= 1'b0;
          started_q[head_q]    <= '0;
          completed_q[head_q]  <= '0;
          head_q               <= !head_q;
        end
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      assert (!run_i || !configured_q[target_o]) else $error("a loop falls into a busy slot");
      assert ((running_q & ~configured_q) == '0) else $error("a slot runs that is not configured");
    end
  end
endmodule : loop_slots
