// SPDX-License-Identifier: Apache-2.0

/// Decides what the array does next. Whenever no request is being fed it looks at the first three
/// commands that it sees and, in the same cycle, applies a configuration, hands a request to the
/// row feeder (whose row 0 is fed in this cycle), or asks for a flush.
///
/// A command that was fed and writes no result completes from the cycle after its last row, through
/// `fed_done`; a configuration in the cycle in which it is applied. Preloads with a real C are
/// completed by the result writer.
module execute_controller
  import accelerator_pkg::*;
  import array_side_pkg::*;
(
  input  logic                 clk_i,
  input  logic                 rst_ni,

  // Expander: what is seen of the queue
  input  logic           [2:0] head_valid_i,
  input  execute_entry_t [2:0] head_i,
  output logic           [1:0] take_o,
  output logic                 expands_o,           // weight-stationary with B transpose

  // Row feeder: takes a request, or a flush, in any cycle in which it is idle
  input  logic                 feeder_idle_i,
  output logic                 request_valid_o,
  output request_t             request_o,
  output logic                 flush_valid_o,
  output logic                 flush_drives_out_o,  // else the flush is bubbles
  output logic                 flush_active_o,      // which register computes while it drives out
  input  logic                 last_row_fed_i,

  // Result writer: one tag for each request and each flush that drives out, in order
  output logic                 tag_valid_o,
  output result_tag_t          tag_o,
  output logic                 weight_stationary_o,  // constant while a result is on its way
  output logic                 relu_o,
  output logic           [4:0] shift_o,
  output local_row_t           c_stride_o,
  input  logic                 result_done_i,       // the oldest result with a real C is complete

  // Completion port of the station
  output logic                 fed_done_valid_o,
  input  logic                 fed_done_ready_i,
  output execute_id_t          fed_done_id_o
);

  // A request starts not earlier than this long after the last row of the fifth before it was fed:
  // ScratchpadReadDelay before that row's output.
  localparam int unsigned TagsInFlight = 5;
  localparam int unsigned TagDelay     = 2 + ArrayLatency;
  localparam int unsigned DelayBits    = $clog2(TagDelay + 1);
  localparam int unsigned LeastRows = 4;        // of a request: keeps two writes of a row apart

  // ---- Configuration ----

  execute_config_t config_q, config_d;
  logic weight_stationary;

  assign weight_stationary   = config_q.weight_stationary;
  assign expands_o           = config_q.weight_stationary && config_q.b_transpose;
  assign weight_stationary_o = config_q.weight_stationary;
  assign relu_o              = config_q.relu;
  assign shift_o             = config_q.shift;
  assign c_stride_o          = local_row_t'(config_q.c_stride);

  function automatic execute_config_t decode_config(execute_config_t old, logic [63:0] rs1,
                                                    logic [4:0] shift, logic [15:0] c_stride);
    automatic execute_config_t result = old;
    result.a_stride = rs1[ConfigExecuteAStrideLsb+:16];
    result.c_stride = c_stride;
    if (!rs1[ConfigExecuteSetOnlyStridesLsb]) begin
      result.weight_stationary = HasWeightStationary &&
          (!HasOutputStationary || rs1[ConfigExecuteDataflowLsb]);
      result.relu        = rs1[ConfigExecuteActivationLsb+:2] == 2'd1;
      result.a_transpose = rs1[ConfigExecuteATransposeLsb];
      result.b_transpose = rs1[ConfigExecuteBTransposeLsb];
      result.shift       = shift;
    end
    return result;
  endfunction

  // ---- The first three commands ----

  logic is_config;
  logic [1:0] is_preload;
  logic [2:0] is_compute;
  local_block_t [2:0] block1, block2;  // of rs1 and rs2

  for (genvar i = 0; i < 3; i++) begin : gen_head
    logic [6:0] funct;
    assign funct         = head_i[i].command.funct;
    if (i < 2) begin : gen_preload
      assign is_preload[i] = head_valid_i[i] && funct == FunctPreload;
    end
    assign is_compute[i] = head_valid_i[i] &&
                           (funct == FunctComputePreloaded || funct == FunctComputeAccumulated);
    assign block1[i]     = local_block_t'(head_i[i].command.rs1);
    assign block2[i]     = local_block_t'(head_i[i].command.rs2);
  end

  assign is_config = head_valid_i[0] && head_i[0].command.funct == FunctConfig;

  // ---- Operands ----

  function automatic operand_t make_operand(logic present, local_block_t block, logic transposed);
    automatic operand_t operand;
    operand.valid = present && !is_garbage(block.address);
    operand.row   = block.address.row;
    operand.rows  = transposed ? block.cols : block.rows;
    operand.cols  = transposed ? block.rows : block.cols;
    return operand;
  endfunction

  transpose_e transpose;
  logic a_ahead, b_ahead;  // operands that ride one request ahead of their compute

  always_comb begin
    transpose = TransposeNone;
    if (weight_stationary) begin
      if (config_q.a_transpose) transpose = TransposeA;
      else if (config_q.b_transpose) transpose = TransposeD;
    end else begin
      if (!config_q.a_transpose) transpose = TransposeA;
      else if (config_q.b_transpose) transpose = TransposeB;
    end
  end
  assign a_ahead = transpose == TransposeA;
  assign b_ahead = transpose == TransposeB;

  // The parts of a request: the compute at the head, the preload at or behind it, and the compute
  // behind that preload, whose operand may ride along.
  logic has_compute_part, has_preload_part, ahead_present;
  logic d_is_transposed, b_is_transposed;  // as stored
  local_block_t preload_bd, preload_c, ahead_a, ahead_bd;
  logic preload_has_id, preload_is_real;
  execute_id_t preload_id;

  always_comb begin
    if (is_preload[0]) begin
      preload_bd     = block1[0];
      preload_c      = block2[0];
      preload_has_id = head_i[0].has_id;
      preload_id     = head_i[0].id;
      ahead_present  = is_compute[1];
      ahead_a        = block1[1];
      ahead_bd       = block2[1];
    end else begin
      preload_bd     = block1[1];
      preload_c      = block2[1];
      preload_has_id = head_i[1].has_id;
      preload_id     = head_i[1].id;
      ahead_present  = is_compute[2];
      ahead_a        = block1[2];
      ahead_bd       = block2[2];
    end
  end
  assign preload_is_real = !is_garbage(preload_c.address);
  assign d_is_transposed = weight_stationary && config_q.b_transpose;
  assign b_is_transposed = !weight_stationary && config_q.b_transpose;

  // ---- Read-after-write hazards ----

  logic in_progress, hazard, new_result;

  result_hazards u_result_hazards (
    .clk_i                     (clk_i),
    .rst_ni                    (rst_ni),
    .new_result_i              (new_result),
    .result_i                  (preload_c),
    .c_stride_i                (config_q.c_stride),
    .result_done_i             (result_done_i),
    .in_progress_o             (in_progress),
    .looks_i                   (feeder_idle_i),
    .preload_bd_i              (preload_bd),
    .preload_bd_is_transposed_i(d_is_transposed),
    .compute_present_i         (ahead_present),
    .a_i                       (ahead_a),
    .a_is_transposed_i         (config_q.a_transpose),
    .a_stride_i                (config_q.a_stride),
    .bd_i                      (ahead_bd),
    .bd_is_transposed_i        (b_is_transposed),
    .hazard_o                  (hazard)
  );

  // ---- Tags: only so many requests between feeding and last output ----

  logic [DelayBits-1:0] delay_q [TagsInFlight];  // cycles until request n + 5 may start
  logic [2:0] tag_index_q, last_index_q;         // of the next request, of the last one
  logic tag_free;

  assign tag_free = delay_q[tag_index_q] == '0;

  for (genvar i = 0; i < TagsInFlight; i++) begin : gen_delay
    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) begin
        delay_q[i] <= '0;
      end else if (last_row_fed_i && (request_valid_o ? tag_index_q : last_index_q) == 3'(i)) begin
        delay_q[i] <= DelayBits'(TagDelay - 1);
      end else if (delay_q[i] != '0) begin
        delay_q[i] <= delay_q[i] - 1'b1;
      end
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      tag_index_q  <= '0;
      last_index_q <= '0;
    end else if (request_valid_o) begin
      tag_index_q  <= tag_index_q == 3'(TagsInFlight - 1) ? '0 : tag_index_q + 1'b1;
      last_index_q <= tag_index_q;
    end
  end

  // ---- Decision ----

  logic fed_waits, apply_config, flush;
  logic preload_alone, both, compute_alone;

  always_comb begin
    preload_alone = 1'b0;
    both          = 1'b0;
    compute_alone = 1'b0;
    apply_config  = 1'b0;
    flush         = 1'b0;
    if (feeder_idle_i) begin
      if (is_config) begin
        if (!in_progress && !fed_waits) apply_config = 1'b1;
        else if (in_progress) flush = 1'b1;
      end else if (is_preload[0] && head_valid_i[1] && !hazard) begin
        preload_alone = 1'b1;
      end else if (is_compute[0] && is_preload[1] && head_valid_i[2] && !hazard) begin
        both = 1'b1;
      end else if (is_compute[0]) begin
        compute_alone = 1'b1;
      end else if (!weight_stationary && in_progress) begin
        flush = 1'b1;
      end
    end
  end

  assign has_preload_part = preload_alone || both;
  assign has_compute_part = compute_alone || both;
  assign request_valid_o  = (has_preload_part || has_compute_part) && tag_free;
  assign flush_valid_o    = flush;

  always_comb begin
    take_o = 2'd0;
    if (apply_config) take_o = 2'd1;
    if (request_valid_o) take_o = both ? 2'd2 : 2'd1;
  end

  // ---- The request ----

  logic active_q, swap;
  // Results named by the last request and by the one before, which have not left yet.
  result_tag_t last_c_q, before_c_q, new_c;
  request_t request;

  always_comb begin
    automatic logic [15:0] a_rows;
    automatic logic [15:0] b_rows;

    request.a = make_operand(a_ahead ? has_preload_part && ahead_present : has_compute_part,
                             a_ahead ? ahead_a : block1[0], config_q.a_transpose);
    request.b = make_operand(b_ahead ? has_preload_part && ahead_present : has_compute_part,
                             b_ahead ? ahead_bd : block2[0],
                             b_is_transposed);
    request.d = make_operand(has_preload_part, preload_bd, d_is_transposed);

    request.a_stride          = config_q.a_stride;
    request.transpose         = transpose;
    request.preloads          = has_preload_part;
    request.weight_stationary = weight_stationary;
    request.active            = active_q ^ swap;

    a_rows       = request.a.valid ? request.a.rows : 16'd1;
    b_rows       = request.b.valid ? request.b.rows : 16'd1;
    request.rows = 16'(Dim);
    if (weight_stationary && transpose == TransposeNone && !request.d.valid) begin
      request.rows = 16'(LeastRows);
      if (a_rows > request.rows) request.rows = a_rows;
      if (b_rows > request.rows) request.rows = b_rows;
    end
  end
  assign request_o = request;

  // A preload on its own swaps where a finished accumulation leaves with it.
  assign swap = has_compute_part ? head_i[0].command.funct == FunctComputePreloaded
                                 : !weight_stationary && before_c_q.valid;

  always_comb begin
    new_c         = '0;
    new_c.valid   = has_preload_part && preload_is_real;
    new_c.address = preload_c.address;
    new_c.rows    = preload_c.rows;
    new_c.cols    = preload_c.cols;
    new_c.id      = preload_id;
  end
  assign new_result = request_valid_o && new_c.valid;

  assign flush_drives_out_o = !weight_stationary && before_c_q.valid;
  assign flush_active_o     = !active_q;
  assign tag_valid_o        = request_valid_o || (flush && flush_drives_out_o);
  assign tag_o              = weight_stationary ? last_c_q : before_c_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      config_q   <= '0;
      active_q   <= 1'b0;
      last_c_q   <= '0;
      before_c_q <= '0;
    end else begin
      if (apply_config) config_q <= config_d;
      if (request_valid_o) begin
        active_q   <= request.active;
        last_c_q   <= new_c;
        before_c_q <= last_c_q;
        // Weight-stationary results leave with the next request and are done with then.
        if (weight_stationary) before_c_q.valid <= 1'b0;
      end else if (flush && flush_drives_out_o) begin
        active_q         <= flush_active_o;
        before_c_q.valid <= 1'b0;
      end
    end
  end
  assign config_d = decode_config(config_q, head_i[0].command.rs1,
                                  head_i[0].command.rs2[ConfigExecuteShiftLsb+:5],
                                  head_i[0].command.rs2[ConfigExecuteCStrideLsb+:16]);

  // ---- Completion of what was fed, older first ----

  // Up to two a request, granted at one a cycle but for the cycle of a result.
  // One for each entry of the station: with small arrays commands are fed faster than the machine's
  // one completion a cycle lets them go.
  localparam int unsigned FedDepth = ExecuteEntries;
  localparam int unsigned FedBits  = $clog2(FedDepth);

  typedef struct packed {
    logic        valid;
    execute_id_t id;
  } fed_t;

  fed_t feeding_compute_q, feeding_preload_q, feeding_compute, feeding_preload;
  execute_id_t fed_q [FedDepth];
  logic [$clog2(FedDepth+1)-1:0] fed_count_q;
  logic fed_pop;

  always_comb begin
    feeding_compute = feeding_compute_q;
    feeding_preload = feeding_preload_q;
    if (request_valid_o) begin
      feeding_compute = '{valid: has_compute_part && head_i[0].has_id, id: head_i[0].id};
      feeding_preload = '{valid: has_preload_part && preload_has_id && !preload_is_real,
                          id: preload_id};
    end
  end

  assign fed_waits        = fed_count_q != '0;
  assign fed_done_valid_o = fed_waits || apply_config;
  assign fed_done_id_o    = fed_waits ? fed_q[0] : head_i[0].id;
  assign fed_pop          = fed_waits && fed_done_ready_i;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      feeding_compute_q <= '0;
      feeding_preload_q <= '0;
      fed_count_q       <= '0;
    end else begin
      automatic logic [$clog2(FedDepth+1)-1:0] count = fed_count_q;
      if (request_valid_o) begin
        feeding_compute_q <= feeding_compute;
        feeding_preload_q <= feeding_preload;
      end
      if (fed_pop) count = count - 1'b1;
      if (last_row_fed_i && feeding_compute.valid) count = count + 1'b1;
      if (last_row_fed_i && feeding_preload.valid) count = count + 1'b1;
      fed_count_q <= count;
    end
  end

  always_ff @(posedge clk_i) begin
    automatic logic [$clog2(FedDepth+1)-1:0] count = fed_count_q;
    if (fed_pop) begin
      count = count - 1'b1;
      for (int unsigned i = 0; i + 1 < FedDepth; i++) fed_q[i] <= fed_q[i+1];
    end
    if (last_row_fed_i && feeding_compute.valid) begin
      fed_q[count[FedBits-1:0]] <= feeding_compute.id;
      count             = count + 1'b1;
    end
    if (last_row_fed_i && feeding_preload.valid) fed_q[count[FedBits-1:0]] <= feeding_preload.id;
  end

  // ---- Rules of use ----

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      assert (!apply_config || fed_done_ready_i) else $error("a configuration found no grant");
      assert (32'(fed_count_q) + 32'(feeding_compute.valid) + 32'(feeding_preload.valid) <= FedDepth
              || !last_row_fed_i)
      else $error("too many fed commands wait for completion");
    end
  end

endmodule : execute_controller
