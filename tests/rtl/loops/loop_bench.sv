// SPDX-License-Identifier: Apache-2.0
/// Both unrollers of loops, each by itself, with scalar ports: `unit_i` says which one is meant
/// (0 matmul, 1 convolution).
module loop_bench
  import accelerator_pkg::*;
  import loop_pkg::*;
(
  input  logic        clk_i,
  input  logic        rst_ni,

  input  logic        unit_i,
  input  logic        in_valid_i,
  output logic        in_ready_o,
  input  logic [6:0]  in_funct_i,
  input  logic [63:0] in_rs1_i,
  input  logic [63:0] in_rs2_i,

  output logic        out_valid_o,
  input  logic        out_ready_i,
  output logic [6:0]  out_funct_o,
  output logic [63:0] out_rs1_o,
  output logic [63:0] out_rs2_o,
  output logic [1:0]  out_owner_o,

  input  logic [5:0]  left_i,  // two bits for loads, products, stores
  output logic        busy_o
);
  command_t            in;
  owned_command_t      out [2], chosen;
  logic [1:0]          valid, ready, busy;
  left_t               left [2];

  assign in          = '{funct: in_funct_i, rs1: in_rs1_i, rs2: in_rs2_i};
  assign left[0]     = unit_i ? '0 : left_i;
  assign left[1]     = unit_i ? left_i : '0;
  assign chosen      = out[unit_i];
  assign in_ready_o  = ready[unit_i];
  assign out_valid_o = valid[unit_i];
  assign out_funct_o = chosen.command.funct;
  assign out_rs1_o   = chosen.command.rs1;
  assign out_rs2_o   = chosen.command.rs2;
  assign out_owner_o = chosen.owner;
  assign busy_o      = busy[unit_i];

  loop_matmul u_matmul (
    .clk_i,
    .rst_ni,
    .in_valid_i (in_valid_i && !unit_i),
    .in_ready_o (ready[0]),
    .in_i       ('{owner: '0, command: in}),
    .out_valid_o(valid[0]),
    .out_ready_i(out_ready_i && !unit_i),
    .out_o      (out[0]),
    .left_i     (left[0]),
    .busy_o     (busy[0])
  );

  loop_conv u_conv (
    .clk_i,
    .rst_ni,
    .in_valid_i (in_valid_i && unit_i),
    .in_ready_o (ready[1]),
    .in_i       (in),
    .out_valid_o(valid[1]),
    .out_ready_i(out_ready_i && unit_i),
    .out_o      (out[1]),
    .left_i     (left[1]),
    .busy_o     (busy[1])
  );
endmodule : loop_bench
