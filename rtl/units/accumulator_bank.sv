// SPDX-License-Identifier: Apache-2.0

/// One bank of the accumulator: rows of Dim 32-bit lanes. One write a cycle, by the array or the load
/// side (never both, never refused); an accumulating write reads the row, adds and writes it back.
/// A write accepted in w updates the row in w + Latency; what later accesses see of it does not
/// depend on that, since values under way are forwarded. Sums wrap.
///
/// The store pipeline reads: refused where an accumulating write takes the read port (two ports), or
/// where a write was accepted in this cycle or in one of the Latency + 1 before (one port). The row
/// read in r stands at `read_data_o` in r + 1.
///
/// Plain writes have a byte mask. Accumulating writes add whole lanes, where any byte of the lane is
/// masked in; bytes that are masked out carry 0.
module accumulator_bank #(
  parameter int unsigned Lanes   = accelerator_pkg::Dim,
  parameter int unsigned Rows    = accelerator_pkg::AccumulatorBankRows,
  parameter int unsigned Ports   = accelerator_pkg::AccumulatorPorts,
  parameter int unsigned Latency = accelerator_pkg::AccumulatorLatency,
  localparam int unsigned RowBits = $clog2(Rows)
) (
  input  logic                    clk_i,
  input  logic                    rst_ni,

  input  logic                    array_write_valid_i,
  input  logic                    array_write_accumulate_i,
  input  logic [RowBits-1:0]      array_write_row_i,
  input  logic [4*Lanes-1:0]      array_write_mask_i,
  input  logic [4*Lanes-1:0][7:0] array_write_data_i,

  input  logic                    load_write_valid_i,
  input  logic                    load_write_accumulate_i,
  input  logic [RowBits-1:0]      load_write_row_i,
  input  logic [4*Lanes-1:0]      load_write_mask_i,
  input  logic [4*Lanes-1:0][7:0] load_write_data_i,

  input  logic                    store_read_valid_i,
  output logic                    store_read_ready_o,
  input  logic [RowBits-1:0]      store_read_row_i,

  output logic [4*Lanes-1:0][7:0] read_data_o
);

  localparam int unsigned Bytes = 4 * Lanes;

  // Stands for the technology's memory macro.
  logic [Bytes-1:0][7:0] memory_q [Rows];

  // ---- Who writes, who reads ----

  logic write, accumulate, read, store_read;
  logic [RowBits-1:0] write_row, read_row;
  logic [Bytes-1:0] write_mask;
  logic [Bytes-1:0][7:0] write_data;

  assign write      = array_write_valid_i || load_write_valid_i;
  assign accumulate = array_write_valid_i ? array_write_accumulate_i : load_write_accumulate_i;
  assign write_row  = array_write_valid_i ? array_write_row_i : load_write_row_i;
  assign write_mask = array_write_valid_i ? array_write_mask_i : load_write_mask_i;
  assign write_data = array_write_valid_i ? array_write_data_i : load_write_data_i;

  if (Ports > 1) begin : gen_two_ports
    assign store_read_ready_o = !(write && accumulate);
  end else begin : gen_one_port
    logic [Latency:0] recent_q;  // bit k: a write was accepted k + 1 cycles ago
    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) begin
        recent_q <= '0;
      end else begin
        recent_q <= {recent_q[Latency-1:0], write};
      end
    end
    assign store_read_ready_o = !write && recent_q == '0;
  end

  assign store_read = store_read_valid_i && store_read_ready_o;
  assign read       = store_read || (write && accumulate);
  assign read_row   = write && accumulate ? write_row : store_read_row_i;

  // ---- Writes under way: stage 0 has the row's old word from the memory, the last one writes ----

  logic [Latency-1:0] valid_q;
  logic accumulate_q;  // stage 0 still has to add
  logic [RowBits-1:0] row_q [Latency];
  logic [Bytes-1:0][7:0] bits_q [Latency];  // bits that are written
  logic [Bytes-1:0][7:0] data_q [Latency];
  logic [Bytes-1:0][7:0] write_bits, word_q, old_word, sum, first_data;

  always_comb begin
    write_bits = '0;
    if (write) begin
      for (int unsigned i = 0; i < Bytes; i++) begin
        write_bits[i] = {8{accumulate ? write_mask[i/4*4+:4] != '0 : write_mask[i]}};
      end
    end
  end

  // ---- Forwarding: a read takes the newest value of each byte that is still under way ----

  logic [Bytes-1:0][7:0] forward_bits_d, forward_bits_q, forward_data_d, forward_data_q;
  logic forwards, forwards_q;

  always_comb begin
    forwards       = 1'b0;
    forward_bits_d = '0;
    forward_data_d = '0;
    if (read && valid_q != '0) begin
      for (int i = int'(Latency) - 1; i >= 0; i--) begin
        if (valid_q[i] && row_q[i] == read_row) begin
          forwards       = 1'b1;
          forward_bits_d = forward_bits_d | bits_q[i];
          forward_data_d = (forward_data_d & ~bits_q[i]) |
                           ((i == 0 ? first_data : data_q[i]) & bits_q[i]);
        end
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (read) begin
      word_q     <= memory_q[read_row];
      forwards_q <= forwards;
      if (forwards) begin
        forward_bits_q <= forward_bits_d;
        forward_data_q <= forward_data_d;
      end
    end
  end

  assign old_word    = forwards_q ? (word_q & ~forward_bits_q) | (forward_data_q & forward_bits_q)
                                  : word_q;
  assign read_data_o = old_word;

  // ---- Adder ----

  for (genvar lane = 0; lane < Lanes; lane++) begin : gen_adder
    assign sum[4*lane+:4] = 32'(old_word[4*lane+:4]) + 32'(data_q[0][4*lane+:4]);
  end
  assign first_data = accumulate_q ? sum : data_q[0];

  // ---- The pipeline ----

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      valid_q <= '0;
    end else begin
      valid_q <= Latency'({valid_q, write});
    end
  end

  always_ff @(posedge clk_i) begin
    if (write) begin
      accumulate_q <= accumulate;
      row_q[0]     <= write_row;
      bits_q[0]    <= write_bits;
      data_q[0]    <= write_data;
    end
  end

  for (genvar i = 1; i < Latency; i++) begin : gen_stage
    always_ff @(posedge clk_i) begin
      if (valid_q[i-1]) begin
        row_q[i]  <= row_q[i-1];
        bits_q[i] <= bits_q[i-1];
        data_q[i] <= i == 1 ? first_data : data_q[i-1];
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (valid_q[Latency-1]) begin
      memory_q[row_q[Latency-1]] <= (memory_q[row_q[Latency-1]] & ~bits_q[Latency-1]) |
                                    (data_q[Latency-1] & bits_q[Latency-1]);
    end
  end

  // ---- Rules of use ----

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      assert (!(array_write_valid_i && load_write_valid_i))
      else $error("array and load side write the same bank at once");
    end
  end

endmodule : accumulator_bank
