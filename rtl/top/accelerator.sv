// SPDX-License-Identifier: Apache-2.0
/// The accelerator: wiring only. Commands come in at the RoCC-like port (funct, rs1, rs2; held
/// until accepted), memory is an AXI4 master with one id. `busy_o` in a cycle says that something
/// was still to be done at its start.
module accelerator
  import accelerator_pkg::*;
  import counter_pkg::*;
  import loop_pkg::*;
(
  input  logic                  clk_i,
  input  logic                  rst_ni,

  input  logic                  command_valid_i,
  output logic                  command_ready_o,
  input  logic [6:0]            command_funct_i,
  input  logic [63:0]           command_rs1_i,
  input  logic [63:0]           command_rs2_i,
  output logic                  busy_o,
  output logic                  response_valid_o,
  output logic [63:0]           response_data_o,

  output logic                  axi_ar_valid_o,
  input  logic                  axi_ar_ready_i,
  output logic [63:0]           axi_ar_addr_o,
  output logic [7:0]            axi_ar_len_o,
  output logic [2:0]            axi_ar_size_o,
  output logic [1:0]            axi_ar_burst_o,
  output logic                  axi_aw_valid_o,
  input  logic                  axi_aw_ready_i,
  output logic [63:0]           axi_aw_addr_o,
  output logic [7:0]            axi_aw_len_o,
  output logic [2:0]            axi_aw_size_o,
  output logic [1:0]            axi_aw_burst_o,
  output logic                  axi_w_valid_o,
  input  logic                  axi_w_ready_i,
  output logic [8*BusBytes-1:0] axi_w_data_o,
  output logic [BusBytes-1:0]   axi_w_strb_o,
  output logic                  axi_w_last_o,
  input  logic                  axi_r_valid_i,
  output logic                  axi_r_ready_o,
  input  logic [8*BusBytes-1:0] axi_r_data_i,
  input  logic                  axi_b_valid_i,
  output logic                  axi_b_ready_o
);
  localparam logic [2:0] BeatSize = 3'($clog2(BusBytes));
  localparam logic [1:0] Incrementing = 2'b01;
  assign axi_ar_size_o  = BeatSize;
  assign axi_ar_burst_o = Incrementing;
  assign axi_aw_size_o  = BeatSize;
  assign axi_aw_burst_o = Incrementing;

  // ---- Commands ----
  command_t command, allocated;
  logic     allocate_valid, allocate_ready;
  logic     front_end_busy, station_busy, store_busy, reader_busy, writer_busy;
  logic     counter_valid;
  logic [63:0] counter_rs1;
  loop_owner_t allocated_owner;
  left_t       left [LoopUnits];
  assign command = '{funct: command_funct_i, rs1: command_rs1_i, rs2: command_rs2_i};
  assign busy_o  = front_end_busy || station_busy || store_busy || reader_busy || writer_busy;

  events_t events;  // for the counters

  command_front_end u_command_front_end (
    .clk_i,
    .rst_ni,
    .command_valid_i,
    .command_ready_o,
    .command_i       (command),
    .allocate_valid_o(allocate_valid),
    .allocate_ready_i(allocate_ready),
    .allocate_o      (allocated),
    .allocate_owner_o(allocated_owner),
    .left_i          (left),
    .counter_valid_o (counter_valid),
    .counter_rs1_o   (counter_rs1),
    .busy_o          (front_end_busy),
    .matmul_loop_o   (events.matmul_loop)
  );

  logic           load_issue_valid, load_issue_ready, execute_issue_valid, execute_issue_ready;
  logic           store_issue_valid, store_issue_ready;
  load_issue_t    load_issue;
  execute_issue_t execute_issue;
  store_issue_t   store_issue;
  logic           result_done_valid, fed_done_valid, fed_done_ready;
  logic           load_done_valid, load_done_ready;
  logic           store_done_valid, store_done_ready, lone_preload;
  execute_id_t    result_done_id, fed_done_id;
  load_id_t       load_done_id;
  store_id_t      store_done_id;
  logic           execute_unissued, execute_waits_for_load, execute_waits_for_store;

  reservation_station u_reservation_station (
    .clk_i,
    .rst_ni,
    .allocate_valid_i         (allocate_valid),
    .allocate_ready_o         (allocate_ready),
    .allocate_i               (allocated),
    .allocate_owner_i         (allocated_owner),
    .left_o                   (left),
    .load_issue_valid_o       (load_issue_valid),
    .load_issue_ready_i       (load_issue_ready),
    .load_issue_o             (load_issue),
    .execute_issue_valid_o    (execute_issue_valid),
    .execute_issue_ready_i    (execute_issue_ready),
    .execute_issue_o          (execute_issue),
    .store_issue_valid_o      (store_issue_valid),
    .store_issue_ready_i      (store_issue_ready),
    .store_issue_o            (store_issue),
    .result_done_valid_i      (result_done_valid),
    .result_done_id_i         (result_done_id),
    .fed_done_valid_i         (fed_done_valid),
    .fed_done_ready_o         (fed_done_ready),
    .fed_done_id_i            (fed_done_id),
    .load_done_valid_i        (load_done_valid),
    .load_done_ready_o        (load_done_ready),
    .load_done_id_i           (load_done_id),
    .store_done_valid_i       (store_done_valid),
    .store_done_ready_o       (store_done_ready),
    .store_done_id_i          (store_done_id),
    .lone_preload_i           (lone_preload),
    .busy_o                   (station_busy),
    .execute_unissued_o       (execute_unissued),
    .execute_waits_for_load_o (execute_waits_for_load),
    .execute_waits_for_store_o(execute_waits_for_store),
    .activity_o               (events.station)
  );

  // ---- Load side ----
  logic      row_valid, row_ready, zero_row_valid, zero_row_ready, finished_valid;
  load_row_t load_row;
  load_id_t  finished_id;
  logic      load_active, load_waits_for_tracker, load_waits_for_reader;

  load_controller u_load_controller (
    .clk_i,
    .rst_ni,
    .issue_valid_i      (load_issue_valid),
    .issue_ready_o      (load_issue_ready),
    .issue_i            (load_issue),
    .reader_valid_o     (row_valid),
    .reader_ready_i     (row_ready),
    .zero_valid_o       (zero_row_valid),
    .zero_ready_i       (zero_row_ready),
    .row_o              (load_row),
    .finished_valid_i   (finished_valid),
    .finished_id_i      (finished_id),
    .done_valid_o       (load_done_valid),
    .done_ready_i       (load_done_ready),
    .done_id_o          (load_done_id),
    .active_o           (load_active),
    .waits_for_tracker_o(load_waits_for_tracker),
    .waits_for_reader_o (load_waits_for_reader)
  );

  logic   zero_piece_valid, zero_piece_ready;
  piece_t zero_piece;
  zero_writer u_zero_writer (
    .clk_i,
    .rst_ni,
    .row_valid_i  (zero_row_valid),
    .row_ready_o  (zero_row_ready),
    .row_i        (load_row),
    .piece_valid_o(zero_piece_valid),
    .piece_ready_i(zero_piece_ready),
    .piece_o      (zero_piece)
  );

  logic              read_valid, read_ready, transaction_valid, slot_released;
  dram_address_t     read_address;
  beat_count_t       read_beats;
  read_transaction_t transaction;
  piece_count_t      buffer_free, buffer_reserved;
  logic              reader_active;
  logic              reader_waits_for_slot, reader_waits_for_buffer, reader_waits_for_port;
  dma_reader u_dma_reader (
    .clk_i,
    .rst_ni,
    .row_valid_i        (row_valid),
    .row_ready_o        (row_ready),
    .row_i              (load_row),
    .request_valid_o    (read_valid),
    .request_ready_i    (read_ready),
    .request_address_o  (read_address),
    .request_beats_o    (read_beats),
    .transaction_valid_o(transaction_valid),
    .transaction_o      (transaction),
    .slot_released_i    (slot_released),
    .buffer_free_i      (buffer_free),
    .buffer_reserved_o  (buffer_reserved),
    .busy_o             (reader_busy),
    .active_o           (reader_active),
    .waits_for_slot_o   (reader_waits_for_slot),
    .waits_for_buffer_o (reader_waits_for_buffer),
    .waits_for_port_o   (reader_waits_for_port),
    .slots_o            (events.reader_slots)
  );

  logic                     beat_valid, beat_ready, piece_valid;
  logic [BusBytes-1:0][7:0] beat;
  piece_t                   piece;
  beat_merger u_beat_merger (
    .clk_i,
    .rst_ni,
    .transaction_valid_i(transaction_valid),
    .transaction_i      (transaction),
    .slot_released_o    (slot_released),
    .beat_valid_i       (beat_valid),
    .beat_ready_o       (beat_ready),
    .beat_i             (beat),
    .piece_valid_o      (piece_valid),
    .piece_o            (piece)
  );

  logic         load_write_valid;
  local_write_t load_write;
  bank_select_t array_write;
  mvin_writer u_mvin_writer (
    .clk_i,
    .rst_ni,
    .piece_valid_i    (piece_valid),
    .piece_i          (piece),
    .buffer_free_o    (buffer_free),
    .buffer_reserved_i(buffer_reserved),
    .zero_valid_i     (zero_piece_valid),
    .zero_ready_o     (zero_piece_ready),
    .zero_i           (zero_piece),
    .array_write_i    (array_write),
    .write_valid_o    (load_write_valid),
    .write_o          (load_write),
    .finished_valid_o (finished_valid),
    .finished_id_o    (finished_id)
  );

  // ---- Array, banks, stores ----
  logic           element_valid, element_ready, feeding;
  store_element_t element;
  array_side u_array_side (
    .clk_i,
    .rst_ni,
    .execute_issue_valid_i(execute_issue_valid),
    .execute_issue_ready_o(execute_issue_ready),
    .execute_issue_i      (execute_issue),
    .result_done_valid_o  (result_done_valid),
    .result_done_id_o     (result_done_id),
    .fed_done_valid_o     (fed_done_valid),
    .fed_done_ready_i     (fed_done_ready),
    .fed_done_id_o        (fed_done_id),
    .lone_preload_o       (lone_preload),
    .store_issue_valid_i  (store_issue_valid),
    .store_issue_ready_o  (store_issue_ready),
    .store_issue_i        (store_issue),
    .store_done_valid_o   (store_done_valid),
    .store_done_ready_i   (store_done_ready),
    .store_done_id_o      (store_done_id),
    .load_write_valid_i   (load_write_valid),
    .load_write_i         (load_write),
    .array_write_o        (array_write),
    .element_valid_o      (element_valid),
    .element_ready_i      (element_ready),
    .element_o            (element),
    .store_busy_o         (store_busy),
    .store_active_o       (events.store_active),
    .store_waits_for_tracker_o (events.store_waits),
    .store_waits_for_dispatch_o(events.store_refused),
    .feeding_o            (feeding)
  );

  // ---- Memory ----
  logic        write_in_burst, write_valid, write_ready, acknowledge;
  write_beat_t write_beat;
  logic        writer_active, writer_waits_for_slot, writer_waits_for_port;
  dma_writer u_dma_writer (
    .clk_i,
    .rst_ni,
    .element_valid_i (element_valid),
    .element_ready_o (element_ready),
    .element_i       (element),
    .in_burst_o      (write_in_burst),
    .beat_valid_o    (write_valid),
    .beat_ready_i    (write_ready),
    .beat_o          (write_beat),
    .acknowledge_i   (acknowledge),
    .busy_o          (writer_busy),
    .active_o        (writer_active),
    .waits_for_slot_o(writer_waits_for_slot),
    .waits_for_port_o(writer_waits_for_port),
    .slots_o         (events.writer_slots)
  );

  memory_port u_memory_port (
    .clk_i,
    .rst_ni,
    .read_valid_i    (read_valid),
    .read_ready_o    (read_ready),
    .read_address_i  (read_address),
    .read_beats_i    (read_beats),
    .write_in_burst_i(write_in_burst),
    .write_valid_i   (write_valid),
    .write_ready_o   (write_ready),
    .write_i         (write_beat),
    .acknowledge_o   (acknowledge),
    .beat_valid_o    (beat_valid),
    .beat_ready_i    (beat_ready),
    .beat_o          (beat),
    .axi_ar_valid_o,
    .axi_ar_ready_i,
    .axi_ar_addr_o,
    .axi_ar_len_o,
    .axi_aw_valid_o,
    .axi_aw_ready_i,
    .axi_aw_addr_o,
    .axi_aw_len_o,
    .axi_w_valid_o,
    .axi_w_ready_i,
    .axi_w_data_o,
    .axi_w_strb_o,
    .axi_w_last_o,
    .axi_r_valid_i,
    .axi_r_ready_o,
    .axi_r_data_i,
    .axi_b_valid_i,
    .axi_b_ready_o
  );

  // ---- Counters ----
  counter_file u_counter_file (
    .clk_i,
    .rst_ni,
    .access_valid_i (counter_valid),
    .access_rs1_i   (counter_rs1),
    .response_valid_o,
    .response_data_o,
    .events_i       (events)
  );
  assign events.load_active    = load_active;
  assign events.load_waits     = !load_active && (load_waits_for_tracker || load_waits_for_reader);
  assign events.reader_active  = reader_active;
  assign events.reader_refused = reader_active && !reader_waits_for_slot && !read_ready;
  assign events.writer_active  = writer_active;
  assign events.writer_refused = writer_waits_for_port;
  assign events.feeding        = feeding;
  assign events.read_beat      = axi_r_valid_i && axi_r_ready_o;
  assign events.write_beat     = write_valid && write_ready;
endmodule : accelerator
