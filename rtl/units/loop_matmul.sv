// SPDX-License-Identifier: Apache-2.0
/// Unrolls matmul loops. Loop commands end here; each configured loop gives its mvins, products
/// and mvouts to the next queue, from five streams that run side by side, one command a cycle:
/// stores first, then products, D, and A or B. Other commands pass while no loop is configured.
module loop_matmul
  import accelerator_pkg::*;
  import array_side_pkg::activation_e;
  import array_side_pkg::ActivationLayerNorm;
  import array_side_pkg::ActivationSoftmax;
  import loop_pkg::*;
  import loop_matmul_pkg::*;
(
  input  logic           clk_i,
  input  logic           rst_ni,

  input  logic           in_valid_i,
  output logic           in_ready_o,
  input  owned_command_t in_i,

  output logic           out_valid_o,
  input  logic           out_ready_i,
  output owned_command_t out_o,

  // Commands of this unit that leave the station
  input  left_t          left_i,

  output logic           busy_o
);
  // ---- Slots ----
  logic         is_own, is_run, is_consumed, target_configured, any_configured;
  slot_t        target, head;
  matmul_loop_t loops [2];
  streams_t     skipped, idle, active, candidate, may_start, start, slot, valid, offers, taken;
  streams_t     started [2], completed [2];

  assign is_consumed = in_valid_i && is_own && !target_configured;
  assign in_ready_o  = is_own ? !target_configured : !any_configured && out_ready_i;
  assign idle        = ~active;
  assign busy_o      = any_configured;

  loop_matmul_registers u_registers (
    .clk_i,
    .rst_ni,
    .command_i(in_i.command),
    .is_own_o (is_own),
    .is_run_o (is_run),
    .skipped_o(skipped),
    .write_i  (is_consumed),
    .target_i (target),
    .loops_o  (loops)
  );

  loop_slots u_slots (
    .clk_i,
    .rst_ni,
    .run_i              (is_consumed && is_run),
    .skipped_i          (skipped),
    .target_o           (target),
    .target_configured_o(target_configured),
    .any_configured_o   (any_configured),
    .head_o             (head),
    .started_o          (started),
    .completed_o        (completed),
    .idle_i             (idle),
    .candidate_o        (candidate),
    .may_start_i        (may_start),
    .start_o            (start),
    .slot_o             (slot)
  );

  always_comb begin
    may_start          = '1;
    may_start[Execute] = &started[candidate[Execute]][LoadD:LoadA];
    may_start[Store]   = started[candidate[Store]][Execute]
                      || loops[candidate[Store]].residual_add;
  end

  // ---- Accumulator halves ----
  // Where the next loop's D, results and stores begin
  logic [2:0] next_half_q;  // by stream, from LoadD on
  local_row_t bases [3];

  always_comb begin
    for (int s = LoadD; s <= Store; s++) begin
      bases[s-LoadD] = next_half_q[s-LoadD] ? local_row_t'(AccumulatorHalf) : '0;
    end
  end

  function automatic logic moves_on(matmul_loop_t loop, logic is_load);
    return !is_load && loop.scratchpad_only ? loop.increment_accumulator : loop.c != '0;
  endfunction

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      next_half_q <= '0;
    end else begin
      for (int s = LoadD; s <= Store; s++) begin
        if (start[s] && moves_on(loops[candidate[s]], s == LoadD)) begin
          next_half_q[s-LoadD] <= !next_half_q[s-LoadD];
        end
      end
    end
  end

  // ---- What a stream is told ----
  function automatic local_row_t half_of_scratchpad(logic [1:0] index);
    return local_row_t'(index) * local_row_t'(ScratchpadHalf);
  endfunction
  function automatic local_row_t first_a(matmul_loop_t loop, logic with_ids);
    return with_ids && loop.a_id != '0 ? half_of_scratchpad(loop.a_id - 1'b1) : loop.a_start;
  endfunction
  function automatic local_row_t first_b(matmul_loop_t loop, logic with_ids);
    return (with_ids && loop.b_id != '0 ? half_of_scratchpad(loop.b_id) : loop.b_end)
         - loop.b_rows;
  endfunction
  function automatic local_row_t residual_base(slot_t of_slot);
    return of_slot ? local_row_t'(AccumulatorHalf) : '0;
  endfunction

  function automatic matmul_transfer_t load_a_of(matmul_loop_t loop, slot_t of_slot);
    matmul_transfer_t transfer;
    logic [15:0]      columns, pad;
    columns = loop.residual_add ? loop.j : loop.k;
    pad     = loop.residual_add ? loop.pad_j : loop.pad_k;
    transfer.empty         = IsGemmini2025 && loop.a == '0;
    transfer.row_inner     = !loop.a_transpose;
    transfer.funct         = FunctMvin;
    transfer.rows          = loop.a_transpose ? columns : loop.i;
    transfer.cols          = loop.a_transpose ? loop.i : columns;
    transfer.step          = smaller(transfer.cols, 16'(MaxBlocks));
    transfer.row_pad       = loop.a_transpose ? pad : loop.pad_i;
    transfer.col_pad       = loop.a_transpose ? loop.pad_i : pad;
    transfer.address       = loop.a;
    transfer.stride        = loop.a_stride;
    transfer.wide          = 1'b0;
    transfer.local_address = loop.residual_add
        ? accumulator_row(residual_base(of_slot), 1'b0, 1'b0)
        : scratchpad_row(first_a(loop, 1'b1));
    return transfer;
  endfunction

  function automatic matmul_transfer_t load_b_of(matmul_loop_t loop, slot_t of_slot);
    matmul_transfer_t transfer;
    logic [15:0]      lines, pad;
    lines = loop.residual_add ? loop.i : loop.k;
    pad   = loop.residual_add ? loop.pad_i : loop.pad_k;
    transfer.empty         = IsGemmini2025 && loop.b == '0;
    transfer.row_inner     = loop.b_transpose;
    transfer.funct         = FunctMvin2;
    transfer.rows          = loop.b_transpose ? loop.j : lines;
    transfer.cols          = loop.b_transpose ? lines : loop.j;
    transfer.step          = smaller(transfer.cols, 16'(MaxBlocks));
    transfer.row_pad       = '0;
    transfer.col_pad       = loop.b_transpose ? pad : loop.pad_j;
    transfer.address       = loop.b;
    transfer.stride        = loop.b_stride;
    transfer.wide          = 1'b0;
    transfer.local_address = loop.residual_add
        ? accumulator_row(residual_base(of_slot), 1'b1, 1'b0)
        : scratchpad_row(first_b(loop, 1'b1));
    return transfer;
  endfunction

  function automatic matmul_transfer_t load_d_of(matmul_loop_t loop, local_row_t base);
    matmul_transfer_t transfer;
    transfer.empty         = loop.d == '0;
    transfer.row_inner     = 1'b1;
    transfer.funct         = FunctMvin3;
    transfer.rows          = loop.i;
    transfer.cols          = loop.j;
    transfer.step          = smaller(loop.j, loop.low_d ? 16'(MaxBlocks) : 16'(MaxWideBlocks));
    transfer.row_pad       = loop.pad_i;
    transfer.col_pad       = loop.pad_j;
    transfer.address       = loop.d;
    transfer.stride        = loop.d_stride;
    transfer.wide          = !loop.low_d;
    transfer.local_address = accumulator_row(base, 1'b0, 1'b0);
    return transfer;
  endfunction

  function automatic matmul_transfer_t store_of(matmul_loop_t loop, local_row_t base);
    matmul_transfer_t transfer;
    transfer.empty         = loop.c == '0;
    transfer.row_inner     = 1'b1;
    transfer.funct         = FunctMvout;
    transfer.rows          = loop.i;
    transfer.cols          = loop.j;
    transfer.step          = loop.full_c ? 16'd1 : smaller(loop.j, 16'(MaxBlocks));
    transfer.row_pad       = loop.pad_i;
    transfer.col_pad       = loop.pad_j;
    transfer.address       = loop.c;
    transfer.stride        = loop.c_stride;
    transfer.wide          = loop.full_c;
    transfer.local_address = accumulator_row(base, 1'b0, loop.full_c);
    return transfer;
  endfunction

  function automatic matmul_product_t product_of(matmul_loop_t loop, local_row_t base);
    return '{
      empty: loop.residual_add,
      i: loop.i, j: loop.j, k: loop.k, pad_i: loop.pad_i, pad_j: loop.pad_j, pad_k: loop.pad_k,
      accumulate: loop.accumulate, a_transpose: loop.a_transpose, b_transpose: loop.b_transpose,
      a: first_a(loop, !loop.scratchpad_only), b: first_b(loop, !loop.scratchpad_only), c: base
    };
  endfunction

  matmul_transfer_t transfers [LoopStreams];
  matmul_product_t  product;
  always_comb begin
    transfers = '{default: '0};
    product   = '0;
    if (start[LoadA]) transfers[LoadA] = load_a_of(loops[candidate[LoadA]], candidate[LoadA]);
    if (start[LoadB]) transfers[LoadB] = load_b_of(loops[candidate[LoadB]], candidate[LoadB]);
    if (start[LoadD]) transfers[LoadD] = load_d_of(loops[candidate[LoadD]], bases[0]);
    if (start[Execute]) product = product_of(loops[candidate[Execute]], bases[Execute-LoadD]);
    if (start[Store]) begin
      transfers[Store] = store_of(
          loops[candidate[Store]],
          loops[candidate[Store]].residual_add ? residual_base(candidate[Store])
                                               : bases[Store-LoadD]);
    end
  end

  // ---- Streams ----
  logic [15:0] rows [LoopStreams], cols [LoopStreams], counts [LoopStreams];
  command_t    commands [LoopStreams];
  logic [15:0] product_i, product_j, product_k;

  // Layer normalisation and softmax
  activation_e store_activation;
  logic        normalises, normalising;  // the store that starts, the one at work
  command_t    normalising_command;
  assign store_activation = activation_e'(loops[candidate[Store]].activation);
  assign normalises       = HasNormalisations && loops[candidate[Store]].c != '0
                         && store_activation inside {ActivationLayerNorm, ActivationSoftmax};

  if (HasNormalisations) begin : gen_normalise
    loop_matmul_normalise u_normalise (
      .clk_i,
      .rst_ni,
      .start_i   (start[Store] && normalises),
      .transfer_i(transfers[Store]),
      .softmax_i (store_activation == ActivationSoftmax),
      .active_o  (normalising),
      .taken_i   (taken[Store] && normalising),
      .command_o (normalising_command)
    );
  end else begin : gen_no_normalise
    assign normalising         = 1'b0;
    assign normalising_command = '0;
  end

  for (genvar s = 0; s < LoopStreams; s++) begin : gen_stream
    if (s != Execute) begin : gen_transfer
      logic     moving, moves;
      command_t moved;

      loop_matmul_transfer u_transfer (
        .clk_i,
        .rst_ni,
        .start_i   (start[s] && !(s == Store && normalises)),
        .transfer_i(transfers[s]),
        .active_o  (moving),
        .row_o     (rows[s]),
        .col_o     (cols[s]),
        .count_o   (counts[s]),
        .valid_o   (moves),
        .taken_i   (taken[s] && moving),
        .command_o (moved)
      );
      assign active[s]   = moving || (s == Store && normalising);
      assign valid[s]    = moves || (s == Store && normalising);
      assign commands[s] = s == Store && normalising ? normalising_command : moved;
    end else begin : gen_execute
      loop_matmul_execute u_execute (
        .clk_i,
        .rst_ni,
        .start_i  (start[s]),
        .product_i(product),
        .active_o (active[s]),
        .i_o      (product_i),
        .j_o      (product_j),
        .k_o      (product_k),
        .valid_o  (valid[s]),
        .taken_i  (taken[s]),
        .command_o(commands[s])
      );
      assign rows[s]   = '0;
      assign cols[s]   = '0;
      assign counts[s] = '0;
    end
  end

  // ---- Who offers ----
  function automatic logic is_at_work(logic is_active, slot_t its_slot, slot_t for_slot);
    return is_active && its_slot == for_slot;
  endfunction

  logic [StationClasses-1:0] full;
  logic [15:0]               a_i, a_k, b_j, b_k;
  logic                      is_a_chosen, is_b_chosen, is_a_ahead, is_b_ahead, is_d_done;
  logic                      are_products_done, are_sums_done;

  assign a_i = loops[slot[LoadA]].a_transpose ? cols[LoadA] : rows[LoadA];
  assign a_k = loops[slot[LoadA]].a_transpose ? rows[LoadA] : cols[LoadA];
  assign b_j = loops[slot[LoadB]].b_transpose ? rows[LoadB] : cols[LoadB];
  assign b_k = loops[slot[LoadB]].b_transpose ? cols[LoadB] : rows[LoadB];

  always_comb begin
    if (slot[LoadA] != slot[LoadB]) begin
      is_b_chosen = slot[LoadB] == head;
    end else if (!active[LoadA]) begin
      is_b_chosen = 1'b1;
    end else if (!active[LoadB] || loops[slot[LoadA]].residual_add) begin
      is_b_chosen = 1'b0;
    end else begin
      is_b_chosen = a_k > b_k || (b_j == '0 && b_k == '0);
    end
    is_a_chosen = !is_b_chosen;
  end

  assign is_d_done  = !is_at_work(active[LoadD], slot[LoadD], slot[Execute]);
  assign is_a_ahead = !is_at_work(active[LoadA], slot[LoadA], slot[Execute])
                   || a_k > product_k || (a_k == product_k && a_i > product_i);
  assign is_b_ahead = !is_at_work(active[LoadB], slot[LoadB], slot[Execute])
                   || b_k > product_k || (a_k == product_k && b_j > product_j);

  // Behind the last block of an mvout
  logic [16:0] store_end;
  assign store_end = 17'(cols[Store]) + 17'(counts[Store]);
  assign are_products_done =
      !is_at_work(active[Execute], slot[Execute], slot[Store])
      || (!normalising && 17'(product_k) + 17'd1 == 17'(loops[slot[Store]].k)
          && (17'(product_j) >= store_end
              || (17'(product_j) + 17'd1 == store_end && product_i > rows[Store])));
  assign are_sums_done =
      (!is_at_work(active[LoadA], slot[LoadA], slot[Store])
       && !is_at_work(active[LoadB], slot[LoadB], slot[Store]))
      || b_k > rows[Store] || (b_k == rows[Store] && 17'(b_j) >= store_end);

  always_comb begin
    offers          = valid;
    offers[LoadA]   = valid[LoadA] && !full[LoadClass] && is_a_chosen;
    offers[LoadB]   = valid[LoadB] && !full[LoadClass] && is_b_chosen;
    offers[LoadD]   = valid[LoadD] && !full[LoadClass];
    offers[Execute] = valid[Execute] && !full[ExecuteClass]
                   && is_d_done && is_a_ahead && is_b_ahead;
    offers[Store]   = valid[Store] && !full[StoreClass]
                   && (loops[slot[Store]].residual_add ? are_sums_done : are_products_done);
  end

  // ---- Output ----
  station_class_e given_class;
  command_t       given;
  always_comb begin
    taken       = '0;
    given       = commands[LoadA];
    given_class = LoadClass;
    for (int s = LoadA; s <= Store; s++) begin
      if (offers[s]) begin
        taken       = streams_t'(1) << s;
        given       = commands[s];
        given_class = s == Store ? StoreClass : s == Execute ? ExecuteClass : LoadClass;
      end
    end
    if (!any_configured || !out_ready_i) taken = '0;
  end

  always_comb begin
    if (any_configured) begin
      out_valid_o = |offers;
      out_o       = '{owner: loop_owner_t'(1 << MatmulUnit), command: given};
    end else begin
      out_valid_o = in_valid_i && !is_own;
      out_o       = in_i;
    end
  end

  loop_throttle u_throttle (
    .clk_i,
    .rst_ni,
    .given_i(|taken),
    .class_i(given_class),
    .left_i,
    .full_o (full)
  );

  // ---- Rules of use ----
  always_ff @(posedge clk_i) begin
    if (rst_ni && start[Store]) begin
      assert (!loops[candidate[Store]].scratchpad_only)
      else $error("a loop with scratchpad_only stores; that would need mvout_spad");
    end
  end

  logic unused;
  assign unused = ^{completed[0], completed[1]};
endmodule : loop_matmul
