// SPDX-License-Identifier: Apache-2.0

/// Reads the elements of mvouts from the banks and brings them to the DMA writer, in order: dispatch
/// queue of two, read, and for the accumulator a queue of two before the scale unit. With K =
/// ScratchpadReadDelay + 1:
///
///   scratchpad   read in r where its bank grants; offered from r + 1 + ScratchpadReadDelay
///   accumulator  read in r where its bank grants and the element read before has moved on; scaled
///                from s; offered from s + AccumulatorScaleLatency
///   outside      "read" in r, offered from r + 3
///   statistics   as the accumulator, but from the queue before the scale unit they go to the
///                normaliser, which keeps that queue's head waiting until it is done
///
/// Reading (scratchpad, outside) and scaling wait until the element K before has been taken.
/// Elements stand in slots from their reading until the DMA writer takes them.
module store_pipeline
  import accelerator_pkg::*;
  import array_side_pkg::*;
(
  input  logic                                clk_i,
  input  logic                                rst_ni,

  input  logic                                request_valid_i,
  output logic                                request_ready_o,
  input  store_request_t                      request_i,
  output logic                                last_read_o,   // last element of an mvout

  // Banks: the word comes in the next cycle
  output logic       [ScratchpadBanks-1:0]    scratchpad_read_valid_o,
  input  logic       [ScratchpadBanks-1:0]    scratchpad_read_ready_i,
  input  row_t       [ScratchpadBanks-1:0]    scratchpad_read_data_i,
  output logic       [AccumulatorBanks-1:0]   accumulator_read_valid_o,
  input  logic       [AccumulatorBanks-1:0]   accumulator_read_ready_i,
  input  accumulator_row_t [AccumulatorBanks-1:0] accumulator_read_data_i,
  // Row within the bank
  output logic [$clog2(ScratchpadBankRows)-1:0]  scratchpad_read_row_o,
  output logic [$clog2(AccumulatorBankRows)-1:0] accumulator_read_row_o,

  output logic                                element_valid_o,
  input  logic                                element_ready_i,
  output store_element_t                      element_o,

  output logic                                busy_o
);

  localparam int unsigned Window      = ScratchpadReadDelay + 1;  // K
  localparam int unsigned MostSlots   = Window + 3;  // three more between reading and scaling
  localparam int unsigned SlotBits    = $clog2(MostSlots);
  localparam int unsigned Slots       = 2 ** SlotBits;
  localparam int unsigned OutBytes    = FullWidthAccumulatorRead ? 4 * Dim : Dim;
  localparam int unsigned ScaleCountBits = $clog2(AccumulatorScaleLatency + 1);
  localparam int unsigned OutsideDelay   = 2;        // stages before an element outside is offered

  localparam int unsigned ScratchpadBankRowBits  = $clog2(ScratchpadBankRows);
  localparam int unsigned AccumulatorBankRowBits = $clog2(AccumulatorBankRows);
  localparam int unsigned ScratchpadBankBits  = ScratchpadBanks > 1 ? $clog2(ScratchpadBanks) : 1;
  localparam int unsigned AccumulatorBankBits = AccumulatorBanks > 1 ? $clog2(AccumulatorBanks) : 1;

  typedef logic [SlotBits-1:0] slot_t;
  typedef logic [ScratchpadBankBits-1:0] scratchpad_bank_t;
  typedef logic [AccumulatorBankBits-1:0] accumulator_bank_t;

  // ---- Dispatch queue ----

  logic head_valid, read, read_for_memory, statistics_busy;
  store_request_t head;

  fifo #(
    .Depth (2),
    .data_t(store_request_t)
  ) u_dispatch (
    .clk_i      (clk_i),
    .rst_ni     (rst_ni),
    .in_valid_i (request_valid_i),
    .in_ready_o (request_ready_o),
    .in_i       (request_i),
    .out_valid_o(head_valid),
    .out_ready_i(read),
    .out_o      (head)
  );

  // ---- Slots: a ring in the order of reading ----

  slot_t oldest_q, newest_q;          // next to leave, next to be filled
  logic [SlotBits:0] count_q;
  logic [Slots-1:0] ready_q, ready_d; // the data is there
  logic [Slots-1:0] scaled_q;         // went through the scale unit
  store_target_t targets_q [Slots];
  logic [OutBytes-1:0][7:0] data_q [Slots];
  logic leaves;

  assign element_valid_o = count_q != '0 && ready_q[oldest_q];
  assign leaves          = element_valid_o && element_ready_i;
  assign busy_o          = head_valid || count_q != '0 || statistics_busy;

  // May the element of this slot, or the one to be read next, go on: has the one K before it left?
  function automatic logic is_in_window(logic [SlotBits:0] distance, logic one_leaves);
    return distance < (SlotBits + 1)'(Window) + (SlotBits + 1)'(one_leaves);
  endfunction

  // ---- Read ----

  scratchpad_bank_t scratchpad_bank;
  accumulator_bank_t accumulator_bank;
  logic next_in_window, norm_register_free;

  assign scratchpad_bank  = scratchpad_bank_t'(head.row >> ScratchpadBankRowBits);
  assign accumulator_bank = accumulator_bank_t'(head.row >> AccumulatorBankRowBits);
  assign next_in_window   = is_in_window(count_q, leaves);

  assign scratchpad_read_row_o  = head.row[ScratchpadBankRowBits-1:0];
  assign accumulator_read_row_o = head.row[AccumulatorBankRowBits-1:0];

  always_comb begin
    scratchpad_read_valid_o  = '0;
    accumulator_read_valid_o = '0;
    read                     = 1'b0;
    if (head_valid) begin
      unique case (head.source)
        FromScratchpad: begin
          scratchpad_read_valid_o[scratchpad_bank] = next_in_window;
          read = next_in_window && scratchpad_read_ready_i[scratchpad_bank];
        end
        FromAccumulator: begin
          accumulator_read_valid_o[accumulator_bank] = norm_register_free;
          read = norm_register_free && accumulator_read_ready_i[accumulator_bank];
        end
        default: read = next_in_window;
      endcase
    end
  end
  assign last_read_o     = read && head.is_last_of_command;
  assign read_for_memory = read && !(HasNormalisations && head.norm != NormWrite);

  // ---- Scratchpad and outside: data in the next cycle, offered when the delay is over ----

  logic [ScratchpadReadDelay-1:0] delay_valid_q;  // bit i: read i + 1 cycles ago
  slot_t delay_slot_q [ScratchpadReadDelay];
  scratchpad_bank_t arrival_bank_q;
  logic [OutsideDelay-1:0] outside_valid_q;
  slot_t outside_slot_q [OutsideDelay];

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      delay_valid_q   <= '0;
      outside_valid_q <= '0;
    end else begin
      delay_valid_q   <= ScratchpadReadDelay'({delay_valid_q,
                                               read && head.source == FromScratchpad});
      outside_valid_q <= OutsideDelay'({outside_valid_q, read && head.source == FromNowhere});
    end
  end

  always_ff @(posedge clk_i) begin
    if (read) arrival_bank_q <= scratchpad_bank;
    delay_slot_q[0]   <= newest_q;
    outside_slot_q[0] <= newest_q;
    for (int unsigned i = 1; i < ScratchpadReadDelay; i++) delay_slot_q[i] <= delay_slot_q[i-1];
    for (int unsigned i = 1; i < OutsideDelay; i++) outside_slot_q[i] <= outside_slot_q[i-1];
  end

  // ---- Accumulator: a register that waits for room, a queue of two, the scale unit ----

  typedef struct packed {
    accumulator_row_t row;
    logic             relu;
    logic [31:0]      scale;
    logic             full_width;
    slot_t            slot;
    norm_command_e    command;
    normalisation_t   normalisation;
    logic [15:0]      lanes;
    logic             pool;
  } norm_t;

  logic norm_valid_q, norm_moves, norm_ready, norm_kept_q;
  norm_t norm_q, norm;                // the row itself comes from the bank in the first cycle
  accumulator_bank_t norm_bank_q;
  logic scale_offered, scale_takes, scale_ready, scale_in_window, scale_has_room, scale_done;
  norm_t scale_in;
  slot_t scale_slot;
  logic [OutBytes-1:0][7:0] scale_row;
  logic [ScaleCountBits-1:0] scale_count_q;
  logic scaled_leaves, is_statistics, statistics_take, normaliser_ready;
  row_normalisation_t row_normalisation;

  always_comb begin
    norm = norm_q;
    if (!norm_kept_q) norm.row = accumulator_read_data_i[norm_bank_q];
  end

  assign norm_moves         = norm_valid_q && norm_ready;
  assign norm_register_free = !norm_valid_q || norm_moves;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      norm_valid_q <= 1'b0;
      norm_kept_q  <= 1'b0;
    end else begin
      norm_valid_q <= (read && head.source == FromAccumulator) || (norm_valid_q && !norm_moves);
      norm_kept_q  <= norm_valid_q && !norm_moves;
    end
  end

  always_ff @(posedge clk_i) begin
    if (read && head.source == FromAccumulator) begin
      norm_bank_q          <= accumulator_bank;
      norm_q.relu          <= head.relu;
      norm_q.scale         <= head.scale;
      norm_q.full_width    <= head.target.full_width;
      norm_q.slot          <= newest_q;
      norm_q.command       <= head.norm;
      norm_q.normalisation <= head.normalisation;
      norm_q.lanes         <= head.target.lanes;
      norm_q.pool          <= head.target.pool;
    end else if (norm_valid_q && !norm_kept_q && !norm_moves) begin
      norm_q.row <= norm.row;
    end
  end

  fifo #(
    .Depth (2),
    .data_t(norm_t)
  ) u_norm (
    .clk_i      (clk_i),
    .rst_ni     (rst_ni),
    .in_valid_i (norm_valid_q),
    .in_ready_o (norm_ready),
    .in_i       (norm),
    .out_valid_o(scale_offered),
    .out_ready_i(scale_takes || statistics_take),
    .out_o      (scale_in)
  );

  assign scale_in_window = is_in_window({1'b0, scale_in.slot - oldest_q}, leaves);
  assign scaled_leaves   = leaves && scaled_q[oldest_q];
  assign scale_has_room  = scale_count_q != ScaleCountBits'(AccumulatorScaleLatency) ||
                           scaled_leaves;
  assign scale_takes     = scale_offered && !is_statistics && scale_ready && normaliser_ready &&
                           scale_in_window && scale_has_room;

  accumulator_scale #(
    .TagBits(SlotBits)
  ) u_scale (
    .clk_i          (clk_i),
    .rst_ni         (rst_ni),
    .valid_i        (scale_takes),
    .ready_o        (scale_ready),
    .row_i          (scale_in.row),
    .relu_i         (scale_in.relu),
    .normalisation_i(row_normalisation),
    .scale_i        (scale_in.scale),
    .full_width_i   (scale_in.full_width),
    .tag_i          (scale_in.slot),
    .valid_o        (scale_done),
    .row_o          (scale_row),
    .tag_o          (scale_slot)
  );

  // ---- Statistics ----

  if (HasNormalisations) begin : gen_normaliser
    logic [2:0] statistics_count_q;  // read, and the normaliser not done with them
    logic statistics_done;

    assign is_statistics   = scale_in.command != NormWrite;
    assign statistics_take = scale_offered && is_statistics && scale_ready && normaliser_ready;
    assign statistics_busy = statistics_count_q != '0;

    normaliser u_normaliser (
      .clk_i              (clk_i),
      .rst_ni             (rst_ni),
      .valid_i            (statistics_take),
      .ready_o            (normaliser_ready),
      .command_i          (scale_in.command),
      .stats_id_i         (scale_in.normalisation.stats_id),
      .constants_i        (scale_in.normalisation.constants),
      .lanes_i            (scale_in.lanes),
      .row_i              (scale_in.row),
      .done_o             (statistics_done),
      .written_i          (scale_takes && !scale_in.pool),
      .written_settings_i (scale_in.normalisation),
      .row_normalisation_o(row_normalisation)
    );

    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) begin
        statistics_count_q <= '0;
      end else begin
        statistics_count_q <= statistics_count_q + 3'(read && !read_for_memory)
                              - 3'(statistics_done);
      end
    end
  end else begin : gen_no_normaliser
    logic unused_norm;
    assign unused_norm       = ^{scale_in.command, scale_in.normalisation, scale_in.lanes,
                                 scale_in.pool, head.norm, head.normalisation};
    assign is_statistics     = 1'b0;
    assign statistics_take   = 1'b0;
    assign statistics_busy   = 1'b0;
    assign normaliser_ready  = 1'b1;
    assign row_normalisation = '0;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      scale_count_q <= '0;
    end else begin
      scale_count_q <= scale_count_q + ScaleCountBits'(scale_takes)
                       - ScaleCountBits'(scaled_leaves);
    end
  end

  // ---- Filling and emptying the slots ----

  always_comb begin
    ready_d = ready_q;
    if (read_for_memory) ready_d[newest_q] = 1'b0;
    if (delay_valid_q[ScratchpadReadDelay-1]) begin
      ready_d[delay_slot_q[ScratchpadReadDelay-1]] = 1'b1;
    end
    if (outside_valid_q[OutsideDelay-1]) ready_d[outside_slot_q[OutsideDelay-1]] = 1'b1;
    if (scale_done) ready_d[scale_slot] = 1'b1;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      oldest_q <= '0;
      newest_q <= '0;
      count_q  <= '0;
      ready_q  <= '0;
    end else begin
      if (read_for_memory) newest_q <= newest_q + 1'b1;
      if (leaves) oldest_q <= oldest_q + 1'b1;
      count_q <= count_q + (SlotBits + 1)'(read_for_memory) - (SlotBits + 1)'(leaves);
      ready_q <= ready_d;
    end
  end

  always_ff @(posedge clk_i) begin
    if (read_for_memory) begin
      targets_q[newest_q] <= head.target;
      scaled_q[newest_q]  <= head.source == FromAccumulator;
    end
    if (delay_valid_q[0]) begin
      data_q[delay_slot_q[0]] <= (OutBytes * 8)'(scratchpad_read_data_i[arrival_bank_q]);
    end
    if (outside_valid_q[0]) data_q[outside_slot_q[0]] <= '0;
    if (scale_done) data_q[scale_slot] <= scale_row;
  end

  // ---- To the DMA writer ----

  store_target_t target;
  assign target = targets_q[oldest_q];

  assign element_o = '{
    dram_address: target.dram_address,
    first:        target.first,
    last:         target.last,
    pool:         target.pool,
    block:        target.block,
    full_width:   target.full_width,
    lanes:        target.lanes,
    data:         (4 * Dim * 8)'(data_q[oldest_q])
  };

  // ---- Rules of use ----

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      assert (!read || count_q < (SlotBits + 1)'(Slots)) else $error("no slot for what was read");
    end
  end

endmodule : store_pipeline
