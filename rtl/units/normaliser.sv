// SPDX-License-Identifier: Apache-2.0

/// Statistics of accumulator rows, for layer normalisation and softmax, in StatisticsContexts
/// contexts. A block of a row is taken in t where `valid_i` and `ready_o` are high; sums and maxima
/// hold it from t + 1 on. Where the command asks for a result, the next block is taken when it is
/// there:
///
///   mean                              t + 33   32 cycles of division
///   inverse deviation                 t + 75   32 of division, 16 of the root, 26 of the reciprocal
///   inverse sum of the exponentials   t + 27   26 of the reciprocal
///
/// `done_o` is high in the last cycle of a block. `written_i` says that a row of the context went to
/// memory: its statistics start anew. Sums and products wrap at 32 bits.
module normaliser
  import accelerator_pkg::*;
  import array_side_pkg::*;
(
  input  logic                             clk_i,
  input  logic                             rst_ni,

  input  logic                             valid_i,
  output logic                             ready_o,
  input  norm_command_e                    command_i,
  input  logic [StatisticsContextBits-1:0] stats_id_i,
  input  normaliser_constants_t            constants_i,
  input  logic [15:0]                      lanes_i,
  input  accumulator_row_t                 row_i,
  output logic                             done_o,

  // The row that is scaled in this cycle.
  input  logic                             written_i,
  input  normalisation_t                   written_settings_i,
  output row_normalisation_t               row_normalisation_o
);

  localparam logic signed [31:0] Least = 32'sh8000_0000;

  typedef enum logic [1:0] {
    Idle       = 2'd0,
    Divide     = 2'd1,
    Root       = 2'd2,
    Reciprocal = 2'd3
  } state_e;

  typedef logic [StatisticsContextBits-1:0] context_t;

  // ---- Statistics of each context ----

  logic [StatisticsContexts-1:0] restarts_q;
  logic signed [31:0] sum_q [StatisticsContexts];
  logic [31:0] count_q [StatisticsContexts];
  logic signed [31:0] running_max_q [StatisticsContexts];
  logic signed [31:0] mean_q [StatisticsContexts];
  logic signed [31:0] max_q [StatisticsContexts];
  logic [31:0] inverse_deviation_q [StatisticsContexts];
  logic [31:0] inverse_sum_q [StatisticsContexts];

  // ---- One block ----

  context_t id;
  logic take, is_sum, is_variance, is_exponential;
  logic signed [31:0] sum_before, max_before, sum, max;
  logic [31:0] count_before, count;
  logic signed [31:0] term [Dim];

  assign take           = valid_i && ready_o;
  assign id             = stats_id_i;
  assign is_sum         = command_i inside {NormSum, NormMean};
  assign is_variance    = command_i inside {NormVariance, NormInverseDeviation};
  assign is_exponential = command_i inside {NormSumExponentials, NormInverseSumExponentials};
  assign sum_before     = restarts_q[id] ? '0 : sum_q[id];
  assign count_before   = restarts_q[id] ? '0 : count_q[id];
  assign max_before     = restarts_q[id] ? Least : running_max_q[id];
  assign count          = count_before + (is_sum || is_variance ? 32'(lanes_i) : '0);

  for (genvar lane = 0; lane < Dim; lane++) begin : gen_lane
    logic signed [31:0] value, distance, exponential;

    assign value    = $signed(row_i[lane]);
    assign distance = value - (is_variance ? mean_q[id] : max_before);

    integer_exponential u_exponential (
      .q_i       (distance),
      .qb_i      (constants_i.qb),
      .qc_i      (constants_i.qc),
      .qln2_i    (constants_i.qln2),
      .qln2_inv_i(constants_i.qln2_inv),
      .value_o   (exponential)
    );

    always_comb begin
      term[lane] = '0;
      if (16'(lane) < lanes_i) begin
        if (is_sum) term[lane] = value;
        if (is_variance) term[lane] = distance * distance;
        if (is_exponential) term[lane] = exponential;
      end
    end
  end

  always_comb begin
    sum = sum_before;
    max = max_before;
    for (int unsigned lane = 0; lane < Dim; lane++) begin
      sum = sum + term[lane];
      if (command_i == NormMax && 16'(lane) < lanes_i && $signed(row_i[lane]) > max) begin
        max = $signed(row_i[lane]);
      end
    end
  end

  // ---- Results: one context at a time ----

  state_e state_q, state_d;
  context_t id_q;
  norm_command_e command_q;
  logic divided, rooted, inverted, starts_root, starts_reciprocal;
  logic [31:0] quotient, inverse, sum_float, deviation_float;
  logic [15:0] root, root_q;
  logic signed [31:0] signed_quotient, variance_q;
  logic [31:0] deviation;
  logic is_softmax;

  assign ready_o = state_q == Idle;
  assign is_softmax = command_q == NormInverseSumExponentials;

  always_comb begin
    state_d = state_q;
    done_o  = 1'b0;
    unique case (state_q)
      Idle: begin
        done_o = take;
        if (take) begin
          unique case (command_i)
            NormMean, NormInverseDeviation: state_d = Divide;
            NormInverseSumExponentials:     state_d = Reciprocal;
            default: ;
          endcase
        end
        if (state_d != Idle) done_o = 1'b0;
      end
      Divide: begin
        if (divided) begin
          done_o  = command_q == NormMean;
          state_d = command_q == NormMean ? Idle : Root;
        end
      end
      Root: if (rooted) state_d = Reciprocal;
      Reciprocal: begin
        if (inverted) begin
          done_o  = 1'b1;
          state_d = Idle;
        end
      end
      default: state_d = Idle;
    endcase
  end

  assign starts_root       = state_q == Divide && state_d == Root;
  assign starts_reciprocal = state_q != Reciprocal && state_d == Reciprocal;

  serial_divider #(
    .Width(32)
  ) u_divider (
    .clk_i     (clk_i),
    .rst_ni    (rst_ni),
    .start_i   (state_q == Idle && state_d == Divide),
    .dividend_i(sum[31] ? -sum : sum),
    .divisor_i (count_q[id_q]),
    .done_o    (divided),
    .quotient_o(quotient)
  );

  assign signed_quotient = sum_q[id_q][31] ? -$signed(quotient) : $signed(quotient);

  serial_root u_root (
    .clk_i     (clk_i),
    .rst_ni    (rst_ni),
    .start_i   (starts_root),
    .radicand_i(signed_quotient),
    .done_o    (rooted),
    .root_o    (root)
  );

  // A sum of squares may have wrapped below 0.
  always_comb begin
    deviation = {16'd0, root_q};
    if (variance_q == '0) deviation = 32'd1;
    if (variance_q[31]) deviation = 32'h7FFF_FFFF;
  end

  int_to_float #(
    .Width(32)
  ) u_deviation_float (
    .value_i(deviation),
    .float_o(deviation_float)
  );

  int_to_float #(
    .Width(32)
  ) u_sum_float (
    .value_i(sum_q[id_q]),
    .float_o(sum_float)
  );

  serial_reciprocal u_reciprocal (
    .clk_i     (clk_i),
    .rst_ni    (rst_ni),
    .start_i   (starts_reciprocal),
    .of_127_i  (state_q == Idle),
    .divisor_i (is_softmax ? sum_float : deviation_float),
    .done_o    (inverted),
    .quotient_o(inverse)
  );

  // ---- Registers ----

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q    <= Idle;
      restarts_q <= '1;
      for (int unsigned i = 0; i < StatisticsContexts; i++) begin
        sum_q[i]               <= '0;
        count_q[i]             <= '0;
        running_max_q[i]       <= Least;
        mean_q[i]              <= '0;
        max_q[i]               <= Least;
        inverse_deviation_q[i] <= '0;
        inverse_sum_q[i]       <= '0;
      end
    end else begin
      state_q <= state_d;
      if (written_i) restarts_q[written_settings_i.stats_id] <= 1'b1;
      if (take) begin
        restarts_q[id]    <= command_i inside {NormMean, NormInverseDeviation};
        sum_q[id]         <= sum;
        count_q[id]       <= count;
        running_max_q[id] <= command_i == NormInverseSumExponentials ? Least : max;
        if (is_exponential) max_q[id] <= max_before;
      end
      if (state_q == Divide && divided && command_q == NormMean) mean_q[id_q] <= signed_quotient;
      if (state_q == Reciprocal && inverted) begin
        if (is_softmax) begin
          inverse_sum_q[id_q] <= inverse;
        end else begin
          inverse_deviation_q[id_q] <= inverse;
        end
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (take) begin
      id_q      <= id;
      command_q <= command_i;
    end
    if (starts_root) variance_q <= signed_quotient;
    if (rooted) root_q <= root;
  end

  // ---- For the row that is scaled ----

  context_t written_id;
  assign written_id = written_settings_i.stats_id;

  always_comb begin
    row_normalisation_o           = '0;
    row_normalisation_o.constants = written_settings_i.constants;
    unique case (written_settings_i.activation)
      ActivationLayerNorm: begin
        row_normalisation_o.kind   = NormaliseLayer;
        row_normalisation_o.origin = mean_q[written_id];
        row_normalisation_o.factor = inverse_deviation_q[written_id];
      end
      ActivationGelu: row_normalisation_o.kind = NormaliseGelu;
      ActivationSoftmax: begin
        row_normalisation_o.kind   = NormaliseSoftmax;
        row_normalisation_o.origin = max_q[written_id];
        row_normalisation_o.factor = inverse_sum_q[written_id];
      end
      default: ;
    endcase
  end

  // ---- Rules of use ----

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      assert (!(take && written_i)) else $error("a row is taken and another written");
      assert (!take || command_i != NormWrite) else $error("a row for memory has no statistics");
    end
  end

endmodule : normaliser
