// SPDX-License-Identifier: Apache-2.0
/// Collects the blocks of a row (or the maximum over a pooling window) and writes it to memory,
/// split into transactions. The first beat is offered in the cycle after the last block came, then
/// one a cycle. Ready for the next element in the cycle after an element that is not the last of
/// its row, else in the cycle in which the row's last beat leaves. A transaction's first beat takes
/// a slot, and every beat needs a free slot at the start of its cycle; a slot is free again in the
/// cycle after its acknowledge.
module dma_writer
  import accelerator_pkg::*;
  import counter_pkg::*;
(
  input  logic           clk_i,
  input  logic           rst_ni,

  input  logic           element_valid_i,
  output logic           element_ready_o,
  input  store_element_t element_i,

  output logic           in_burst_o,
  output logic           beat_valid_o,
  input  logic           beat_ready_i,
  output write_beat_t    beat_o,
  input  logic           acknowledge_i,

  /// Inside a row, or a write is outstanding.
  output logic           busy_o,
  /// The beats of a row are being sent.
  output logic           active_o,
  output logic           waits_for_slot_o,
  output logic           waits_for_port_o,
  output count_t         slots_o  // taken
);
  localparam int unsigned BlockBytes = 4 * Dim;
  localparam int unsigned RowBytes = MaxRequestBytes > BlockBytes ? MaxRequestBytes : BlockBytes;
  localparam int unsigned SlotBits = $clog2(RequestsInFlight + 1);
  localparam int unsigned BusBits = $clog2(BusBytes);

  logic                is_accepted, is_collecting_q, is_sending_q, is_sent, is_row_sent;
  logic [SlotBits-1:0] slots_q;

  assign element_ready_o = !is_sending_q || is_row_sent;
  assign is_accepted     = element_valid_i && element_ready_o;

  // ---- The row ----
  logic [RowBytes-1:0][7:0] row_q, row_d;
  row_bytes_t               block_start, row_end;
  logic [Dim-1:0][7:0]      pooled;

  assign block_start = element_i.full_width ? row_bytes_t'(element_i.block * 16'(4 * Dim))
                                            : row_bytes_t'(element_i.block * 16'(Dim));
  assign row_end = block_start + (element_i.full_width ? row_bytes_t'({element_i.lanes, 2'b00})
                                                       : row_bytes_t'(element_i.lanes));

  max_pool u_max_pool (
    .first_i    (element_i.first),
    .collected_i(row_q[Dim-1:0]),
    .element_i  (element_i.data[Dim-1:0]),
    .collected_o(pooled)
  );

  localparam int unsigned NarrowBlocks = RowBytes / Dim;
  localparam int unsigned WideBlocks = RowBytes / BlockBytes;
  always_comb begin
    row_d = row_q;
    if (element_i.pool) begin
      row_d[Dim-1:0] = pooled;
    end else if (element_i.full_width) begin
      for (int i = 0; i < WideBlocks; i++) begin
        if (element_i.block == 16'(i)) row_d[i*BlockBytes+:BlockBytes] = element_i.data;
      end
    end else begin
      for (int i = 0; i < NarrowBlocks; i++) begin
        if (element_i.block == 16'(i)) row_d[i*Dim+:Dim] = element_i.data[Dim-1:0];
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (is_accepted) row_q <= row_d;
  end

  // ---- Transactions and beats ----
  dram_address_t  address_q, transaction_address;
  row_bytes_t     left_q, position_q;
  beat_count_t    beats, beat_q;
  request_bytes_t offset, useful;
  logic           is_last_transaction, is_last_beat, has_slot;

  request_splitter u_splitter (
    .address_i   (address_q),
    .bytes_left_i(left_q),
    .address_o   (transaction_address),
    .offset_o    (offset),
    .useful_o    (useful),
    .beats_o     (beats),
    .last_o      (is_last_transaction)
  );

  assign is_last_beat = beat_q == beats - 1'b1;
  // A single slot in all is held by the transaction itself.
  assign has_slot     = slots_q != SlotBits'(RequestsInFlight)
      || (RequestsInFlight == 1 && beat_q != '0);
  assign in_burst_o   = is_sending_q && beat_q != '0;
  assign beat_valid_o = is_sending_q && has_slot;
  assign is_sent      = beat_valid_o && beat_ready_i;
  assign is_row_sent  = is_sent && is_last_beat && is_last_transaction;

  // Byte `from` of the row is byte 0 of the transaction; it may lie before the row.
  logic [RowBytes+MaxRequestBytes-1:0][7:0] padded, shifted;
  logic [31:0]                              beat_start;
  assign beat_start = 32'(beat_q) << BusBits;
  assign padded     = {row_q, {8 * MaxRequestBytes{1'b0}}};
  assign shifted    = padded >> {32'(MaxRequestBytes) + 32'(position_q) + beat_start
                                 - 32'(offset), 3'b000};

  always_comb begin
    beat_o.address = transaction_address;
    beat_o.beats   = beats;
    beat_o.first   = beat_q == '0;
    beat_o.last    = is_last_beat;
    for (int i = 0; i < BusBytes; i++) begin
      beat_o.mask[i] = beat_start + i >= 32'(offset) && beat_start + i < 32'(offset) + 32'(useful);
      beat_o.data[i] = shifted[i];
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      is_collecting_q <= 1'b0;
      is_sending_q    <= 1'b0;
      slots_q         <= '0;
      beat_q          <= '0;
    end else begin
      if (is_accepted) begin
        is_sending_q    <= element_i.last;
        is_collecting_q <= !element_i.last;
      end else if (is_row_sent) begin
        is_sending_q <= 1'b0;
      end
      if (is_sent) beat_q <= is_last_beat ? '0 : beat_q + 1'b1;
      slots_q <= slots_q + SlotBits'(is_sent && beat_q == '0) - SlotBits'(acknowledge_i);
    end
  end

  always_ff @(posedge clk_i) begin
    if (is_accepted) begin
      address_q  <= element_i.dram_address;
      position_q <= '0;
      left_q     <= row_end;
    end else if (is_sent && is_last_beat) begin
      address_q  <= address_q + dram_address_t'(useful);
      position_q <= position_q + row_bytes_t'(useful);
      left_q     <= left_q - row_bytes_t'(useful);
    end
  end

  assign slots_o          = count_t'(slots_q);
  assign busy_o           = is_collecting_q || is_sending_q || slots_q != '0;
  assign active_o         = is_sending_q;
  assign waits_for_slot_o = is_sending_q && !has_slot;
  assign waits_for_port_o = beat_valid_o && !beat_ready_i;

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      assert (!is_accepted || 32'(row_end) <= RowBytes)
        else $error("row of a store is longer than a row buffer");
      assert (!acknowledge_i || slots_q != '0) else $error("acknowledge without a write");
    end
  end
endmodule : dma_writer
