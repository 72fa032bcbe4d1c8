// SPDX-License-Identifier: Apache-2.0
#pragma once
// How the positions of a tile are cut into computes of at most DIM rows.
#include <cstdint>
#include <vector>

#include "compiler/tile/machine.h"

namespace gemel::compiler {

// A run of rows: positions [start, start + rows) of the tile, counted in rows of `pitch`.
struct Chunk {
  std::int32_t start = 0, rows = 0;
};

// Valid output positions of a chunk: rows [offset, offset + rows) of it are outputs (y, x...) of the tile.
struct Segment {
  std::int32_t chunk = 0, offset = 0, rows = 0, y = 0, x = 0;
};

struct Chunking {
  std::int32_t height = 0, width = 0, pitch = 0;  // outputs of the tile; positions from one row to the next
  bool across_rows = false;                       // chunks run on over row ends; what they compute there is not stored
  std::vector<Chunk> chunks;
  std::vector<Segment> segments;
  std::int64_t cycles = 0;  // all chunks under one weight block
};

// The cheaper of the two ways. weight_rows: rows of a full weight block. max_rows: at most so many rows a chunk.
Chunking choose_chunks(const Machine& machine, std::int32_t height, std::int32_t width, std::int32_t pitch,
                       std::int32_t weight_rows, std::int32_t max_rows, bool allow_across);

}  // namespace gemel::compiler
