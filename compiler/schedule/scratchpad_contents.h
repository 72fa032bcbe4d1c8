// SPDX-License-Identifier: Apache-2.0
#pragma once
// Which bytes of memory each row of the scratchpad holds, as the operations so far have put them there. It outlives a
// layer: fences and the host leave the scratchpad alone, so the next layer need not load what is there already.
//
// Elements of a tensor are written once, before they are read. Layers that write beside what others have read (parts of
// a concatenation) say so to forget().
#include <cstdint>
#include <unordered_map>
#include <utility>
#include <vector>

#include "compiler/schedule/operation.h"

namespace gemel::compiler {

class ScratchpadContents {
 public:
  explicit ScratchpadContents(const Machine& machine)
      : dim_(machine.dim()), rows_(static_cast<std::size_t>(machine.derived.scratchpad_rows)) {}

  // What one mvin moves: lane block b of row r comes from source + r · stride + b · DIM and goes to local row
  // first + b · block_stride + r. From kNoBuffer come zeros.
  struct Piece {
    BufferRef source;
    std::int64_t stride = 0;
    std::int32_t first = 0, rows = 0, cols = 0, block_stride = 0;
  };
  // All of it is there.
  bool holds(const Piece& piece) const;
  // `layer` is the one that puts it there.
  void put(const Piece& piece, std::uint32_t layer);
  // The layer that put the piece's first row there.
  std::uint32_t layer_of(const Piece& piece) const { return rows_[static_cast<std::size_t>(piece.first)].layer; }

  // `bytes` bytes at each position of `image` are written.
  void forget(const ImageRef& image, std::int64_t bytes);
  void forget(BufferId buffer);
  void forget_all();

 private:
  static constexpr BufferId kUnknown = kNoBuffer - 1;
  struct Row {
    std::int64_t offset = 0;  // of its first byte
    BufferId buffer = kUnknown;
    std::int32_t bytes = 0;
    std::uint32_t layer = 0;
  };

  std::int32_t dim_;
  std::vector<Row> rows_;
  std::unordered_map<BufferId, std::int32_t> held_;  // rows that hold bytes of a buffer
};

}  // namespace gemel::compiler
