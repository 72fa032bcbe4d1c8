// SPDX-License-Identifier: Apache-2.0
#pragma once
// Where the pixels of an input tile lie in the scratchpad, for one lane block. A strided window is taken apart into
// stride_y · stride_x planes (one per residue of the coordinates), so that every tap reads consecutive rows:
// position p of the tile needs row plane_base + p + tap offset.
#include <cstdint>
#include <vector>

#include "compiler/tile/contraction.h"

namespace gemel::compiler {

struct Plane {
  std::int32_t phase_y = 0, phase_x = 0;
  std::int32_t base = 0;  // first row
};

struct Planes {
  std::int32_t height = 0, pitch = 0;  // rows of pixels; local rows from one to the next
  std::int32_t overlap = 0;            // columns of padding that end one row and begin the next
  std::int32_t rows = 0;               // local rows of all planes
  std::vector<Plane> planes;
  std::vector<std::int32_t> tap_offset;  // per tap: local row for position 0
};

// Planes for a tile of height x width outputs; every tile of a layer has the same pitch rules.
Planes place_planes(const Contraction& work, std::int32_t height, std::int32_t width);

}  // namespace gemel::compiler
