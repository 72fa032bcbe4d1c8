// SPDX-License-Identifier: Apache-2.0

/// Writes the rows that leave the array to the bank that their request's tag names, in the cycle in
/// which they leave. Tags arrive in the order of the requests, long before their rows. Rows beyond
/// the rows of C, lanes beyond its columns and results without a C write nothing.
///
/// Output-stationary results leave last row first and pass a rounding shift. To the scratchpad:
/// saturated to int8, then the activation. To the accumulator: sign-extended.
module result_writer
  import accelerator_pkg::*;
  import array_side_pkg::*;
(
  input  logic                           clk_i,
  input  logic                           rst_ni,

  // Of the last config_ex; constant while a result with a C is on its way
  input  logic                           weight_stationary_i,
  input  logic                           relu_i,
  input  logic [4:0]                     shift_i,
  input  local_row_t                     c_stride_i,

  input  logic                           tag_valid_i,
  input  result_tag_t                    tag_i,

  input  logic                           result_valid_i,
  input  logic                           result_last_i,   // last row of its request
  input  logic [Dim-1:0][OutputBits-1:0] result_i,

  output logic                           write_valid_o,
  output local_write_t                   write_o,
  output bank_select_t                   write_bank_o,    // from registers only

  output logic                           done_valid_o,    // last row of a result with a C
  output execute_id_t                    done_id_o
);

  // ---- Tags ----

  // One a request or flush; flushes stand between the requests that results are named by.
  localparam int unsigned Depth     = 2 * ResultsInFlight;
  localparam int unsigned IndexBits = $clog2(Depth);

  result_tag_t tags_q [Depth];
  logic [IndexBits-1:0] head_q, tail_q;
  result_tag_t tag;

  assign tag = tags_q[head_q];

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      head_q <= '0;
      tail_q <= '0;
    end else begin
      if (tag_valid_i) tail_q <= tail_q + 1'b1;
      if (result_valid_i && result_last_i) head_q <= head_q + 1'b1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (tag_valid_i) tags_q[tail_q] <= tag_i;
  end

  // ---- The row at hand ----

  logic [15:0] index_q;      // of the row within its request
  logic [15:0] row;          // row of C
  local_row_t offset_q, offset;
  local_address_t address;
  logic first, writes;

  assign row    = weight_stationary_i ? index_q : 16'(Dim - 1) - index_q;
  assign writes = result_valid_i && tag.valid && row < tag.rows && tag.cols != '0;

  // Ascending from row 0, or descending from the last row.
  assign first = weight_stationary_i ? index_q == '0
                                            : index_q == '0 || row == tag.rows - 16'd1;
  always_comb begin
    offset = offset_q;
    if (first) offset = weight_stationary_i ? '0 : local_row_t'(row);
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      index_q <= '0;
    end else if (result_valid_i) begin
      index_q <= result_last_i ? '0 : index_q + 16'd1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (writes) begin
      offset_q <= weight_stationary_i ? offset + c_stride_i
                                             : offset - c_stride_i;
    end
  end

  always_comb begin
    address     = tag.address;
    address.row = tag.address.row + offset;
  end

  assign write_valid_o = writes;
  assign write_bank_o  = '{
    valid:       writes,
    accumulator: address.accumulator,
    bank:        bank_of(address)
  };
  assign done_valid_o  = result_valid_i && result_last_i && tag.valid;
  assign done_id_o     = tag.id;

  // ---- Values ----

  logic shifts, lane_all;
  assign shifts   = !weight_stationary_i && shift_i != '0;
  assign lane_all = tag.cols >= 16'(Dim);

  logic [Dim-1:0][31:0] wide;
  logic [Dim-1:0][7:0] narrow;

  for (genvar lane = 0; lane < Dim; lane++) begin : gen_lane
    logic signed [31:0] value, rounded;
    logic signed [7:0] saturated, activated;

    assign value = 32'($signed(result_i[lane]));

    // To nearest, ties to even.
    always_comb begin
      automatic logic signed [31:0] floor = value >>> shift_i;
      automatic logic [31:0] rest = value - (floor << shift_i);
      automatic logic [31:0] half = 32'd1 << (shift_i - 5'd1);
      rounded = value;
      if (shifts) begin
        rounded = floor + 32'(rest > half || (rest == half && floor[0]));
      end
    end

    always_comb begin
      saturated = rounded[7:0];
      if (rounded > 32'sd127) saturated = 8'sd127;
      if (rounded < -32'sd128) saturated = -8'sd128;
    end

    activation #(
      .Width(8)
    ) u_activation (
      .relu_i (relu_i),
      .value_i(saturated),
      .value_o(activated)
    );

    assign wide[lane]   = rounded;
    assign narrow[lane] = activated;
  end

  always_comb begin
    write_o             = '0;
    write_o.accumulator = address.accumulator;
    write_o.accumulate  = address.accumulator && address.accumulate;
    write_o.row         = row_of(address);
    if (writes) begin
      for (int unsigned lane = 0; lane < Dim; lane++) begin
        if (lane_all || 16'(lane) < tag.cols) begin
          if (address.accumulator) begin
            write_o.mask[4*lane+:4] = '1;
            write_o.data[4*lane+:4] = wide[lane];
          end else begin
            write_o.mask[lane] = 1'b1;
            write_o.data[lane] = narrow[lane];
          end
        end
      end
    end
  end

  // ---- Rules of use ----

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      assert (!tag_valid_i || tail_q + IndexBits'(1) != head_q) else $error("too many tags");
      assert (!result_valid_i || head_q != tail_q) else $error("a result without a tag");
    end
  end

endmodule : result_writer
