// SPDX-License-Identifier: Apache-2.0
/// Eight counters of events. An access in cycle c may zero all (their events stay) and drop the
/// snapshot, keep the values of c for later reads (take a snapshot) or drop them, or give one
/// counter an event and zero it; dropping goes before taking. An access that does none of these
/// reads: `response_*` shows in c + 1 how often the counter's event held before c.
module counter_file
  import accelerator_pkg::*;
(
  input  logic        clk_i,
  input  logic        rst_ni,

  input  logic        access_valid_i,
  input  logic [63:0] access_rs1_i,
  output logic        response_valid_o,
  output logic [63:0] response_data_o,

  // What can be counted, in this cycle
  input  logic        load_active_i,    // requests rows of an mvin, or takes a configuration
  input  logic        store_active_i,   // hands out elements of an mvout, or takes a configuration
  input  logic        reader_active_i,  // the DMA reader has a row to work on
  input  logic        writer_active_i,  // the DMA writer has a row to work on
  input  logic        feeding_i,        // a request is being fed to the array
  input  logic        read_beat_i,      // a beat is taken from memory
  input  logic        write_beat_i      // a beat is sent to memory
);
  localparam int unsigned Counters = 8;
  typedef logic [63:0] count_t;
  typedef logic [CounterEventWidth-1:0] event_id_t;

  // Gemmini's numbers. Bytes are "external" events.
  localparam event_id_t LoadActive   = event_id_t'(9);
  localparam event_id_t StoreActive  = event_id_t'(12);
  localparam event_id_t ReaderActive = event_id_t'(18);
  localparam event_id_t WriterActive = event_id_t'(21);
  localparam event_id_t Feeding      = event_id_t'(24);
  localparam event_id_t BytesRead    = event_id_t'(4);
  localparam event_id_t BytesWritten = event_id_t'(5);

  typedef struct packed {
    logic      is_external;
    event_id_t id;
  } selection_t;

  logic                           resets, drops, takes, configures;
  logic [CounterCounterWidth-1:0] index;
  selection_t                     selections_q [Counters];
  count_t                         counts_q     [Counters];
  count_t                         snapshot_q   [Counters];
  logic                           has_snapshot_q;

  assign resets     = access_valid_i && access_rs1_i[CounterResetLsb];
  assign drops      = access_valid_i && access_rs1_i[CounterDropSnapshotLsb];
  assign takes      = access_valid_i && access_rs1_i[CounterTakeSnapshotLsb];
  assign configures = access_valid_i && access_rs1_i[CounterConfigureLsb];
  assign index      = access_rs1_i[CounterCounterLsb+:CounterCounterWidth];

  function automatic count_t amount(selection_t selection);
    if (selection.is_external) begin
      unique case (selection.id)
        BytesRead:    return read_beat_i ? count_t'(BusBytes) : '0;
        BytesWritten: return write_beat_i ? count_t'(BusBytes) : '0;
        default:      return '0;
      endcase
    end
    unique case (selection.id)
      LoadActive:   return count_t'(load_active_i);
      StoreActive:  return count_t'(store_active_i);
      ReaderActive: return count_t'(reader_active_i);
      WriterActive: return count_t'(writer_active_i);
      Feeding:      return count_t'(feeding_i);
      default:      return '0;
    endcase
  endfunction

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      for (int i = 0; i < Counters; i++) begin
        selections_q[i] <= '0;
        counts_q[i]     <= '0;
        snapshot_q[i]   <= '0;
      end
      has_snapshot_q   <= 1'b0;
      response_valid_o <= 1'b0;
    end else begin
      for (int i = 0; i < Counters; i++) begin
        counts_q[i] <= counts_q[i] + amount(selections_q[i]);
        if (resets) counts_q[i] <= '0;
        if (takes) snapshot_q[i] <= counts_q[i];
      end
      if (configures) begin
        selections_q[index] <= '{
          is_external: access_rs1_i[CounterExternalLsb],
          id:          access_rs1_i[CounterEventLsb+:CounterEventWidth]
        };
        counts_q[index] <= '0;
      end
      if (takes) has_snapshot_q <= 1'b1;
      if (drops || resets) has_snapshot_q <= 1'b0;
      response_valid_o <= access_valid_i && !resets && !drops && !takes && !configures;
    end
  end

  always_ff @(posedge clk_i) begin
    response_data_o <= has_snapshot_q ? snapshot_q[index] : counts_q[index];
  end

  logic unused;
  assign unused = ^access_rs1_i;
endmodule : counter_file
