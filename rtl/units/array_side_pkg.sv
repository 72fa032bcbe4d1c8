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
    logic        preloads;  // it has a preload, with an operand for port D or without
    logic        weight_stationary;
    logic        active;    // which register of the PEs computes
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

  localparam int unsigned StatisticsContexts    = 4;
  localparam int unsigned StatisticsContextBits = 2;
  /// Rows that a loop normalises together.
  localparam int unsigned NormalisedRows        = accelerator_pkg::IsGemmini2025 ? 2 : 4;

  /// What an element of the accumulator is read for: bits 28:26 of its local address.
  typedef enum logic [2:0] {
    NormWrite                  = 3'd0,
    NormSum                    = 3'd1,
    NormMean                   = 3'd2,
    NormVariance               = 3'd3,
    NormInverseDeviation       = 3'd4,
    NormMax                    = 3'd5,
    NormSumExponentials        = 3'd6,
    NormInverseSumExponentials = 3'd7
  } norm_command_e;

  /// What a block does that is not the last of its row.
  function automatic norm_command_e before_last_block(norm_command_e command);
    unique case (command)
      NormMean:                   return NormSum;
      NormInverseDeviation:       return NormVariance;
      NormInverseSumExponentials: return NormSumExponentials;
      default:                    return command;
    endcase
  endfunction

  /// Of 8-bit accumulator reads: config_st gives the low two bits, config_norm the third.
  typedef enum logic [2:0] {
    ActivationNone      = 3'd0,
    ActivationRelu      = 3'd1,
    ActivationLayerNorm = 3'd2,
    ActivationGelu      = 3'd3,
    ActivationSoftmax   = 3'd4
  } activation_e;

  /// Integers of the polynomials that approximate error function and exponential.
  typedef struct packed {
    logic [31:0] qb;
    logic [31:0] qc;
    logic [31:0] qln2;
    logic [31:0] qln2_inv;
  } normaliser_constants_t;

  /// What the last config_st and config_norm said. All 0 on a machine without normalisations.
  typedef struct packed {
    activation_e                      activation;
    logic [StatisticsContextBits-1:0] stats_id;
    normaliser_constants_t            constants;
  } normalisation_t;

  typedef enum logic [1:0] {
    NormaliseNot     = 2'd0,
    NormaliseLayer   = 2'd1,
    NormaliseGelu    = 2'd2,
    NormaliseSoftmax = 2'd3
  } normalise_e;

  /// The normalisation of one row on its way through the scale unit.
  typedef struct packed {
    normalise_e            kind;
    logic [31:0]           origin;  // mean (layer normalisation) or maximum (softmax)
    logic [31:0]           factor;  // float32 that the distance or its exponential is multiplied with
    normaliser_constants_t constants;
  } row_normalisation_t;

  /// One element of an mvout: a row of local memory on its way to the DMA writer.
  typedef struct packed {
    store_source_e               source;
    accelerator_pkg::local_row_t row;     // wrapped to its memory
    logic                        relu;    // of 8-bit accumulator reads, as is `scale`
    logic [31:0]                 scale;
    norm_command_e               norm;    // NormWrite unless it is read for statistics
    normalisation_t              normalisation;
    logic                        is_last_of_command;
    store_target_t               target;
  } store_request_t;

endpackage : array_side_pkg
