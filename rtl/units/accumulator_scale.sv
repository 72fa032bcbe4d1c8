// SPDX-License-Identifier: Apache-2.0

/// Scales rows read from the accumulator: 8-bit elements pass activation (ReLU or a normalisation),
/// scale and saturation, full-width ones pass unchanged. With fewer units than lanes, unit u handles
/// lanes u, u + Units, … one after the other.
/// A row is taken in t where `valid_i` and `ready_o` are high; it stands at the output in
/// t + Latency - 1, for one cycle, so that whoever keeps it has it in t + Latency.
module accumulator_scale
  import array_side_pkg::row_normalisation_t;
#(
  parameter int unsigned Lanes     = accelerator_pkg::Dim,
  parameter int unsigned Units     = accelerator_pkg::AccumulatorScaleUnits,
  parameter int unsigned Latency   = accelerator_pkg::AccumulatorScaleLatency,
  parameter bit          FullWidth = accelerator_pkg::FullWidthAccumulatorRead,
  parameter int unsigned TagBits   = 1,
  localparam int unsigned OutBytes = FullWidth ? 4 * Lanes : Lanes
) (
  input  logic                    clk_i,
  input  logic                    rst_ni,

  input  logic                    valid_i,
  output logic                    ready_o,
  input  logic [4*Lanes-1:0][7:0] row_i,
  input  logic                    relu_i,
  input  row_normalisation_t      normalisation_i,
  input  logic [31:0]             scale_i,
  input  logic                    full_width_i,
  input  logic [TagBits-1:0]      tag_i,

  output logic                    valid_o,
  output logic [OutBytes-1:0][7:0] row_o,
  output logic [TagBits-1:0]      tag_o
);

  localparam int unsigned Groups = (Lanes + Units - 1) / Units;
  // Units can take turns only where the latency is as long as all turns together.
  localparam bit          TakesTurns   = Groups > 1 && Latency >= Groups;
  localparam int unsigned Turns        = TakesTurns ? Groups : 1;
  localparam int unsigned UnitsBuilt   = TakesTurns ? Units : Lanes;
  localparam int unsigned IntervalBits = Groups > 1 ? $clog2(Groups) : 1;

  logic take;
  assign take = valid_i && ready_o;

  // ---- One row in Groups cycles ----

  if (Groups > 1) begin : gen_interval
    logic [IntervalBits-1:0] wait_q;  // cycles until the next row may be taken
    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) begin
        wait_q <= '0;
      end else if (take) begin
        wait_q <= IntervalBits'(Groups - 1);
      end else if (wait_q != '0) begin
        wait_q <= wait_q - 1'b1;
      end
    end
    assign ready_o = wait_q == '0;
  end else begin : gen_every_cycle
    assign ready_o = 1'b1;
  end

  // ---- Arithmetic: turn g, g cycles after the row was taken ----

  logic [UnitsBuilt-1:0][31:0] unit_value;
  logic [UnitsBuilt-1:0][7:0] unit_result;
  logic unit_relu;
  row_normalisation_t unit_normalisation;
  logic [31:0] unit_scale;

  for (genvar unit = 0; unit < UnitsBuilt; unit++) begin : gen_unit
    accumulator_scale_lane u_lane (
      .value_i        (unit_value[unit]),
      .relu_i         (unit_relu),
      .normalisation_i(unit_normalisation),
      .scale_i        (unit_scale),
      .value_o        (unit_result[unit])
    );
  end

  logic done;                            // the row's last turn is in this cycle
  logic [Lanes-1:0][7:0] scaled;
  logic [4*Lanes-1:0][7:0] raw;
  logic full_width;
  logic [TagBits-1:0] tag;

  if (!TakesTurns) begin : gen_at_once
    // Idle units see nothing change.
    always_comb begin
      unit_value         = '0;
      unit_relu          = 1'b0;
      unit_normalisation = '0;
      unit_scale         = '0;
      if (take && !(FullWidth && full_width_i)) begin
        unit_value         = row_i;
        unit_relu          = relu_i;
        unit_normalisation = normalisation_i;
        unit_scale         = scale_i;
      end
    end
    assign done       = take;
    assign scaled     = unit_result;
    assign raw        = row_i;
    assign full_width = full_width_i;
    assign tag        = tag_i;
  end else begin : gen_turns
    localparam int unsigned TurnBits = $clog2(Turns);
    logic [TurnBits-1:0] turn_q, turn;
    logic running_q, relu_q, full_width_q;
    logic [31:0] scale_q;
    row_normalisation_t normalisation_q;
    logic [TagBits-1:0] tag_q;
    logic [Lanes-1:0][31:0] row_q, row;
    logic [Lanes-1:0][7:0] collected_q;

    assign turn       = take ? '0 : turn_q;
    assign row        = take ? row_i : row_q;
    assign unit_relu  = take ? relu_i : relu_q;
    assign unit_scale = take ? scale_i : scale_q;
    assign unit_normalisation = take ? normalisation_i : normalisation_q;
    assign done       = running_q && turn_q == TurnBits'(Turns - 1);
    assign raw        = row_q;
    assign full_width = full_width_q;
    assign tag        = tag_q;

    always_comb begin
      unit_value = '0;
      if (take || running_q) begin
        for (int unsigned lane = 0; lane < Lanes; lane++) begin
          if (turn == TurnBits'(lane / UnitsBuilt)) unit_value[lane%UnitsBuilt] = row[lane];
        end
      end
    end

    always_comb begin
      scaled = collected_q;
      for (int unsigned lane = 0; lane < Lanes; lane++) begin
        if (turn == TurnBits'(lane / UnitsBuilt)) scaled[lane] = unit_result[lane%UnitsBuilt];
      end
    end

    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) begin
        running_q <= 1'b0;
        turn_q    <= '0;
      end else begin
        if (take) begin
          running_q <= 1'b1;
          turn_q    <= TurnBits'(1);
        end else if (running_q) begin
          if (done) running_q <= 1'b0;
          turn_q <= turn_q + 1'b1;
        end
      end
    end

    always_ff @(posedge clk_i) begin
      if (take) begin
        row_q           <= row_i;
        relu_q          <= relu_i;
        normalisation_q <= normalisation_i;
        scale_q         <= scale_i;
        full_width_q    <= full_width_i;
        tag_q           <= tag_i;
      end
      if (take || running_q) collected_q <= scaled;
    end
  end

  logic [OutBytes-1:0][7:0] result;

  if (FullWidth) begin : gen_full_width
    assign result = full_width ? raw : (OutBytes * 8)'(scaled);
  end else begin : gen_narrow
    logic unused_raw;
    assign unused_raw = ^{raw, full_width};
    assign result     = scaled;
  end

  // ---- The rest of the latency: registers for a retiming flow to spread ----

  localparam int unsigned Stages = Latency - Turns;

  if (Stages == 0) begin : gen_direct
    assign valid_o = done;
    assign row_o   = result;
    assign tag_o   = tag;
  end else begin : gen_pipeline
    logic [Stages-1:0] valid_q;
    logic [OutBytes-1:0][7:0] row_q [Stages];
    logic [TagBits-1:0] tag_q [Stages];

    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) begin
        valid_q <= '0;
      end else begin
        valid_q <= Stages'({valid_q, done});
      end
    end

    for (genvar i = 0; i < Stages; i++) begin : gen_stage
      always_ff @(posedge clk_i) begin
        if (i == 0 ? done : valid_q[i > 0 ? i - 1 : 0]) begin
          row_q[i] <= i == 0 ? result : row_q[i > 0 ? i - 1 : 0];
          tag_q[i] <= i == 0 ? tag : tag_q[i > 0 ? i - 1 : 0];
        end
      end
    end

    assign valid_o = valid_q[Stages-1];
    assign row_o   = row_q[Stages-1];
    assign tag_o   = tag_q[Stages-1];
  end

  // ---- Rules of use ----

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      assert (FullWidth || !(valid_i && full_width_i)) else $error("full width is not built in");
    end
  end

endmodule : accumulator_scale
