// SPDX-License-Identifier: Apache-2.0

/// The units around the array, wired: execute queue and controller, row feeder, array, result writer,
/// the banks of scratchpad and accumulator, store controller and store pipeline. Its ports are the
/// whole contract with the rest of the accelerator; rtl/README.md describes them.
module array_side
  import accelerator_pkg::*;
  import array_side_pkg::*;
(
  input  logic           clk_i,
  input  logic           rst_ni,

  input  logic           execute_issue_valid_i,
  output logic           execute_issue_ready_o,
  input  execute_issue_t execute_issue_i,
  output logic           result_done_valid_o,
  output execute_id_t    result_done_id_o,
  output logic           fed_done_valid_o,
  input  logic           fed_done_ready_i,
  output execute_id_t    fed_done_id_o,
  output logic           lone_preload_o,

  input  logic           store_issue_valid_i,
  output logic           store_issue_ready_o,
  input  store_issue_t   store_issue_i,
  output logic           store_done_valid_o,
  input  logic           store_done_ready_i,
  output store_id_t      store_done_id_o,

  input  logic           load_write_valid_i,
  input  local_write_t   load_write_i,
  output bank_select_t   array_write_o,

  output logic           element_valid_o,
  input  logic           element_ready_i,
  output store_element_t element_o,
  output logic           store_busy_o,

  // For the counters: elements of an mvout are handed out, or a configuration taken; rows are fed
  output logic           store_active_o,
  output logic           store_waits_for_tracker_o,
  output logic           store_waits_for_dispatch_o,
  output logic           feeding_o
);

  // Row of a bank: the lower bits of a row of its memory.
  localparam int unsigned ScratchpadBankRowBits  = $clog2(ScratchpadBankRows);
  localparam int unsigned AccumulatorBankRowBits = $clog2(AccumulatorBankRows);

  // ---- Execute ----

  logic [2:0] queue_valid, head_valid;
  execute_entry_t [2:0] queue_head, head;
  logic [1:0] queue_pop, take;
  logic queue_single, expander_empty, expands, feeder_idle, request_valid;
  logic flush_valid, flush_drives_out, flush_active;
  logic last_row_fed, tag_valid, weight_stationary, relu;
  logic [4:0] shift;
  local_row_t c_stride;
  request_t request;
  result_tag_t tag;

  execute_queue u_execute_queue (
    .clk_i         (clk_i),
    .rst_ni        (rst_ni),
    .issue_valid_i (execute_issue_valid_i),
    .issue_ready_o (execute_issue_ready_o),
    .issue_i       (execute_issue_i),
    .head_valid_o  (queue_valid),
    .head_o        (queue_head),
    .pop_i         (queue_pop),
    .single_o      (queue_single)
  );

  preload_expander u_preload_expander (
    .clk_i          (clk_i),
    .rst_ni         (rst_ni),
    .expands_i      (expands),
    .feeder_idle_i  (feeder_idle),
    .last_row_fed_i (last_row_fed),
    .queue_valid_i  (queue_valid),
    .queue_i        (queue_head),
    .queue_pop_o    (queue_pop),
    .head_valid_o   (head_valid),
    .head_o         (head),
    .take_i         (take),
    .takes_request_i(request_valid),
    .empty_o        (expander_empty)
  );

  assign lone_preload_o = queue_single && queue_valid[0] && expander_empty && feeder_idle &&
                          queue_head[0].command.funct == FunctPreload;

  execute_controller u_execute_controller (
    .clk_i              (clk_i),
    .rst_ni             (rst_ni),
    .head_valid_i       (head_valid),
    .head_i             (head),
    .take_o             (take),
    .expands_o          (expands),
    .feeder_idle_i      (feeder_idle),
    .request_valid_o    (request_valid),
    .request_o          (request),
    .flush_valid_o      (flush_valid),
    .flush_drives_out_o (flush_drives_out),
    .flush_active_o     (flush_active),
    .last_row_fed_i     (last_row_fed),
    .tag_valid_o        (tag_valid),
    .tag_o              (tag),
    .weight_stationary_o(weight_stationary),
    .relu_o             (relu),
    .shift_o            (shift),
    .c_stride_o         (c_stride),
    .result_done_i      (result_done_valid_o),
    .fed_done_valid_o   (fed_done_valid_o),
    .fed_done_ready_i   (fed_done_ready_i),
    .fed_done_id_o      (fed_done_id_o)
  );

  logic [ScratchpadBanks-1:0] execute_read_valid, execute_read_ready;
  local_row_t [ScratchpadBanks-1:0] execute_read_row;
  row_t [ScratchpadBanks-1:0] scratchpad_read_data;
  logic row_valid, row_last, row_weight_stationary, row_active, row_shift;
  row_t row_a, row_b, row_d;

  row_feeder u_row_feeder (
    .clk_i              (clk_i),
    .rst_ni             (rst_ni),
    .idle_o             (feeder_idle),
    .feeding_o          (feeding_o),
    .request_valid_i    (request_valid),
    .request_i          (request),
    .flush_valid_i      (flush_valid),
    .flush_drives_out_i (flush_drives_out),
    .flush_active_i     (flush_active),
    .last_row_fed_o     (last_row_fed),
    .read_valid_o       (execute_read_valid),
    .read_ready_i       (execute_read_ready),
    .read_row_o         (execute_read_row),
    .read_data_i        (scratchpad_read_data),
    .row_valid_o        (row_valid),
    .row_last_o         (row_last),
    .weight_stationary_o(row_weight_stationary),
    .active_o           (row_active),
    .shift_o            (row_shift),
    .a_o                (row_a),
    .b_o                (row_b),
    .d_o                (row_d)
  );

  logic result_valid, result_last;
  logic [Dim-1:0][OutputBits-1:0] result;

  mesh u_mesh (
    .clk_i              (clk_i),
    .rst_ni             (rst_ni),
    .row_valid_i        (row_valid),
    .row_last_i         (row_last),
    .weight_stationary_i(row_weight_stationary),
    .active_i           (row_active),
    .shift_i            (row_shift),
    .a_i                (row_a),
    .b_i                (row_b),
    .d_i                (row_d),
    .result_valid_o     (result_valid),
    .result_last_o      (result_last),
    .result_o           (result)
  );

  logic array_write_valid;
  local_write_t array_write;

  result_writer u_result_writer (
    .clk_i              (clk_i),
    .rst_ni             (rst_ni),
    .weight_stationary_i(weight_stationary),
    .relu_i             (relu),
    .shift_i            (shift),
    .c_stride_i         (c_stride),
    .tag_valid_i        (tag_valid),
    .tag_i              (tag),
    .result_valid_i     (result_valid),
    .result_last_i      (result_last),
    .result_i           (result),
    .write_valid_o      (array_write_valid),
    .write_o            (array_write),
    .write_bank_o       (array_write_o),
    .done_valid_o       (result_done_valid_o),
    .done_id_o          (result_done_id_o)
  );

  // ---- Store ----

  logic store_request_valid, store_request_ready, last_read;
  store_request_t store_request;

  store_controller u_store_controller (
    .clk_i              (clk_i),
    .rst_ni             (rst_ni),
    .issue_valid_i      (store_issue_valid_i),
    .issue_ready_o      (store_issue_ready_o),
    .issue_i            (store_issue_i),
    .request_valid_o    (store_request_valid),
    .request_ready_i    (store_request_ready),
    .request_o          (store_request),
    .last_read_i        (last_read),
    .store_done_valid_o (store_done_valid_o),
    .store_done_ready_i (store_done_ready_i),
    .store_done_id_o    (store_done_id_o),
    .active_o           (store_active_o),
    .waits_for_tracker_o (store_waits_for_tracker_o),
    .waits_for_dispatch_o(store_waits_for_dispatch_o)
  );

  logic [ScratchpadBanks-1:0] store_scratchpad_valid, store_scratchpad_ready;
  logic [AccumulatorBanks-1:0] store_accumulator_valid, store_accumulator_ready;
  accumulator_row_t [AccumulatorBanks-1:0] accumulator_read_data;
  logic [ScratchpadBankRowBits-1:0] store_scratchpad_row;
  logic [AccumulatorBankRowBits-1:0] store_accumulator_row;

  store_pipeline u_store_pipeline (
    .clk_i                   (clk_i),
    .rst_ni                  (rst_ni),
    .request_valid_i         (store_request_valid),
    .request_ready_o         (store_request_ready),
    .request_i               (store_request),
    .last_read_o             (last_read),
    .scratchpad_read_valid_o (store_scratchpad_valid),
    .scratchpad_read_ready_i (store_scratchpad_ready),
    .scratchpad_read_data_i  (scratchpad_read_data),
    .accumulator_read_valid_o(store_accumulator_valid),
    .accumulator_read_ready_i(store_accumulator_ready),
    .accumulator_read_data_i (accumulator_read_data),
    .scratchpad_read_row_o   (store_scratchpad_row),
    .accumulator_read_row_o  (store_accumulator_row),
    .element_valid_o         (element_valid_o),
    .element_ready_i         (element_ready_i),
    .element_o               (element_o),
    .busy_o                  (store_busy_o)
  );

  // ---- Banks: the upper bits of a row ----

  local_row_t load_scratchpad_bank, load_accumulator_bank;
  local_row_t array_scratchpad_bank, array_accumulator_bank;
  assign load_scratchpad_bank   = load_write_i.row >> ScratchpadBankRowBits;
  assign load_accumulator_bank  = load_write_i.row >> AccumulatorBankRowBits;
  assign array_scratchpad_bank  = array_write.row >> ScratchpadBankRowBits;
  assign array_accumulator_bank = array_write.row >> AccumulatorBankRowBits;

  for (genvar bank = 0; bank < ScratchpadBanks; bank++) begin : gen_scratchpad_bank
    scratchpad_bank u_bank (
      .clk_i               (clk_i),
      .rst_ni              (rst_ni),
      .array_write_valid_i (array_write_valid && !array_write.accumulator &&
                            array_scratchpad_bank == local_row_t'(bank)),
      .array_write_row_i   (array_write.row[ScratchpadBankRowBits-1:0]),
      .array_write_mask_i  (array_write.mask[Dim-1:0]),
      .array_write_data_i  (array_write.data[Dim-1:0]),
      .load_write_valid_i  (load_write_valid_i && !load_write_i.accumulator &&
                            load_scratchpad_bank == local_row_t'(bank)),
      .load_write_row_i    (load_write_i.row[ScratchpadBankRowBits-1:0]),
      .load_write_mask_i   (load_write_i.mask[Dim-1:0]),
      .load_write_data_i   (load_write_i.data[Dim-1:0]),
      .execute_read_valid_i(execute_read_valid[bank]),
      .execute_read_ready_o(execute_read_ready[bank]),
      .execute_read_row_i  (execute_read_row[bank][ScratchpadBankRowBits-1:0]),
      .store_read_valid_i  (store_scratchpad_valid[bank]),
      .store_read_ready_o  (store_scratchpad_ready[bank]),
      .store_read_row_i    (store_scratchpad_row),
      .read_data_o         (scratchpad_read_data[bank])
    );
  end

  for (genvar bank = 0; bank < AccumulatorBanks; bank++) begin : gen_accumulator_bank
    accumulator_bank u_bank (
      .clk_i                   (clk_i),
      .rst_ni                  (rst_ni),
      .array_write_valid_i     (array_write_valid && array_write.accumulator &&
                                array_accumulator_bank == local_row_t'(bank)),
      .array_write_accumulate_i(array_write.accumulate),
      .array_write_row_i       (array_write.row[AccumulatorBankRowBits-1:0]),
      .array_write_mask_i      (array_write.mask),
      .array_write_data_i      (array_write.data),
      .load_write_valid_i      (load_write_valid_i && load_write_i.accumulator &&
                                load_accumulator_bank == local_row_t'(bank)),
      .load_write_accumulate_i (load_write_i.accumulate),
      .load_write_row_i        (load_write_i.row[AccumulatorBankRowBits-1:0]),
      .load_write_mask_i       (load_write_i.mask),
      .load_write_data_i       (load_write_i.data),
      .store_read_valid_i      (store_accumulator_valid[bank]),
      .store_read_ready_o      (store_accumulator_ready[bank]),
      .store_read_row_i        (store_accumulator_row),
      .read_data_o             (accumulator_read_data[bank])
    );
  end

endmodule : array_side
