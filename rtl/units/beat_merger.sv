// SPDX-License-Identifier: Apache-2.0
/// Collects the beats of read transactions, in the order of their requests, and cuts them into
/// pieces (the part of one local row that one transaction carries). Takes one beat and emits one
/// piece a cycle; a piece is emitted in the cycle after the beat that completed it, or later.
/// Emission never waits: the row buffer has room reserved. With d the cycle of a transaction's last
/// beat and E that of its last piece, the next transaction's first beat is taken not earlier than d
/// + 1 (E < d), d + 2 (E = d), or E (E > d).
module beat_merger
  import accelerator_pkg::*;
(
  input  logic                     clk_i,
  input  logic                     rst_ni,

  // From the DMA reader, at the request; at most RequestsInFlight are outstanding
  input  logic                     transaction_valid_i,
  input  read_transaction_t        transaction_i,
  output logic                     slot_released_o,

  input  logic                     beat_valid_i,
  output logic                     beat_ready_o,
  input  logic [BusBytes-1:0][7:0] beat_i,

  output logic                     piece_valid_o,
  output piece_t                   piece_o
);
  localparam int unsigned DimBits = $clog2(Dim);
  localparam int unsigned LocalBytes = 4 * Dim;
  localparam int unsigned LocalByteBits = $clog2(LocalBytes) + 1;
  typedef logic [LocalByteBits-1:0] local_bytes_t;

  logic              next_valid, transactions_ready;
  read_transaction_t next_transaction;

  logic              is_beat_taken, is_first_beat, is_last_beat, may_start;
  fifo #(
    .Depth (RequestsInFlight),
    .data_t(read_transaction_t)
  ) u_transactions (
    .clk_i,
    .rst_ni,
    .in_valid_i (transaction_valid_i),
    .in_ready_o (transactions_ready),
    .in_i       (transaction_i),
    .out_valid_o(next_valid),
    .out_ready_i(is_beat_taken && is_first_beat),
    .out_o      (next_transaction)
  );

  // ---- Beats ----
  logic [MaxRequestBytes-1:0][7:0] buffer_q;
  read_transaction_t               current_q;
  beat_count_t                     beats_left_q, beat_index_q;
  logic                            is_held_q;  // the cycle after E = d
  logic                            is_last_piece, is_emitted;
  request_bytes_t                  received_q, taken_q, left_q;
  row_bytes_t                      position_q;

  assign is_first_beat   = beats_left_q == '0;
  assign may_start       = next_valid && !is_held_q
      && (left_q == '0 || (is_emitted && is_last_piece));
  assign beat_ready_o    = is_first_beat ? may_start : 1'b1;
  assign is_beat_taken   = beat_valid_i && beat_ready_o;
  assign is_last_beat    = is_first_beat ? next_transaction.beats == beat_count_t'(1)
                                         : beats_left_q == beat_count_t'(1);
  assign slot_released_o = is_beat_taken && is_last_beat;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      beats_left_q <= '0;
      beat_index_q <= '0;
      is_held_q    <= 1'b0;
      left_q       <= '0;
      received_q   <= '0;
      taken_q      <= '0;
    end else begin
      is_held_q <= is_beat_taken && !is_first_beat && is_last_beat && is_emitted && is_last_piece;
      if (is_emitted) begin
        left_q  <= left_q - useful;
        taken_q <= taken_q + useful;
      end
      if (is_beat_taken) begin
        if (is_first_beat) begin
          beats_left_q <= next_transaction.beats - 1'b1;
          beat_index_q <= beat_count_t'(1);
          received_q   <= request_bytes_t'(BusBytes);
          left_q       <= next_transaction.useful;
          taken_q      <= next_transaction.offset;
        end else begin
          beats_left_q <= beats_left_q - 1'b1;
          beat_index_q <= beat_index_q + 1'b1;
          received_q   <= received_q + request_bytes_t'(BusBytes);
        end
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (is_beat_taken && is_first_beat) begin
      current_q  <= next_transaction;
      position_q <= next_transaction.position;
    end else if (is_emitted) begin
      position_q <= position_q + row_bytes_t'(useful);
    end
    for (int i = 0; i < MaxRequestBytes / BusBytes; i++) begin
      if (is_beat_taken && (is_first_beat ? i == 0 : beat_index_q == beat_count_t'(i))) begin
        buffer_q[i*BusBytes+:BusBytes] <= beat_i;
      end
    end
  end

  // ---- Pieces ----
  // The next piece starts at byte `taken` of the transaction and at byte `first` of its local row.
  local_bytes_t   row_bytes, first, room;
  request_bytes_t useful;
  row_bytes_t     block;

  assign row_bytes = current_q.row.wide ? local_bytes_t'(LocalBytes) : local_bytes_t'(Dim);
  assign first     = local_bytes_t'(position_q) & (row_bytes - 1'b1);
  assign room      = row_bytes - first;
  assign useful    = 32'(room) < 32'(left_q) ? request_bytes_t'(room) : left_q;
  assign block     = current_q.row.wide ? position_q >> (DimBits + 2) : position_q >> DimBits;

  assign is_emitted    = left_q != '0 && taken_q + useful <= received_q;
  assign is_last_piece = useful == left_q;
  assign piece_valid_o = is_emitted;

  logic [MaxRequestBytes-1:0][7:0] from_first;
  logic [LocalBytes-1:0][7:0]      aligned;
  assign from_first = buffer_q >> {taken_q, 3'b000};

  always_comb begin
    aligned = '0;
    for (int i = 0; i < LocalBytes; i++) begin
      if (i < MaxRequestBytes) aligned[i] = from_first[i%MaxRequestBytes];
    end
    aligned = aligned << {first, 3'b000};

    piece_o.row           = current_q.row.row
        + local_row_t'(32'(block) * 32'(current_q.row.block_stride));
    piece_o.accumulator   = current_q.row.accumulator;
    piece_o.accumulate    = current_q.row.accumulate;
    piece_o.wide          = current_q.row.wide;
    piece_o.cols          = current_q.row.cols;
    piece_o.scale         = current_q.row.scale;
    piece_o.pixel_repeats = current_q.row.pixel_repeats;
    piece_o.repeats       = current_q.row.repeats;
    piece_o.last          = current_q.row.last && current_q.last && is_last_piece;
    piece_o.id            = current_q.row.id;
    for (int i = 0; i < LocalBytes; i++) begin
      piece_o.mask[i] = i >= 32'(first) && i < 32'(first) + 32'(useful);
      piece_o.data[i] = piece_o.mask[i] ? aligned[i] : '0;
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      assert (!transaction_valid_i || transactions_ready)
        else $error("more read transactions than slots");
    end
  end

  logic unused;
  assign unused = ^{current_q.row.dram_address, current_q.position, current_q.offset,
                    current_q.useful, current_q.beats};
endmodule : beat_merger
