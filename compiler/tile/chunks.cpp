// SPDX-License-Identifier: Apache-2.0
#include "compiler/tile/chunks.h"

#include <algorithm>

namespace gemel::compiler {
namespace {

// The last chunk is as long as possible: it runs while the next weights are shifted in, which takes DIM cycles
// whatever its length. The others share the rest evenly, so that none falls below the short-compute limit.
void split_run(std::int32_t start, std::int32_t length, std::int32_t max_rows, bool even, std::vector<Chunk>& out) {
  const std::int32_t count = (length + max_rows - 1) / max_rows;
  if (count == 0) return;
  if (even) {
    for (std::int32_t i = 0, left = length; i < count; ++i) {
      const std::int32_t rows = (left + (count - i) - 1) / (count - i);
      out.push_back({start, rows});
      start += rows;
      left -= rows;
    }
    return;
  }
  const std::int32_t last = std::min(length, max_rows);
  std::int32_t left = length - last;
  for (std::int32_t i = 0; i + 1 < count; ++i) {
    const std::int32_t rows = (left + (count - 1 - i) - 1) / (count - 1 - i);
    out.push_back({start, rows});
    start += rows;
    left -= rows;
  }
  out.push_back({start, last});
}

std::int64_t chunk_cycles(const Machine& machine, const std::vector<Chunk>& chunks, std::int32_t weight_rows) {
  std::int64_t cycles = 0;
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    cycles += machine.pair_cycles(chunks[i].rows, i + 1 == chunks.size() ? weight_rows : 0);
  }
  return cycles;
}

void find_segments(Chunking& c) {
  for (std::size_t i = 0; i < c.chunks.size(); ++i) {
    const Chunk& chunk = c.chunks[i];
    std::int32_t at = chunk.start;
    const std::int32_t end = chunk.start + chunk.rows;
    while (at < end) {
      const std::int32_t y = at / c.pitch, x = at % c.pitch;
      if (x >= c.width) {
        at = (y + 1) * c.pitch;
        continue;
      }
      const std::int32_t rows = std::min(end - at, c.width - x);
      c.segments.push_back({static_cast<std::int32_t>(i), at - chunk.start, rows, y, x});
      at += rows;
    }
  }
}

}  // namespace

Chunking choose_chunks(const Machine& machine, std::int32_t height, std::int32_t width, std::int32_t pitch,
                       std::int32_t weight_rows, std::int32_t max_rows, bool allow_across) {
  Chunking rows{height, width, pitch, false, {}, {}, 0};
  for (std::int32_t y = 0; y < height; ++y) {
    split_run(y * pitch, width, max_rows, y + 1 < height, rows.chunks);
  }
  rows.cycles = chunk_cycles(machine, rows.chunks, weight_rows);
  Chunking* best = &rows;
  Chunking across{height, width, pitch, true, {}, {}, 0};
  if (height > 1 && allow_across) {
    split_run(0, (height - 1) * pitch + width, max_rows, false, across.chunks);
    across.cycles = chunk_cycles(machine, across.chunks, weight_rows);
    if (across.cycles < rows.cycles || (across.cycles == rows.cycles && across.chunks.size() < rows.chunks.size())) {
      best = &across;
    }
  }
  find_segments(*best);
  return std::move(*best);
}

}  // namespace gemel::compiler
