// SPDX-License-Identifier: Apache-2.0

/// Store controller, result hazards and result writer, each by itself, with scalar ports.
module controller_bench
  import accelerator_pkg::*;
  import array_side_pkg::*;
(
  input  logic                      clk_i,
  input  logic                      rst_ni,

  // ---- store_controller ----
  input  logic                      issue_valid_i,
  output logic                      issue_ready_o,
  input  logic [6:0]                issue_funct_i,
  input  logic [63:0]               issue_rs1_i,
  input  logic [63:0]               issue_rs2_i,
  input  logic [7:0]                issue_id_i,
  output logic                      request_valid_o,
  input  logic                      request_ready_i,
  output logic [1:0]                request_source_o,
  output logic [31:0]               request_row_o,
  output logic                      request_relu_o,
  output logic [31:0]               request_scale_o,
  output logic                      request_last_of_command_o,
  output logic [63:0]               request_address_o,
  output logic [3:0]                request_flags_o,  // full width, pool, last, first
  output logic [15:0]               request_block_o,
  output logic [15:0]               request_lanes_o,
  input  logic                      last_read_i,
  output logic                      done_valid_o,
  input  logic                      done_ready_i,
  output logic [7:0]                done_id_o,
  output logic                      active_o,

  // ---- result_hazards: blocks as rs1 and rs2 hold them ----
  input  logic                      new_result_i,
  input  logic [63:0]               result_block_i,
  input  logic [15:0]               c_stride_i,
  input  logic                      result_done_i,
  output logic                      in_progress_o,
  input  logic                      looks_i,
  input  logic [63:0]               preload_bd_i,
  input  logic                      compute_present_i,
  input  logic [63:0]               a_i,
  input  logic [15:0]               a_stride_i,
  input  logic [63:0]               bd_i,
  input  logic [2:0]                transposed_i,     // bd, a, preload's bd
  output logic                      hazard_o,

  // ---- result_writer ----
  input  logic                      weight_stationary_i,
  input  logic                      relu_i,
  input  logic [4:0]                shift_i,
  input  logic [15:0]               result_stride_i,
  input  logic                      tag_valid_i,
  input  logic                      tag_real_i,
  input  logic [63:0]               tag_block_i,
  input  logic [7:0]                tag_id_i,
  input  logic                      row_valid_i,
  input  logic                      row_last_i,
  input  logic [32*Dim-1:0]         row_i,            // the low OutputBits of each lane
  output logic                      write_valid_o,
  output logic [1:0]                write_flags_o,    // accumulate, accumulator
  output logic [31:0]               write_row_o,
  output logic [63:0]               write_mask_o,
  output logic [32*Dim-1:0]         write_data_o,
  output logic                      bank_valid_o,
  output logic                      bank_accumulator_o,
  output logic [7:0]                bank_o,
  output logic                      result_valid_o,
  output logic [7:0]                result_id_o
);

  store_issue_t   issue;
  store_request_t request;
  store_id_t      done_id;

  assign issue = '{command: '{funct: issue_funct_i, rs1: issue_rs1_i, rs2: issue_rs2_i},
                   id: store_id_t'(issue_id_i)};
  assign request_source_o          = request.source;
  assign request_row_o             = 32'(request.row);
  assign request_relu_o            = request.relu;
  assign request_scale_o           = request.scale;
  assign request_last_of_command_o = request.is_last_of_command;
  assign request_address_o         = request.target.dram_address;
  assign request_flags_o           = {request.target.full_width, request.target.pool,
                                      request.target.last, request.target.first};
  assign request_block_o           = request.target.block;
  assign request_lanes_o           = request.target.lanes;
  assign done_id_o                 = 8'(done_id);

  store_controller u_store_controller (
    .clk_i             (clk_i),
    .rst_ni            (rst_ni),
    .issue_valid_i     (issue_valid_i),
    .issue_ready_o     (issue_ready_o),
    .issue_i           (issue),
    .request_valid_o   (request_valid_o),
    .request_ready_i   (request_ready_i),
    .request_o         (request),
    .last_read_i       (last_read_i),
    .store_done_valid_o(done_valid_o),
    .store_done_ready_i(done_ready_i),
    .store_done_id_o   (done_id),
    .active_o          (active_o),
    .waits_for_tracker_o (),
    .waits_for_dispatch_o()
  );

  result_hazards u_result_hazards (
    .clk_i                     (clk_i),
    .rst_ni                    (rst_ni),
    .new_result_i              (new_result_i),
    .result_i                  (local_block_t'(result_block_i)),
    .c_stride_i                (c_stride_i),
    .result_done_i             (result_done_i),
    .in_progress_o             (in_progress_o),
    .looks_i                   (looks_i),
    .preload_bd_i              (local_block_t'(preload_bd_i)),
    .preload_bd_is_transposed_i(transposed_i[0]),
    .compute_present_i         (compute_present_i),
    .a_i                       (local_block_t'(a_i)),
    .a_is_transposed_i         (transposed_i[1]),
    .a_stride_i                (a_stride_i),
    .bd_i                      (local_block_t'(bd_i)),
    .bd_is_transposed_i        (transposed_i[2]),
    .hazard_o                  (hazard_o)
  );

  local_block_t tag_block;
  result_tag_t  tag;
  logic [Dim-1:0][OutputBits-1:0] result;
  local_write_t write;
  bank_select_t bank;
  execute_id_t  result_id;

  assign tag_block = local_block_t'(tag_block_i);
  assign tag = '{valid: tag_real_i, address: tag_block.address, rows: tag_block.rows,
                 cols: tag_block.cols, id: execute_id_t'(tag_id_i)};
  for (genvar lane = 0; lane < Dim; lane++) begin : gen_lane
    assign result[lane] = row_i[32*lane+:OutputBits];
  end
  assign write_flags_o      = {write.accumulate, write.accumulator};
  assign write_row_o        = 32'(write.row);
  assign write_mask_o       = 64'(write.mask);
  assign write_data_o       = write.data;
  assign bank_valid_o       = bank.valid;
  assign bank_accumulator_o = bank.accumulator;
  assign bank_o             = 8'(bank.bank);
  assign result_id_o        = 8'(result_id);

  result_writer u_result_writer (
    .clk_i              (clk_i),
    .rst_ni             (rst_ni),
    .weight_stationary_i(weight_stationary_i),
    .relu_i             (relu_i),
    .shift_i            (shift_i),
    .c_stride_i         (local_row_t'(result_stride_i)),
    .tag_valid_i        (tag_valid_i),
    .tag_i              (tag),
    .result_valid_i     (row_valid_i),
    .result_last_i      (row_last_i),
    .result_i           (result),
    .write_valid_o      (write_valid_o),
    .write_o            (write),
    .write_bank_o       (bank),
    .done_valid_o       (result_valid_o),
    .done_id_o          (result_id)
  );

  logic unused;
  assign unused = ^{issue_id_i, tag_id_i, result_stride_i, row_i};

endmodule : controller_bench
