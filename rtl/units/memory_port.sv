// SPDX-License-Identifier: Apache-2.0
/// The accelerator's way to memory: a request pipe of RequestStages registers that reads and write
/// beats share, and two queues of two behind the memory's responses. At most one read request or
/// write beat enters a cycle: the writer while it is inside a transaction (where it has nothing to
/// send, up to ReadsInsideBurst reads between two beats), else the reader, else the writer. An
/// acknowledge is consumed as soon as it
/// comes out of the second queue; a read beat waits for the merger and blocks those behind it.
///
/// AXI4: one id for all reads and one for all writes; INCR bursts of whole beats, aligned to their
/// size. A write's address is offered with its first beat. Where a read beat and an acknowledge are
/// offered in one cycle the read beat is taken.
module memory_port
  import accelerator_pkg::*;
(
  input  logic                     clk_i,
  input  logic                     rst_ni,

  // DMA reader
  input  logic                     read_valid_i,
  output logic                     read_ready_o,
  input  dram_address_t            read_address_i,
  input  beat_count_t              read_beats_i,

  // DMA writer
  input  logic                     write_in_burst_i,
  input  logic                     write_valid_i,
  output logic                     write_ready_o,
  input  write_beat_t              write_i,
  output logic                     acknowledge_o,

  // Beat merger
  output logic                     beat_valid_o,
  input  logic                     beat_ready_i,
  output logic [BusBytes-1:0][7:0] beat_o,

  // AXI4 master
  output logic                     axi_ar_valid_o,
  input  logic                     axi_ar_ready_i,
  output logic [63:0]              axi_ar_addr_o,
  output logic [7:0]               axi_ar_len_o,
  output logic                     axi_aw_valid_o,
  input  logic                     axi_aw_ready_i,
  output logic [63:0]              axi_aw_addr_o,
  output logic [7:0]               axi_aw_len_o,
  output logic                     axi_w_valid_o,
  input  logic                     axi_w_ready_i,
  output logic [8*BusBytes-1:0]    axi_w_data_o,
  output logic [BusBytes-1:0]      axi_w_strb_o,
  output logic                     axi_w_last_o,
  input  logic                     axi_r_valid_i,
  output logic                     axi_r_ready_o,
  input  logic [8*BusBytes-1:0]    axi_r_data_i,
  input  logic                     axi_b_valid_i,
  output logic                     axi_b_ready_o
);
  // Registers between DMA and memory: a request that enters in t is at the memory in t +
  // RequestStages.
  localparam int unsigned RequestStages = 4;
  // Reads that may enter between two beats of a write, where the second one cannot.
  localparam int unsigned ReadsInsideBurst = 2;

  typedef struct packed {
    logic        is_write;
    write_beat_t beat;  // of a read: address and beats only
  } request_t;

  // ---- Request pipe ----
  logic                     read_enters, write_enters;
  logic [RequestStages-1:0] valid_q, moves;
  request_t                 stages_q [RequestStages];
  request_t                 entering, leaving;
  logic                     is_accepted;

  logic [1:0] reads_inside_q;  // since the last write beat
  logic       may_read_inside;
  assign may_read_inside = !write_valid_i && reads_inside_q != 2'(ReadsInsideBurst);

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      reads_inside_q <= '0;
    end else if (!write_in_burst_i || write_enters) begin
      reads_inside_q <= '0;
    end else if (read_enters) begin
      reads_inside_q <= reads_inside_q + 2'd1;
    end
  end

  assign read_ready_o  = moves[0] && (!write_in_burst_i || may_read_inside);
  assign write_ready_o = moves[0] && (write_in_burst_i || !read_valid_i);
  assign read_enters   = read_valid_i && read_ready_o;
  assign write_enters  = write_valid_i && write_ready_o;

  always_comb begin
    entering.is_write = write_enters;
    entering.beat     = write_i;
    if (read_enters) begin
      entering.beat         = '0;
      entering.beat.address = read_address_i;
      entering.beat.beats   = read_beats_i;
    end
  end

  // Stage i takes what stands before it: it is empty, or what it holds moves on.
  logic does_next_move;
  always_comb begin
    does_next_move = is_accepted;
    for (int i = RequestStages - 1; i >= 0; i--) begin
      does_next_move = !valid_q[i] || does_next_move;
      moves[i]       = does_next_move;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      valid_q <= '0;
    end else begin
      if (moves[0]) valid_q[0] <= read_enters || write_enters;
      for (int i = 1; i < RequestStages; i++) begin
        if (moves[i]) valid_q[i] <= valid_q[i-1];
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (read_enters || write_enters) stages_q[0] <= entering;
    for (int i = 1; i < RequestStages; i++) begin
      if (moves[i] && valid_q[i-1]) stages_q[i] <= stages_q[i-1];
    end
  end

  // ---- Request channels ----
  logic is_here, address_sent_q, data_sent_q, needs_address, address_done, data_done;

  assign leaving       = stages_q[RequestStages-1];
  assign is_here       = valid_q[RequestStages-1];
  assign needs_address = leaving.beat.first && !address_sent_q;

  assign axi_ar_valid_o = is_here && !leaving.is_write;
  assign axi_ar_addr_o  = leaving.beat.address;
  assign axi_ar_len_o   = 8'(leaving.beat.beats) - 1'b1;
  assign axi_aw_valid_o = is_here && leaving.is_write && needs_address;
  assign axi_aw_addr_o  = leaving.beat.address;
  assign axi_aw_len_o   = axi_ar_len_o;
  assign axi_w_valid_o  = is_here && leaving.is_write && !data_sent_q;
  assign axi_w_data_o   = leaving.beat.data;
  assign axi_w_strb_o   = leaving.beat.mask;
  assign axi_w_last_o   = leaving.beat.last;

  assign address_done = !needs_address || axi_aw_ready_i;
  assign data_done    = data_sent_q || axi_w_ready_i;
  assign is_accepted  = leaving.is_write ? address_done && data_done : axi_ar_ready_i;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      address_sent_q <= 1'b0;
      data_sent_q    <= 1'b0;
    end else if (is_here && leaving.is_write) begin
      address_sent_q <= leaving.beat.first && address_done && !is_accepted;
      data_sent_q    <= data_done && !is_accepted;
    end
  end

  // ---- Responses ----
  typedef struct packed {
    logic                is_acknowledge;
    logic [8*BusBytes-1:0] data;
  } response_t;

  logic      response_valid, response_ready, middle_valid, middle_ready, out_valid, out_ready;
  response_t response, middle, out;

  assign response_valid          = axi_r_valid_i || axi_b_valid_i;
  assign response.is_acknowledge = !axi_r_valid_i;
  assign response.data           = axi_r_data_i;
  assign axi_r_ready_o           = response_ready;
  assign axi_b_ready_o           = response_ready && !axi_r_valid_i;

  fifo #(
    .Depth (2),
    .data_t(response_t)
  ) u_first_queue (
    .clk_i,
    .rst_ni,
    .in_valid_i (response_valid),
    .in_ready_o (response_ready),
    .in_i       (response),
    .out_valid_o(middle_valid),
    .out_ready_i(middle_ready),
    .out_o      (middle)
  );

  fifo #(
    .Depth (2),
    .data_t(response_t)
  ) u_second_queue (
    .clk_i,
    .rst_ni,
    .in_valid_i (middle_valid),
    .in_ready_o (middle_ready),
    .in_i       (middle),
    .out_valid_o(out_valid),
    .out_ready_i(out_ready),
    .out_o      (out)
  );

  assign out_ready     = out.is_acknowledge || beat_ready_i;
  assign beat_valid_o  = out_valid && !out.is_acknowledge;
  assign beat_o        = out.data;
  assign acknowledge_o = out_valid && out.is_acknowledge;
endmodule : memory_port
