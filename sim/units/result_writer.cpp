// SPDX-License-Identifier: Apache-2.0
#include "sim/units/result_writer.h"

#include <algorithm>

#include "sim/arch/numerics.h"
#include "sim/units/mesh_kernel.h"

namespace gemel::sim {

inline void ResultWriter::mark(const ResultTag& tag, std::uint32_t row, Cycle at, unsigned count) {
  if (tag.c.address.is_accumulator())
    accumulator_.array_write(accumulator_.bank_of(row), at, count, tag.c.address.accumulates());
  else
    scratchpad_.array_write(scratchpad_.bank_of(row), at, count);
}

void ResultWriter::mark_row(const ResultTag& tag, unsigned row, Cycle fed, unsigned rows, bool last_row_first) {
  const unsigned c_row = last_row_first ? rows - 1 - row : row;
  if (tag.real && c_row < tag.c.rows)
    mark(tag, tag.c.address.plus(c_row * tag.stride, derived_).row(derived_), mesh_.out(fed), 1);
}

void ResultWriter::mark_rows(const ResultTag& tag, Cycle first_fed, unsigned rows, bool last_row_first) {
  for (unsigned i = 0; i < rows; ++i) mark_row(tag, i, first_fed + i, rows, last_row_first);
}

inline void ResultWriter::expect(const ResultTag& tag, Cycle last) {
  outputs_end_ = last + 1;
  if (tag.c.address.is_accumulator()) return;
  pending_.push_back({tag, last});
  last_scratchpad_output_ = last;
  any_scratchpad_output_ = true;
}

Cycle ResultWriter::schedule(const ResultTag& tag, Cycle first_fed, unsigned rows, bool last_row_first) {
  const Cycle first = mesh_.out(first_fed);
  const Cycle last = first + rows - 1;
  if (!tag.real) return last;
  const unsigned written = std::min<unsigned>(tag.c.rows, rows);
  if (written > 0) {
    const std::uint32_t row = tag.c.address.row(derived_);
    const std::uint32_t bank_rows =
        tag.c.address.is_accumulator() ? derived_.accumulator_bank_rows : derived_.scratchpad_bank_rows;
    if ((row & (bank_rows - 1)) + std::uint64_t{written - 1} * tag.stride < bank_rows) {
      mark(tag, row, last_row_first ? first + (rows - written) : first, written);
    } else {
      mark_rows(tag, first_fed, rows, last_row_first);
    }
  }
  expect(tag, last);
  return last;
}

Cycle ResultWriter::schedule(const ResultTag& tag, const RowFeeder& feeder, bool last_row_first, unsigned marked) {
  const Cycle last = mesh_.out(feeder.last_fed());
  if (!tag.real) return last;
  for (unsigned i = marked; i < feeder.rows(); ++i) mark_row(tag, i, feeder.fed(i), feeder.rows(), last_row_first);
  expect(tag, last);
  return last;
}

bool ResultWriter::touches(const RowRange& rows, Cycle now) const {
  return std::any_of(pending_.begin(), pending_.end(),
                     [&](const Pending& p) { return p.last_output >= now && rows.overlaps(rows_of(p.tag, derived_)); });
}

void ResultWriter::write(const ResultTag& tag, const std::int32_t* values, unsigned rows, unsigned shift,
                         arch::Activation activation, bool shifts) {
  const unsigned written = std::min<unsigned>(tag.c.rows, rows);
  const unsigned cols = std::min<unsigned>(tag.c.cols, derived_.dim);
  if (tag.c.address.is_accumulator() && !(shifts && shift != 0)) {
    accumulate(tag, values, written, cols);
    return;
  }
  for (unsigned i = 0; i < written; ++i) {
    const std::int32_t* source = values + std::size_t{i} * derived_.dim;
    const std::uint32_t row = tag.c.address.plus(i * tag.stride, derived_).row(derived_);
    for (unsigned n = 0; n < cols; ++n) {
      const std::int32_t value = shifts ? arch::rounding_shift(source[n], shift) : source[n];
      if (tag.c.address.is_accumulator()) {
        std::int32_t& target = accumulator_.row(row)[n];
        target = tag.c.address.accumulates()
                     ? static_cast<std::int32_t>(static_cast<std::uint32_t>(target) + static_cast<std::uint32_t>(value))
                     : value;
      } else {
        const std::int32_t clipped = std::clamp(value, -128, 127);
        scratchpad_.row(row)[n] =
            static_cast<std::int8_t>(activation == arch::Activation::Relu ? std::max(clipped, 0) : clipped);
      }
    }
  }
}

// As the values are; all rows at once where they do not run past the last row of the memory.
void ResultWriter::accumulate(const ResultTag& tag, const std::int32_t* values, unsigned written, unsigned cols) {
  const std::size_t dim = derived_.dim;
  const bool adds = tag.c.address.accumulates();
  const std::uint32_t first = tag.c.address.row(derived_);
  if (written > 0 && first + std::uint64_t{written - 1} * tag.stride < derived_.accumulator_rows) {
    write_rows(values, dim, written, cols, adds, accumulator_.row(first), tag.stride * dim);
    return;
  }
  for (unsigned i = 0; i < written; ++i)
    write_rows(values + i * dim, dim, 1, cols, adds,
               accumulator_.row(tag.c.address.plus(i * tag.stride, derived_).row(derived_)), dim);
}

}  // namespace gemel::sim
