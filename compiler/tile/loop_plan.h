// SPDX-License-Identifier: Apache-2.0
#pragma once
// A matrix product as LOOP_WS instructions: which products are one, and how one is cut into loops. A loop is a tile of
// i x j x k blocks that the machine unrolls by itself, A at the start and B at the end of one half of the scratchpad, C
// in one half of the accumulator, halves in turn.
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "compiler/tile/tile_plan.h"

namespace gemel::compiler {

struct LoopEstimate {
  std::int64_t loops = 0;
  TileCost cost;
  std::int64_t host = 0;   // cycles in which the host offers commands, or waits between them
  std::int64_t least = 0;  // cycles that the array or memory is busy whatever else happens
  std::int64_t total() const;
};

struct LoopPlan : LoopEstimate {
  std::int32_t i = 1, j = 1, k = 1;  // blocks of a tile; those at the ends may have fewer
};

// Sizes that cut `total` into equal parts of at most `most`, largest first.
std::vector<std::int32_t> part_sizes(std::int32_t total, std::int32_t most);

// Positions whose rows of A, and of C, lie one stride apart: bytes from the operand's base.
struct PositionRun {
  std::int64_t input = 0, output = 0;
  std::int64_t rows = 0;
};
std::vector<PositionRun> position_runs(const Contraction& work);

// One sentence why LOOP_WS can not do it, or "".
std::string why_no_loops(const Contraction& work, const Machine& machine);

// The most promising plans, best first; none of a contraction that loops can not do.
std::vector<LoopPlan> choose_loops(const Contraction& work, const Machine& machine, std::size_t most);

}  // namespace gemel::compiler
