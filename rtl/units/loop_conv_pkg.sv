// SPDX-License-Identifier: Apache-2.0

/// What a convolution loop is, and what follows from it.
package loop_conv_pkg;
  // Streams
  localparam int unsigned Bias    = 0;
  localparam int unsigned Input   = 1;
  localparam int unsigned Weights = 2;
  localparam int unsigned Execute = 3;
  localparam int unsigned Store   = 4;

  /// Rows and columns of pixels, signed: padding lies before 0.
  typedef logic signed [19:0] pixel_t;
  typedef logic [31:0] product_t;

  /// The registers of a slot. Names as in docs/isa.md.
  typedef struct packed {
    logic [15:0]                    batch;
    logic [15:0]                    in_rows_dim;
    logic [15:0]                    in_cols_dim;
    logic [15:0]                    in_channels;
    logic [15:0]                    out_channels;
    logic [15:0]                    out_rows_dim;
    logic [15:0]                    out_cols_dim;
    logic [15:0]                    pool_out_rows;
    logic [15:0]                    pool_out_cols;
    logic [15:0]                    in_stride;
    logic [15:0]                    weight_stride;
    logic [15:0]                    out_stride;
    logic [15:0]                    stride;
    logic [15:0]                    kernel_dim;
    logic [15:0]                    kernel_dilation;
    logic [15:0]                    pool_size;
    logic [15:0]                    pool_stride;
    // The tile
    logic [15:0]                    batches;
    logic [15:0]                    out_rows;
    logic [15:0]                    out_cols;
    logic [15:0]                    pooled_rows;
    logic [15:0]                    pooled_cols;
    logic [15:0]                    pooled_channels;
    logic [15:0]                    kernel_rows;
    logic [15:0]                    kernel_cols;
    logic [15:0]                    kernel_channels;
    logic [15:0]                    left_pad;
    logic [15:0]                    right_pad;
    logic [15:0]                    upper_pad;
    logic [15:0]                    lower_pad;
    logic [15:0]                    pool_left_pad;
    logic [15:0]                    pool_upper_pad;
    accelerator_pkg::dram_address_t weights;
    accelerator_pkg::dram_address_t output_address;
    accelerator_pkg::dram_address_t bias;
    accelerator_pkg::dram_address_t input_address;
    logic                           no_bias;
    logic                           rotate_weights;
    logic                           transpose_output;   // 1203
    logic                           transpose_kernel;   // weights, 1203
    logic                           transpose_weights;  // 0132
    logic                           transpose_input;    // 3120
    logic                           depthwise;
    logic                           no_pool;
    logic                           downsample;
    logic                           input_dilated;
    logic [1:0]                     activation;
    logic [7:0]                     pixels;             // per local row, at least 1
    // gemmini_2025
    logic [1:0]                     input_id;
    logic [1:0]                     weights_id;
  } conv_loop_t;

  /// What follows from the registers. Offsets in memory in elements, in local memory in rows.
  typedef struct packed {
    // The input: rows and columns that are not padding, padding as stored
    pixel_t   in_rows;
    pixel_t   in_cols;
    pixel_t   upper;
    pixel_t   lower;
    pixel_t   left;
    pixel_t   right;
    // In local memory
    product_t padded_area;      // rows times columns, padding and left out pixels included
    product_t plane_cols;       // as stored
    product_t plane;
    product_t input_stride;
    product_t bias_stride;
    product_t image_out;        // out_rows * out_cols
    product_t weight_block;
    product_t tap;              // rows of the weights for one tap of the kernel
    product_t tap_row;          // ... a row of taps
    product_t tap_pixels;       // ... `pixels` taps
    product_t weights_rows;     // of all blocks of weights
    // In memory
    product_t input_unit;       // from column to column
    product_t input_row;
    product_t input_image;
    product_t input_padding;    // of the padding before the first pixel
    product_t weights_unit;     // from tap to tap
    product_t weights_row;
    logic [47:0] kernel_area_out;  // kernel_dim^2 * out_channels
    product_t output_unit;
    product_t output_row;
    product_t output_image;
    product_t pooled_image;
  } conv_shape_t;

  /// x with the zeros between pixels taken out.
  function automatic pixel_t undilated(pixel_t x, logic is_dilated);
    return is_dilated ? (x + 20'sd1) >>> 1 : x;
  endfunction

  function automatic pixel_t to_pixel(logic [15:0] x);
    return pixel_t'({4'b0, x});
  endfunction

  function automatic pixel_t lesser(pixel_t a, pixel_t b);
    return a < b ? a : b;
  endfunction
endpackage : loop_conv_pkg
