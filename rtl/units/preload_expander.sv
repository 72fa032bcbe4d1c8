// SPDX-License-Identifier: Apache-2.0

/// Between the execute controller's queue and its decision.
///
/// Weight-stationary work with B transpose needs a request that carries B into the transposer and
/// one that carries it on, so there commands pass a buffer: in a cycle in which nothing is being fed
/// and the buffer holds fewer than three steps, the head of the queue moves into it, seen by the
/// decision of the same cycle. A preload moves together with the command behind it; preload and
/// compute.preloaded become preload(B, no C), compute.accumulated(no A, no D), preload(no B, C),
/// compute.preloaded. Anything else moves alone, and nothing behind a config_ex not yet applied.
///
/// Otherwise the decision sees the queue itself; the commands of a request leave it in the cycle of
/// the request's last row, a config_ex when it is applied.
module preload_expander
  import accelerator_pkg::*;
  import array_side_pkg::*;
(
  input  logic                 clk_i,
  input  logic                 rst_ni,

  input  logic                 expands_i,        // by the configuration last applied
  input  logic                 feeder_idle_i,
  input  logic                 last_row_fed_i,

  input  logic           [2:0] queue_valid_i,
  input  execute_entry_t [2:0] queue_i,
  output logic           [1:0] queue_pop_o,

  output logic           [2:0] head_valid_o,
  output execute_entry_t [2:0] head_o,
  input  logic           [1:0] take_i,           // how many the decision takes: 0, 1 or 2
  input  logic                 takes_request_i,  // they are fed as a request
  output logic                 empty_o           // no steps here
);

  logic [1:0] fed_from_queue_q, direct_pop;

  // ---- Straight from the queue ----

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      fed_from_queue_q <= '0;
    end else if (takes_request_i) begin
      fed_from_queue_q <= expands_i || last_row_fed_i ? '0 : take_i;
    end else if (last_row_fed_i) begin
      fed_from_queue_q <= '0;
    end
  end

  always_comb begin
    direct_pop = '0;
    if (take_i != '0 && !takes_request_i) direct_pop = take_i;
    if (last_row_fed_i) direct_pop = takes_request_i ? take_i : fed_from_queue_q;
  end

  if (HasWeightStationary) begin : gen_buffer
    localparam int unsigned MostSteps = 6;  // two and a move
    localparam int unsigned CountBits = $clog2(MostSteps + 1);
    localparam logic [31:0] Garbage   = 32'hFFFF_FFFF;

    typedef logic [CountBits-1:0] count_t;

    execute_entry_t [MostSteps-1:0] steps_q, steps_d;
    count_t count_q, count_d, left;
    logic has_config, is_preload, moves;
    logic [1:0] moved;

    always_comb begin
      has_config = 1'b0;
      for (int unsigned i = 0; i < MostSteps; i++) begin
        if (count_t'(i) < count_q && steps_q[i].command.funct == FunctConfig) has_config = 1'b1;
      end
    end

    assign is_preload = queue_i[0].command.funct == FunctPreload;
    assign moves      = expands_i && feeder_idle_i && count_q < count_t'(3) && !has_config &&
                        queue_valid_i[0] && (!is_preload || queue_valid_i[1]);

    // What moves: up to four steps.
    execute_entry_t [3:0] moving;
    count_t moving_count;

    always_comb begin
      moving       = {queue_i[1], queue_i[0], queue_i[1], queue_i[0]};
      moving_count = '0;
      moved        = '0;
      if (moves) begin
        moving_count = count_t'(1);
        moved        = 2'd1;
        if (is_preload) begin
          moving_count = count_t'(2);
          moved        = 2'd2;
          if (queue_i[1].command.funct == FunctComputePreloaded) begin
            moving_count                = count_t'(4);
            moving[0].command.rs2[31:0] = Garbage;
            moving[0].has_id            = 1'b0;
            moving[1].command.funct     = FunctComputeAccumulated;
            moving[1].command.rs1[31:0] = Garbage;
            moving[1].command.rs2[31:0] = Garbage;
            moving[1].has_id            = 1'b0;
            moving[2].command.rs1[31:0] = Garbage;
          end
        end
      end
    end

    assign count_d = count_q + moving_count;

    always_comb begin
      steps_d = steps_q;
      for (int unsigned i = 0; i < MostSteps; i++) begin
        for (int unsigned j = 0; j < 4; j++) begin
          if (moves && 32'(count_q) + j == i) steps_d[i] = moving[j];
        end
      end
    end

    assign left = count_d - (expands_i ? count_t'(take_i) : '0);

    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) begin
        count_q <= '0;
      end else begin
        count_q <= left;
      end
    end

    always_ff @(posedge clk_i) begin
      if (moves || take_i != '0) begin
        for (int unsigned i = 0; i < MostSteps; i++) begin
          if (i + 32'(take_i) < MostSteps) steps_q[i] <= steps_d[i+32'(take_i)];
        end
      end
    end

    assign queue_pop_o = expands_i ? moved : direct_pop;
    assign empty_o     = count_q == '0;

    for (genvar i = 0; i < 3; i++) begin : gen_head
      assign head_valid_o[i] = expands_i ? count_d > count_t'(i) : queue_valid_i[i];
      assign head_o[i]       = expands_i ? steps_d[i] : queue_i[i];
    end
  end else begin : gen_direct
    logic unused;
    assign unused       = expands_i | feeder_idle_i;
    assign queue_pop_o  = direct_pop;
    assign empty_o      = 1'b1;
    assign head_valid_o = queue_valid_i;
    assign head_o       = queue_i;
  end

endmodule : preload_expander
