// SPDX-License-Identifier: Apache-2.0

/// Turns mvouts into elements for the store pipeline, one a cycle into its dispatch queue: blocks
/// within rows; when pooling, the elements of each window, column by column. A configuration takes
/// one cycle. An mvout needs one of LoadsInFlight trackers; it is done with when its last element
/// has been handed over, but the next command is not looked at before two cycles after its first.
/// It completes when the pipeline has read its last element: `store_done` from the cycle after.
module store_controller
  import accelerator_pkg::*;
  import array_side_pkg::*;
(
  input  logic           clk_i,
  input  logic           rst_ni,

  input  logic           issue_valid_i,
  output logic           issue_ready_o,
  input  store_issue_t   issue_i,

  output logic           request_valid_o,
  input  logic           request_ready_i,
  output store_request_t request_o,

  input  logic           last_read_i,        // the pipeline reads the last element of an mvout

  output logic           store_done_valid_o,
  input  logic           store_done_ready_i,
  output store_id_t      store_done_id_o,

  // An mvout with its tracker hands out elements or waits to, or a configuration is taken.
  output logic           active_o,
  output logic           waits_for_tracker_o,
  output logic           waits_for_dispatch_o
);

  // ---- Command queue ----

  logic head_valid, head_pop;
  store_issue_t head;

  fifo #(
    .Depth (StoreQueueDepth),
    .data_t(store_issue_t)
  ) u_queue (
    .clk_i      (clk_i),
    .rst_ni     (rst_ni),
    .in_valid_i (issue_valid_i),
    .in_ready_o (issue_ready_o),
    .in_i       (issue_i),
    .out_valid_o(head_valid),
    .out_ready_i(head_pop),
    .out_o      (head)
  );

  logic is_mvout, is_config_store, is_config_norm, configures;
  logic [63:0] rs1, rs2;
  local_block_t block;

  assign rs1             = head.command.rs1;
  assign rs2             = head.command.rs2;
  assign is_mvout        = head_valid && head.command.funct == FunctMvout;
  assign is_config_store = head_valid && head.command.funct == FunctConfig && rs1[1:0] == 2'd2;
  assign is_config_norm  = HasNormalisations && head_valid && head.command.funct == FunctConfig &&
                           rs1[1:0] == ConfigNormaliseSubtype;
  assign configures      = is_config_store || is_config_norm;
  assign block           = local_block_t'(rs2);

  // ---- Configuration ----

  typedef struct packed {
    logic        relu;
    logic [1:0]  pool_stride;
    logic [1:0]  pool_size;
    logic [1:0]  upper_pad;
    logic [1:0]  left_pad;
    logic [7:0]  pool_out_dim;
    logic [7:0]  pooled_rows;
    logic [7:0]  pooled_cols;
    logic [7:0]  out_rows;
    logic [7:0]  out_cols;
    logic [31:0] dram_stride;
    logic [31:0] scale;
  } config_t;

  localparam logic [31:0] KeepScale = 32'hFFFF_FFFF;

  config_t config_q, config_d;

  always_comb begin
    config_d = config_q;
    if (is_config_store) begin
      config_d.relu        = rs1[ConfigStoreActivationLsb+:2] == 2'd1;
      config_d.pool_stride = rs1[ConfigStorePoolStrideLsb+:2];
      config_d.pool_size   = rs1[ConfigStorePoolSizeLsb+:2];
      config_d.dram_stride = rs2[ConfigStoreDramStrideLsb+:32];
      if (rs2[ConfigStoreAccScaleLsb+:32] != KeepScale) begin
        config_d.scale = rs2[ConfigStoreAccScaleLsb+:32];
      end
      // Without a window the geometry stays, but for what the one-dimensional mvout uses.
      if (config_d.pool_stride != '0) begin
        config_d.upper_pad   = rs1[ConfigStoreUpperPadLsb+:2];
        config_d.left_pad    = rs1[ConfigStoreLeftPadLsb+:2];
        config_d.pooled_rows = rs1[ConfigStorePooledRowsLsb+:8];
        config_d.pooled_cols = rs1[ConfigStorePooledColsLsb+:8];
      end
      if (config_d.pool_stride != '0 || config_d.pool_size != '0) begin
        config_d.pool_out_dim = rs1[ConfigStorePoolOutDimLsb+:8];
        config_d.out_rows     = rs1[ConfigStoreOutRowsLsb+:8];
        config_d.out_cols     = rs1[ConfigStoreOutColsLsb+:8];
      end
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      config_q <= '0;
    end else if (is_config_store) begin
      config_q <= config_d;
    end
  end

  // config_st gives the low bits of the activation and clears the third.
  normalisation_t normalisation;

  if (HasNormalisations) begin : gen_normalisation
    normalisation_t normalisation_q, normalisation_d;

    always_comb begin
      normalisation_d = normalisation_q;
      if (is_config_store) begin
        normalisation_d.activation = activation_e'({1'b0, rs1[ConfigStoreActivationLsb+:2]});
      end
      if (is_config_norm) begin
        normalisation_d.stats_id =
            rs1[ConfigNormaliseStatsIdLsb+:StatisticsContextBits];
        if (!rs1[ConfigNormaliseSetStatsIdOnlyLsb]) begin
          normalisation_d.activation = activation_e'({rs1[ConfigNormaliseActivationMsbLsb],
                                                      normalisation_q.activation[1:0]});
          normalisation_d.constants.qb = rs2[ConfigNormaliseQbLsb+:32];
          normalisation_d.constants.qc = rs2[ConfigNormaliseQcLsb+:32];
          if (rs1[ConfigNormaliseQConstTypeLsb]) begin
            normalisation_d.constants.qln2_inv = rs1[ConfigNormaliseQConstLsb+:32];
          end else begin
            normalisation_d.constants.qln2 = rs1[ConfigNormaliseQConstLsb+:32];
          end
        end
      end
    end

    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) begin
        normalisation_q <= '0;
      end else begin
        normalisation_q <= normalisation_d;
      end
    end

    assign normalisation = normalisation_q;
  end else begin : gen_no_normalisation
    assign normalisation = '0;
  end

  // ---- Trackers: mvouts whose elements are not all read, and those that wait for completion ----

  localparam int unsigned CountBits = $clog2(LoadsInFlight + 1);
  localparam int unsigned IndexBits = LoadsInFlight > 1 ? $clog2(LoadsInFlight) : 1;

  typedef logic [IndexBits-1:0] index_t;

  store_id_t ids_q [LoadsInFlight];
  index_t newest_q, oldest_q;
  logic [CountBits-1:0] used_q, finished_q;
  logic tracker_free, start, complete;

  function automatic index_t next(index_t index);
    return index == index_t'(LoadsInFlight - 1) ? '0 : index + 1'b1;
  endfunction

  assign tracker_free       = used_q != CountBits'(LoadsInFlight);
  assign store_done_valid_o = finished_q != '0;
  assign store_done_id_o    = ids_q[oldest_q];
  assign complete           = store_done_valid_o && store_done_ready_i;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      newest_q   <= '0;
      oldest_q   <= '0;
      used_q     <= '0;
      finished_q <= '0;
    end else begin
      if (start) newest_q <= next(newest_q);
      if (complete) oldest_q <= next(oldest_q);
      used_q     <= used_q + CountBits'(start) - CountBits'(complete);
      finished_q <= finished_q + CountBits'(last_read_i) - CountBits'(complete);
    end
  end

  always_ff @(posedge clk_i) begin
    if (start) ids_q[newest_q] <= head.id;
  end

  // ---- Elements ----

  typedef enum logic [1:0] {
    Look    = 2'd0,  // at the head, from its first element on
    Running = 2'd1,
    Rest    = 2'd2   // an mvout of a single element takes a second cycle
  } state_e;

  state_e state_q, state_d;
  logic pooling, one_dimensional, is_last_block, is_last_row, is_last_element, handed;
  logic is_last_window_col, is_last_window_row, is_last_pooled_col, is_last_pooled_row;

  // Of the element at hand
  logic [15:0] row_q, block_q, cols_left_q;           // plain and one-dimensional
  logic [7:0] pooled_row_q, pooled_col_q;             // pooling
  logic [1:0] window_row_q, window_col_q;
  dram_address_t dram_row_q, dram_q;                  // of this row of the image, of this element
  logic [15:0] row, block_index, cols_left;
  logic [7:0] pooled_row, pooled_col;
  logic [1:0] window_row, window_col;
  dram_address_t dram_row, dram, next_dram_row;

  assign pooling         = config_q.pool_stride != '0;
  assign one_dimensional = !pooling && config_q.pool_size != '0;
  assign next_dram_row   = dram_row + 64'(config_q.pool_out_dim) * 64'(config_q.dram_stride);

  always_comb begin
    row         = row_q;
    block_index = block_q;
    cols_left   = cols_left_q;
    pooled_row  = pooled_row_q;
    pooled_col  = pooled_col_q;
    window_row  = window_row_q;
    window_col  = window_col_q;
    dram_row    = dram_row_q;
    dram        = dram_q;
    if (state_q == Look) begin
      row         = '0;
      block_index = '0;
      cols_left   = block.cols;
      pooled_row  = '0;
      pooled_col  = '0;
      window_row  = '0;
      window_col  = '0;
      dram_row    = rs1;
      dram        = rs1;
    end
  end

  assign is_last_block      = cols_left <= 16'(Dim);
  assign is_last_row        = row == (config_q.pool_size != '0
                                ? 16'(config_q.out_rows) * 16'(config_q.out_cols)
                                : block.rows) - 16'd1;
  assign is_last_window_col = window_col == config_q.pool_size - 2'd1;
  assign is_last_window_row = window_row == config_q.pool_size - 2'd1;
  assign is_last_pooled_col = pooled_col == config_q.pooled_cols - 8'd1;
  assign is_last_pooled_row = pooled_row == config_q.pooled_rows - 8'd1;
  assign is_last_element    = pooling ? is_last_window_col && is_last_window_row &&
                                        is_last_pooled_col && is_last_pooled_row
                                      : is_last_block && is_last_row;

  // Row of the image, wide enough to be negative.
  logic signed [11:0] image_row, image_col;
  logic outside;
  local_row_t offset;
  local_address_t address;

  assign image_row = 12'(pooled_row) * 12'(config_q.pool_stride) + 12'(window_row)
                   - 12'(config_q.upper_pad);
  assign image_col = 12'(pooled_col) * 12'(config_q.pool_stride) + 12'(window_col)
                   - 12'(config_q.left_pad);
  assign outside   = image_row < 0 || image_col < 0 || image_row >= 12'(config_q.out_rows) ||
                     image_col >= 12'(config_q.out_cols);

  always_comb begin
    automatic logic [31:0] image_offset = 32'(image_row) * 32'(config_q.out_cols) + 32'(image_col);
    automatic logic [31:0] plain_offset = 32'(block_index) * 32'(Dim) + 32'(row);
    offset  = local_row_t'(pooling ? image_offset : plain_offset);
    address = address_plus(block.address, 32'(offset));
  end

  always_comb begin
    request_o                     = '0;
    request_o.source              = block.address.accumulator ? FromAccumulator : FromScratchpad;
    request_o.row                 = row_of(address);
    request_o.relu                = config_q.relu;
    request_o.scale               = config_q.scale;
    request_o.norm                = NormWrite;
    request_o.normalisation       = normalisation;
    request_o.is_last_of_command  = is_last_element;
    request_o.target.dram_address = dram;
    request_o.target.full_width   = FullWidthAccumulatorRead && block.address.accumulator &&
                                    block.address.full_width;
    request_o.target.lanes        = is_last_block ? cols_left : 16'(Dim);
    request_o.target.pool         = pooling;
    if (pooling) begin
      if (outside) request_o.source = FromNowhere;
      request_o.target.first = window_row == '0 && window_col == '0;
      request_o.target.last  = is_last_window_row && is_last_window_col;
    end else begin
      if (HasNormalisations && block.address.accumulator) begin
        request_o.norm = norm_command_e'(block.address[28:26]);
        if (!is_last_block) request_o.norm = before_last_block(request_o.norm);
      end
      request_o.target.block = block_index;
      request_o.target.first = block_index == '0;
      request_o.target.last  = is_last_block;
    end
  end

  assign request_valid_o = (state_q == Look && is_mvout && tracker_free) || state_q == Running;
  assign handed          = request_valid_o && request_ready_i;
  assign start           = handed && state_q == Look;
  assign active_o        = request_valid_o || configures;
  assign waits_for_tracker_o  = is_mvout && !request_valid_o && !head_pop;
  assign waits_for_dispatch_o = request_valid_o && !request_ready_i;

  always_comb begin
    state_d  = state_q;
    head_pop = 1'b0;
    unique case (state_q)
      Look: begin
        // Anything but an mvout takes one cycle.
        if (head_valid && !is_mvout) head_pop = 1'b1;
        if (start) state_d = is_last_element ? Rest : Running;
      end
      Running: begin
        if (handed && is_last_element) begin
          head_pop = 1'b1;
          state_d  = Look;
        end
      end
      Rest: begin
        head_pop = 1'b1;
        state_d  = Look;
      end
      default: state_d = Look;
    endcase
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q <= Look;
    end else begin
      state_q <= state_d;
    end
  end

  always_ff @(posedge clk_i) begin
    if (handed) begin
      if (pooling) begin
        window_col_q <= is_last_window_col ? '0 : window_col + 2'd1;
        window_row_q <= window_row;
        pooled_col_q <= pooled_col;
        pooled_row_q <= pooled_row;
        dram_q       <= dram;
        dram_row_q   <= dram_row;
        cols_left_q  <= cols_left;
        if (is_last_window_col) begin
          window_row_q <= is_last_window_row ? '0 : window_row + 2'd1;
          if (is_last_window_row) begin
            pooled_col_q <= is_last_pooled_col ? '0 : pooled_col + 8'd1;
            dram_q       <= dram + 64'(config_q.dram_stride);
            if (is_last_pooled_col) begin
              pooled_row_q <= pooled_row + 8'd1;
              dram_q       <= next_dram_row;
              dram_row_q   <= next_dram_row;
            end
          end
        end
      end else begin
        block_q      <= is_last_block ? '0 : block_index + 16'd1;
        cols_left_q  <= is_last_block ? block.cols : cols_left - 16'(Dim);
        row_q        <= is_last_block ? row + 16'd1 : row;
        pooled_col_q <= pooled_col;
        dram_q       <= dram;
        dram_row_q   <= dram_row;
        if (is_last_block) begin
          pooled_col_q <= pooled_col + 8'd1;
          dram_q       <= dram + 64'(config_q.dram_stride);
          // One-dimensional: the next row of the image stands pool_out_dim further.
          if (one_dimensional && pooled_col == config_q.out_cols - 8'd1) begin
            pooled_col_q <= '0;
            dram_q       <= next_dram_row;
            dram_row_q   <= next_dram_row;
          end
        end
      end
    end
  end

  // ---- Rules of use ----

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      assert (finished_q <= used_q) else $error("an element of no mvout was read");
      assert (!head_valid || is_mvout || head.command.funct == FunctConfig)
      else $error("not a command of the store class");
    end
  end

endmodule : store_controller
