// SPDX-License-Identifier: Apache-2.0

/// The systolic array: Dim x Dim processing elements, rows skewed on their way in and straightened
/// on their way out. A row enters in a cycle with `row_valid_i`; its result row is at the output
/// (TileLatency + 1)(2 Dim - 1) + OutputDelay cycles later, with `result_valid_o`. Never stalls; a
/// cycle without a row is a bubble, which changes nothing in the array.
///
///   A: lane r enters from the west in row r of the array. B, D: lane c from the north in column c.
///   Weight-stationary: D lanes are weights for the idle registers, B lanes start the sums.
///   Output-stationary: B lanes are operands, D lanes initial values for the idle registers.
///
/// `active_i` says which of the two registers computes for this row, `shift_i` whether the row shifts
/// the idle ones.
module mesh #(
  parameter int unsigned Dim                 = accelerator_pkg::Dim,
  parameter int unsigned OutputBits          = accelerator_pkg::OutputBits,
  parameter bit          HasWeightStationary = accelerator_pkg::HasWeightStationary,
  parameter bit          HasOutputStationary = accelerator_pkg::HasOutputStationary,
  parameter int unsigned TileLatency         = accelerator_pkg::TileLatency,
  parameter int unsigned OutputDelay         = accelerator_pkg::OutputDelay
) (
  input  logic                           clk_i,
  input  logic                           rst_ni,

  input  logic                           row_valid_i,
  input  logic                           row_last_i,           // travels with the row
  input  logic                           weight_stationary_i,
  input  logic                           active_i,
  input  logic                           shift_i,
  input  logic [Dim-1:0][7:0]            a_i,
  input  logic [Dim-1:0][7:0]            b_i,
  input  logic [Dim-1:0][7:0]            d_i,

  output logic                           result_valid_o,
  output logic                           result_last_o,
  output logic [Dim-1:0][OutputBits-1:0] result_o
);

  localparam int unsigned Step      = TileLatency + 1;            // cycles from PE to PE
  localparam int unsigned Latency   = Step * (2 * Dim - 1) + OutputDelay;
  localparam int unsigned MostDelay = Step * (Dim - 1) + OutputDelay;
  localparam int unsigned SlotBits  = $clog2(MostDelay + 1);

  // ---- The wavefront: control of the row that is `k` cycles into the array ----

  logic [Latency:0] valid, last, weight_stationary, active, shift;
  logic [Latency-1:0] valid_q, last_q, weight_stationary_q, active_q, shift_q;

  assign valid             = {valid_q, row_valid_i};
  assign last              = {last_q, row_last_i};
  assign weight_stationary = {weight_stationary_q, weight_stationary_i};
  assign active            = {active_q, active_i};
  assign shift             = {shift_q, shift_i};

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      valid_q <= '0;
    end else begin
      valid_q <= valid[Latency-1:0];
    end
  end

  always_ff @(posedge clk_i) begin
    if (valid != '0) begin
      last_q              <= last[Latency-1:0];
      weight_stationary_q <= weight_stationary[Latency-1:0];
      active_q            <= active[Latency-1:0];
      shift_q             <= shift[Latency-1:0];
    end
  end

  // ---- Skew: rows stand in rings, each lane is read as late as it is due; no data moves ----

  logic [SlotBits-1:0] slot_q;
  logic [Dim-1:0][7:0] a_ring_q [2**SlotBits];
  logic [Dim-1:0][7:0] wide_ring_q [2**SlotBits];
  logic [Dim-1:0][7:0] narrow_ring_q [2**SlotBits];
  logic [Dim-1:0][7:0] wide_row, narrow_row;

  assign wide_row   = weight_stationary_i ? b_i : d_i;
  assign narrow_row = weight_stationary_i ? d_i : b_i;

  // The slot need not advance while the array is empty.
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      slot_q <= '0;
    end else if (valid != '0) begin
      slot_q <= slot_q + SlotBits'(1);
    end
  end

  always_ff @(posedge clk_i) begin
    if (row_valid_i) begin
      a_ring_q[slot_q]      <= a_i;
      wide_ring_q[slot_q]   <= wide_row;
      narrow_ring_q[slot_q] <= narrow_row;
    end
  end

  logic signed [7:0]            a      [Dim][Dim+1];  // [row][column]: west side of a PE
  logic signed [OutputBits-1:0] wide   [Dim+1][Dim];  // [row][column]: north side of a PE
  logic signed [7:0]            narrow [Dim+1][Dim];

  for (genvar lane = 0; lane < Dim; lane++) begin : gen_skew
    if (lane == 0) begin : gen_first
      assign a[0][0]      = a_i[0];
      assign wide[0][0]   = OutputBits'($signed(wide_row[0]));
      assign narrow[0][0] = narrow_row[0];
    end else begin : gen_later
      logic [SlotBits-1:0] slot;
      assign slot            = slot_q - SlotBits'(Step * lane);
      assign a[lane][0]      = a_ring_q[slot][lane];
      assign wide[0][lane]   = OutputBits'($signed(wide_ring_q[slot][lane]));
      assign narrow[0][lane] = narrow_ring_q[slot][lane];
    end
  end

  // ---- The array ----

  for (genvar row = 0; row < Dim; row++) begin : gen_row
    for (genvar column = 0; column < Dim; column++) begin : gen_column
      localparam int unsigned Due = Step * (row + column);

      logic signed [7:0] a_out, narrow_out;
      logic signed [OutputBits-1:0] wide_out;

      pe #(
        .OutputBits         (OutputBits),
        .HasWeightStationary(HasWeightStationary),
        .HasOutputStationary(HasOutputStationary)
      ) u_pe (
        .clk_i              (clk_i),
        .valid_i            (valid[Due]),
        .weight_stationary_i(weight_stationary[Due]),
        .active_i           (active[Due]),
        .shift_i            (shift[Due]),
        .a_i                (a[row][column]),
        .wide_i             (wide[row][column]),
        .narrow_i           (narrow[row][column]),
        .a_o                (a_out),
        .wide_o             (wide_out),
        .narrow_o           (narrow_out)
      );

      if (TileLatency == 0) begin : gen_direct
        assign a[row][column+1]      = a_out;
        assign wide[row+1][column]   = wide_out;
        assign narrow[row+1][column] = narrow_out;
      end else begin : gen_pipeline
        logic [TileLatency-1:0][OutputBits+15:0] pipeline_q;
        always_ff @(posedge clk_i) begin
          pipeline_q <= (TileLatency * (OutputBits + 16))'({pipeline_q, a_out, narrow_out,
                                                            wide_out});
        end
        assign {a[row][column+1], narrow[row+1][column], wide[row+1][column]} =
            pipeline_q[TileLatency-1];
      end
    end
  end

  // ---- Straightening: column c waits for the last column, then all pass the output registers ----

  for (genvar column = 0; column < Dim; column++) begin : gen_straighten
    localparam int unsigned Ready = Step * (Dim + column);
    localparam int unsigned Wait  = Latency - Ready;
    if (Wait == 0) begin : gen_none
      assign result_o[column] = wide[Dim][column];
    end else begin : gen_wait
      logic [OutputBits-1:0] ring_q [2**SlotBits];
      always_ff @(posedge clk_i) begin
        if (valid[Ready]) ring_q[slot_q] <= wide[Dim][column];
      end
      assign result_o[column] = ring_q[slot_q - SlotBits'(Wait)];
    end
  end

  assign result_valid_o = valid[Latency];
  assign result_last_o  = last[Latency];

endmodule : mesh
