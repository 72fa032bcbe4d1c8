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
#include "sim/units/row_feeder.h"
#include "sim/units/row_range.h"
#include "sim/units/scratchpad.h"
#include "sim/units/unit.h"

namespace gemel::sim {

// Where a result goes.
struct ResultTag {
  bool real = false;  // C is not garbage
  std::uint8_t entry = IssuedCommand::kNoEntry;
  arch::LocalBlock c;
  std::uint32_t stride = 1;  // rows between C rows

  bool to_scratchpad() const { return real && !c.address.is_accumulator(); }
};

class ResultWriter {
 public:
  ResultWriter(const arch::DerivedConfig& derived, Scratchpad& scratchpad, Accumulator& accumulator, const Mesh& mesh)
      : derived_(derived), scratchpad_(scratchpad), accumulator_(accumulator), mesh_(mesh) {}

  // A request of `rows` rows drives the result out, row i of C with row i, or, last_row_first, row rows-1-i. Marks the
  // banks; returns the cycle of the last output. Its rows were fed one a cycle from `first_fed` on,
  Cycle schedule(const ResultTag& tag, Cycle first_fed, unsigned rows, bool last_row_first);
  // or as the feeder says; the first `marked` of them are marked.
  Cycle schedule(const ResultTag& tag, const RowFeeder& feeder, bool last_row_first, unsigned marked);
  // Marks the bank of one row of a request of `rows` rows, ahead of schedule().
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
  void mark_rows(const ResultTag& tag, Cycle first_fed, unsigned rows, bool last_row_first);
  void expect(const ResultTag& tag, Cycle last);
  void accumulate(const ResultTag& tag, const std::int32_t* values, unsigned written, unsigned cols);

  const arch::DerivedConfig& derived_;
  Scratchpad& scratchpad_;
  Accumulator& accumulator_;
  const Mesh& mesh_;
  std::deque<Pending> pending_;  // those for the scratchpad
  Cycle outputs_end_ = 0;        // after the last row of the last result
  Cycle last_scratchpad_output_ = 0;
  bool any_scratchpad_output_ = false;
};

}  // namespace gemel::sim
