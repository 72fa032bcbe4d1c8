// SPDX-License-Identifier: Apache-2.0
/// Command front end, counter file and the execute controller's queue, each by itself, with scalar
/// ports.
module command_bench
  import accelerator_pkg::*;
  import array_side_pkg::*;
  import loop_pkg::*;
(
  input  logic        clk_i,
  input  logic        rst_ni,

  // ---- command_front_end ----
  input  logic        command_valid_i,
  output logic        command_ready_o,
  input  logic [6:0]  command_funct_i,
  input  logic [63:0] command_rs1_i,
  output logic        allocate_valid_o,
  input  logic        allocate_ready_i,
  output logic [6:0]  allocate_funct_o,
  output logic [63:0] allocate_rs1_o,
  output logic        counter_valid_o,
  output logic [63:0] counter_rs1_o,
  output logic        busy_o,

  // ---- counter_file ----
  input  logic        access_valid_i,
  input  logic [63:0] access_rs1_i,
  output logic        response_valid_o,
  output logic [63:0] response_data_o,
  input  logic [6:0]  events_i,  // load, store, reader, writer, feeding, read beat, write beat

  // ---- execute_queue ----
  input  logic        issue_valid_i,
  output logic        issue_ready_o,
  input  logic [63:0] issue_rs1_i,
  input  logic [7:0]  issue_id_i,
  output logic [2:0]  head_valid_o,
  output logic [63:0] head_rs1_o [3],
  output logic [7:0]  head_id_o [3],
  output logic [2:0]  head_has_id_o,
  input  logic [1:0]  pop_i,
  output logic        single_o
);
  command_t    command, allocate;
  loop_owner_t owner;
  left_t       left [LoopUnits];  // no loop comes in here
  assign left             = '{default: '0};
  assign command          = '{funct: command_funct_i, rs1: command_rs1_i, rs2: ~command_rs1_i};
  assign allocate_funct_o = allocate.funct;
  assign allocate_rs1_o   = allocate.rs1;

  command_front_end u_command_front_end (
    .clk_i,
    .rst_ni,
    .command_valid_i,
    .command_ready_o,
    .command_i      (command),
    .allocate_valid_o,
    .allocate_ready_i,
    .allocate_o     (allocate),
    .allocate_owner_o(owner),
    .left_i         (left),
    .counter_valid_o,
    .counter_rs1_o,
    .busy_o
  );

  counter_file u_counter_file (
    .clk_i,
    .rst_ni,
    .access_valid_i,
    .access_rs1_i,
    .response_valid_o,
    .response_data_o,
    .load_active_i  (events_i[0]),
    .store_active_i (events_i[1]),
    .reader_active_i(events_i[2]),
    .writer_active_i(events_i[3]),
    .feeding_i      (events_i[4]),
    .read_beat_i    (events_i[5]),
    .write_beat_i   (events_i[6])
  );

  execute_issue_t       issue;
  execute_entry_t [2:0] head;
  assign issue = '{command: '{funct: FunctPreload, rs1: issue_rs1_i, rs2: '0},
                   id: execute_id_t'(issue_id_i)};
  for (genvar i = 0; i < 3; i++) begin : gen_head
    assign head_rs1_o[i]    = head[i].command.rs1;
    assign head_id_o[i]     = 8'(head[i].id);
    assign head_has_id_o[i] = head[i].has_id;
  end

  execute_queue u_execute_queue (
    .clk_i,
    .rst_ni,
    .issue_valid_i,
    .issue_ready_o,
    .issue_i     (issue),
    .head_valid_o,
    .head_o      (head),
    .pop_i,
    .single_o
  );

  logic unused;
  assign unused = ^{allocate, owner, head, issue_id_i};
endmodule : command_bench
