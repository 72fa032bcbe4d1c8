// SPDX-License-Identifier: Apache-2.0

/// One bank of the scratchpad: rows of Dim bytes with byte write enables. The array and the load
/// side write (never in the same cycle, and never refused); the execute controller and the store
/// pipeline read, the execute controller first. With one port a write refuses every read of that
/// cycle. The word read in t stands at `read_data_o` in t + 1.
module scratchpad_bank #(
  parameter int unsigned Lanes = accelerator_pkg::Dim,
  parameter int unsigned Rows  = accelerator_pkg::ScratchpadBankRows,
  parameter int unsigned Ports = accelerator_pkg::ScratchpadPorts,
  localparam int unsigned RowBits = $clog2(Rows)
) (
  input  logic                  clk_i,
  input  logic                  rst_ni,

  input  logic                  array_write_valid_i,
  input  logic [RowBits-1:0]    array_write_row_i,
  input  logic [Lanes-1:0]      array_write_mask_i,
  input  logic [Lanes-1:0][7:0] array_write_data_i,

  input  logic                  load_write_valid_i,
  input  logic [RowBits-1:0]    load_write_row_i,
  input  logic [Lanes-1:0]      load_write_mask_i,
  input  logic [Lanes-1:0][7:0] load_write_data_i,

  input  logic                  execute_read_valid_i,
  output logic                  execute_read_ready_o,
  input  logic [RowBits-1:0]    execute_read_row_i,

  input  logic                  store_read_valid_i,
  output logic                  store_read_ready_o,
  input  logic [RowBits-1:0]    store_read_row_i,

  output logic [Lanes-1:0][7:0] read_data_o
);

  // Stands for the technology's memory macro.
  logic [Lanes-1:0][7:0] memory_q [Rows];

  logic write, read;
  logic [RowBits-1:0] write_row, read_row;
  logic [Lanes-1:0] write_mask;
  logic [Lanes-1:0][7:0] write_data, write_bits;

  assign write      = array_write_valid_i || load_write_valid_i;
  assign write_row  = array_write_valid_i ? array_write_row_i : load_write_row_i;
  assign write_mask = array_write_valid_i ? array_write_mask_i : load_write_mask_i;
  assign write_data = array_write_valid_i ? array_write_data_i : load_write_data_i;

  assign execute_read_ready_o = Ports > 1 || !write;
  assign store_read_ready_o   = execute_read_ready_o && !execute_read_valid_i;

  assign read     = (execute_read_valid_i && execute_read_ready_o) ||
                    (store_read_valid_i && store_read_ready_o);
  assign read_row = execute_read_valid_i ? execute_read_row_i : store_read_row_i;

  always_comb begin
    write_bits = '0;
    if (write) begin
      for (int unsigned lane = 0; lane < Lanes; lane++) write_bits[lane] = {8{write_mask[lane]}};
    end
  end

  always_ff @(posedge clk_i) begin
    if (write) begin
      memory_q[write_row] <= (memory_q[write_row] & ~write_bits) | (write_data & write_bits);
    end
    if (read) read_data_o <= memory_q[read_row];
  end

  // ---- Rules of use ----

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      assert (!(array_write_valid_i && load_write_valid_i))
      else $error("array and load side write the same bank at once");
    end
  end

endmodule : scratchpad_bank
