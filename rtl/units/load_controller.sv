// SPDX-License-Identifier: Apache-2.0
/// Turns mvins into row requests: addresses other than 0 to the DMA reader, 0 to the zero writer.
/// One row a cycle; a configuration takes one cycle; after a one-row mvin one cycle passes. At most
/// LoadsInFlight mvins have data outstanding; an mvin completes when `finished_*` says that its
/// last piece was written.
module load_controller
  import accelerator_pkg::*;
(
  input  logic        clk_i,
  input  logic        rst_ni,

  input  logic        issue_valid_i,
  output logic        issue_ready_o,
  input  load_issue_t issue_i,

  output logic        reader_valid_o,
  input  logic        reader_ready_i,
  output logic        zero_valid_o,
  input  logic        zero_ready_i,
  /// For both.
  output load_row_t   row_o,

  input  logic        finished_valid_i,
  input  load_id_t    finished_id_i,

  output logic        done_valid_o,
  input  logic        done_ready_i,
  output load_id_t    done_id_o,

  /// Between first and last row request of an mvin, both included, or a configuration is taken.
  output logic        active_o,
  /// An mvin is at the head and cannot start for want of a tracker; or for want of a ready reader.
  output logic        waits_for_tracker_o,
  output logic        waits_for_reader_o
);
  localparam int unsigned TrackerBits = $clog2(LoadsInFlight + 1);

  logic        valid, is_popped;
  load_issue_t head;

  fifo #(
    .Depth (LoadQueueDepth),
    .data_t(load_issue_t)
  ) u_queue (
    .clk_i,
    .rst_ni,
    .in_valid_i (issue_valid_i),
    .in_ready_o (issue_ready_o),
    .in_i       (issue_i),
    .out_valid_o(valid),
    .out_ready_i(is_popped),
    .out_o      (head)
  );

  // ---- The three load states ----
  typedef struct packed {
    logic        shrink;
    logic [7:0]  pixel_repeats;
    logic [15:0] block_stride;
    logic [31:0] scale;
    logic [63:0] dram_stride;
  } load_state_t;

  localparam logic [31:0] FloatOne = 32'h3f800000;

  load_state_t states_q [3];
  load_state_t written_state, state;
  logic        is_config;
  logic [1:0]  written_index, index;
  logic [63:0] rs1, rs2;

  assign rs1           = head.command.rs1;
  assign rs2           = head.command.rs2;
  assign is_config     = head.command.funct == FunctConfig;
  assign written_index = rs1[ConfigLoadStateLsb+:ConfigLoadStateWidth];
  assign index = head.command.funct == FunctMvin3 ? 2'd2
               : head.command.funct == FunctMvin2 ? 2'd1 : 2'd0;
  assign state = states_q[index];

  always_comb begin
    written_state.shrink        = rs1[ConfigLoadShrinkLsb];
    written_state.pixel_repeats = rs1[ConfigLoadPixelRepeatsLsb+:ConfigLoadPixelRepeatsWidth];
    written_state.block_stride  = rs1[ConfigLoadBlockStrideLsb+:ConfigLoadBlockStrideWidth];
    written_state.scale         = rs1[ConfigLoadScaleLsb+:ConfigLoadScaleWidth];
    written_state.dram_stride   = rs2[ConfigLoadDramStrideLsb+:ConfigLoadDramStrideWidth];
    if (written_state.pixel_repeats == '0) written_state.pixel_repeats = 8'd1;
  end

  // ---- Rows of the mvin at the head ----
  local_block_t           block;
  logic                   is_zero, is_repeated, is_started_q, is_requested, is_last_row;
  logic                   has_tracker, is_done_q;
  logic [15:0]            rows, row_q;
  dram_address_t          next_address_q;
  logic [TrackerBits-1:0] trackers_q;
  logic                   target_ready, wants_row;

  assign block        = rs2;
  assign is_zero      = rs1 == '0;
  assign is_repeated  = !is_zero && state.dram_stride == '0;
  assign rows         = is_repeated ? 16'd1 : block.rows;
  assign is_last_row  = row_q == rows - 1'b1;
  assign has_tracker  = is_started_q || trackers_q != TrackerBits'(LoadsInFlight);
  assign wants_row    = valid && !is_config && !is_done_q;
  assign target_ready = is_zero ? zero_ready_i : reader_ready_i;

  assign reader_valid_o = wants_row && has_tracker && !is_zero;
  assign zero_valid_o   = wants_row && has_tracker && is_zero;
  assign is_requested   = wants_row && has_tracker && target_ready;
  // Its only request was made in the cycle before: the command leaves one cycle later.
  assign is_popped      = valid
      && (is_config || is_done_q || (is_requested && is_last_row && row_q != '0));

  assign active_o            = is_started_q || is_requested || (valid && is_config);
  assign waits_for_tracker_o = wants_row && !has_tracker;
  assign waits_for_reader_o  = wants_row && has_tracker && !target_ready;

  always_comb begin
    row_o.dram_address  = row_q == '0 ? rs1 : next_address_q;
    row_o.row           = block.address.row + local_row_t'(row_q);
    row_o.accumulator   = block.address.accumulator;
    row_o.accumulate    = block.address.accumulator && block.address.accumulate;
    row_o.wide          = block.address.accumulator && !state.shrink;
    row_o.cols          = block.cols;
    row_o.block_stride  = state.block_stride;
    row_o.scale         = state.scale;
    row_o.pixel_repeats = block.address.accumulator ? 8'd1 : state.pixel_repeats;
    row_o.repeats       = is_repeated ? block.rows : 16'd1;
    row_o.last          = is_last_row;
    row_o.id            = head.id;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      for (int i = 0; i < 3; i++) begin
        states_q[i] <= '{pixel_repeats: 8'd1, scale: FloatOne, default: '0};
      end
      row_q        <= '0;
      is_started_q <= 1'b0;
      is_done_q    <= 1'b0;
      trackers_q   <= '0;
    end else begin
      if (valid && is_config && written_index != 2'd3) states_q[written_index] <= written_state;
      if (is_requested) begin
        row_q        <= is_last_row ? '0 : row_q + 1'b1;
        is_started_q <= !is_last_row;
      end
      is_done_q  <= is_requested && is_last_row && row_q == '0;
      trackers_q <= trackers_q + TrackerBits'(is_requested && !is_started_q)
                               - TrackerBits'(done_valid_o && done_ready_i);
    end
  end

  always_ff @(posedge clk_i) begin
    if (is_requested) next_address_q <= row_o.dram_address + state.dram_stride;
  end

  // ---- Completion ----
  logic finished_ready;
  fifo #(
    .Depth (LoadsInFlight),
    .data_t(load_id_t)
  ) u_finished (
    .clk_i,
    .rst_ni,
    .in_valid_i (finished_valid_i),
    .in_ready_o (finished_ready),
    .in_i       (finished_id_i),
    .out_valid_o(done_valid_o),
    .out_ready_i(done_ready_i),
    .out_o      (done_id_o)
  );

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      assert (!finished_valid_i || finished_ready) else $error("more mvins finished than trackers");
      assert (!wants_row || (block.rows != '0 && block.cols != '0))
        else $error("mvin without rows or columns");
    end
  end

  logic unused;
  assign unused = ^{block.address, head.command};
endmodule : load_controller
