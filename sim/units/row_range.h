// SPDX-License-Identifier: Apache-2.0
#pragma once
// A half-open range of rows of scratchpad or accumulator, for hazards (docs/microarchitecture.md, section 3, "Ranges").
#include <cstdint>

#include "sim/arch/accelerator_config.h"
#include "sim/arch/local_address.h"

namespace gemel::sim {

struct RowRange {
  std::uint32_t start = 0;
  std::uint32_t end = 0;
  bool wraps = false;        // runs past the last row of its memory; `end` is below `start` then
  bool valid = false;        // neither garbage nor empty
  bool accumulator = false;

  static RowRange of(arch::LocalAddress first, std::uint32_t rows, const arch::DerivedConfig& derived) {
    RowRange r;
    if (rows == 0 || first.is_garbage(derived)) return r;
    r.valid = true;
    r.accumulator = first.is_accumulator();
    const std::uint32_t total = r.accumulator ? derived.accumulator_rows : derived.scratchpad_rows;
    r.start = first.row(derived);
    r.end = r.start + rows;
    if (r.end > total) {
      r.end -= total;
      r.wraps = true;
    }
    return r;
  }

  bool overlaps(const RowRange& other) const {
    if (!valid || !other.valid || accumulator != other.accumulator) return false;
    return (other.start <= start && (start < other.end || other.wraps)) ||
           (start <= other.start && (other.start < end || wraps)) || (wraps && other.start < end) ||
           (other.wraps && start < other.end);
  }
};

}  // namespace gemel::sim
