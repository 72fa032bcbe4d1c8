// SPDX-License-Identifier: Apache-2.0
#pragma once
// Rows of local memory as sets: what the rules about overlaps of section 10 of the page come to.
#include <algorithm>
#include <cstdint>
#include <set>

#include "sim/arch/isa.h"
#include "tests/rtl/bench_machine.h"

namespace gemel::rtl {

using Rows = std::set<std::uint32_t>;

// From the block's address on, for as many rows as it has as stored, times the stride; none of garbage.
inline Rows rows_of(const arch::LocalBlock& block, bool is_transposed, unsigned stride) {
  const arch::DerivedConfig& derived = bench_derived();
  Rows rows;
  if (block.address.is_garbage(derived)) return rows;
  const unsigned all = block.address.is_accumulator() ? derived.accumulator_rows : derived.scratchpad_rows;
  const unsigned length = (is_transposed ? block.cols : block.rows) * stride;
  for (unsigned i = 0; i < std::min(length, all); ++i) {
    rows.insert((block.address.bits() & arch::LocalAddress::kAccumulatorBit) | (block.address.row(derived) + i) % all);
  }
  return rows;
}

inline bool meet(const Rows& a, const Rows& b) {
  return std::any_of(a.begin(), a.end(), [&](std::uint32_t row) { return b.count(row) > 0; });
}

}  // namespace gemel::rtl
