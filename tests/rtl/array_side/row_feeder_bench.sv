// SPDX-License-Identifier: Apache-2.0

/// Row feeder with scalar ports, before banks whose words say which row of the scratchpad they are
/// (row modulo 251, plus 1, in every lane).
module row_feeder_bench
  import accelerator_pkg::*;
  import array_side_pkg::*;
(
  input  logic                             clk_i,
  input  logic                             rst_ni,

  output logic                             idle_o,
  output logic                             feeding_o,
  input  logic                             request_valid_i,
  input  logic [2:0]                       operand_valid_i,  // D, B, A
  input  logic [2:0][15:0]                 operand_row_i,
  input  logic [2:0][15:0]                 operand_rows_i,
  input  logic [2:0][15:0]                 operand_cols_i,
  input  logic [15:0]                      a_stride_i,
  input  logic [15:0]                      rows_i,
  input  logic                             weight_stationary_i,
  input  logic                             active_i,
  input  logic                             flush_valid_i,
  input  logic                             flush_drives_out_i,
  output logic                             last_row_fed_o,

  output logic [7:0]                       bank_read_valid_o,
  input  logic [7:0]                       bank_read_ready_i,

  output logic                             row_valid_o,
  output logic                             row_last_o,
  output logic                             row_weight_stationary_o,
  output logic                             row_active_o,
  output logic                             row_shift_o,
  output logic [8*Dim-1:0]                 a_o,
  output logic [8*Dim-1:0]                 b_o,
  output logic [8*Dim-1:0]                 d_o
);

  request_t request;
  logic       [ScratchpadBanks-1:0] read_valid;
  local_row_t [ScratchpadBanks-1:0] read_row;
  row_t       [ScratchpadBanks-1:0] read_data;

  always_comb begin
    request.a = '{valid: operand_valid_i[0], row: local_row_t'(operand_row_i[0]),
                  rows: operand_rows_i[0], cols: operand_cols_i[0]};
    request.b = '{valid: operand_valid_i[1], row: local_row_t'(operand_row_i[1]),
                  rows: operand_rows_i[1], cols: operand_cols_i[1]};
    request.d = '{valid: operand_valid_i[2], row: local_row_t'(operand_row_i[2]),
                  rows: operand_rows_i[2], cols: operand_cols_i[2]};
    request.a_stride          = a_stride_i;
    request.rows              = rows_i;
    request.transpose         = TransposeNone;
    request.preloads          = operand_valid_i[2];
    request.weight_stationary = weight_stationary_i;
    request.active            = active_i;
  end

  assign bank_read_valid_o = 8'(read_valid);

  row_feeder u_dut (
    .clk_i              (clk_i),
    .rst_ni             (rst_ni),
    .idle_o             (idle_o),
    .feeding_o          (feeding_o),
    .request_valid_i    (request_valid_i),
    .request_i          (request),
    .flush_valid_i      (flush_valid_i),
    .flush_drives_out_i (flush_drives_out_i),
    .flush_active_i     (active_i),
    .last_row_fed_o     (last_row_fed_o),
    .read_valid_o       (read_valid),
    .read_ready_i       (bank_read_ready_i[ScratchpadBanks-1:0]),
    .read_row_o         (read_row),
    .read_data_i        (read_data),
    .row_valid_o        (row_valid_o),
    .row_last_o         (row_last_o),
    .weight_stationary_o(row_weight_stationary_o),
    .active_o           (row_active_o),
    .shift_o            (row_shift_o),
    .a_o                (a_o),
    .b_o                (b_o),
    .d_o                (d_o)
  );

  // The word is there in the cycle after, and only then.
  always_ff @(posedge clk_i) begin
    for (int unsigned bank = 0; bank < ScratchpadBanks; bank++) begin
      read_data[bank] <= read_valid[bank] && bank_read_ready_i[bank]
          ? {Dim{8'(read_row[bank] % local_row_t'(251)) + 8'd1}} : '0;
    end
  end

  logic unused;
  assign unused = ^{bank_read_ready_i, operand_row_i};

endmodule : row_feeder_bench
