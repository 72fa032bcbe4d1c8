// SPDX-License-Identifier: Apache-2.0
#pragma once
// How a contraction is cut into tiles, in which order they run, and which parts of the scratchpad hold their operands.
// choose_tiles() is a pure function: it weighs every candidate by compute, load and store cycles and takes the best.
#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "compiler/tile/chunks.h"
#include "compiler/tile/contraction.h"
#include "compiler/tile/machine.h"

namespace gemel::compiler {

// Equal pieces of the scratchpad that are filled in turn.
struct Slots {
  std::int32_t rows = 0;  // of one slot
  std::vector<std::int32_t> bases;
  std::int32_t count() const { return static_cast<std::int32_t>(bases.size()); }
};

struct TileCost {
  std::int64_t compute = 0, load = 0, store = 0;  // cycles of each unit if it never waited
  std::int64_t edges = 0;                         // first operands in, last results out
  std::int64_t read_bytes = 0, written_bytes = 0;
  std::int64_t busiest() const { return std::max({compute, load, store}); }
  std::int64_t total() const;
};

struct TilePlan {
  std::int32_t tile_h = 1, tile_w = 1;    // output positions of a tile; pooled ones where the layer pools
  std::int32_t tile_n = 1;                // output blocks of a tile
  std::int32_t lanes_a = 1, lanes_b = 1;  // lane blocks that a slot of A (of B) holds; lanes_a is a multiple of lanes_b
  bool outputs_outer = false;             // loops: outputs, then positions (else the other way round); lanes innermost
  std::int32_t a_banks = 0;               // scratchpad banks given to A; 0: the memory is split in the middle
  Slots a, b, residual, bias;
  bool bias_in_array = false;  // the bias is a pass of the array; else loads into the accumulator
  std::int32_t bias_lanes = -1;
  std::int32_t residual_matrix = -1;  // row of the multiple of the identity
  bool a_is_held = false;             // planned for slots of A that the layer before has filled
  TileCost cost;
  std::int64_t candidates = 0, rejected = 0;  // looked at; did not fit
};

// Throws arch::InputError where no tile fits.
TilePlan choose_tiles(const Contraction& work, const Machine& machine);
// Plans for contractions that run one after the other and read the same A (reads_same_input()): first those of
// choose_tiles(), then up to `most` sets with slots of A in common, so that each finds there what the one before has
// left; those of the least estimated cost, best first.
std::vector<std::vector<TilePlan>> shared_input_plans(const std::vector<const Contraction*>& run,
                                                      const Machine& machine, std::size_t most);

// Equal tiles of both need the same bytes of A in the same rows.
bool reads_same_input(const Contraction& a, const Contraction& b);

// Throws std::logic_error where the plan breaks a capacity, an overlap or an alignment rule.
void verify_tiles(const Contraction& work, const Machine& machine, const TilePlan& plan);

std::string describe_tiles(const Contraction& work, const Machine& machine, const TilePlan& plan);

// Positions before pooling that a tile of pooled outputs [y, y + h) x [x, x + w) needs.
struct PositionRange {
  std::int32_t y = 0, x = 0, h = 0, w = 0;
};
PositionRange positions_of(const Contraction& work, std::int32_t y, std::int32_t x, std::int32_t h, std::int32_t w);

// Accumulator rows of a tile: chunks in slots of DIM rows, or positions one after the other where the store pools.
std::int32_t accumulator_rows_of(const Contraction& work, const Machine& machine, const Chunking& chunking,
                                 std::int32_t tile_n);

// Chunks of a tile of h x w positions.
Chunking chunk_tile(const Contraction& work, const Machine& machine, std::int32_t h, std::int32_t w);

inline std::int32_t grid_h(const Contraction& work) { return work.pool ? work.pool->out_h : work.out_h; }
inline std::int32_t grid_w(const Contraction& work) { return work.pool ? work.pool->out_w : work.out_w; }

}  // namespace gemel::compiler
