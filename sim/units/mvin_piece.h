// SPDX-License-Identifier: Apache-2.0
#pragma once
// One mvin as the load controller hands it out, and the pieces that it falls into: the part of one local row that one
// DMA transaction carries (docs/microarchitecture.md, sections 4 to 8).
#include <cstdint>

#include "sim/arch/local_address.h"
#include "sim/units/unit.h"

namespace gemel::sim {

struct MvinRows {
  std::uint64_t address = 0;       // of DRAM row 0
  std::uint64_t stride = 0;        // bytes between DRAM rows
  std::uint32_t rows = 0;          // DRAM rows to read
  std::uint32_t row_bytes = 0;     // of one DRAM row
  arch::LocalAddress local;        // of block 0, row 0
  std::uint32_t block_stride = 0;  // local rows between blocks
  bool wide = false;               // 32-bit elements into the accumulator
  bool accumulate = false;
  float scale = 1.0f;
  std::uint32_t repeats = 0;  // DRAM row 0 goes to local rows repeats ... 0
  std::uint32_t pixel_repeats = 1;
  std::uint32_t cols = 0;
  std::uint8_t tracker = 0;
};

struct MvinPiece {
  Cycle emitted = 0;
  std::uint64_t address = 0;  // DRAM byte of its first element byte
  arch::LocalAddress local;
  std::uint32_t lane_byte = 0;  // first byte within the local row
  std::uint32_t bytes = 0;
  std::uint32_t finishes = 0;  // bytes of its command that are done when it is written (0: a later piece says)
  std::uint32_t repeats = 0;
  std::uint32_t pixel_repeats = 1;
  std::uint32_t cols = 0;
  float scale = 1.0f;
  bool wide = false;
  bool accumulate = false;
  bool completes = false;  // the last piece of its command
  std::uint8_t tracker = 0;
};

// Told when bytes of an mvin are in place.
class MvinProgress {
 public:
  virtual ~MvinProgress() = default;
  virtual void written(std::uint8_t tracker, std::uint32_t bytes, Cycle at) = 0;
};

}  // namespace gemel::sim
