// SPDX-License-Identifier: Apache-2.0
#pragma once
// Order of packed weights in memory: [lane block][tap][DIM lanes][row of all output blocks], rows rounded up to whole
// groups, so that one mvin fetches a group in rows as long as a request, on its boundaries, and a matrix product's
// weights are one plain matrix. A diagonal contraction has one lane block: lane l of output block j is lane j·DIM + l.
// Missing lanes and outputs are zero.
#include <algorithm>
#include <cstdint>

#include "compiler/tile/contraction.h"
#include "compiler/tile/machine.h"

namespace gemel::compiler {

struct WeightPacking {
  std::int32_t dim = 0, taps = 0, lane_blocks = 0, output_blocks = 0;
  std::int32_t group_blocks = 0;
  std::int64_t row_bytes = 0;

  std::int64_t bytes() const { return std::int64_t{lane_blocks} * taps * dim * row_bytes; }
  // First byte of lane 0 of output block `n`.
  std::int64_t offset(std::int32_t lane_block, std::int32_t tap, std::int32_t n) const {
    return (std::int64_t{lane_block} * taps + tap) * dim * row_bytes + std::int64_t{n} * dim;
  }
};

inline WeightPacking packing_of(std::int32_t lanes, std::int32_t taps, std::int32_t outputs, bool diagonal,
                                const Machine& machine) {
  WeightPacking p;
  p.dim = machine.dim();
  p.taps = taps;
  p.lane_blocks = diagonal ? 1 : machine.blocks(lanes);
  p.output_blocks = machine.blocks(outputs);
  p.group_blocks = std::min(machine.move_blocks(), p.output_blocks);
  const std::int32_t groups = (p.output_blocks + p.group_blocks - 1) / p.group_blocks;
  p.row_bytes = std::int64_t{groups} * p.group_blocks * p.dim;
  return p;
}

inline WeightPacking packing_of(const Contraction& work, const Machine& machine) {
  return packing_of(work.lanes, work.taps_count(), work.outputs, work.diagonal, machine);
}

}  // namespace gemel::compiler
