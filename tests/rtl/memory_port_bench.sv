// SPDX-License-Identifier: Apache-2.0
/// memory_port with scalar ports; write data are all zero.
module memory_port_bench
  import accelerator_pkg::*;
(
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic        read_valid_i,
  output logic        read_ready_o,
  input  logic [63:0] read_address_i,
  input  logic        write_in_burst_i,
  input  logic        write_valid_i,
  output logic        write_ready_o,
  input  logic        write_first_i,
  input  logic        write_last_i,
  output logic        acknowledge_o,
  output logic        beat_valid_o,
  input  logic        beat_ready_i,
  output logic [31:0] beat_o,
  output logic        ar_valid_o,
  output logic [63:0] ar_addr_o,
  output logic        aw_valid_o,
  output logic        w_valid_o,
  output logic        w_last_o,
  input  logic        request_ready_i,
  input  logic        r_valid_i,
  output logic        r_ready_o,
  input  logic [31:0] r_data_i,
  input  logic        b_valid_i,
  output logic        b_ready_o
);
  write_beat_t                 write;
  logic [BusBytes-1:0][7:0]    beat;
  logic [7:0]                  ar_len, aw_len;
  logic [63:0]                 aw_addr;
  logic [8*BusBytes-1:0]       w_data;
  logic [BusBytes-1:0]         w_strb;

  always_comb begin
    write       = '0;
    write.beats = beat_count_t'(2);
    write.first = write_first_i;
    write.last  = write_last_i;
  end
  assign beat_o = beat[3:0];

  memory_port u_dut (
    .clk_i,
    .rst_ni,
    .read_valid_i,
    .read_ready_o,
    .read_address_i,
    .read_beats_i    (beat_count_t'(1)),
    .write_in_burst_i,
    .write_valid_i,
    .write_ready_o,
    .write_i         (write),
    .acknowledge_o,
    .beat_valid_o,
    .beat_ready_i,
    .beat_o          (beat),
    .axi_ar_valid_o  (ar_valid_o),
    .axi_ar_ready_i  (request_ready_i),
    .axi_ar_addr_o   (ar_addr_o),
    .axi_ar_len_o    (ar_len),
    .axi_aw_valid_o  (aw_valid_o),
    .axi_aw_ready_i  (request_ready_i),
    .axi_aw_addr_o   (aw_addr),
    .axi_aw_len_o    (aw_len),
    .axi_w_valid_o   (w_valid_o),
    .axi_w_ready_i   (request_ready_i),
    .axi_w_data_o    (w_data),
    .axi_w_strb_o    (w_strb),
    .axi_w_last_o    (w_last_o),
    .axi_r_valid_i   (r_valid_i),
    .axi_r_ready_o   (r_ready_o),
    .axi_r_data_i    ((8 * BusBytes)'(r_data_i)),
    .axi_b_valid_i   (b_valid_i),
    .axi_b_ready_o   (b_ready_o)
  );

  logic unused;
  assign unused = ^{beat, ar_len, aw_len, aw_addr, w_data, w_strb};
endmodule : memory_port_bench
