// SPDX-License-Identifier: Apache-2.0

/// One processing element of the array. Two stationary registers: the active one computes while the
/// idle one is shifted from north to south, a step with each row that has `shift_i`.
/// Weight-stationary: sums go north to south in `wide`, weights in `narrow`.
/// Output-stationary: B operands go north to south in `narrow`; `wide` carries initial values in and
/// results out of the idle registers. Sums wrap at OutputBits.
/// Acts only in cycles with `valid_i`; outputs are registers (latency 1).
module pe #(
  parameter int unsigned OutputBits          = accelerator_pkg::OutputBits,
  parameter bit          HasWeightStationary = accelerator_pkg::HasWeightStationary,
  parameter bit          HasOutputStationary = accelerator_pkg::HasOutputStationary
) (
  input  logic                         clk_i,
  input  logic                         valid_i,
  input  logic                         weight_stationary_i,
  input  logic                         active_i,  // which register computes
  input  logic                         shift_i,   // the idle register takes part
  input  logic signed [7:0]            a_i,       // from the west
  input  logic signed [OutputBits-1:0] wide_i,    // from the north
  input  logic signed [7:0]            narrow_i,
  output logic signed [7:0]            a_o,       // to the east
  output logic signed [OutputBits-1:0] wide_o,    // to the south
  output logic signed [7:0]            narrow_o
);

  // Weights need 8 bits, running sums all.
  localparam int unsigned StationaryBits = HasOutputStationary ? OutputBits : 8;

  logic signed [StationaryBits-1:0] register0_q, register1_q, active, idle, idle_d, active_d;
  logic signed [OutputBits-1:0] wide_d, addend, sum;
  logic signed [7:0] narrow_d, factor;
  logic signed [15:0] product;
  logic weight_stationary;

  assign weight_stationary = HasWeightStationary && (weight_stationary_i || !HasOutputStationary);

  assign active = active_i ? register1_q : register0_q;
  assign idle   = active_i ? register0_q : register1_q;

  assign factor  = weight_stationary ? active[7:0] : narrow_i;
  assign addend  = weight_stationary ? wide_i : OutputBits'(active);
  assign product = 16'(a_i) * 16'(factor);
  assign sum     = addend + OutputBits'(product);

  assign wide_d   = weight_stationary ? sum : OutputBits'(idle);
  assign narrow_d = weight_stationary ? idle[7:0] : narrow_i;
  assign idle_d   = !shift_i          ? idle
                  : weight_stationary ? StationaryBits'(narrow_i) : StationaryBits'(wide_i);
  assign active_d = weight_stationary ? active : StationaryBits'(sum);

  // No reset: what was not written by a row is never part of a result.
  always_ff @(posedge clk_i) begin
    if (valid_i) begin
      a_o         <= a_i;
      wide_o      <= wide_d;
      narrow_o    <= narrow_d;
      register0_q <= active_i ? idle_d : active_d;
      register1_q <= active_i ? active_d : idle_d;
    end
  end

endmodule : pe
