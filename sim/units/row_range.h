// SPDX-License-Identifier: Apache-2.0
#pragma once
// A half-open range of rows of scratchpad or accumulator, for hazards (docs/microarchitecture.md, section 3, "Ranges").
#include <cstdint>

#include "sim/arch/accelerator_config.h"
#include "sim/arch/local_address.h"

namespace gemel::sim {

// Rows of both memories on one line: scratchpad rows from 0, accumulator rows from kAccumulatorBase. Empty where
// nothing is touched.
struct RowRange {
  static constexpr std::uint32_t kAccumulatorBase = 1u << 31;

  std::uint32_t start = 0;
  std::uint32_t end = 0;         // up to the last row of its memory
  std::uint32_t wrap_start = 0;  // what runs past the last row goes on at the first
  std::uint32_t wrap_end = 0;

  bool empty() const { return start == end; }
  bool in_accumulator() const { return start >= kAccumulatorBase; }

  static RowRange of(arch::LocalAddress first, std::uint32_t rows, const arch::DerivedConfig& derived) {
    RowRange r;
    if (rows == 0 || first.is_garbage(derived)) return r;
    const bool accumulator = first.is_accumulator();
    const std::uint32_t base = accumulator ? kAccumulatorBase : 0;
    const std::uint32_t total = base + (accumulator ? derived.accumulator_rows : derived.scratchpad_rows);
    r.start = base + first.row(derived);
    if (rows <= total - r.start) {
      r.end = r.start + rows;
    } else {
      r.end = total;
      r.wrap_start = base;
      r.wrap_end = base + (rows - (total - r.start));
    }
    return r;
  }

  bool overlaps(const RowRange& other) const {
    if (start < other.end && other.start < end) return true;
    if (wrap_end == wrap_start && other.wrap_end == other.wrap_start) return false;
    return (wrap_start < other.end && other.start < wrap_end) || (start < other.wrap_end && other.wrap_start < end) ||
           (wrap_start < other.wrap_end && other.wrap_start < wrap_end);
  }
};

}  // namespace gemel::sim
