// SPDX-License-Identifier: Apache-2.0

/// The store pipeline with banks whose grants the test decides, and whose words say which row was
/// read. For store_pipeline_test.cpp.
module store_pipeline_bench
  import accelerator_pkg::*;
  import array_side_pkg::*;
(
  input  logic        clk_i,
  input  logic        rst_ni,

  input  logic        request_valid_i,
  output logic        request_ready_o,
  input  logic [1:0]  source_i,       // 0 scratchpad, 1 accumulator, 2 outside the image
  input  logic [15:0] row_i,
  input  logic        full_width_i,
  input  logic        last_i,         // of its mvout

  input  logic        scratchpad_grant_i,
  input  logic        accumulator_grant_i,
  output logic        scratchpad_read_o,
  output logic        accumulator_read_o,
  output logic        last_read_o,

  output logic        element_valid_o,
  input  logic        element_ready_i,
  output logic [15:0] element_row_o,  // the row that its data came from
  output logic        element_alike_o,  // all its lanes say so
  output logic        busy_o
);

  store_request_t request;
  store_element_t element;
  logic [ScratchpadBanks-1:0] scratchpad_valid;
  logic [AccumulatorBanks-1:0] accumulator_valid;
  logic [$clog2(ScratchpadBankRows)-1:0] scratchpad_row;
  logic [$clog2(AccumulatorBankRows)-1:0] accumulator_row;
  row_t [ScratchpadBanks-1:0] scratchpad_data;
  accumulator_row_t [AccumulatorBanks-1:0] accumulator_data;

  always_comb begin
    request                    = '0;
    request.source             = store_source_e'(source_i);
    request.row                = local_row_t'(row_i);
    request.scale              = 32'h3F80_0000;
    request.is_last_of_command = last_i;
    request.target.full_width  = full_width_i;
  end

  store_pipeline u_dut (
    .clk_i                   (clk_i),
    .rst_ni                  (rst_ni),
    .request_valid_i         (request_valid_i),
    .request_ready_o         (request_ready_o),
    .request_i               (request),
    .last_read_o             (last_read_o),
    .scratchpad_read_valid_o (scratchpad_valid),
    .scratchpad_read_ready_i ({ScratchpadBanks{scratchpad_grant_i}}),
    .scratchpad_read_data_i  (scratchpad_data),
    .accumulator_read_valid_o(accumulator_valid),
    .accumulator_read_ready_i({AccumulatorBanks{accumulator_grant_i}}),
    .accumulator_read_data_i (accumulator_data),
    .scratchpad_read_row_o   (scratchpad_row),
    .accumulator_read_row_o  (accumulator_row),
    .element_valid_o         (element_valid_o),
    .element_ready_i         (element_ready_i),
    .element_o               (element),
    .busy_o                  (busy_o)
  );

  assign scratchpad_read_o  = scratchpad_valid != '0 && scratchpad_grant_i;
  assign accumulator_read_o = accumulator_valid != '0 && accumulator_grant_i;

  // Every lane holds the low bits of the row; only the bank that was read has a word, and only in
  // the cycle after.
  always_ff @(posedge clk_i) begin
    scratchpad_data  <= '0;
    accumulator_data <= '0;
    for (int unsigned bank = 0; bank < ScratchpadBanks; bank++) begin
      if (scratchpad_valid[bank] && scratchpad_grant_i) begin
        scratchpad_data[bank] <= {Dim{8'(scratchpad_row)}};
      end
    end
    for (int unsigned bank = 0; bank < AccumulatorBanks; bank++) begin
      if (accumulator_valid[bank] && accumulator_grant_i) begin
        accumulator_data[bank] <= {Dim{32'(accumulator_row[6:0])}};
      end
    end
  end

  always_comb begin
    automatic int unsigned step = element.full_width ? 4 : 1;
    element_row_o   = {8'd0, element.data[0]};
    element_alike_o = 1'b1;
    for (int unsigned lane = 0; lane < Dim; lane++) begin
      if (element.data[lane*step] != element.data[0]) element_alike_o = 1'b0;
    end
  end

  logic unused;
  assign unused = ^element;

endmodule : store_pipeline_bench
