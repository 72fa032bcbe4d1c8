// SPDX-License-Identifier: Apache-2.0
#pragma once
// Takes result rows from the array into scratchpad or accumulator, and knows which results are still on their way
// (docs/microarchitecture.md, sections 10 and 11, "Tags").
#include <cstdint>
#include <deque>

#include "sim/arch/accelerator_config.h"
#include "sim/arch/isa.h"
#include "sim/units/accumulator.h"
#include "sim/units/issued_command.h"
#include "sim/units/mesh.h"
#include "sim/units/row_range.h"
#include "sim/units/scratchpad.h"
#include "sim/units/unit.h"

namespace gemel::sim {

// Where a result goes.
struct ResultTag {
  bool real = false;  // C is not garbage
  arch::LocalBlock c;
  std::uint32_t stride = 1;  // rows between C rows
  std::uint8_t entry = IssuedCommand::kNoEntry;
};

class ResultWriter {
 public:
  ResultWriter(const arch::DerivedConfig& derived, Scratchpad& scratchpad, Accumulator& accumulator, const Mesh& mesh)
      : derived_(derived), scratchpad_(scratchpad), accumulator_(accumulator), mesh_(mesh) {}

  // The rows fed at `fed(i)` for first <= i < rows drive the result out, row i of C with row i, or, last_row_first, row
  // dim-1-i. Marks the banks; returns the cycle of the last output.
  template <typename Fed>
  Cycle schedule(const ResultTag& tag, const Fed& fed, bool regular, unsigned rows, bool last_row_first,
                 unsigned first = 0);
  // Marks the bank of one row of a request of `rows` rows, ahead of schedule() (which then starts behind it).
  void mark_row(const ResultTag& tag, unsigned row, Cycle fed, unsigned rows, bool last_row_first);

  // The result's values, dim per row, C row order.
  void write(const ResultTag& tag, const std::int32_t* values, unsigned rows, unsigned shift,
             arch::Activation activation, bool shifts);

  bool in_progress(Cycle now) const { return outputs_end_ > now; }
  // Results for the scratchpad are on their way in `now`: only then can an operand depend on one.
  bool scratchpad_pending(Cycle now) const { return last_scratchpad_output_ >= now && any_scratchpad_output_; }
  // A result still to come in `now` touches these rows of the scratchpad.
  bool touches(const RowRange& rows, Cycle now) const;
  static RowRange rows_of(const ResultTag& tag, const arch::DerivedConfig& derived) {
    return tag.real ? RowRange::of(tag.c.address, tag.c.rows * tag.stride, derived) : RowRange{};
  }
  void forget(Cycle now) {
    while (!pending_.empty() && pending_.front().last_output < now) pending_.pop_front();
  }

 private:
  struct Pending {
    ResultTag tag;
    Cycle last_output;
  };
  void mark(const ResultTag& tag, std::uint32_t row, Cycle at, unsigned count);

  const arch::DerivedConfig& derived_;
  Scratchpad& scratchpad_;
  Accumulator& accumulator_;
  const Mesh& mesh_;
  std::deque<Pending> pending_;  // those for the scratchpad
  Cycle outputs_end_ = 0;        // after the last row of the last result
  Cycle last_scratchpad_output_ = 0;
  bool any_scratchpad_output_ = false;
};

template <typename Fed>
Cycle ResultWriter::schedule(const ResultTag& tag, const Fed& fed, bool regular, unsigned rows, bool last_row_first,
                             unsigned first) {
  const Cycle last = mesh_.out(fed(rows - 1));
  if (!tag.real) return last;
  const unsigned written = tag.c.rows < rows ? tag.c.rows : rows;
  const std::uint32_t first_row = tag.c.address.row(derived_);
  const std::uint32_t bank_rows =
      tag.c.address.is_accumulator() ? derived_.accumulator_bank_rows : derived_.scratchpad_bank_rows;
  const bool one_bank = written > 0 && first_row % bank_rows + std::uint64_t{written - 1} * tag.stride < bank_rows;
  if (regular && one_bank) {
    mark(tag, first_row, mesh_.out(fed(last_row_first ? rows - written : 0)), written);
  } else {
    for (unsigned i = first; i < rows; ++i) mark_row(tag, i, fed(i), rows, last_row_first);
  }
  outputs_end_ = last + 1;
  if (!tag.c.address.is_accumulator()) {
    pending_.push_back({tag, last});
    last_scratchpad_output_ = last;
    any_scratchpad_output_ = true;
  }
  return last;
}

}  // namespace gemel::sim
