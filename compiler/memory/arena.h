// SPDX-License-Identifier: Apache-2.0
#pragma once
// Blocks of memory of known size and lifetime, packed so that blocks alive at the same time do not overlap.
#include <cstdint>
#include <vector>

#include "compiler/memory/lifetime.h"

namespace gemel::compiler {

struct ArenaBlock {
  std::uint64_t bytes = 0;  // a multiple of the alignment
  Lifetime lifetime;
};

struct Arena {
  std::vector<std::uint64_t> offset;  // per block
  std::uint64_t bytes = 0;            // highest end of a block
  std::uint64_t least_bytes = 0;      // most that is alive in one phase: no placement can do with less
};

// Deterministic. The better of two greedy placements, each block as low as it fits: largest first, and in order of
// first use.
Arena place_blocks(const std::vector<ArenaBlock>& blocks);

}  // namespace gemel::compiler
