// SPDX-License-Identifier: Apache-2.0
/// Watches the accelerator from outside (bound to it) and reports, through DPI, in the cycle in
/// which it happens: which station entries issue and complete, which read requests and write beats
/// enter the request pipe, and what each unit's cycle goes to (docs/microarchitecture.md, 14) where
/// that changes.
module accelerator_monitor
  import accelerator_pkg::*;
(
  input logic        clk_i,
  input logic        rst_ni,

  // Station
  input logic        load_issued_i,
  input load_id_t    load_issued_id_i,
  input logic        execute_issued_i,
  input execute_id_t execute_issued_id_i,
  input logic        store_issued_i,
  input store_id_t   store_issued_id_i,
  input logic        load_done_i,
  input load_id_t    load_done_id_i,
  input logic        execute_done_i,
  input execute_id_t execute_done_id_i,
  input logic        store_done_i,
  input store_id_t   store_done_id_i,
  // The oldest execute command that is not issued, and whom it waits for
  input logic        execute_unissued_i,
  input logic        execute_waits_for_load_i,
  input logic        execute_waits_for_store_i,

  // Execute: what is in its queue but not seen; whether a decision finds what it needs
  input logic        execute_hidden_i,
  input logic        decision_complete_i,
  input logic        feeding_i,
  input logic        row_fed_i,
  input logic        flushing_i,

  // Load and store controllers
  input logic        load_active_i,
  input logic        load_waits_for_tracker_i,
  input logic        load_waits_for_reader_i,
  input logic        store_handed_i,
  input logic        store_configured_i,
  input logic        store_waits_for_tracker_i,
  input logic        store_waits_for_dispatch_i,

  // DMA
  input logic        reader_active_i,
  input logic        reader_has_slot_i,
  input logic        reader_has_port_i,
  input logic        reader_has_room_i,
  input logic        writer_active_i,
  input logic        writer_has_slot_i,
  input logic        writer_has_port_i,

  // Memory
  input logic        read_request_i,
  input logic [7:0]  read_len_i,
  input logic        write_complete_i,
  input logic        read_beat_i,
  input logic        acknowledge_i
);
  // Kinds and codes as in sim/cosim/twin_abi.h.
  localparam int EventIssued    = 0;
  localparam int EventCompleted = 1;
  localparam int EventCauses    = 2;
  localparam int LoadClass      = 0;
  localparam int ExecuteClass   = 1;
  localparam int StoreClass     = 2;

  import "DPI-C" function void gemel_rtl_event(input int event_kind, input int station_class,
                                               input int index);

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      if (load_issued_i) gemel_rtl_event(EventIssued, LoadClass, 32'(load_issued_id_i));
      if (execute_issued_i) gemel_rtl_event(EventIssued, ExecuteClass, 32'(execute_issued_id_i));
      if (store_issued_i) gemel_rtl_event(EventIssued, StoreClass, 32'(store_issued_id_i));
      if (execute_done_i) gemel_rtl_event(EventCompleted, ExecuteClass, 32'(execute_done_id_i));
      if (load_done_i) gemel_rtl_event(EventCompleted, LoadClass, 32'(load_done_id_i));
      if (store_done_i) gemel_rtl_event(EventCompleted, StoreClass, 32'(store_done_id_i));
    end
  end

  // ---- Where the cycle goes ----
  typedef enum logic [3:0] {
    ExecuteBusy, ExecuteBankConflict, ExecuteWaitLoad, ExecuteWaitStore, ExecuteWaitDrain,
    ExecuteNoCommand, ExecuteIssue
  } execute_e;
  typedef enum logic [3:0] {LoadBusy, LoadWaitTracker, LoadWaitReader, LoadIdle} load_e;
  typedef enum logic [3:0] {StoreBusy, StoreWaitTracker, StoreWaitDispatch, StoreIdle} store_e;
  typedef enum logic [3:0] {ReadBusy, ReadWaitSlot, ReadWaitPort, ReadWaitBuffer, ReadIdle} read_e;
  typedef enum logic [3:0] {WriteBusy, WriteWaitSlot, WriteWaitPort, WriteIdle} write_e;
  typedef enum logic [3:0] {MemoryRead, MemoryWrite, MemoryLatency, MemoryIdle} memory_e;

  typedef struct packed {
    memory_e  memory;
    write_e   dma_write;
    read_e    dma_read;
    store_e   store;
    load_e    load;
    execute_e execute;
  } causes_t;

  // Answers that memory owes: beats of reads, acknowledges of writes.
  logic [31:0] owed_q, asked;
  logic        is_reported_q;
  causes_t     causes, causes_q;
  assign asked = (read_request_i ? 32'(read_len_i) + 1 : '0) + 32'(write_complete_i);

  always_comb begin
    if (feeding_i) causes.execute = row_fed_i ? ExecuteBusy : ExecuteBankConflict;
    else if (flushing_i || decision_complete_i) causes.execute = ExecuteWaitDrain;
    else if (execute_hidden_i) causes.execute = ExecuteIssue;
    else if (!execute_unissued_i) causes.execute = ExecuteNoCommand;
    else if (execute_waits_for_load_i) causes.execute = ExecuteWaitLoad;
    else if (execute_waits_for_store_i) causes.execute = ExecuteWaitStore;
    else causes.execute = ExecuteIssue;

    if (load_active_i) causes.load = LoadBusy;
    else if (load_waits_for_tracker_i) causes.load = LoadWaitTracker;
    else if (load_waits_for_reader_i) causes.load = LoadWaitReader;
    else causes.load = LoadIdle;

    if (store_handed_i || store_configured_i) causes.store = StoreBusy;
    else if (store_waits_for_tracker_i) causes.store = StoreWaitTracker;
    else if (store_waits_for_dispatch_i) causes.store = StoreWaitDispatch;
    else causes.store = StoreIdle;

    if (!reader_active_i) causes.dma_read = ReadIdle;
    else if (!reader_has_slot_i) causes.dma_read = ReadWaitSlot;
    else if (!reader_has_port_i) causes.dma_read = ReadWaitPort;
    else if (!reader_has_room_i) causes.dma_read = ReadWaitBuffer;
    else causes.dma_read = ReadBusy;

    if (!writer_active_i) causes.dma_write = WriteIdle;
    else if (!writer_has_slot_i) causes.dma_write = WriteWaitSlot;
    else if (!writer_has_port_i) causes.dma_write = WriteWaitPort;
    else causes.dma_write = WriteBusy;

    if (read_beat_i) causes.memory = MemoryRead;
    else if (acknowledge_i) causes.memory = MemoryWrite;
    else if (owed_q != '0 || asked != '0) causes.memory = MemoryLatency;
    else causes.memory = MemoryIdle;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      owed_q        <= '0;
      is_reported_q <= 1'b0;
      causes_q      <= '0;
    end else begin
      owed_q        <= owed_q + asked - 32'(read_beat_i) - 32'(acknowledge_i);
      is_reported_q <= 1'b1;
      causes_q      <= causes;
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_ni && (!is_reported_q || causes != causes_q)) begin
      gemel_rtl_event(EventCauses, 0, 32'(causes));
    end
  end
endmodule : accelerator_monitor

bind accelerator accelerator_monitor u_monitor (
  .clk_i,
  .rst_ni,
  .load_issued_i             (load_issue_valid && load_issue_ready),
  .load_issued_id_i          (load_issue.id),
  .execute_issued_i          (execute_issue_valid && execute_issue_ready),
  .execute_issued_id_i       (execute_issue.id),
  .store_issued_i            (store_issue_valid && store_issue_ready),
  .store_issued_id_i         (store_issue.id),
  .load_done_i               (load_done_valid && load_done_ready),
  .load_done_id_i            (load_done_id),
  .execute_done_i            (u_reservation_station.execute_done),
  .execute_done_id_i         (u_reservation_station.execute_done_id),
  .store_done_i              (store_done_valid && store_done_ready),
  .store_done_id_i           (store_done_id),
  .execute_unissued_i        (execute_unissued),
  .execute_waits_for_load_i  (execute_waits_for_load),
  .execute_waits_for_store_i (execute_waits_for_store),
  .execute_hidden_i          (u_array_side.u_execute_queue.newest_hidden_q),
  .decision_complete_i       (u_array_side.u_execute_controller.is_config ||
                              u_array_side.u_execute_controller.is_compute[0] ||
                              (u_array_side.u_execute_controller.is_preload[0] &&
                               u_array_side.u_execute_controller.head_valid_i[1])),
  .feeding_i                 (feeding),
  .row_fed_i                 (u_array_side.u_row_feeder.fed),
  .flushing_i                (!u_array_side.feeder_idle || u_array_side.flush_valid),
  .load_active_i             (load_active),
  .load_waits_for_tracker_i  (load_waits_for_tracker),
  .load_waits_for_reader_i   (load_waits_for_reader),
  .store_handed_i            (u_array_side.u_store_controller.handed),
  .store_configured_i        (u_array_side.u_store_controller.configures),
  .store_waits_for_tracker_i (events.store_waits),
  .store_waits_for_dispatch_i(events.store_refused),
  .reader_active_i           (reader_active),
  .reader_has_slot_i         (!reader_waits_for_slot),
  .reader_has_port_i         (read_ready),
  .reader_has_room_i         (!reader_waits_for_buffer),
  .writer_active_i           (writer_active),
  .writer_has_slot_i         (!writer_waits_for_slot),
  .writer_has_port_i         (write_ready),
  .read_request_i            (axi_ar_valid_o && axi_ar_ready_i),
  .read_len_i                (axi_ar_len_o),
  .write_complete_i          (axi_w_valid_o && axi_w_ready_i && axi_w_last_o),
  .read_beat_i               (axi_r_valid_i && axi_r_ready_o),
  .acknowledge_i             (axi_b_valid_i && axi_b_ready_o)
);
