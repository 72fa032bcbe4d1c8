// SPDX-License-Identifier: Apache-2.0

/// Types between the units around the array and on the way of a store.
package array_side_pkg;

  // Results between the decision for their request and their last row: those of the last five
  // requests, of the two that a C names ahead, and of older ones whose last rows leave within the
  // read delay. The fewest rows of a request are 4, or those of a smaller array.
  localparam int unsigned FewestRows      = accelerator_pkg::Dim < 4 ? accelerator_pkg::Dim : 4;
  localparam int unsigned ResultsInFlight =
      1 << $clog2(7 + accelerator_pkg::ScratchpadReadDelay / FewestRows);

  /// A command in the execute controller's queue. Commands that the queue itself inserts have no
  /// entry in the station.
  typedef struct packed {
    accelerator_pkg::command_t    command;
    accelerator_pkg::execute_id_t id;
    logic                         has_id;
  } execute_entry_t;

  /// What the last config_ex said.
  typedef struct packed {
    logic        weight_stationary;
    logic        relu;
    logic        a_transpose;
    logic        b_transpose;
    logic [15:0] a_stride;
    logic [15:0] c_stride;
    logic [4:0]  shift;
  } execute_config_t;

  /// Rows that one port reads. `row` may run past its memory; it wraps inside the row field.
  typedef struct packed {
    logic                        valid;  // neither absent nor garbage
    accelerator_pkg::local_row_t row;
    logic [15:0]                 rows;   // further rows, and lanes from `cols` on, are zeros
    logic [15:0]                 cols;
  } operand_t;

  /// Which operand passes the transposer.
  typedef enum logic [1:0] {
    TransposeNone = 2'd0,
    TransposeA    = 2'd1,
    TransposeB    = 2'd2,
    TransposeD    = 2'd3
  } transpose_e;

  /// One request to the array: `rows` rows, an operand on each port.
  typedef struct packed {
    operand_t    a;  // row i at a.row + i * a_stride
    operand_t    b;  // row i at b.row + i
    operand_t    d;  // row i at d.row + Dim - 1 - i
    logic [15:0] a_stride;
    logic [15:0] rows;
    transpose_e  transpose;
    logic        weight_stationary;
    logic        active;  // which register of the PEs computes
  } request_t;

  /// Where the result rows of a request go; `valid` 0 where they go nowhere.
  typedef struct packed {
    logic                            valid;
    accelerator_pkg::local_address_t address;
    logic [15:0]                     rows;
    logic [15:0]                     cols;
    accelerator_pkg::execute_id_t    id;
  } result_tag_t;

  /// Where the word of a store's element comes from.
  typedef enum logic [1:0] {
    FromScratchpad  = 2'd0,
    FromAccumulator = 2'd1,
    FromNowhere     = 2'd2   // outside the image: zeros
  } store_source_e;

  /// What the DMA writer must know of an element besides its data; fields as in store_element_t.
  typedef struct packed {
    accelerator_pkg::dram_address_t dram_address;
    logic                           first;
    logic                           last;
    logic                           pool;
    logic [15:0]                    block;
    logic                           full_width;
    logic [15:0]                    lanes;
  } store_target_t;

  /// One element of an mvout: a row of local memory on its way to the DMA writer.
  typedef struct packed {
    store_source_e               source;
    accelerator_pkg::local_row_t row;     // wrapped to its memory
    logic                        relu;    // of 8-bit accumulator reads, as is `scale`
    logic [31:0]                 scale;
    logic                        is_last_of_command;
    store_target_t               target;
  } store_request_t;

endpackage : array_side_pkg
