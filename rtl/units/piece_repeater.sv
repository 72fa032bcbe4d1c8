// SPDX-License-Identifier: Apache-2.0
/// The writes of one piece: local rows repeats-1 .. 0, for each pixel repeats-1 .. 0 (`pixel` rows
/// lower and `pixel` * cols lanes higher). Steps with each write; combinational from the piece to
/// the write.
module piece_repeater
  import accelerator_pkg::*;
#(
  parameter bit HasScaler = 1'b1  // 0: the data are passed unscaled
) (
  input  logic         clk_i,
  input  logic         rst_ni,

  input  logic         piece_valid_i,
  input  piece_t       piece_i,
  input  logic         step_i,

  output local_write_t write_o,
  // the write would fall below row 0, or from the upper half of the scratchpad below its middle
  output logic         is_suppressed_o,
  output logic         is_last_o
);
  logic        is_running_q;  // not the first write of the piece
  logic [15:0] row_q, row;
  logic [7:0]  pixel_q, pixel;

  assign row       = is_running_q ? row_q : piece_i.repeats - 1'b1;
  assign pixel     = is_running_q ? pixel_q : piece_i.pixel_repeats - 1'b1;
  assign is_last_o = row == '0 && pixel == '0;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      is_running_q <= 1'b0;
    end else if (step_i) begin
      is_running_q <= !is_last_o;
    end
  end

  always_ff @(posedge clk_i) begin
    if (step_i) begin
      row_q   <= pixel == '0 ? row - 1'b1 : row;
      pixel_q <= pixel == '0 ? piece_i.pixel_repeats - 1'b1 : pixel - 1'b1;
    end
  end

  // ---- Row ----
  local_address_t unmoved;
  local_row_t     unmoved_row;
  always_comb begin
    unmoved             = '0;
    unmoved.accumulator = piece_i.accumulator;
    unmoved.row         = piece_i.row + local_row_t'(row);
  end
  assign unmoved_row     = row_of(unmoved);
  localparam int unsigned Middle = ScratchpadRows / 2;
  assign is_suppressed_o = 32'(unmoved_row) < 32'(pixel)
      || (!piece_i.accumulator && 32'(unmoved_row) >= Middle
          && 32'(unmoved_row) - Middle < 32'(pixel));

  // ---- Lanes ----
  row_t           raw, lanes, moved;
  logic [Dim-1:0] moved_mask;
  logic [23:0]    lanes_up;

  assign raw      = piece_i.data[Dim-1:0];
  assign lanes_up = pixel * piece_i.cols;

  if (HasScaler) begin : gen_scaler
    for (genvar i = 0; i < Dim; i++) begin : gen_lane
      mvin_scale_lane u_scale (
        .value_i(raw[i]),
        .scale_i(piece_i.scale),
        .value_o(lanes[i])
      );
    end
  end else begin : gen_no_scaler
    logic unused;
    assign lanes  = raw;
    assign unused = ^piece_i.scale;
  end

  always_comb begin
    moved      = lanes_up >= 24'(Dim) ? '0 : lanes << {lanes_up[7:0], 3'b000};
    moved_mask = lanes_up >= 24'(Dim) ? '0 : piece_i.mask[Dim-1:0] << lanes_up[7:0];

    write_o.accumulator = piece_i.accumulator;
    write_o.accumulate  = piece_i.accumulate;
    write_o.row         = unmoved_row - local_row_t'(pixel);
    write_o.mask        = '0;
    write_o.data        = '0;
    if (piece_i.wide) begin
      write_o.mask = piece_i.mask;
      write_o.data = piece_i.data;
    end else if (piece_i.accumulator) begin
      for (int i = 0; i < Dim; i++) begin
        if (moved_mask[i]) begin
          write_o.mask[4*i+:4] = '1;
          write_o.data[4*i+:4] = {{24{moved[i][7]}}, moved[i]};
        end
      end
    end else begin
      write_o.mask[Dim-1:0] = moved_mask;
      write_o.data[Dim-1:0] = moved;
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      assert (!step_i || piece_valid_i) else $error("a write of no piece");
    end
  end

  logic unused;
  assign unused = ^{piece_i.last, piece_i.id};
endmodule : piece_repeater
