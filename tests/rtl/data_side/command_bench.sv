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
  // Load active, load waits, store active, waits, refused; reader active, refused; writer active,
  // refused; feeding, matmul loop, station takes a command, read beat, write beat
  input  logic [13:0] events_i,
  input  logic [2:0]  classes_busy_i,  // load, store, execute from the lowest bit on
  input  logic [7:0]  entries_i [3],   // load, store, execute
  input  logic [7:0]  slots_i [2],     // reader, writer

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
    .busy_o,
    .matmul_loop_o   ()
  );

  counter_pkg::events_t events;
  always_comb begin
    {events.write_beat, events.read_beat, events.station.allocates, events.matmul_loop,
     events.feeding, events.writer_refused, events.writer_active, events.reader_refused,
     events.reader_active, events.store_refused, events.store_waits, events.store_active,
     events.load_waits, events.load_active} = events_i;
    {events.station.execute_busy, events.station.store_busy, events.station.load_busy} =
        classes_busy_i;
    events.station.load_entries    = counter_pkg::count_t'(entries_i[0]);
    events.station.store_entries   = counter_pkg::count_t'(entries_i[1]);
    events.station.execute_entries = counter_pkg::count_t'(entries_i[2]);
    events.reader_slots            = counter_pkg::count_t'(slots_i[0]);
    events.writer_slots            = counter_pkg::count_t'(slots_i[1]);
  end

  counter_file u_counter_file (
    .clk_i,
    .rst_ni,
    .access_valid_i,
    .access_rs1_i,
    .response_valid_o,
    .response_data_o,
    .events_i       (events)
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
