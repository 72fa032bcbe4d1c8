// SPDX-License-Identifier: Apache-2.0
/// Unrolls convolution loops. Loop commands end here; each configured loop gives its mvins,
/// products and mvouts, and the configurations they need, to the next queue, from five streams
/// that run side by side, each through a pipe of two stages, one command a cycle: stores first,
/// then products, bias, weights, input. Products start when all loads of the loop have been given,
/// stores when all products have. Other commands pass while no loop is configured.
module loop_conv
  import accelerator_pkg::*;
  import loop_pkg::*;
  import loop_conv_pkg::*;
(
  input  logic           clk_i,
  input  logic           rst_ni,

  input  logic           in_valid_i,
  output logic           in_ready_o,
  input  command_t       in_i,

  output logic           out_valid_o,
  input  logic           out_ready_i,
  output owned_command_t out_o,

  // Commands of this unit that leave the station
  input  left_t          left_i,

  output logic           busy_o
);
  // ---- Slots ----
  logic        is_own, is_run, is_consumed, target_configured, any_configured;
  slot_t       target, head;
  conv_loop_t  loops [2];
  conv_shape_t shapes [2];
  streams_t    idle, active, candidate, may_start, start, slot;
  streams_t    started [2], completed [2];

  assign is_consumed = in_valid_i && is_own && !target_configured;
  assign in_ready_o  = is_own ? !target_configured : !any_configured && out_ready_i;
  assign busy_o      = any_configured;

  loop_conv_registers u_registers (
    .clk_i,
    .rst_ni,
    .command_i(in_i),
    .is_own_o (is_own),
    .is_run_o (is_run),
    .write_i  (is_consumed),
    .target_i (target),
    .loops_o  (loops)
  );

  for (genvar i = 0; i < 2; i++) begin : gen_shape
    loop_conv_shape u_shape (
      .clk_i,
      .rst_ni,
      .written_i(is_consumed && target == slot_t'(i)),
      .loop_i   (loops[i]),
      .shape_o  (shapes[i])
    );
  end

  loop_slots u_slots (
    .clk_i,
    .rst_ni,
    .run_i              (is_consumed && is_run),
    .skipped_i          ('0),
    .target_o           (target),
    .target_configured_o(target_configured),
    .any_configured_o   (any_configured),
    .head_o             (head),
    .started_o          (started),
    .completed_o        (completed),
    .idle_i             (idle),
    .candidate_o        (candidate),
    .may_start_i        (may_start),
    .start_o            (start),
    .slot_o             (slot)
  );

  always_comb begin
    may_start          = '1;
    may_start[Execute] = &started[candidate[Execute]][Weights:Bias];
    may_start[Store]   = started[candidate[Store]][Execute];
  end

  // ---- Local memory ----
  // The accumulator half at which bias, results and stores begin, of the next and of this loop
  streams_t   next_half_q, half_q;
  local_row_t results [LoopStreams];
  local_row_t input_bases [2], weights_bases [2];

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      next_half_q <= '0;
      half_q      <= '0;
    end else begin
      for (int s = Bias; s <= Store; s++) begin
        if (start[s]) begin
          half_q[s] <= next_half_q[s];
          if (loops[candidate[s]].output_address != '0) next_half_q[s] <= !next_half_q[s];
        end
      end
    end
  end

  function automatic local_row_t half_of_scratchpad(logic [1:0] index);
    return local_row_t'(index) * local_row_t'(ScratchpadHalf);
  endfunction

  always_comb begin
    for (int s = Bias; s <= Store; s++) begin
      results[s] = half_q[s] ? local_row_t'(AccumulatorHalf) : '0;
    end
    for (int i = 0; i < 2; i++) begin
      input_bases[i]   = half_of_scratchpad(
          loops[i].input_id != '0 ? loops[i].input_id - 1'b1 : 2'(i));
      weights_bases[i] = half_of_scratchpad(
          loops[i].weights_id != '0 ? loops[i].weights_id : 2'(i + 1))
          - local_row_t'(shapes[i].weights_rows);
    end
  end

  // ---- Streams ----
  streams_t valid, may_enter, enters, pipe_ready, pipe_empty, pipe_valid, offers, taken;
  command_t entering [LoopStreams], commands [LoopStreams];

  loop_conv_bias u_bias (
    .clk_i,
    .rst_ni,
    .start_i  (start[Bias]),
    .loop_i   (loops[slot[Bias]]),
    .shape_i  (shapes[slot[Bias]]),
    .base_i   (results[Bias]),
    .active_o (active[Bias]),
    .valid_o  (valid[Bias]),
    .taken_i  (enters[Bias]),
    .command_o(entering[Bias])
  );

  loop_conv_input u_input (
    .clk_i,
    .rst_ni,
    .start_i  (start[Input]),
    .loop_i   (loops[slot[Input]]),
    .shape_i  (shapes[slot[Input]]),
    .base_i   (input_bases[slot[Input]]),
    .active_o (active[Input]),
    .valid_o  (valid[Input]),
    .taken_i  (enters[Input]),
    .command_o(entering[Input])
  );

  loop_conv_weights u_weights (
    .clk_i,
    .rst_ni,
    .start_i  (start[Weights]),
    .loop_i   (loops[slot[Weights]]),
    .shape_i  (shapes[slot[Weights]]),
    .base_i   (weights_bases[slot[Weights]]),
    .active_o (active[Weights]),
    .valid_o  (valid[Weights]),
    .taken_i  (enters[Weights]),
    .command_o(entering[Weights])
  );

  loop_conv_execute u_execute (
    .clk_i,
    .rst_ni,
    .start_i            (start[Execute]),
    .starts_transposed_i(loops[candidate[Execute]].transpose_input),
    .loop_i             (loops[slot[Execute]]),
    .shape_i            (shapes[slot[Execute]]),
    .input_base_i       (input_bases[slot[Execute]]),
    .weights_base_i     (weights_bases[slot[Execute]]),
    .base_i             (results[Execute]),
    .active_o           (active[Execute]),
    .valid_o            (valid[Execute]),
    .taken_i            (enters[Execute]),
    .command_o          (entering[Execute])
  );

  loop_conv_store u_store (
    .clk_i,
    .rst_ni,
    .start_i        (start[Store]),
    .starts_pooled_i(!loops[candidate[Store]].no_pool),
    .loop_i         (loops[slot[Store]]),
    .shape_i        (shapes[slot[Store]]),
    .base_i         (results[Store]),
    .active_o       (active[Store]),
    .valid_o        (valid[Store]),
    .taken_i        (enters[Store]),
    .command_o      (entering[Store])
  );

  for (genvar s = 0; s < LoopStreams; s++) begin : gen_pipe
    loop_conv_pipe u_pipe (
      .clk_i,
      .rst_ni,
      .in_valid_i (valid[s] && may_enter[s]),
      .in_ready_o (pipe_ready[s]),
      .in_i       (entering[s]),
      .out_valid_o(pipe_valid[s]),
      .out_ready_i(taken[s]),
      .out_o      (commands[s]),
      .empty_o    (pipe_empty[s])
    );
  end
  assign idle   = ~active & pipe_empty;
  assign enters = valid & may_enter & pipe_ready;

  // ---- Who may give a command to its pipe ----
  logic execute_waits_for_loads;
  assign execute_waits_for_loads = started[slot[Execute]][Execute]
      && !completed[slot[Execute]][Execute] && !(&completed[slot[Execute]][Weights:Bias]);

  always_comb begin
    may_enter = '1;
    for (int s = Bias; s <= Weights; s++) begin
      if (execute_waits_for_loads && slot[Execute] != slot[s]) may_enter[s] = 1'b0;
      if (slot[s] == slot[Execute] && !idle[s]) may_enter[Execute] = 1'b0;
    end
    may_enter[Store] = slot[Execute] != slot[Store] || idle[Execute];
  end

  // ---- Output ----
  logic [StationClasses-1:0] full;
  station_class_e            given_class;
  command_t                  given;

  function automatic station_class_e class_of(int stream);
    return stream == Store ? StoreClass : stream == Execute ? ExecuteClass : LoadClass;
  endfunction

  always_comb begin
    for (int s = Bias; s <= Store; s++) offers[s] = pipe_valid[s] && !full[class_of(s)];
  end

  // The first one in this order that offers
  localparam int Priority [LoopStreams] = '{Store, Execute, Bias, Weights, Input};
  always_comb begin
    taken       = '0;
    given       = commands[Input];
    given_class = LoadClass;
    for (int p = LoopStreams - 1; p >= 0; p--) begin
      if (offers[Priority[p]]) begin
        taken       = streams_t'(1) << Priority[p];
        given       = commands[Priority[p]];
        given_class = class_of(Priority[p]);
      end
    end
    if (!any_configured || !out_ready_i) taken = '0;
  end

  always_comb begin
    if (any_configured) begin
      out_valid_o = |offers;
      out_o       = '{owner: loop_owner_t'(1 << ConvUnit), command: given};
    end else begin
      out_valid_o = in_valid_i && !is_own;
      out_o       = '{owner: '0, command: in_i};
    end
  end

  loop_throttle u_throttle (
    .clk_i,
    .rst_ni,
    .given_i(|taken),
    .class_i(given_class),
    .left_i,
    .full_o (full)
  );

  logic unused;
  assign unused = head;
endmodule : loop_conv
