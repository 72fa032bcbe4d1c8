// SPDX-License-Identifier: Apache-2.0
/// Eight counters of events. An access in cycle c may zero all (their events stay) and drop the
/// snapshot, keep the values of c for later reads (take a snapshot) or drop them, or give one
/// counter an event and zero it; dropping goes before taking. An access that neither zeroes, drops
/// nor sets up reads: `response_*` shows in c + 1 how often the counter's event held before c.
module counter_file
  import accelerator_pkg::*;
  import counter_pkg::*;
(
  input  logic        clk_i,
  input  logic        rst_ni,

  input  logic        access_valid_i,
  input  logic [63:0] access_rs1_i,
  output logic        response_valid_o,
  output logic [63:0] response_data_o,

  input  events_t     events_i  // in this cycle
);
  localparam int unsigned Counters = 8;
  typedef logic [63:0] total_t;
  typedef logic [CounterEventWidth-1:0] event_id_t;

  // Gemmini's numbers. Entries, bytes and slots are "external" events.
  localparam event_id_t OnlyLoadBusy        = event_id_t'(1);
  localparam event_id_t OnlyStoreBusy       = event_id_t'(2);
  localparam event_id_t OnlyExecuteBusy     = event_id_t'(3);
  localparam event_id_t LoadAndStoreBusy    = event_id_t'(4);
  localparam event_id_t LoadAndExecuteBusy  = event_id_t'(5);
  localparam event_id_t StoreAndExecuteBusy = event_id_t'(6);
  localparam event_id_t AllBusy             = event_id_t'(7);
  localparam event_id_t LoadWaits           = event_id_t'(8);
  localparam event_id_t LoadActive          = event_id_t'(9);
  localparam event_id_t StoreWaits          = event_id_t'(11);
  localparam event_id_t StoreActive         = event_id_t'(12);
  localparam event_id_t StoreRefused        = event_id_t'(14);
  localparam event_id_t ReaderActive        = event_id_t'(18);
  localparam event_id_t ReaderRefused       = event_id_t'(20);
  localparam event_id_t WriterActive        = event_id_t'(21);
  localparam event_id_t WriterRefused       = event_id_t'(23);
  localparam event_id_t Feeding             = event_id_t'(24);
  localparam event_id_t StationTakesNone    = event_id_t'(41);
  localparam event_id_t StationHoldsEntry   = event_id_t'(42);
  localparam event_id_t MatmulLoop          = event_id_t'(43);
  localparam event_id_t LoadEntriesHeld     = event_id_t'(1);
  localparam event_id_t StoreEntriesHeld    = event_id_t'(2);
  localparam event_id_t ExecuteEntriesHeld  = event_id_t'(3);
  localparam event_id_t BytesRead           = event_id_t'(4);
  localparam event_id_t BytesWritten        = event_id_t'(5);
  localparam event_id_t ReadSlots           = event_id_t'(6);
  localparam event_id_t WriteSlots          = event_id_t'(7);

  typedef struct packed {
    logic      is_external;
    event_id_t id;
  } selection_t;

  logic                           resets, drops, takes, configures;
  logic [CounterCounterWidth-1:0] index;
  selection_t                     selections_q [Counters];
  total_t                         counts_q     [Counters];
  total_t                         snapshot_q   [Counters];
  logic                           has_snapshot_q;

  assign resets     = access_valid_i && access_rs1_i[CounterResetLsb];
  assign drops      = access_valid_i && access_rs1_i[CounterDropSnapshotLsb];
  assign takes      = access_valid_i && access_rs1_i[CounterTakeSnapshotLsb];
  assign configures = access_valid_i && access_rs1_i[CounterConfigureLsb];
  assign index      = access_rs1_i[CounterCounterLsb+:CounterCounterWidth];

  station_activity_t station;
  logic [2:0]        busy;  // load, store, execute
  logic              holds_entry;
  assign station     = events_i.station;
  assign busy        = {station.load_busy, station.store_busy, station.execute_busy};
  assign holds_entry = station.load_entries != '0 || station.execute_entries != '0
                    || station.store_entries != '0;

  function automatic total_t amount(selection_t selection);
    if (selection.is_external) begin
      unique case (selection.id)
        BytesRead:          return events_i.read_beat ? total_t'(BusBytes) : '0;
        BytesWritten:       return events_i.write_beat ? total_t'(BusBytes) : '0;
        ReadSlots:          return total_t'(events_i.reader_slots);
        WriteSlots:         return total_t'(events_i.writer_slots);
        default:            return '0;
      endcase
    end
    unique case (selection.id)
      OnlyLoadBusy:        return total_t'(busy == 3'b100);
      OnlyStoreBusy:       return total_t'(busy == 3'b010);
      OnlyExecuteBusy:     return total_t'(busy == 3'b001);
      LoadAndStoreBusy:    return total_t'(busy == 3'b110);
      LoadAndExecuteBusy:  return total_t'(busy == 3'b101);
      StoreAndExecuteBusy: return total_t'(busy == 3'b011);
      AllBusy:             return total_t'(busy == 3'b111);
      LoadWaits:           return total_t'(events_i.load_waits);
      LoadActive:          return total_t'(events_i.load_active);
      StoreWaits:          return total_t'(events_i.store_waits);
      StoreActive:         return total_t'(events_i.store_active);
      StoreRefused:        return total_t'(events_i.store_refused);
      ReaderActive:        return total_t'(events_i.reader_active);
      ReaderRefused:       return total_t'(events_i.reader_refused);
      WriterActive:        return total_t'(events_i.writer_active);
      WriterRefused:       return total_t'(events_i.writer_refused);
      Feeding:             return total_t'(events_i.feeding);
      StationTakesNone:    return total_t'(!station.allocates);
      StationHoldsEntry:   return total_t'(holds_entry);
      MatmulLoop:          return total_t'(events_i.matmul_loop);
      default:             return '0;
    endcase
  endfunction

  // Entries held are what they are, not a count.
  function automatic total_t value(selection_t selection, total_t count);
    if (!selection.is_external) return count;
    unique case (selection.id)
      LoadEntriesHeld:    return total_t'(station.load_entries);
      StoreEntriesHeld:   return total_t'(station.store_entries);
      ExecuteEntriesHeld: return total_t'(station.execute_entries);
      default:            return count;
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
        if (takes) snapshot_q[i] <= value(selections_q[i], counts_q[i]);
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
      response_valid_o <= access_valid_i && !resets && !drops && !configures;
    end
  end

  always_ff @(posedge clk_i) begin
    response_data_o <= has_snapshot_q ? snapshot_q[index] 
                                     : value(selections_q[index], counts_q[index]);
  end

  logic unused;
  assign unused = ^access_rs1_i;
endmodule : counter_file
