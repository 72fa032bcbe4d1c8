// SPDX-License-Identifier: Apache-2.0
/// When scaled pieces are ready. Three pieces at a time are in the scaler, in order: piece n enters
/// in the cycle in which it comes, or in that of the last write of piece n - 3, whichever is later,
/// and is ready IdentityCycles or ScaledCycles after it entered.
module mvin_scale_slots
  import accelerator_pkg::*;
(
  input  logic clk_i,
  input  logic rst_ni,

  input  logic piece_valid_i,        // a piece for the scaler comes
  input  logic piece_is_identity_i,  // its scale is 1.0
  output logic ready_o,              // the oldest piece is ready to be written
  input  logic released_i            // its last write is in this cycle
);
  localparam int unsigned Slots = 3;
  localparam int unsigned IdentityCycles = 3;
  localparam int unsigned ScaledCycles =
      2 * ((Dim + MvinScaleUnits - 1) / MvinScaleUnits) + MvinScaleLatency;
  localparam int unsigned MostCycles =
      ScaledCycles > IdentityCycles ? ScaledCycles : IdentityCycles;
  localparam int unsigned TimerBits = $clog2(MostCycles + 1);
  typedef logic [TimerBits-1:0] timer_t;
  typedef logic [1:0] slot_t;

  function automatic slot_t next(slot_t slot);
    return slot == slot_t'(Slots - 1) ? '0 : slot + 1'b1;
  endfunction

  // Pieces that have not entered.
  logic waiting_valid, waiting_ready, waiting_is_identity, is_entering, enters_directly;
  fifo #(
    .Depth (RowBufferPieces),
    .data_t(logic)
  ) u_waiting (
    .clk_i,
    .rst_ni,
    .in_valid_i (piece_valid_i && !enters_directly),
    .in_ready_o (waiting_ready),
    .in_i       (piece_is_identity_i),
    .out_valid_o(waiting_valid),
    .out_ready_i(is_entering),
    .out_o      (waiting_is_identity)
  );

  timer_t     timers_q [Slots];
  slot_t      head_q, tail_q;
  logic [1:0] used_q;
  logic       has_slot, is_identity;

  assign has_slot        = used_q != 2'(Slots) || released_i;
  assign enters_directly = piece_valid_i && !waiting_valid && has_slot;
  assign is_entering     = has_slot && (waiting_valid || piece_valid_i);
  assign is_identity     = waiting_valid ? waiting_is_identity : piece_is_identity_i;
  assign ready_o         = used_q != '0 && timers_q[head_q] == '0;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      head_q <= '0;
      tail_q <= '0;
      used_q <= '0;
      for (int i = 0; i < Slots; i++) timers_q[i] <= '0;
    end else begin
      for (int i = 0; i < Slots; i++) begin
        if (is_entering && tail_q == slot_t'(i)) begin
          timers_q[i] <= is_identity ? timer_t'(IdentityCycles - 1) : timer_t'(ScaledCycles - 1);
        end else if (timers_q[i] != '0) begin
          timers_q[i] <= timers_q[i] - 1'b1;
        end
      end
      if (is_entering) tail_q <= next(tail_q);
      if (released_i) head_q <= next(head_q);
      used_q <= used_q + 2'(is_entering) - 2'(released_i);
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      assert (!released_i || ready_o) else $error("a piece leaves the scaler before it is ready");
      assert (!piece_valid_i || waiting_ready)
        else $error("more scaled pieces than the row buffer holds");
    end
  end
endmodule : mvin_scale_slots
