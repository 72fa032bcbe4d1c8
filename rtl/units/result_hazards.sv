// SPDX-License-Identifier: Apache-2.0

/// Remembers the rows of the results that are on their way, from the decision for their request to
/// their last row, and says whether an operand of the commands to be fed overlaps them
/// (read after write).
module result_hazards
  import accelerator_pkg::*;
  import array_side_pkg::*;
(
  input  logic         clk_i,
  input  logic         rst_ni,

  input  logic         new_result_i,      // a preload with a real C is taken
  input  local_block_t result_i,
  input  logic [15:0]  c_stride_i,
  input  logic         result_done_i,     // the oldest result is complete
  output logic         in_progress_o,

  // Operands that would be read, as stored: the preload's, and those of the compute behind it
  input  logic         looks_i,           // somebody looks at the outcome
  input  local_block_t preload_bd_i,
  input  logic         preload_bd_is_transposed_i,
  input  logic         compute_present_i,
  input  local_block_t a_i,
  input  logic         a_is_transposed_i,
  input  logic [15:0]  a_stride_i,
  input  local_block_t bd_i,
  input  logic         bd_is_transposed_i,
  output logic         hazard_o
);

  typedef struct packed {
    logic        accumulator;
    local_row_t  row;
    logic [31:0] length;  // 0: overlaps nothing
  } range_t;

  function automatic range_t make_range(local_block_t block, logic is_transposed,
                                        logic [15:0] stride);
    automatic range_t range;
    automatic logic [15:0] rows = is_transposed ? block.cols : block.rows;
    range.accumulator = block.address.accumulator;
    range.row         = row_of(block.address);
    range.length      = rows * stride;
    if (is_garbage(block.address)) range.length = '0;
    return range;
  endfunction

  // Circles of rows, half open.
  function automatic logic overlap(range_t x, range_t y);
    automatic local_row_t mask = x.accumulator ? local_row_t'(AccumulatorRows - 1)
                                               : local_row_t'(ScratchpadRows - 1);
    automatic local_row_t y_behind_x = (y.row - x.row) & mask;
    automatic local_row_t x_behind_y = (x.row - y.row) & mask;
    return x.accumulator == y.accumulator && x.length != '0 && y.length != '0 &&
           (32'(y_behind_x) < x.length || 32'(x_behind_y) < y.length);
  endfunction

  logic [ResultsInFlight-1:0] pending_q, pending_d;  // bit i: result i is to be written
  range_t range_q [ResultsInFlight];
  logic [$clog2(ResultsInFlight)-1:0] newest_q, oldest_q;

  assign in_progress_o = pending_q != '0;

  always_comb begin
    automatic range_t preload_bd = make_range(preload_bd_i, preload_bd_is_transposed_i, 16'd1);
    automatic range_t a = make_range(a_i, a_is_transposed_i, a_stride_i);
    automatic range_t bd = make_range(bd_i, bd_is_transposed_i, 16'd1);
    hazard_o = 1'b0;
    if (in_progress_o && looks_i) begin
      for (int unsigned i = 0; i < ResultsInFlight; i++) begin
        if (pending_q[i] &&
            (overlap(preload_bd, range_q[i]) ||
             (compute_present_i && (overlap(a, range_q[i]) || overlap(bd, range_q[i]))))) begin
          hazard_o = 1'b1;
        end
      end
    end
  end

  always_comb begin
    pending_d = pending_q;
    if (result_done_i) pending_d[oldest_q] = 1'b0;
    if (new_result_i) pending_d[newest_q] = 1'b1;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      pending_q <= '0;
      newest_q  <= '0;
      oldest_q  <= '0;
    end else begin
      pending_q <= pending_d;
      if (new_result_i) newest_q <= newest_q + 1'b1;
      if (result_done_i) oldest_q <= oldest_q + 1'b1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (new_result_i) range_q[newest_q] <= make_range(result_i, 1'b0, c_stride_i);
  end

  // ---- Rules of use ----

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      assert (!new_result_i || !pending_q[newest_q]) else $error("too many results in flight");
      assert (!result_done_i || pending_q[oldest_q]) else $error("a result nobody waits for");
    end
  end

endmodule : result_hazards
