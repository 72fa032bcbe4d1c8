// SPDX-License-Identifier: Apache-2.0
/// Splits rows of mvins into read transactions. Input register, then working register; one
/// transaction a cycle, which needs a read slot, room in the row buffer for all its pieces, and the
/// request pipe. A slot is free again in the cycle after `slot_released_i`.
module dma_reader
  import accelerator_pkg::*;
  import counter_pkg::*;
(
  input  logic              clk_i,
  input  logic              rst_ni,

  input  logic              row_valid_i,
  output logic              row_ready_o,
  input  load_row_t         row_i,

  // To the memory port
  output logic              request_valid_o,
  input  logic              request_ready_i,
  output dram_address_t     request_address_o,
  output beat_count_t       request_beats_o,

  // To the merger, in the cycle of the request; it has room for RequestsInFlight
  output logic              transaction_valid_o,
  output read_transaction_t transaction_o,
  input  logic              slot_released_i,

  // Row buffer: pieces that are free, and pieces that this cycle's transaction reserves
  input  piece_count_t      buffer_free_i,
  output piece_count_t      buffer_reserved_o,

  /// Transactions are outstanding.
  output logic              busy_o,
  /// The working register holds a row.
  output logic              active_o,
  output logic              waits_for_slot_o,
  output logic              waits_for_buffer_o,
  output logic              waits_for_port_o,
  output count_t            slots_o  // taken
);
  localparam int unsigned SlotBits = $clog2(RequestsInFlight + 1);
  localparam int unsigned DimBits = $clog2(Dim);

  logic                input_valid_q, work_valid_q, is_work_free, is_issued, has_slot, has_room;
  load_row_t           input_q, work_q;
  row_bytes_t          position_q, left_q, end_position;
  dram_address_t       address_q;
  logic [SlotBits-1:0] slots_q;
  request_bytes_t      offset, useful;
  beat_count_t         beats;
  logic                is_last;
  piece_count_t        pieces;

  request_splitter u_splitter (
    .address_i   (address_q),
    .bytes_left_i(left_q),
    .address_o   (request_address_o),
    .offset_o    (offset),
    .useful_o    (useful),
    .beats_o     (beats),
    .last_o      (is_last)
  );

  // Blocks of one local row that [position, position + useful) touches.
  assign end_position = position_q + row_bytes_t'(useful) - 1'b1;
  assign pieces = work_q.wide
      ? piece_count_t'((end_position >> (DimBits + 2)) - (position_q >> (DimBits + 2)) + 1'b1)
      : piece_count_t'((end_position >> DimBits) - (position_q >> DimBits) + 1'b1);

  assign has_slot          = slots_q != SlotBits'(RequestsInFlight);
  assign has_room          = buffer_free_i >= pieces;
  assign request_valid_o   = work_valid_q && has_slot && has_room;
  assign request_beats_o   = beats;
  assign is_issued         = request_valid_o && request_ready_i;
  assign is_work_free      = !work_valid_q || (is_issued && is_last);
  assign row_ready_o       = !input_valid_q || is_work_free;
  assign buffer_reserved_o = is_issued ? pieces : '0;

  assign transaction_valid_o = is_issued;
  always_comb begin
    transaction_o.row      = work_q;
    transaction_o.position = position_q;
    transaction_o.offset   = offset;
    transaction_o.useful   = useful;
    transaction_o.beats    = beats;
    transaction_o.last     = is_last;
  end

  assign slots_o            = count_t'(slots_q);
  assign busy_o             = slots_q != '0;
  assign active_o           = work_valid_q;
  assign waits_for_slot_o   = work_valid_q && !has_slot;
  assign waits_for_buffer_o = work_valid_q && has_slot && !has_room;
  assign waits_for_port_o   = request_valid_o && !request_ready_i;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      input_valid_q <= 1'b0;
      work_valid_q  <= 1'b0;
      slots_q       <= '0;
    end else begin
      if (row_ready_o) input_valid_q <= row_valid_i;
      if (is_work_free) work_valid_q <= input_valid_q;
      slots_q <= slots_q + SlotBits'(is_issued) - SlotBits'(slot_released_i);
    end
  end

  always_ff @(posedge clk_i) begin
    if (row_ready_o && row_valid_i) input_q <= row_i;
    if (is_work_free) begin
      work_q     <= input_q;
      address_q  <= input_q.dram_address;
      position_q <= '0;
      left_q     <= input_q.wide ? {input_q.cols, 2'b00} : {2'b00, input_q.cols};
    end else if (is_issued) begin
      address_q  <= address_q + dram_address_t'(useful);
      position_q <= position_q + row_bytes_t'(useful);
      left_q     <= left_q - row_bytes_t'(useful);
    end
  end
endmodule : dma_reader
