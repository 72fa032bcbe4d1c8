// SPDX-License-Identifier: Apache-2.0

/// Types of the loop unrollers, and of what the station tells them.
package loop_pkg;

  // ---- Who unrolled a command ----
  localparam int unsigned LoopUnits = 2;
  localparam int unsigned MatmulUnit = 0;
  localparam int unsigned ConvUnit   = 1;
  /// A bit for each unroller; none: it came from the host.
  typedef logic [LoopUnits-1:0] loop_owner_t;

  typedef struct packed {
    loop_owner_t               owner;
    accelerator_pkg::command_t command;
  } owned_command_t;

  typedef enum logic [1:0] {LoadClass, ExecuteClass, StoreClass} station_class_e;
  localparam int unsigned StationClasses = 3;

  /// How many commands of one unroller leave the station in a cycle, by class: one that completes,
  /// and one that retires when it issues.
  typedef logic [StationClasses-1:0][1:0] left_t;

  // ---- Both units ----
  localparam int unsigned LoopStreams = 5;
  typedef logic [LoopStreams-1:0] streams_t;
  /// Index of a slot.
  typedef logic slot_t;

  typedef logic [accelerator_pkg::LoopOperandBits-1:0] operands_t;

  localparam int unsigned DimBits = $clog2(accelerator_pkg::Dim);
  localparam int unsigned MaxBlocks =
      accelerator_pkg::MaxRequestBytes > accelerator_pkg::Dim
      ? accelerator_pkg::MaxRequestBytes / accelerator_pkg::Dim : 1;
  localparam int unsigned MaxWideBlocks =
      accelerator_pkg::MaxRequestBytes > 4 * accelerator_pkg::Dim
      ? accelerator_pkg::MaxRequestBytes / (4 * accelerator_pkg::Dim) : 1;
  localparam int unsigned ScratchpadHalf  = accelerator_pkg::ScratchpadRows / 2;
  localparam int unsigned AccumulatorHalf = accelerator_pkg::AccumulatorRows / 2;

  localparam logic [15:0] OneBlock  = 16'(accelerator_pkg::Dim);
  localparam logic [31:0] ScaleOne  = 32'h3F80_0000;
  localparam logic [31:0] KeepScale = 32'hFFFF_FFFF;

  function automatic logic [15:0] smaller(logic [15:0] a, logic [15:0] b);
    return a < b ? a : b;
  endfunction

  // ---- Local addresses ----
  function automatic accelerator_pkg::local_address_t scratchpad_row(
      accelerator_pkg::local_row_t row);
    accelerator_pkg::local_address_t address;
    address     = '0;
    address.row = row;
    return address;
  endfunction

  function automatic accelerator_pkg::local_address_t accumulator_row(
      accelerator_pkg::local_row_t row, logic accumulate, logic full_width);
    accelerator_pkg::local_address_t address;
    address             = '0;
    address.accumulator = 1'b1;
    address.accumulate  = accumulate;
    address.full_width  = full_width;
    address.row         = row;
    return address;
  endfunction

  localparam accelerator_pkg::local_address_t GarbageRow = '1;

  // ---- Commands ----
  /// rs1 or rs2 of a command that names a block of local memory.
  function automatic logic [63:0] local_block(accelerator_pkg::local_address_t address,
                                              logic [15:0] rows, logic [15:0] cols);
    accelerator_pkg::local_block_t block;
    block = '{rows: rows, cols: cols, address: address};
    return block;
  endfunction

  /// `base` plus an offset that is taken modulo 2^32.
  function automatic accelerator_pkg::dram_address_t at_offset(
      accelerator_pkg::dram_address_t base, logic [31:0] offset);
    return base + {32'b0, offset};
  endfunction

  function automatic accelerator_pkg::command_t config_load(
      logic [1:0] state, logic [15:0] block_stride, logic [7:0] pixel_repeats,
      logic [63:0] dram_stride);
    import accelerator_pkg::*;
    command_t command;
    command       = '0;
    command.funct = FunctConfig;
    command.rs1[1:0] = ConfigLoadSubtype;
    command.rs1[ConfigLoadStateLsb+:ConfigLoadStateWidth]               = state;
    command.rs1[ConfigLoadPixelRepeatsLsb+:ConfigLoadPixelRepeatsWidth] = pixel_repeats;
    command.rs1[ConfigLoadBlockStrideLsb+:ConfigLoadBlockStrideWidth]   = block_stride;
    command.rs1[ConfigLoadScaleLsb+:ConfigLoadScaleWidth]               = ScaleOne;
    command.rs2[ConfigLoadDramStrideLsb+:ConfigLoadDramStrideWidth]     = dram_stride;
    return command;
  endfunction
endpackage : loop_pkg
