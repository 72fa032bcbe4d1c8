// SPDX-License-Identifier: Apache-2.0
#include "compiler/memory/arena.h"

#include <algorithm>
#include <numeric>

namespace gemel::compiler {
namespace {

// Lowest offset at which `block` fits beside the placed blocks (indices, by ascending offset) that it meets.
std::uint64_t lowest_gap(const std::vector<ArenaBlock>& blocks, const std::vector<std::uint64_t>& offset,
                         const std::vector<std::size_t>& placed, const ArenaBlock& block) {
  std::uint64_t at = 0;
  for (const std::size_t other : placed) {
    if (!blocks[other].lifetime.meets(block.lifetime)) continue;
    if (offset[other] >= at + block.bytes) break;
    at = std::max(at, offset[other] + blocks[other].bytes);
  }
  return at;
}

Arena place_in_order(const std::vector<ArenaBlock>& blocks, const std::vector<std::size_t>& order) {
  Arena arena;
  arena.offset.resize(blocks.size());
  std::vector<std::size_t> placed;
  for (const std::size_t i : order) {
    const std::uint64_t at = lowest_gap(blocks, arena.offset, placed, blocks[i]);
    arena.offset[i] = at;
    arena.bytes = std::max(arena.bytes, at + blocks[i].bytes);
    const auto behind = std::upper_bound(placed.begin(), placed.end(), at, [&](std::uint64_t value, std::size_t other) {
      return value < arena.offset[other];
    });
    placed.insert(behind, i);
  }
  return arena;
}

std::uint64_t most_alive(const std::vector<ArenaBlock>& blocks) {
  std::size_t end = 0;
  for (const ArenaBlock& block : blocks) end = std::max(end, block.lifetime.last + 2);
  std::vector<std::int64_t> change(end, 0);
  for (const ArenaBlock& block : blocks) {
    change[block.lifetime.first] += static_cast<std::int64_t>(block.bytes);
    change[block.lifetime.last + 1] -= static_cast<std::int64_t>(block.bytes);
  }
  std::int64_t alive = 0, most = 0;
  for (const std::int64_t bytes : change) most = std::max(most, alive += bytes);
  return static_cast<std::uint64_t>(most);
}

}  // namespace

Arena place_blocks(const std::vector<ArenaBlock>& blocks) {
  std::vector<std::size_t> order(blocks.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return blocks[a].lifetime.first < blocks[b].lifetime.first; });
  Arena by_time = place_in_order(blocks, order);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return blocks[a].bytes > blocks[b].bytes; });
  Arena by_size = place_in_order(blocks, order);
  Arena& best = by_size.bytes <= by_time.bytes ? by_size : by_time;
  best.least_bytes = most_alive(blocks);
  return std::move(best);
}

}  // namespace gemel::compiler
