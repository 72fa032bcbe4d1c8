// SPDX-License-Identifier: Apache-2.0
/// Holds the commands between front end and controllers, by class (load, execute, store). Finds at
/// allocation which older commands of other classes a new one must wait for, by ranges of local
/// rows; issues each class in program order; grants one completion a cycle: result, fed, load,
/// store. A completion in t lets dependents issue in t + 1.
module reservation_station
  import accelerator_pkg::*;
  import counter_pkg::*;
  import loop_pkg::*;
(
  input  logic           clk_i,
  input  logic           rst_ni,

  input  logic           allocate_valid_i,
  output logic           allocate_ready_o,
  input  command_t       allocate_i,
  input  loop_owner_t    allocate_owner_i,
  /// Commands of each unroller that leave in this cycle
  output left_t          left_o [LoopUnits],

  output logic           load_issue_valid_o,
  input  logic           load_issue_ready_i,
  output load_issue_t    load_issue_o,
  output logic           execute_issue_valid_o,
  input  logic           execute_issue_ready_i,
  output execute_issue_t execute_issue_o,
  output logic           store_issue_valid_o,
  input  logic           store_issue_ready_i,
  output store_issue_t   store_issue_o,

  input  logic           result_done_valid_i,
  input  execute_id_t    result_done_id_i,
  input  logic           fed_done_valid_i,
  output logic           fed_done_ready_o,
  input  execute_id_t    fed_done_id_i,
  input  logic           load_done_valid_i,
  output logic           load_done_ready_o,
  input  load_id_t       load_done_id_i,
  input  logic           store_done_valid_i,
  output logic           store_done_ready_o,
  input  store_id_t      store_done_id_i,

  /// The execute controller holds one preload and waits for its compute.
  input  logic           lone_preload_i,
  output logic           busy_o,

  /// The next execute command: whether there is one that is not issued, and whom it waits for.
  output logic           execute_unissued_o,
  output logic           execute_waits_for_load_o,
  output logic           execute_waits_for_store_o,

  output station_activity_t activity_o  // for the counters
);
  // ---- The new command ----
  logic       is_config, is_load, is_execute, is_store, is_preload, is_allocated;
  row_range_t main_range, bd_range;

  station_ranges u_ranges (
    .clk_i,
    .rst_ni,
    .allocated_i (is_allocated),
    .command_i   (allocate_i),
    .is_config_o (is_config),
    .is_load_o   (is_load),
    .is_execute_o(is_execute),
    .is_store_o  (is_store),
    .main_o      (main_range),
    .bd_o        (bd_range),
    .is_preload_o(is_preload)
  );

  logic        load_ready, execute_ready, store_ready;
  load_id_t    load_id;
  execute_id_t execute_id;
  store_id_t   store_id;
  assign allocate_ready_o = (is_load && load_ready) || (is_execute && execute_ready)
                         || (is_store && store_ready);
  assign is_allocated     = allocate_valid_i && allocate_ready_o;

  // ---- Completion ----
  logic        execute_done;
  execute_id_t execute_done_id;
  assign fed_done_ready_o   = !result_done_valid_i;
  assign load_done_ready_o  = fed_done_ready_o && !fed_done_valid_i;
  assign store_done_ready_o = load_done_ready_o && !load_done_valid_i;
  assign execute_done       = result_done_valid_i || fed_done_valid_i;
  assign execute_done_id    = result_done_valid_i ? result_done_id_i : fed_done_id_i;

  logic                      load_done, store_done;
  logic [LoadEntries-1:0]    load_resolved;
  logic [ExecuteEntries-1:0] execute_resolved;
  logic [StoreEntries-1:0]   store_resolved;
  assign load_done        = load_done_valid_i && load_done_ready_o;
  assign store_done       = store_done_valid_i && store_done_ready_o;
  assign load_resolved    = load_done ? LoadEntries'(1) << load_done_id_i : '0;
  assign execute_resolved = execute_done ? ExecuteEntries'(1) << execute_done_id : '0;
  assign store_resolved   = store_done ? StoreEntries'(1) << store_done_id_i : '0;

  // ---- Ranges of the entries ----
  row_range_t                load_ranges_q    [LoadEntries];
  row_range_t                execute_ranges_q [ExecuteEntries];
  row_range_t                execute_bds_q    [ExecuteEntries];
  logic [ExecuteEntries-1:0] execute_preloads_q;
  row_range_t                store_ranges_q   [StoreEntries];

  always_ff @(posedge clk_i) begin
    if (is_allocated && is_load) load_ranges_q[load_id] <= main_range;
    if (is_allocated && is_execute) begin
      execute_ranges_q[execute_id]   <= main_range;
      execute_bds_q[execute_id]      <= bd_range;
      execute_preloads_q[execute_id] <= is_preload;
    end
    if (is_allocated && is_store) store_ranges_q[store_id] <= main_range;
  end

  // ---- Dependencies of the new command ----
  logic [LoadEntries-1:0]    load_valid, on_load;
  logic [ExecuteEntries-1:0] execute_valid, on_execute;
  logic [StoreEntries-1:0]   store_valid, on_store;

  always_comb begin
    on_load    = '0;
    on_execute = '0;
    on_store   = '0;
    if (allocate_valid_i && !is_config) begin
      for (int i = 0; i < LoadEntries; i++) begin
        on_load[i] = load_valid[i] && !load_resolved[i]
            && (ranges_overlap(main_range, load_ranges_q[i])
                || ranges_overlap(bd_range, load_ranges_q[i]));
      end
      for (int i = 0; i < ExecuteEntries; i++) begin
        on_execute[i] = execute_valid[i] && !execute_resolved[i]
            && (((is_load || execute_preloads_q[i])
                 && ranges_overlap(main_range, execute_ranges_q[i]))
                || (is_load && ranges_overlap(main_range, execute_bds_q[i])));
      end
      for (int i = 0; i < StoreEntries; i++) begin
        on_store[i] = store_valid[i] && !store_resolved[i] && (is_load || is_preload)
            && ranges_overlap(main_range, store_ranges_q[i]);
      end
    end
  end

  // ---- The three classes ----
  command_t load_command, execute_command, store_command;
  load_id_t load_issue_id;
  execute_id_t execute_issue_id;
  store_id_t store_issue_id;
  assign load_issue_o    = '{command: load_command, id: load_issue_id};
  assign execute_issue_o = '{command: execute_command, id: execute_issue_id};
  assign store_issue_o   = '{command: store_command, id: store_issue_id};

  logic [ExecuteEntries+StoreEntries-1:0] load_waits;
  logic [LoadEntries+StoreEntries-1:0]    execute_waits;
  logic [LoadEntries+ExecuteEntries-1:0]  store_waits;
  logic                                   load_unissued, store_unissued;
  logic                                   load_busy, execute_busy, store_busy;

  logic [1:0] load_left [LoopUnits], execute_left [LoopUnits], store_left [LoopUnits];
  for (genvar i = 0; i < LoopUnits; i++) begin : gen_left
    assign left_o[i][LoadClass]    = load_left[i];
    assign left_o[i][ExecuteClass] = execute_left[i];
    assign left_o[i][StoreClass]   = store_left[i];
  end

  station_entries #(
    .Entries     (LoadEntries),
    .Dependencies(ExecuteEntries + StoreEntries)
  ) u_load (
    .clk_i,
    .rst_ni,
    .allocate_valid_i           (allocate_valid_i && is_load),
    .allocate_ready_o           (load_ready),
    .allocate_id_o              (load_id),
    .allocate_i,
    .allocate_owner_i,
    .allocate_retires_at_issue_i(is_config),
    .allocate_dependencies_i    ({on_execute, on_store}),
    .resolved_i                 ({execute_resolved, store_resolved}),
    .issue_valid_o              (load_issue_valid_o),
    .issue_ready_i              (load_issue_ready_i),
    .issue_command_o            (load_command),
    .issue_id_o                 (load_issue_id),
    .complete_valid_i           (load_done),
    .complete_id_i              (load_done_id_i),
    .left_o                     (load_left),
    .valid_o                    (load_valid),
    .is_busy_o                  (load_busy),
    .waits_for_o                (load_waits),
    .has_unissued_o             (load_unissued)
  );

  station_entries #(
    .Entries     (ExecuteEntries),
    .Dependencies(LoadEntries + StoreEntries)
  ) u_execute (
    .clk_i,
    .rst_ni,
    .allocate_valid_i           (allocate_valid_i && is_execute),
    .allocate_ready_o           (execute_ready),
    .allocate_id_o              (execute_id),
    .allocate_i,
    .allocate_owner_i,
    .allocate_retires_at_issue_i(1'b0),
    .allocate_dependencies_i    ({on_load, on_store}),
    .resolved_i                 ({load_resolved, store_resolved}),
    .issue_valid_o              (execute_issue_valid_o),
    .issue_ready_i              (execute_issue_ready_i),
    .issue_command_o            (execute_command),
    .issue_id_o                 (execute_issue_id),
    .complete_valid_i           (execute_done),
    .complete_id_i              (execute_done_id),
    .left_o                     (execute_left),
    .valid_o                    (execute_valid),
    .is_busy_o                  (execute_busy),
    .waits_for_o                (execute_waits),
    .has_unissued_o             (execute_unissued_o)
  );

  station_entries #(
    .Entries     (StoreEntries),
    .Dependencies(LoadEntries + ExecuteEntries)
  ) u_store (
    .clk_i,
    .rst_ni,
    .allocate_valid_i           (allocate_valid_i && is_store),
    .allocate_ready_o           (store_ready),
    .allocate_id_o              (store_id),
    .allocate_i,
    .allocate_owner_i,
    .allocate_retires_at_issue_i(is_config),
    .allocate_dependencies_i    ({on_load, on_execute}),
    .resolved_i                 ({load_resolved, execute_resolved}),
    .issue_valid_o              (store_issue_valid_o),
    .issue_ready_i              (store_issue_ready_i),
    .issue_command_o            (store_command),
    .issue_id_o                 (store_issue_id),
    .complete_valid_i           (store_done),
    .complete_id_i              (store_done_id_i),
    .left_o                     (store_left),
    .valid_o                    (store_valid),
    .is_busy_o                  (store_busy),
    .waits_for_o                (store_waits),
    .has_unissued_o             (store_unissued)
  );

  assign execute_waits_for_load_o  = |execute_waits[StoreEntries+:LoadEntries];
  assign execute_waits_for_store_o = |execute_waits[StoreEntries-1:0];

  logic has_one_execute;
  assign has_one_execute = execute_valid != '0 && (execute_valid & (execute_valid - 1'b1)) == '0;
  assign busy_o = |load_valid || |store_valid
               || (|execute_valid && !(lone_preload_i && has_one_execute));

  always_comb begin
    activity_o.load_busy       = load_busy;
    activity_o.execute_busy    = execute_busy;
    activity_o.store_busy      = store_busy;
    activity_o.load_entries    = count_t'($countones(load_valid));
    activity_o.execute_entries = count_t'($countones(execute_valid));
    activity_o.store_entries   = count_t'($countones(store_valid));
    activity_o.allocates       = is_allocated;
  end

  logic unused;
  assign unused = ^{load_waits, store_waits, load_unissued, store_unissued};
endmodule : reservation_station
