// SPDX-License-Identifier: Apache-2.0

/// The normaliser and, behind it, the activation of one lane. For normaliser_test.cpp.
module normaliser_bench
  import accelerator_pkg::*;
  import array_side_pkg::*;
(
  input  logic               clk_i,
  input  logic               rst_ni,

  input  logic               valid_i,
  output logic               ready_o,
  output logic               done_o,
  input  logic [2:0]         command_i,
  input  logic [2:0]         activation_i,
  input  logic [1:0]         stats_id_i,
  input  logic [31:0]        qb_i,
  input  logic [31:0]        qc_i,
  input  logic [31:0]        qln2_i,
  input  logic [31:0]        qln2_inv_i,
  input  logic [15:0]        lanes_i,
  input  accumulator_row_t   row_i,

  input  logic               written_i,
  output logic [31:0]        factor_o,
  input  logic signed [31:0] value_i,
  output logic signed [31:0] value_o
);

  normalisation_t settings;
  row_normalisation_t row_normalisation;

  assign settings = '{
    activation: activation_e'(activation_i),
    stats_id:   stats_id_i,
    constants:  '{qb: qb_i, qc: qc_i, qln2: qln2_i, qln2_inv: qln2_inv_i}
  };
  assign factor_o = row_normalisation.factor;

  normaliser u_dut (
    .clk_i              (clk_i),
    .rst_ni             (rst_ni),
    .valid_i            (valid_i),
    .ready_o            (ready_o),
    .command_i          (norm_command_e'(command_i)),
    .stats_id_i         (stats_id_i),
    .constants_i        (settings.constants),
    .lanes_i            (lanes_i),
    .row_i              (row_i),
    .done_o             (done_o),
    .written_i          (written_i),
    .written_settings_i (settings),
    .row_normalisation_o(row_normalisation)
  );

  normalised_value u_value (
    .value_i        (value_i),
    .relu_i         (activation_i == ActivationRelu),
    .normalisation_i(row_normalisation),
    .value_o        (value_o)
  );

endmodule : normaliser_bench
