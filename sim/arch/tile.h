// SPDX-License-Identifier: Apache-2.0
#pragma once
// A tile of a compiled layer: the part of the result that it is, and which commands are its own. For timelines; no
// machine needs it, so it is beside the program, not in it.
#include <array>
#include <cstdint>

namespace gemel::arch {

struct Tile {
  // [first, end) of the program's commands of one class, counted from 0 in program order.
  struct Commands {
    std::uint32_t first = 0, end = 0;
  };
  std::uint32_t layer = 0;
  // Output positions (pooled ones, where the layer pools); height 0: not known, the tile is a loop instruction.
  std::int32_t image = 0, y = 0, x = 0, height = 0, width = 0;
  std::int32_t first_output = 0, outputs = 0;  // output channels, or columns of the product
  std::array<Commands, 3> commands;            // loads, executes, stores
};

}  // namespace gemel::arch
