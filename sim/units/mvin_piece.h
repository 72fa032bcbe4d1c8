// SPDX-License-Identifier: Apache-2.0
#pragma once
// One mvin as the load controller hands it out, and the pieces that it falls into: the part of one local row that one
// DMA transaction carries (docs/microarchitecture.md, sections 4 to 8).
#include <cstdint>

#include "sim/arch/local_address.h"
#include "sim/units/unit.h"

namespace gemel::sim {

// What all pieces of an mvin share. It stands in the mvin's tracker, and those who handle the mvin refer to it there.
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
  int local_row_bits = 0;  // log2 of the bytes of a local row
  bool plain = false;      // each piece is written once, and the scaler passes one a cycle

  bool scales() const { return !wide && scale != 1.0f; }
  std::uint32_t writes_per_piece() const { return (repeats + 1) * pixel_repeats; }
};

// Pieces of an mvin that are emitted one a cycle: some of one DRAM row, or all of several.
struct MvinRun {
  const MvinRows* mvin = nullptr;
  Cycle emitted = 0;           // the first
  std::uint32_t row = 0;       // DRAM row of the first
  std::uint32_t position = 0;  // of its first byte within the DRAM row
  std::uint32_t end = 0;       // behind the last byte of the last piece, within its DRAM row
  std::uint32_t pieces = 0;    // more than one only of a plain mvin
  bool completes = false;      // the last of its mvin
};

// Told when the last byte of an mvin is in place.
class MvinProgress {
 public:
  virtual ~MvinProgress() = default;
  virtual void written(std::uint8_t tracker, Cycle at) = 0;
};

}  // namespace gemel::sim
