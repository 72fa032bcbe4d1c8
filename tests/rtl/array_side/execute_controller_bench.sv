// SPDX-License-Identifier: Apache-2.0

/// Execute controller with scalar ports: the three commands that it sees, and what it makes of them.
/// For execute_controller_test.cpp.
module execute_controller_bench
  import accelerator_pkg::*;
  import array_side_pkg::*;
(
  input  logic             clk_i,
  input  logic             rst_ni,

  input  logic [2:0]       head_valid_i,
  input  logic [2:0][6:0]  funct_i,
  input  logic [2:0][63:0] rs1_i,
  input  logic [2:0][63:0] rs2_i,
  input  logic [2:0][7:0]  id_i,
  input  logic [2:0]       has_id_i,
  output logic [1:0]       take_o,
  output logic             expands_o,

  input  logic             feeder_idle_i,
  output logic             request_valid_o,
  output logic [2:0]       operand_valid_o,  // D, B, A
  output logic [2:0][31:0] operand_row_o,
  output logic [2:0][15:0] operand_rows_o,
  output logic [2:0][15:0] operand_cols_o,
  output logic [15:0]      a_stride_o,
  output logic [15:0]      rows_o,
  output logic [1:0]       transpose_o,      // none, A, B, D
  output logic             request_weight_stationary_o,
  output logic             active_o,
  output logic             flush_valid_o,
  output logic             flush_drives_out_o,
  output logic             flush_active_o,
  input  logic             last_row_fed_i,

  output logic             tag_valid_o,
  output logic             tag_real_o,
  output logic [31:0]      tag_address_o,
  output logic [15:0]      tag_rows_o,
  output logic [15:0]      tag_cols_o,
  output logic [7:0]       tag_id_o,
  output logic             weight_stationary_o,
  output logic             relu_o,
  output logic [4:0]       shift_o,
  output logic [31:0]      c_stride_o,
  input  logic             result_done_i,

  output logic             fed_done_valid_o,
  input  logic             fed_done_ready_i,
  output logic [7:0]       fed_done_id_o
);

  execute_entry_t [2:0] head;
  operand_t [2:0] operands;
  request_t request;
  result_tag_t tag;
  local_row_t c_stride;
  execute_id_t fed_done_id;

  assign operands = {request.d, request.b, request.a};
  for (genvar i = 0; i < 3; i++) begin : gen_head
    assign head[i] = '{command: '{funct: funct_i[i], rs1: rs1_i[i], rs2: rs2_i[i]},
                       id: execute_id_t'(id_i[i]), has_id: has_id_i[i]};
    assign operand_valid_o[i] = operands[i].valid;
    assign operand_row_o[i]   = 32'(operands[i].row);
    assign operand_rows_o[i]  = operands[i].rows;
    assign operand_cols_o[i]  = operands[i].cols;
  end

  assign a_stride_o                  = request.a_stride;
  assign rows_o                      = request.rows;
  assign transpose_o                 = request.transpose;
  assign request_weight_stationary_o = request.weight_stationary;
  assign active_o                    = request.active;
  assign tag_real_o                  = tag.valid;
  assign tag_address_o               = tag.address;
  assign tag_rows_o                  = tag.rows;
  assign tag_cols_o                  = tag.cols;
  assign tag_id_o                    = 8'(tag.id);
  assign c_stride_o                  = 32'(c_stride);
  assign fed_done_id_o               = 8'(fed_done_id);

  execute_controller u_dut (
    .clk_i              (clk_i),
    .rst_ni             (rst_ni),
    .head_valid_i       (head_valid_i),
    .head_i             (head),
    .take_o             (take_o),
    .expands_o          (expands_o),
    .feeder_idle_i      (feeder_idle_i),
    .request_valid_o    (request_valid_o),
    .request_o          (request),
    .flush_valid_o      (flush_valid_o),
    .flush_drives_out_o (flush_drives_out_o),
    .flush_active_o     (flush_active_o),
    .last_row_fed_i     (last_row_fed_i),
    .tag_valid_o        (tag_valid_o),
    .tag_o              (tag),
    .weight_stationary_o(weight_stationary_o),
    .relu_o             (relu_o),
    .shift_o            (shift_o),
    .c_stride_o         (c_stride),
    .result_done_i      (result_done_i),
    .fed_done_valid_o   (fed_done_valid_o),
    .fed_done_ready_i   (fed_done_ready_i),
    .fed_done_id_o      (fed_done_id)
  );

  logic unused;
  assign unused = ^id_i;

endmodule : execute_controller_bench
