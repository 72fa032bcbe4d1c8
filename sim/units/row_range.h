// SPDX-License-Identifier: Apache-2.0
#pragma once
// A half-open range of rows of scratchpad or accumulator, for hazards (docs/microarchitecture.md, section 3, "Ranges").
#include <array>
#include <cstdint>

#include "sim/arch/accelerator_config.h"
#include "sim/arch/local_address.h"

namespace gemel::sim {

// Rows of both memories on one line: scratchpad rows from 0, accumulator rows from kAccumulatorBase. Empty where
// nothing is touched.
struct RowRange {
  static constexpr std::uint32_t kAccumulatorBase = 1u << 31;

  std::uint32_t start = 0;
  std::uint32_t end = 0;       // up to the last row of its memory
  std::uint32_t wrap_end = 0;  // what runs past the last row goes on at the first; 0: nothing does

  bool empty() const { return start == end; }
  bool in_accumulator() const { return start >= kAccumulatorBase; }
  std::uint32_t memory_start() const { return in_accumulator() ? kAccumulatorBase : 0; }

  // `rows` rows from `first` on.
  static RowRange of(arch::LocalAddress first, std::uint32_t rows, const arch::DerivedConfig& derived);

  bool wraps() const { return wrap_end != 0; }
  bool overlaps(const RowRange& other) const {
    return overlaps_unwrapped(other) || ((wrap_end | other.wrap_end) != 0 && wrapped_overlaps(other));
  }
  // Where neither wraps.
  bool overlaps_unwrapped(const RowRange& other) const { return start < other.end && other.start < end; }

 private:
  bool wrapped_overlaps(const RowRange& other) const {
    const auto meet = [](std::uint32_t start, std::uint32_t end, std::uint32_t other_start, std::uint32_t other_end) {
      return start < other_end && other_start < end;
    };
    return (wraps() && meet(memory_start(), wrap_end, other.start, other.end)) ||
           (other.wraps() && meet(start, end, other.memory_start(), other.wrap_end)) ||
           (wraps() && other.wraps() && meet(memory_start(), wrap_end, other.memory_start(), other.wrap_end));
  }
};

// Ranges of the memories of one machine.
class RowRanges {
 public:
  explicit RowRanges(const arch::DerivedConfig& derived)
      : garbage_(0xE0000000u | ((2u << derived.local_row_bits) - 1u)),
        memories_{{{0, derived.scratchpad_rows}, {RowRange::kAccumulatorBase, derived.accumulator_rows}}} {}

  // `rows` rows from `first` on.
  RowRange of(arch::LocalAddress first, std::uint32_t rows) const {
    RowRange r;
    if (rows == 0 || (first.bits() & garbage_) == garbage_) return r;
    const Memory& memory = memories_[first.is_accumulator() ? 1 : 0];
    const std::uint32_t row = first.bits() & (memory.rows - 1);
    r.start = memory.base + row;
    if (rows <= memory.rows - row) {
      r.end = r.start + rows;
    } else {
      r.end = memory.base + memory.rows;
      r.wrap_end = r.start + rows - memory.rows;
    }
    return r;
  }

 private:
  struct Memory {
    std::uint32_t base = 0, rows = 0;  // a power of two
  };
  std::uint32_t garbage_;  // LocalAddress::is_garbage()
  std::array<Memory, 2> memories_;
};

inline RowRange RowRange::of(arch::LocalAddress first, std::uint32_t rows, const arch::DerivedConfig& derived) {
  return RowRanges(derived).of(first, rows);
}

}  // namespace gemel::sim
