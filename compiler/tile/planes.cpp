// SPDX-License-Identifier: Apache-2.0
#include "compiler/tile/planes.h"

#include <algorithm>

namespace gemel::compiler {

Planes place_planes(const Contraction& work, std::int32_t height, std::int32_t width) {
  Planes result;
  std::int32_t reach_y = 0, reach_x = 0;
  for (const Tap& tap : work.taps) {
    reach_y = std::max(reach_y, tap.dy / work.stride_y);
    reach_x = std::max(reach_x, tap.dx / work.stride_x);
    const std::int32_t py = tap.dy % work.stride_y, px = tap.dx % work.stride_x;
    const bool known = std::any_of(result.planes.begin(), result.planes.end(),
                                   [&](const Plane& p) { return p.phase_y == py && p.phase_x == px; });
    if (!known) result.planes.push_back({py, px, 0});
  }
  const std::int32_t natural = width + reach_x;
  // Padding right of one row can serve as padding left of the next.
  std::int32_t overlap = 0;
  if (width == work.out_w && height > 1) {
    overlap = natural;
    for (const Plane& plane : result.planes) {
      std::int32_t left = 0, right = 0;
      const auto x_of = [&](std::int32_t column) { return column * work.stride_x + plane.phase_x - work.pad_left; };
      while (left < natural && x_of(left) < 0) ++left;
      while (right < natural && x_of(natural - 1 - right) >= work.in_w) ++right;
      overlap = std::min({overlap, left, right});
    }
    overlap = std::min(overlap, natural - 1);
  }
  result.height = height + reach_y;
  result.pitch = natural - overlap;
  result.overlap = overlap;
  const std::int32_t plane_rows = result.height * result.pitch + overlap;
  for (Plane& plane : result.planes) {
    plane.base = result.rows;
    result.rows += plane_rows;
  }
  for (const Tap& tap : work.taps) {
    const auto plane = std::find_if(result.planes.begin(), result.planes.end(), [&](const Plane& p) {
      return p.phase_y == tap.dy % work.stride_y && p.phase_x == tap.dx % work.stride_x;
    });
    result.tap_offset.push_back(plane->base + tap.dy / work.stride_y * result.pitch + tap.dx / work.stride_x);
  }
  return result;
}

}  // namespace gemel::compiler
