// SPDX-License-Identifier: Apache-2.0
/// The next DMA transaction of a run of bytes: among the powers of two from the bus width to
/// MaxRequestBytes, the size that carries most useful bytes when the address is aligned down to it;
/// the smaller at a tie. Combinational.
module request_splitter
  import accelerator_pkg::*;
(
  input  dram_address_t  address_i,
  input  row_bytes_t     bytes_left_i,

  output dram_address_t  address_o,  // of the transaction
  output request_bytes_t offset_o,   // of the first useful byte in it
  output request_bytes_t useful_o,
  output beat_count_t    beats_o,
  output logic           last_o      // it carries all that is left
);
  localparam int unsigned Sizes = $clog2(MaxRequestBytes / BusBytes) + 1;
  localparam int unsigned BusBits = $clog2(BusBytes);

  request_bytes_t room, offset, useful, best_useful, best_offset, best_size;

  always_comb begin
    best_useful = '0;
    best_offset = '0;
    best_size   = '0;
    room        = '0;
    offset      = '0;
    useful      = '0;
    for (int i = 0; i < Sizes; i++) begin
      offset = address_i[RequestByteBits-1:0] & (request_bytes_t'(BusBytes << i) - 1'b1);
      room   = request_bytes_t'(BusBytes << i) - offset;
      useful = row_bytes_t'(room) < bytes_left_i ? room : request_bytes_t'(bytes_left_i);
      if (useful > best_useful) begin
        best_useful = useful;
        best_offset = offset;
        best_size   = request_bytes_t'(BusBytes << i);
      end
    end
  end

  assign offset_o  = best_offset;
  assign useful_o  = best_useful;
  assign beats_o   = beat_count_t'(best_size >> BusBits);
  assign address_o = address_i - dram_address_t'(best_offset);
  assign last_o    = row_bytes_t'(best_useful) == bytes_left_i;
endmodule : request_splitter
