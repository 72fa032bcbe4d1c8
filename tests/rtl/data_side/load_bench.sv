// SPDX-License-Identifier: Apache-2.0
/// Load controller, zero writer, local write port and the mvin writer with all its parts, each by
/// itself, with scalar ports.
module load_bench
  import accelerator_pkg::*;
(
  input  logic             clk_i,
  input  logic             rst_ni,

  // ---- load_controller ----
  input  logic             issue_valid_i,
  output logic             issue_ready_o,
  input  logic [6:0]       issue_funct_i,
  input  logic [63:0]      issue_rs1_i,
  input  logic [63:0]      issue_rs2_i,
  input  logic [7:0]       issue_id_i,
  output logic             reader_valid_o,
  input  logic             reader_ready_i,
  output logic             zero_valid_o,
  input  logic             zero_ready_i,
  output logic [63:0]      requested_address_o,
  output logic [31:0]      requested_row_o,
  output logic [2:0]       requested_flags_o,  // wide, accumulate, accumulator
  output logic [15:0]      requested_cols_o,
  output logic [15:0]      requested_block_stride_o,
  output logic [31:0]      requested_scale_o,
  output logic [7:0]       requested_pixel_repeats_o,
  output logic [15:0]      requested_repeats_o,
  output logic             requested_last_o,
  output logic [7:0]       requested_id_o,
  input  logic             written_valid_i,
  input  logic [7:0]       written_id_i,
  output logic             done_valid_o,
  input  logic             done_ready_i,
  output logic [7:0]       done_id_o,
  output logic             active_o,
  output logic             waits_for_tracker_o,
  output logic             waits_for_reader_o,

  // ---- zero_writer ----
  input  logic             zeros_valid_i,
  output logic             zeros_ready_o,
  input  logic [31:0]      zeros_row_i,
  input  logic [2:0]       zeros_flags_i,
  input  logic [15:0]      zeros_cols_i,
  input  logic [15:0]      zeros_block_stride_i,
  input  logic             zeros_last_i,
  input  logic [7:0]       zeros_id_i,
  output logic             block_valid_o,
  input  logic             block_ready_i,
  output logic [31:0]      block_row_o,
  output logic [2:0]       block_flags_o,
  output logic [63:0]      block_mask_o,
  output logic             block_last_o,
  output logic [7:0]       block_id_o,
  output logic             block_plain_o,      // zeros, repeated as their row says

  // ---- local_write_port: the row buffer's side [0], the zero writer's [1] ----
  input  logic [1:0]       offer_valid_i,
  input  logic [1:0]       offer_suppressed_i,
  input  logic [1:0]       offer_accumulator_i,
  input  logic [1:0]       offer_accumulate_i,
  input  logic [31:0]      offer_first_row_i,
  input  logic [31:0]      offer_second_row_i,
  output logic [1:0]       granted_o,
  output logic             port_write_valid_o,
  output logic [31:0]      port_write_row_o,
  output logic             port_write_second_o,  // what is written is the zero writer's

  // ---- mvin_writer ----
  input  logic             piece_valid_i,
  input  logic [31:0]      piece_row_i,
  input  logic [2:0]       piece_flags_i,
  input  logic [15:0]      piece_cols_i,
  input  logic [31:0]      piece_scale_i,
  input  logic [7:0]       piece_pixel_repeats_i,
  input  logic [15:0]      piece_repeats_i,
  input  logic             piece_last_i,
  input  logic [7:0]       piece_id_i,
  input  logic [63:0]      piece_mask_i,
  input  logic [32*Dim-1:0] piece_data_i,
  output logic [15:0]      buffer_free_o,
  input  logic [15:0]      buffer_reserved_i,
  input  logic             zero_piece_valid_i,
  output logic             zero_piece_ready_o,
  input  logic [31:0]      zero_piece_row_i,
  input  logic [2:0]       zero_piece_flags_i,
  input  logic [63:0]      zero_piece_mask_i,
  input  logic             zero_piece_last_i,
  input  logic [7:0]       zero_piece_id_i,
  output logic             write_valid_o,
  output logic [1:0]       write_flags_o,      // accumulate, accumulator
  output logic [31:0]      write_row_o,
  output logic [63:0]      write_mask_o,
  output logic [32*Dim-1:0] write_data_o,
  output logic             finished_valid_o,
  output logic [7:0]       finished_id_o,

  // Of both write ports: the bank that the array writes
  input  logic             array_valid_i,
  input  logic             array_accumulator_i,
  input  logic [7:0]       array_bank_i
);
  bank_select_t array_write;
  assign array_write = '{valid: array_valid_i, accumulator: array_accumulator_i,
                         bank: BankBits'(array_bank_i)};

  // ---- load_controller ----
  load_issue_t issue;
  load_row_t   requested;
  load_id_t    done_id;

  assign issue = '{command: '{funct: issue_funct_i, rs1: issue_rs1_i, rs2: issue_rs2_i},
                   id: load_id_t'(issue_id_i)};
  assign requested_address_o       = requested.dram_address;
  assign requested_row_o           = 32'(requested.row);
  assign requested_flags_o         = {requested.wide, requested.accumulate, requested.accumulator};
  assign requested_cols_o          = requested.cols;
  assign requested_block_stride_o  = requested.block_stride;
  assign requested_scale_o         = requested.scale;
  assign requested_pixel_repeats_o = requested.pixel_repeats;
  assign requested_repeats_o       = requested.repeats;
  assign requested_last_o          = requested.last;
  assign requested_id_o            = 8'(requested.id);
  assign done_id_o                 = 8'(done_id);

  load_controller u_load_controller (
    .clk_i,
    .rst_ni,
    .issue_valid_i,
    .issue_ready_o,
    .issue_i         (issue),
    .reader_valid_o,
    .reader_ready_i,
    .zero_valid_o,
    .zero_ready_i,
    .row_o           (requested),
    .finished_valid_i(written_valid_i),
    .finished_id_i   (load_id_t'(written_id_i)),
    .done_valid_o,
    .done_ready_i,
    .done_id_o       (done_id),
    .active_o,
    .waits_for_tracker_o,
    .waits_for_reader_o
  );

  // ---- zero_writer ----
  localparam logic [7:0] PixelRepeats = 8'd3;
  load_row_t zeros;
  piece_t    block;

  always_comb begin
    zeros               = '0;
    zeros.row           = local_row_t'(zeros_row_i);
    zeros.accumulator   = zeros_flags_i[0];
    zeros.accumulate    = zeros_flags_i[1];
    zeros.wide          = zeros_flags_i[2];
    zeros.cols          = zeros_cols_i;
    zeros.block_stride  = zeros_block_stride_i;
    zeros.pixel_repeats = PixelRepeats;
    zeros.repeats       = 16'd1;
    zeros.last          = zeros_last_i;
    zeros.id            = load_id_t'(zeros_id_i);
  end

  assign block_row_o   = 32'(block.row);
  assign block_flags_o = {block.wide, block.accumulate, block.accumulator};
  assign block_mask_o  = 64'(block.mask);
  assign block_last_o  = block.last;
  assign block_id_o    = 8'(block.id);
  assign block_plain_o = block.data == '0 && block.pixel_repeats == PixelRepeats
                      && block.cols != '0 && block.repeats == 16'd1;

  zero_writer u_zero_writer (
    .clk_i,
    .rst_ni,
    .row_valid_i  (zeros_valid_i),
    .row_ready_o  (zeros_ready_o),
    .row_i        (zeros),
    .piece_valid_o(block_valid_o),
    .piece_ready_i(block_ready_i),
    .piece_o      (block)
  );

  // ---- local_write_port ----
  local_write_t first_offer, second_offer, port_write;

  always_comb begin
    first_offer              = '0;
    first_offer.accumulator  = offer_accumulator_i[0];
    first_offer.accumulate   = offer_accumulate_i[0];
    first_offer.row          = local_row_t'(offer_first_row_i);
    second_offer             = '0;
    second_offer.accumulator = offer_accumulator_i[1];
    second_offer.accumulate  = offer_accumulate_i[1];
    second_offer.row         = local_row_t'(offer_second_row_i);
    second_offer.mask[0]     = 1'b1;
  end

  assign port_write_row_o    = 32'(port_write.row);
  assign port_write_second_o = port_write.mask[0];

  local_write_port u_local_write_port (
    .clk_i,
    .rst_ni,
    .buffer_valid_i     (offer_valid_i[0]),
    .buffer_suppressed_i(offer_suppressed_i[0]),
    .buffer_i           (first_offer),
    .buffer_granted_o   (granted_o[0]),
    .zero_valid_i       (offer_valid_i[1]),
    .zero_suppressed_i  (offer_suppressed_i[1]),
    .zero_i             (second_offer),
    .zero_granted_o     (granted_o[1]),
    .array_write_i      (array_write),
    .write_valid_o      (port_write_valid_o),
    .write_o            (port_write)
  );

  // ---- mvin_writer ----
  piece_t       piece, zero_piece;
  piece_count_t buffer_free;
  local_write_t write;
  load_id_t     finished_id;

  always_comb begin
    piece                    = '0;
    piece.row                = local_row_t'(piece_row_i);
    piece.accumulator        = piece_flags_i[0];
    piece.accumulate         = piece_flags_i[1];
    piece.wide               = piece_flags_i[2];
    piece.cols               = piece_cols_i;
    piece.scale              = piece_scale_i;
    piece.pixel_repeats      = piece_pixel_repeats_i;
    piece.repeats            = piece_repeats_i;
    piece.last               = piece_last_i;
    piece.id                 = load_id_t'(piece_id_i);
    piece.mask               = piece_mask_i[4*Dim-1:0];
    piece.data               = piece_data_i;
    zero_piece               = '0;
    zero_piece.row           = local_row_t'(zero_piece_row_i);
    zero_piece.accumulator   = zero_piece_flags_i[0];
    zero_piece.accumulate    = zero_piece_flags_i[1];
    zero_piece.wide          = zero_piece_flags_i[2];
    zero_piece.pixel_repeats = 8'd1;
    zero_piece.repeats       = 16'd1;
    zero_piece.last          = zero_piece_last_i;
    zero_piece.id            = load_id_t'(zero_piece_id_i);
    zero_piece.mask          = zero_piece_mask_i[4*Dim-1:0];
  end

  assign buffer_free_o = 16'(buffer_free);
  assign write_flags_o = {write.accumulate, write.accumulator};
  assign write_row_o   = 32'(write.row);
  assign write_mask_o  = 64'(write.mask);
  assign write_data_o  = write.data;
  assign finished_id_o = 8'(finished_id);

  mvin_writer u_mvin_writer (
    .clk_i,
    .rst_ni,
    .piece_valid_i,
    .piece_i          (piece),
    .buffer_free_o    (buffer_free),
    .buffer_reserved_i(piece_count_t'(buffer_reserved_i)),
    .zero_valid_i     (zero_piece_valid_i),
    .zero_ready_o     (zero_piece_ready_o),
    .zero_i           (zero_piece),
    .array_write_i    (array_write),
    .write_valid_o,
    .write_o          (write),
    .finished_valid_o,
    .finished_id_o    (finished_id)
  );

  logic unused;
  assign unused = ^{issue_id_i, written_id_i, zeros_row_i, zeros_id_i, offer_first_row_i,
                    offer_second_row_i, piece_row_i, piece_id_i, piece_mask_i, buffer_reserved_i,
                    zero_piece_row_i, zero_piece_mask_i, zero_piece_id_i, array_bank_i, block,
                    port_write};
endmodule : load_bench
