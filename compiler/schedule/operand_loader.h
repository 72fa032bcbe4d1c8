// SPDX-License-Identifier: Apache-2.0
#pragma once
// Loads of a tile's operands: pixels into planes, weights into blocks, bias into the accumulator.
#include <vector>

#include "compiler/schedule/schedule_builder.h"
#include "compiler/schedule/tile_context.h"

namespace gemel::compiler {

struct PendingLoad {
  BufferRef source;
  arch::LocalAddress local;
  std::int32_t rows, cols;
  std::uint16_t config;
};

class OperandLoader {
 public:
  // Loads the multiple of the identity, where there is a residual.
  OperandLoader(const TileContext& tile, ScheduleBuilder& builder);

  // Bias of the whole tile, in the order in which the first pass needs it.
  std::vector<PendingLoad> bias_loads() const;
  void issue(const PendingLoad& load) { builder_.load(load.source, load.local, load.rows, load.cols, load.config); }

  // Whether an earlier layer has left the tile's lanes from block g on at row `base`, as far as its first pixel tells.
  bool a_begins_at(std::int32_t base, std::int32_t g) const;
  // Lane blocks [g, g_end) of the tile, `base` being the row of the first; `first` spread between the loads.
  void fill_a(std::int32_t base, std::int32_t g, std::int32_t g_end, std::vector<PendingLoad>& first);
  // Weight blocks of lane blocks [b0, b1) into the slot that begins with lane block `block0`.
  void fill_b(std::int32_t base, std::int32_t block0, std::int32_t b0, std::int32_t b1);
  // Weights of the bias of the tile's outputs.
  void fill_bias(std::int32_t base);
  // The residual as the results lie in the accumulator.
  void fill_residual(std::int32_t base);

 private:
  // Columns of a plane's row of pixels that lie in the image, which begins at `source` there; the others are zero.
  struct PixelRow {
    std::int32_t row = 0, width = 0;  // local rows, from the first of the planes on
    std::int32_t first = 0, end = 0;  // in the image
    BufferRef source;                 // of column `first`, lane 0
  };
  PixelRow pixel_row(const Plane& plane, std::int32_t r) const;
  void fill_b_transposed(std::int32_t base, std::int32_t block0, std::int32_t b0, std::int32_t b1);

  const TileContext& t_;
  ScheduleBuilder& builder_;
  std::uint16_t weight_config_ = 0, bias_config_ = 0, residual_config_ = 0;
};

}  // namespace gemel::compiler
