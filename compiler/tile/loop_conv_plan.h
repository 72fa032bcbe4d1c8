// SPDX-License-Identifier: Apache-2.0
#pragma once
// A contraction of any kernel as LOOP_CONV_WS instructions: which ones can be, how one is cut into loops, and where the
// loops expect the weights. A loop is a tile of positions x outputs x lanes that the machine unrolls by itself, input
// at the start and weights at the end of one half of the scratchpad, results in one half of the accumulator, halves in
// turn (sim/arch/loop_conv.h).
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "compiler/tile/loop_plan.h"
#include "compiler/tile/tile_plan.h"
#include "compiler/tile/weight_packing.h"
#include "sim/arch/loop_conv.h"

namespace gemel::compiler {

struct ConvLoopPlan : LoopEstimate {
  std::int32_t tile_h = 1, tile_w = 1;  // positions; pooled ones where the layer pools
  std::int32_t tile_n = 1;              // output blocks
  std::int32_t lanes = 1;               // lane blocks of a loop
  std::int32_t kernel_rows = 1;         // of a loop; its columns are never cut
};

// Taps as rows and columns, `dilation` apart; none where they form no such grid.
struct ConvKernel {
  std::int32_t rows = 1, cols = 1, dilation = 1;
};
std::optional<ConvKernel> conv_kernel(const Contraction& work);

// Where a loop looks for weights: rows of `pitch` outputs; lane `l` of a kernel element lies
// - in row (row · kernel_dim + column) · in_channels + l, or
// - lanes first: in row (l · kernel_dim + row) · kernel_dim + column.
struct ConvWeightOrder {
  std::int32_t kernel_dim = 1, in_channels = 1;
  std::int64_t pitch = 0;
  bool lanes_first = false;

  std::int64_t row(std::int32_t kernel_row, std::int32_t kernel_col, std::int32_t lane) const {
    return lanes_first ? (std::int64_t{lane} * kernel_dim + kernel_row) * kernel_dim + kernel_col
                       : (std::int64_t{kernel_row} * kernel_dim + kernel_col) * in_channels + lane;
  }
  bool operator==(const ConvWeightOrder& other) const {
    return kernel_dim == other.kernel_dim && in_channels == other.in_channels && pitch == other.pitch &&
           lanes_first == other.lanes_first;
  }
};
// An order that needs no more memory than the packed one; none where the instruction's fields allow none.
std::optional<ConvWeightOrder> conv_weight_order(const Contraction& work, const Machine& machine);
// `packed` in that order, with zeros behind up to the same size.
std::vector<std::uint8_t> in_conv_order(const std::vector<std::uint8_t>& packed, const Contraction& work,
                                        const ConvWeightOrder& order, const Machine& machine);

// One sentence why LOOP_CONV_WS can not do it, or "".
std::string why_no_conv_loops(const Contraction& work, const Machine& machine);

// What a loop computes of the contraction.
struct ConvTile {
  std::int32_t image = 0, y = 0, x = 0, h = 0, w = 0;  // positions; pooled ones where the layer pools
  std::int32_t first_output = 0, outputs = 0;
  std::int32_t first_lane = 0, lanes = 0;  // of a diagonal contraction, counted in its lane block
  std::int32_t first_row = 0, rows = 0;    // of the kernel
  bool is_first = false, is_last = false;  // of the loops that add up to the same results
};
void for_each_conv_tile(const Contraction& work, const Machine& machine, const ConvLoopPlan& plan,
                        const std::function<void(const ConvTile&)>& visit);
// The registers of a loop but for its addresses. Input rows and columns count from the first that is not padding:
// `input_y`, `input_x`.
struct ConvTileRegisters {
  arch::ConvLoop loop;
  std::int32_t input_y = 0, input_x = 0;
};
ConvTileRegisters conv_tile_registers(const Contraction& work, const Machine& machine, const ConvTile& tile);

// The most promising plans, best first; none where no cut of it fits the halves.
std::vector<ConvLoopPlan> choose_conv_loops(const Contraction& work, const Machine& machine, std::size_t most);

}  // namespace gemel::compiler
