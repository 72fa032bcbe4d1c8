// SPDX-License-Identifier: Apache-2.0
/// DMA reader and DMA writer, each by itself, with scalar ports.
module dma_bench
  import accelerator_pkg::*;
(
  input  logic                  clk_i,
  input  logic                  rst_ni,

  // ---- dma_reader ----
  input  logic                  row_valid_i,
  output logic                  row_ready_o,
  input  logic [63:0]           row_address_i,
  input  logic                  row_wide_i,
  input  logic [15:0]           row_cols_i,
  input  logic [31:0]           row_tag_i,  // travels with the row
  output logic                  request_valid_o,
  input  logic                  request_ready_i,
  output logic [63:0]           request_address_o,
  output logic [7:0]            request_beats_o,
  output logic                  transaction_valid_o,
  output logic [31:0]           transaction_tag_o,
  output logic [31:0]           transaction_position_o,
  output logic [15:0]           transaction_offset_o,
  output logic [15:0]           transaction_useful_o,
  output logic [7:0]            transaction_beats_o,
  output logic                  transaction_last_o,
  input  logic                  slot_released_i,
  input  logic [15:0]           buffer_free_i,
  output logic [15:0]           buffer_reserved_o,
  output logic                  reader_busy_o,
  output logic                  reader_active_o,
  output logic                  reader_waits_for_slot_o,
  output logic                  reader_waits_for_buffer_o,
  output logic                  reader_waits_for_port_o,

  // ---- dma_writer ----
  input  logic                  element_valid_i,
  output logic                  element_ready_o,
  input  logic [63:0]           element_address_i,
  input  logic                  element_first_i,
  input  logic                  element_last_i,
  input  logic                  element_pool_i,
  input  logic                  element_full_width_i,
  input  logic [15:0]           element_block_i,
  input  logic [15:0]           element_lanes_i,
  input  logic [32*Dim-1:0]     element_data_i,
  output logic                  in_burst_o,
  output logic                  beat_valid_o,
  input  logic                  beat_ready_i,
  output logic [63:0]           beat_address_o,
  output logic [7:0]            beat_beats_o,
  output logic                  beat_first_o,
  output logic                  beat_last_o,
  output logic [63:0]           beat_mask_o,
  output logic [8*BusBytes-1:0] beat_data_o,
  input  logic                  acknowledge_i,
  output logic                  writer_busy_o,
  output logic                  writer_active_o,
  output logic                  writer_waits_for_slot_o,
  output logic                  writer_waits_for_port_o
);
  load_row_t         row;
  read_transaction_t transaction;
  beat_count_t       request_beats;
  piece_count_t      buffer_reserved;

  always_comb begin
    row              = '0;
    row.dram_address = row_address_i;
    row.wide         = row_wide_i;
    row.cols         = row_cols_i;
    row.scale        = row_tag_i;
  end

  assign request_beats_o        = 8'(request_beats);
  assign transaction_tag_o      = transaction.row.scale;
  assign transaction_position_o = 32'(transaction.position);
  assign transaction_offset_o   = 16'(transaction.offset);
  assign transaction_useful_o   = 16'(transaction.useful);
  assign transaction_beats_o    = 8'(transaction.beats);
  assign transaction_last_o     = transaction.last;
  assign buffer_reserved_o      = 16'(buffer_reserved);

  dma_reader u_reader (
    .clk_i,
    .rst_ni,
    .row_valid_i,
    .row_ready_o,
    .row_i             (row),
    .request_valid_o,
    .request_ready_i,
    .request_address_o,
    .request_beats_o   (request_beats),
    .transaction_valid_o,
    .transaction_o     (transaction),
    .slot_released_i,
    .buffer_free_i     (piece_count_t'(buffer_free_i)),
    .buffer_reserved_o (buffer_reserved),
    .busy_o            (reader_busy_o),
    .active_o          (reader_active_o),
    .waits_for_slot_o  (reader_waits_for_slot_o),
    .waits_for_buffer_o(reader_waits_for_buffer_o),
    .waits_for_port_o  (reader_waits_for_port_o),
    .slots_o           ()
  );

  store_element_t element;
  write_beat_t    beat;

  always_comb begin
    element.dram_address = element_address_i;
    element.first        = element_first_i;
    element.last         = element_last_i;
    element.pool         = element_pool_i;
    element.full_width   = element_full_width_i;
    element.block        = element_block_i;
    element.lanes        = element_lanes_i;
    element.data         = element_data_i;
  end

  assign beat_address_o = beat.address;
  assign beat_beats_o   = 8'(beat.beats);
  assign beat_first_o   = beat.first;
  assign beat_last_o    = beat.last;
  assign beat_mask_o    = 64'(beat.mask);
  assign beat_data_o    = beat.data;

  dma_writer u_writer (
    .clk_i,
    .rst_ni,
    .element_valid_i,
    .element_ready_o,
    .element_i       (element),
    .in_burst_o,
    .beat_valid_o,
    .beat_ready_i,
    .beat_o          (beat),
    .acknowledge_i,
    .busy_o          (writer_busy_o),
    .active_o        (writer_active_o),
    .waits_for_slot_o(writer_waits_for_slot_o),
    .waits_for_port_o(writer_waits_for_port_o),
    .slots_o         ()
  );

  logic unused;
  assign unused = ^{transaction, buffer_free_i};
endmodule : dma_bench
