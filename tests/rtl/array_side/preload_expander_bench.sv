// SPDX-License-Identifier: Apache-2.0

/// Execute queue and preload expander together, for preload_expander_test.cpp.
module preload_expander_bench
  import accelerator_pkg::*;
  import array_side_pkg::*;
(
  input  logic                 clk_i,
  input  logic                 rst_ni,
  input  logic                 issue_valid_i,
  output logic                 issue_ready_o,
  input  execute_issue_t       issue_i,
  input  logic                 expands_i,
  input  logic                 feeder_idle_i,
  input  logic                 last_row_fed_i,
  output logic           [2:0] head_valid_o,
  output execute_entry_t [2:0] head_o,
  input  logic           [1:0] take_i,
  input  logic                 takes_request_i,
  output logic           [2:0] queue_valid_o,
  output logic                 single_o,
  output logic                 empty_o
);

  execute_entry_t [2:0] queue;
  logic [1:0] queue_pop;

  execute_queue u_queue (
    .clk_i        (clk_i),
    .rst_ni       (rst_ni),
    .issue_valid_i(issue_valid_i),
    .issue_ready_o(issue_ready_o),
    .issue_i      (issue_i),
    .head_valid_o (queue_valid_o),
    .head_o       (queue),
    .pop_i        (queue_pop),
    .single_o     (single_o)
  );

  preload_expander u_dut (
    .clk_i          (clk_i),
    .rst_ni         (rst_ni),
    .expands_i      (expands_i),
    .feeder_idle_i  (feeder_idle_i),
    .last_row_fed_i (last_row_fed_i),
    .queue_valid_i  (queue_valid_o),
    .queue_i        (queue),
    .queue_pop_o    (queue_pop),
    .head_valid_o   (head_valid_o),
    .head_o         (head_o),
    .take_i         (take_i),
    .takes_request_i(takes_request_i),
    .empty_o        (empty_o)
  );

endmodule : preload_expander_bench
