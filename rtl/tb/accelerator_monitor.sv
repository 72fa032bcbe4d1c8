// SPDX-License-Identifier: Apache-2.0
/// Watches the accelerator from outside (bound to it) and reports what co-simulation compares,
/// through DPI, in the cycle in which it happens.
module accelerator_monitor
  import accelerator_pkg::*;
(
  input logic          clk_i,
  input logic          rst_ni,

  input logic          command_taken_i,
  input logic          allocated_i,
  input logic [2:0]    allocated_class_i,  // load, execute, store: one hot
  input load_id_t      load_allocated_id_i,
  input execute_id_t   execute_allocated_id_i,
  input store_id_t     store_allocated_id_i,
  input logic          load_issued_i,
  input logic [6:0]    load_issued_funct_i,
  input load_id_t      load_issued_id_i,
  input logic          execute_issued_i,
  input logic [6:0]    execute_issued_funct_i,
  input execute_id_t   execute_issued_id_i,
  input logic          store_issued_i,
  input logic [6:0]    store_issued_funct_i,
  input store_id_t     store_issued_id_i,
  input logic          load_done_i,
  input load_id_t      load_done_id_i,
  input logic          execute_done_i,
  input execute_id_t   execute_done_id_i,
  input logic          store_done_i,
  input store_id_t     store_done_id_i,

  input logic          read_request_i,
  input dram_address_t read_address_i,
  input logic [7:0]    read_len_i,
  input logic          write_beat_i,
  input dram_address_t write_address_i,
  input logic          write_first_i,
  input logic          read_beat_i,
  input logic          acknowledge_i
);
  // sim/cosim/rtl_system.cpp takes the issued and the completed ones; the others it sees outside.
  typedef enum int {
    EventCommandAccepted,
    EventAllocated,
    EventIssued,
    EventCompleted,
    EventReadRequest,
    EventWriteBeat,
    EventReadBeat,
    EventAcknowledge
  } event_e;
  localparam int LoadClass = 0;
  localparam int ExecuteClass = 1;
  localparam int StoreClass = 2;

  import "DPI-C" function void gemel_rtl_event(input int event_kind, input int station_class,
                                               input int index, input longint payload);

  longint commands_q;
  int     beat_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      commands_q <= 0;
      beat_q     <= 0;
    end else begin
      if (command_taken_i) commands_q <= commands_q + 1;
      if (write_beat_i) beat_q <= write_first_i ? 1 : beat_q + 1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      if (command_taken_i) gemel_rtl_event(EventCommandAccepted, 0, 0, commands_q);
      if (allocated_i && allocated_class_i[0]) begin
        gemel_rtl_event(EventAllocated, LoadClass, 32'(load_allocated_id_i), 0);
      end
      if (allocated_i && allocated_class_i[1]) begin
        gemel_rtl_event(EventAllocated, ExecuteClass, 32'(execute_allocated_id_i), 0);
      end
      if (allocated_i && allocated_class_i[2]) begin
        gemel_rtl_event(EventAllocated, StoreClass, 32'(store_allocated_id_i), 0);
      end
      if (load_issued_i) begin
        gemel_rtl_event(EventIssued, LoadClass, 32'(load_issued_id_i), 64'(load_issued_funct_i));
      end
      if (execute_issued_i) begin
        gemel_rtl_event(EventIssued, ExecuteClass, 32'(execute_issued_id_i), 64'(execute_issued_funct_i));
      end
      if (store_issued_i) begin
        gemel_rtl_event(EventIssued, StoreClass, 32'(store_issued_id_i), 64'(store_issued_funct_i));
      end
      if (execute_done_i) gemel_rtl_event(EventCompleted, ExecuteClass, 32'(execute_done_id_i), 0);
      if (load_done_i) gemel_rtl_event(EventCompleted, LoadClass, 32'(load_done_id_i), 0);
      if (store_done_i) gemel_rtl_event(EventCompleted, StoreClass, 32'(store_done_id_i), 0);
      if (read_request_i) gemel_rtl_event(EventReadRequest, 0, 32'(read_len_i) + 1, read_address_i);
      if (write_beat_i) begin
        gemel_rtl_event(EventWriteBeat, 0, write_first_i ? 0 : beat_q, write_address_i);
      end
      if (read_beat_i) gemel_rtl_event(EventReadBeat, 0, 0, 0);
      if (acknowledge_i) gemel_rtl_event(EventAcknowledge, 0, 0, 0);
    end
  end
endmodule : accelerator_monitor

bind accelerator accelerator_monitor u_monitor (
  .clk_i,
  .rst_ni,
  .command_taken_i       (command_valid_i && command_ready_o),
  .allocated_i           (u_reservation_station.is_allocated),
  .allocated_class_i     ({u_reservation_station.is_store, u_reservation_station.is_execute,
                           u_reservation_station.is_load}),
  .load_allocated_id_i   (u_reservation_station.load_id),
  .execute_allocated_id_i(u_reservation_station.execute_id),
  .store_allocated_id_i  (u_reservation_station.store_id),
  .load_issued_i         (load_issue_valid && load_issue_ready),
  .load_issued_funct_i   (load_issue.command.funct),
  .load_issued_id_i      (load_issue.id),
  .execute_issued_i      (execute_issue_valid && execute_issue_ready),
  .execute_issued_funct_i(execute_issue.command.funct),
  .execute_issued_id_i   (execute_issue.id),
  .store_issued_i        (store_issue_valid && store_issue_ready),
  .store_issued_funct_i  (store_issue.command.funct),
  .store_issued_id_i     (store_issue.id),
  .load_done_i           (load_done_valid && load_done_ready),
  .load_done_id_i        (load_done_id),
  .execute_done_i        (u_reservation_station.execute_done),
  .execute_done_id_i     (u_reservation_station.execute_done_id),
  .store_done_i          (store_done_valid && store_done_ready),
  .store_done_id_i       (store_done_id),
  .read_request_i        (axi_ar_valid_o && axi_ar_ready_i),
  .read_address_i        (axi_ar_addr_o),
  .read_len_i            (axi_ar_len_o),
  .write_beat_i          (axi_w_valid_o && axi_w_ready_i),
  .write_address_i       (axi_aw_addr_o),
  .write_first_i         (axi_aw_valid_o),
  .read_beat_i           (axi_r_valid_i && axi_r_ready_o),
  .acknowledge_i         (axi_b_valid_i && axi_b_ready_o)
);
