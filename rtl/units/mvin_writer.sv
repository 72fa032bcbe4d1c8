// SPDX-License-Identifier: Apache-2.0
/// Writes what the load side brings into local memory. Pieces of the merger stand in the row
/// buffer, in order; its room is reserved by the DMA reader at the request and released in the
/// cycle after the piece's last write. 8-bit pieces pass the scaler's three slots, 32-bit pieces
/// are ready in the cycle after they came. One write a cycle, shared with the zero writer.
/// `finished_*` names an mvin in the cycle of its last write.
module mvin_writer
  import accelerator_pkg::*;
(
  input  logic         clk_i,
  input  logic         rst_ni,

  input  logic         piece_valid_i,
  input  piece_t       piece_i,
  output piece_count_t buffer_free_o,
  input  piece_count_t buffer_reserved_i,

  input  logic         zero_valid_i,
  output logic         zero_ready_o,
  input  piece_t       zero_i,

  input  bank_select_t array_write_i,
  output logic         write_valid_o,
  output local_write_t write_o,

  output logic         finished_valid_o,
  output load_id_t     finished_id_o
);
  localparam logic [31:0] FloatOne = 32'h3f800000;

  // ---- Row buffer ----
  logic         head_valid, buffer_ready, is_head_done;
  piece_t       head;
  piece_count_t free_q;

  fifo #(
    .Depth (RowBufferPieces),
    .data_t(piece_t)
  ) u_row_buffer (
    .clk_i,
    .rst_ni,
    .in_valid_i (piece_valid_i),
    .in_ready_o (buffer_ready),
    .in_i       (piece_i),
    .out_valid_o(head_valid),
    .out_ready_i(is_head_done),
    .out_o      (head)
  );

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) free_q <= piece_count_t'(RowBufferPieces);
    else         free_q <= free_q - buffer_reserved_i + piece_count_t'(is_head_done);
  end
  assign buffer_free_o = free_q;

  // ---- Scaler ----
  logic scaler_ready, is_head_ready;
  mvin_scale_slots u_scale_slots (
    .clk_i,
    .rst_ni,
    .piece_valid_i      (piece_valid_i && !piece_i.wide),
    .piece_is_identity_i(piece_i.scale == FloatOne),
    .ready_o            (scaler_ready),
    .released_i         (is_head_done && !head.wide)
  );
  assign is_head_ready = head_valid && (head.wide || scaler_ready);

  // ---- Writes ----
  local_write_t buffer_write, zero_write;
  logic         buffer_granted, buffer_suppressed, buffer_last;
  logic         zero_granted, zero_suppressed, zero_last;

  piece_repeater u_buffer_repeater (
    .clk_i,
    .rst_ni,
    .piece_valid_i  (is_head_ready),
    .piece_i        (head),
    .step_i         (buffer_granted),
    .write_o        (buffer_write),
    .is_suppressed_o(buffer_suppressed),
    .is_last_o      (buffer_last)
  );
  assign is_head_done = buffer_granted && buffer_last;

  piece_repeater #(
    .HasScaler(1'b0)
  ) u_zero_repeater (
    .clk_i,
    .rst_ni,
    .piece_valid_i  (zero_valid_i),
    .piece_i        (zero_i),
    .step_i         (zero_granted),
    .write_o        (zero_write),
    .is_suppressed_o(zero_suppressed),
    .is_last_o      (zero_last)
  );
  assign zero_ready_o = zero_granted && zero_last;

  local_write_port u_write_port (
    .clk_i,
    .rst_ni,
    .buffer_valid_i     (is_head_ready),
    .buffer_suppressed_i(buffer_suppressed),
    .buffer_i           (buffer_write),
    .buffer_granted_o   (buffer_granted),
    .zero_valid_i,
    .zero_suppressed_i  (zero_suppressed),
    .zero_i             (zero_write),
    .zero_granted_o     (zero_granted),
    .array_write_i,
    .write_valid_o,
    .write_o
  );

  assign finished_valid_o = (is_head_done && head.last) || (zero_ready_o && zero_i.last);
  assign finished_id_o    = is_head_done ? head.id : zero_i.id;

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      assert (!piece_valid_i || buffer_ready) else $error("row buffer overflows");
      assert (32'(buffer_reserved_i) <= 32'(free_q)) else $error("row buffer is over-booked");
    end
  end
endmodule : mvin_writer
