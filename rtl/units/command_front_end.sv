// SPDX-License-Identifier: Apache-2.0
/// Brings the host's commands to the reservation station, in order, through four queues of two
/// (raw, convolution, matmul, unrolled). A command accepted in t is offered to the station in t + 4
/// at the earliest. Flush, clock gate and counter access are consumed at the end of the queues and
/// never reach the station.
module command_front_end
  import accelerator_pkg::*;
(
  input  logic        clk_i,
  input  logic        rst_ni,

  input  logic        command_valid_i,
  output logic        command_ready_o,
  input  command_t    command_i,

  output logic        allocate_valid_o,
  input  logic        allocate_ready_i,
  output command_t    allocate_o,

  // A counter access that is consumed in this cycle
  output logic        counter_valid_o,
  output logic [63:0] counter_rs1_o,

  output logic        busy_o
);
  localparam int unsigned Stages = 4;
  localparam int unsigned StageDepth = 2;

  // Between the queues; index 0 is the host's side.
  logic [Stages:0] valid, ready;
  command_t        command [Stages+1];
  logic            is_consumed_here;

  assign valid[0]        = command_valid_i;
  assign command[0]      = command_i;
  assign command_ready_o = ready[0];

  for (genvar i = 0; i < Stages; i++) begin : gen_queue
    fifo #(
      .Depth (StageDepth),
      .data_t(command_t)
    ) u_queue (
      .clk_i,
      .rst_ni,
      .in_valid_i (valid[i]),
      .in_ready_o (ready[i]),
      .in_i       (command[i]),
      .out_valid_o(valid[i+1]),
      .out_ready_i(ready[i+1]),
      .out_o      (command[i+1])
    );
  end

  assign is_consumed_here = command[Stages].funct inside {FunctFlush, FunctClockGate, FunctCounter};
  assign allocate_valid_o = valid[Stages] && !is_consumed_here;
  assign allocate_o       = command[Stages];
  assign counter_valid_o  = valid[Stages] && command[Stages].funct == FunctCounter;
  assign counter_rs1_o    = command[Stages].rs1;
  assign ready[Stages]    = is_consumed_here || allocate_ready_i;
  assign busy_o           = |valid[Stages:1];
endmodule : command_front_end
