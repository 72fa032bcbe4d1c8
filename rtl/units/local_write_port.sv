// SPDX-License-Identifier: Apache-2.0
/// The one write a cycle of the load side: the row buffer's, else the zero writer's. A write waits
/// in a cycle in which the array writes into the same bank; an accumulating one also while the load
/// side wrote that row at most AccumulatorLatency cycles ago. A suppressed write takes its cycle
/// and writes nothing; one of zeros does not wait for the row buffer. Combinational from candidates
/// to grants; the array's bank must not depend on them.
module local_write_port
  import accelerator_pkg::*;
(
  input  logic         clk_i,
  input  logic         rst_ni,

  input  logic         buffer_valid_i,
  input  logic         buffer_suppressed_i,
  input  local_write_t buffer_i,
  output logic         buffer_granted_o,

  input  logic         zero_valid_i,
  input  logic         zero_suppressed_i,
  input  local_write_t zero_i,
  output logic         zero_granted_o,

  input  bank_select_t array_write_i,

  output logic         write_valid_o,
  output local_write_t write_o
);
  typedef struct packed {
    logic       valid;
    local_row_t row;
  } recent_t;

  // Accumulator rows written in the last AccumulatorLatency cycles.
  recent_t recent_q [AccumulatorLatency];

  function automatic logic [BankBits-1:0] bank_of_row(logic accumulator, local_row_t row);
    local_address_t address;
    address             = '0;
    address.accumulator = accumulator;
    address.row         = row;
    return bank_of(address);
  endfunction

  function automatic logic meets_array(logic accumulator, local_row_t row);
    return array_write_i.valid && array_write_i.accumulator == accumulator
        && array_write_i.bank == bank_of_row(accumulator, row);
  endfunction

  logic buffer_is_recent, zero_is_recent;
  always_comb begin
    buffer_is_recent = 1'b0;
    zero_is_recent   = 1'b0;
    for (int i = 0; i < AccumulatorLatency; i++) begin
      if (recent_q[i].valid && recent_q[i].row == buffer_i.row) buffer_is_recent = 1'b1;
      if (recent_q[i].valid && recent_q[i].row == zero_i.row) zero_is_recent = 1'b1;
    end
  end

  assign buffer_granted_o = buffer_valid_i
      && (buffer_suppressed_i
          || !(meets_array(buffer_i.accumulator, buffer_i.row)
               || (buffer_i.accumulator && buffer_i.accumulate && buffer_is_recent)));
  assign zero_granted_o = zero_valid_i
      && (zero_suppressed_i
          || !(buffer_granted_o || meets_array(zero_i.accumulator, zero_i.row)
               || (zero_i.accumulator && zero_i.accumulate && zero_is_recent)));

  assign write_valid_o = (buffer_granted_o && !buffer_suppressed_i)
                      || (zero_granted_o && !zero_suppressed_i);
  assign write_o       = buffer_granted_o ? buffer_i : zero_i;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      for (int i = 0; i < AccumulatorLatency; i++) recent_q[i] <= '0;
    end else begin
      recent_q[0] <= '{valid: write_valid_o && write_o.accumulator, row: write_o.row};
      for (int i = 1; i < AccumulatorLatency; i++) recent_q[i] <= recent_q[i-1];
    end
  end
endmodule : local_write_port
