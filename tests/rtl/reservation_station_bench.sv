// SPDX-License-Identifier: Apache-2.0
/// reservation_station with scalar ports.
module reservation_station_bench
  import accelerator_pkg::*;
  import loop_pkg::*;
(
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic        allocate_valid_i,
  output logic        allocate_ready_o,
  input  logic [6:0]  funct_i,
  input  logic [63:0] rs1_i,
  input  logic [63:0] rs2_i,
  input  logic [1:0]  owner_i,       // unroller that it comes from: bit 0 matmul, 1 convolution
  output logic [5:0]  left_o [2],    // by unroller: two bits for loads, products, stores
  // Bit or index by class: 0 load, 1 execute, 2 store
  output logic [2:0]  issue_valid_o,
  input  logic [2:0]  issue_ready_i,
  output logic [7:0]  load_issue_id_o,
  output logic [7:0]  execute_issue_id_o,
  output logic [7:0]  store_issue_id_o,
  output logic [63:0] execute_issue_rs2_o,
  input  logic        result_done_valid_i,
  input  logic [7:0]  result_done_id_i,
  input  logic [2:0]  done_valid_i,
  output logic [2:0]  done_ready_o,
  input  logic [7:0]  load_done_id_i,
  input  logic [7:0]  fed_done_id_i,
  input  logic [7:0]  store_done_id_i,
  input  logic        lone_preload_i,
  output logic        busy_o
);
  load_issue_t    load_issue;
  execute_issue_t execute_issue;
  store_issue_t   store_issue;
  logic           unissued, waits_for_load, waits_for_store;
  left_t          left [LoopUnits];
  assign load_issue_id_o     = 8'(load_issue.id);
  assign execute_issue_id_o  = 8'(execute_issue.id);
  assign store_issue_id_o    = 8'(store_issue.id);
  assign execute_issue_rs2_o = execute_issue.command.rs2;
  assign left_o              = left;

  reservation_station u_dut (
    .clk_i,
    .rst_ni,
    .allocate_valid_i,
    .allocate_ready_o,
    .allocate_i               ('{funct: funct_i, rs1: rs1_i, rs2: rs2_i}),
    .allocate_owner_i         (owner_i),
    .left_o                   (left),
    .load_issue_valid_o       (issue_valid_o[0]),
    .load_issue_ready_i       (issue_ready_i[0]),
    .load_issue_o             (load_issue),
    .execute_issue_valid_o    (issue_valid_o[1]),
    .execute_issue_ready_i    (issue_ready_i[1]),
    .execute_issue_o          (execute_issue),
    .store_issue_valid_o      (issue_valid_o[2]),
    .store_issue_ready_i      (issue_ready_i[2]),
    .store_issue_o            (store_issue),
    .result_done_valid_i,
    .result_done_id_i         (execute_id_t'(result_done_id_i)),
    .fed_done_valid_i         (done_valid_i[1]),
    .fed_done_ready_o         (done_ready_o[1]),
    .fed_done_id_i            (execute_id_t'(fed_done_id_i)),
    .load_done_valid_i        (done_valid_i[0]),
    .load_done_ready_o        (done_ready_o[0]),
    .load_done_id_i           (load_id_t'(load_done_id_i)),
    .store_done_valid_i       (done_valid_i[2]),
    .store_done_ready_o       (done_ready_o[2]),
    .store_done_id_i          (store_id_t'(store_done_id_i)),
    .lone_preload_i,
    .busy_o,
    .activity_o               (),
    .execute_unissued_o       (unissued),
    .execute_waits_for_load_o (waits_for_load),
    .execute_waits_for_store_o(waits_for_store)
  );

  logic unused;
  assign unused = ^{load_issue, execute_issue, store_issue,
                    unissued, waits_for_load, waits_for_store,
                    result_done_id_i, load_done_id_i, fed_done_id_i, store_done_id_i};
endmodule : reservation_station_bench
