// SPDX-License-Identifier: Apache-2.0
/// Brings the host's commands to the reservation station, in order, through four queues of two
/// (raw, convolution, matmul, unrolled), with an unroller of loops behind the second and the third.
/// A plain command accepted in t is offered to the station in t + 4 at the earliest. Flush, clock
/// gate and counter access are consumed at the end of the queues and never reach the station.
module command_front_end
  import accelerator_pkg::*;
  import loop_pkg::*;
(
  input  logic        clk_i,
  input  logic        rst_ni,

  input  logic        command_valid_i,
  output logic        command_ready_o,
  input  command_t    command_i,

  output logic        allocate_valid_o,
  input  logic        allocate_ready_i,
  output command_t    allocate_o,
  output loop_owner_t allocate_owner_o,

  // Commands of each unroller that leave the station
  input  left_t       left_i [LoopUnits],

  // A counter access that is consumed in this cycle
  output logic        counter_valid_o,
  output logic [63:0] counter_rs1_o,

  output logic        busy_o,
  output logic        matmul_loop_o  // a slot of the matmul unroller is configured
);
  localparam int unsigned StageDepth = 2;

  // Behind each queue, and what goes into the next one
  logic           raw_valid, raw_ready, conv_valid, conv_ready, matmul_valid, matmul_ready;
  logic           to_matmul_valid, to_matmul_ready, to_unrolled_valid, to_unrolled_ready;
  logic           unrolled_valid, unrolled_ready, conv_busy, matmul_busy;
  command_t       raw, conv;
  owned_command_t to_matmul, matmul, to_unrolled, unrolled;

  fifo #(
    .Depth (StageDepth),
    .data_t(command_t)
  ) u_raw_queue (
    .clk_i,
    .rst_ni,
    .in_valid_i (command_valid_i),
    .in_ready_o (command_ready_o),
    .in_i       (command_i),
    .out_valid_o(raw_valid),
    .out_ready_i(raw_ready),
    .out_o      (raw)
  );

  fifo #(
    .Depth (StageDepth),
    .data_t(command_t)
  ) u_conv_queue (
    .clk_i,
    .rst_ni,
    .in_valid_i (raw_valid),
    .in_ready_o (raw_ready),
    .in_i       (raw),
    .out_valid_o(conv_valid),
    .out_ready_i(conv_ready),
    .out_o      (conv)
  );

  loop_conv u_loop_conv (
    .clk_i,
    .rst_ni,
    .in_valid_i (conv_valid),
    .in_ready_o (conv_ready),
    .in_i       (conv),
    .out_valid_o(to_matmul_valid),
    .out_ready_i(to_matmul_ready),
    .out_o      (to_matmul),
    .left_i     (left_i[ConvUnit]),
    .busy_o     (conv_busy)
  );

  fifo #(
    .Depth (StageDepth),
    .data_t(owned_command_t)
  ) u_matmul_queue (
    .clk_i,
    .rst_ni,
    .in_valid_i (to_matmul_valid),
    .in_ready_o (to_matmul_ready),
    .in_i       (to_matmul),
    .out_valid_o(matmul_valid),
    .out_ready_i(matmul_ready),
    .out_o      (matmul)
  );

  loop_matmul u_loop_matmul (
    .clk_i,
    .rst_ni,
    .in_valid_i (matmul_valid),
    .in_ready_o (matmul_ready),
    .in_i       (matmul),
    .out_valid_o(to_unrolled_valid),
    .out_ready_i(to_unrolled_ready),
    .out_o      (to_unrolled),
    .left_i     (left_i[MatmulUnit]),
    .busy_o     (matmul_busy)
  );
  assign matmul_loop_o = matmul_busy;

  fifo #(
    .Depth (StageDepth),
    .data_t(owned_command_t)
  ) u_unrolled_queue (
    .clk_i,
    .rst_ni,
    .in_valid_i (to_unrolled_valid),
    .in_ready_o (to_unrolled_ready),
    .in_i       (to_unrolled),
    .out_valid_o(unrolled_valid),
    .out_ready_i(unrolled_ready),
    .out_o      (unrolled)
  );

  logic is_consumed_here;
  assign is_consumed_here = unrolled.command.funct inside {FunctFlush, FunctClockGate,
                                                           FunctCounter};
  assign allocate_valid_o = unrolled_valid && !is_consumed_here;
  assign allocate_o       = unrolled.command;
  assign allocate_owner_o = unrolled.owner;
  assign counter_valid_o  = unrolled_valid && unrolled.command.funct == FunctCounter;
  assign counter_rs1_o    = unrolled.command.rs1;
  assign unrolled_ready   = is_consumed_here || allocate_ready_i;
  assign busy_o           = raw_valid || conv_valid || matmul_valid || unrolled_valid
                         || conv_busy || matmul_busy;
endmodule : command_front_end
