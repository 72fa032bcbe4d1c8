// SPDX-License-Identifier: Apache-2.0
#include "compiler/schedule/scratchpad_contents.h"

#include <algorithm>

namespace gemel::compiler {

bool ScratchpadContents::holds(const Piece& piece) const {
  const bool zeros = piece.source.buffer == kNoBuffer;
  for (std::int32_t at = 0, base = piece.first; at < piece.cols; at += dim_, base += piece.block_stride) {
    const std::int32_t bytes = std::min(dim_, piece.cols - at);
    for (std::int32_t r = 0; r < piece.rows; ++r) {
      const Row& row = rows_[static_cast<std::size_t>(base + r)];
      if (row.buffer != piece.source.buffer || row.bytes < bytes) return false;
      if (!zeros && row.offset != piece.source.offset + r * piece.stride + at) return false;
    }
  }
  return true;
}

void ScratchpadContents::put(const Piece& piece, std::uint32_t layer) {
  std::int32_t& count = held_[piece.source.buffer];
  for (std::int32_t at = 0, base = piece.first; at < piece.cols; at += dim_, base += piece.block_stride) {
    for (std::int32_t r = 0; r < piece.rows; ++r) {
      Row& row = rows_[static_cast<std::size_t>(base + r)];
      if (row.buffer != piece.source.buffer) {
        if (row.buffer != kUnknown) --held_[row.buffer];
        ++count;
      }
      row = {piece.source.offset + r * piece.stride + at, piece.source.buffer, std::min(dim_, piece.cols - at), layer};
    }
  }
}

void ScratchpadContents::forget(const ImageRef& image, std::int64_t bytes) {
  const auto held = held_.find(image.base.buffer);
  if (held == held_.end() || held->second == 0) return;
  // Positions a whole number of pixels apart: only lanes of the same columns are touched.
  const std::int64_t pixel = image.x_stride;
  const bool columns = pixel >= bytes && image.y_stride % pixel == 0 && image.image_stride % pixel == 0;
  if (!columns) {
    forget(image.base.buffer);
    return;
  }
  for (Row& row : rows_) {
    if (row.buffer != image.base.buffer) continue;
    const std::int64_t into = ((row.offset - image.base.offset) % pixel + pixel) % pixel;
    if (into >= bytes && into + row.bytes <= pixel) continue;
    row.buffer = kUnknown;
    --held->second;
  }
}

void ScratchpadContents::forget(BufferId buffer) {
  const auto held = held_.find(buffer);
  if (held == held_.end() || held->second == 0) return;
  for (Row& row : rows_) {
    if (row.buffer == buffer) row.buffer = kUnknown;
  }
  held->second = 0;
}

void ScratchpadContents::forget_all() {
  std::fill(rows_.begin(), rows_.end(), Row{});
  held_.clear();
}

}  // namespace gemel::compiler
