// SPDX-License-Identifier: Apache-2.0

/// What a matmul loop is, and what its streams are told at their start.
package loop_matmul_pkg;
  // Streams
  localparam int unsigned LoadA   = 0;
  localparam int unsigned LoadB   = 1;
  localparam int unsigned LoadD   = 2;
  localparam int unsigned Execute = 3;
  localparam int unsigned Store   = 4;

  /// The registers of a slot. Counts in blocks, pads and strides in elements.
  typedef struct packed {
    logic [15:0]                    i;
    logic [15:0]                    j;
    logic [15:0]                    k;
    logic [15:0]                    pad_i;
    logic [15:0]                    pad_j;
    logic [15:0]                    pad_k;
    accelerator_pkg::local_row_t    b_rows;  // k * j * Dim
    accelerator_pkg::dram_address_t a;
    accelerator_pkg::dram_address_t b;
    accelerator_pkg::dram_address_t d;
    accelerator_pkg::dram_address_t c;
    logic [31:0]                    a_stride;
    logic [31:0]                    b_stride;
    logic [31:0]                    d_stride;
    logic [31:0]                    c_stride;
    logic                           accumulate;
    logic                           full_c;
    logic                           low_d;
    logic [2:0]                     activation;
    logic                           a_transpose;
    logic                           b_transpose;
    // gemmini_2025
    logic [1:0]                     a_id;
    logic [1:0]                     b_id;
    logic                           residual_add;
    logic                           increment_accumulator;
    logic                           scratchpad_only;
    accelerator_pkg::local_row_t    a_start;
    accelerator_pkg::local_row_t    b_end;
  } matmul_loop_t;

  /// A stream of mvins or mvouts: a matrix of rows x cols blocks, of which a command moves up to
  /// `step` blocks of a row of blocks. It lies densely in local memory, row of blocks by row.
  typedef struct packed {
    logic                            empty;      // nothing to move
    logic                            row_inner;  // rows are the inner loop
    logic [6:0]                      funct;
    logic [15:0]                     rows;
    logic [15:0]                     cols;
    logic [15:0]                     step;
    logic [15:0]                     row_pad;    // elements that the last block lacks
    logic [15:0]                     col_pad;
    accelerator_pkg::dram_address_t  address;
    logic [31:0]                     stride;     // elements
    logic                            wide;       // elements of 4 bytes
    accelerator_pkg::local_address_t local_address;
  } matmul_transfer_t;

  typedef struct packed {
    logic                        empty;
    logic [15:0]                 i;
    logic [15:0]                 j;
    logic [15:0]                 k;
    logic [15:0]                 pad_i;
    logic [15:0]                 pad_j;
    logic [15:0]                 pad_k;
    logic                        accumulate;
    logic                        a_transpose;
    logic                        b_transpose;
    accelerator_pkg::local_row_t a;
    accelerator_pkg::local_row_t b;
    accelerator_pkg::local_row_t c;
  } matmul_product_t;
endpackage : loop_matmul_pkg
