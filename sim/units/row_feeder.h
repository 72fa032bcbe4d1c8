// SPDX-License-Identifier: Apache-2.0
#pragma once
// Feeds the rows of one request from the scratchpad: three ports A, B, D, one word each a row, bank conflicts and
// refusals (docs/microarchitecture.md, section 10, "Feeding"). Evaluates whole requests at once where no conflict can
// happen.
#include <array>
#include <cstdint>
#include <vector>

#include "sim/arch/accelerator_config.h"
#include "sim/arch/local_address.h"
#include "sim/units/scratchpad.h"
#include "sim/units/unit.h"

namespace gemel::sim {

class RowFeeder {
 public:
  // One port's operand: row i of the request is at `first` + i * stride, or, descending, at `first` + (rows_total - 1 -
  // i).
  struct Port {
    bool active = false;  // takes part: not absent, not garbage
    arch::LocalAddress first;
    std::uint32_t stride = 1;
    bool descending = false;
    std::uint32_t valid_rows = 0;  // rows that really are read
  };

  RowFeeder(const arch::DerivedConfig& derived, const Scratchpad& scratchpad)
      : derived_(derived), scratchpad_(scratchpad) {}

  void start(const std::array<Port, 3>& ports, unsigned rows, Cycle now);
  // Evaluates the cycles before `end`; everybody's writes in them must be known. True when all rows are fed.
  bool run_until(Cycle end);
  bool done() const { return row_ == rows_; }
  unsigned rows_fed() const { return row_; }
  // The earliest cycle in which it can be done (the cycle after the last row), or from which on it must be run to stay
  // recent.
  Cycle next_check() const;
  // From here on cycle by cycle, so that reads_bank() knows.
  void force_stepwise();
  // After run_until(now + 1): a row of the bank was read in `now`.
  bool reads_bank(std::uint32_t bank, Cycle now) const { return evaluated_ == now + 1 && ((read_mask_ >> bank) & 1); }

  Cycle fed(unsigned row) const { return regular_ ? started_ + row : fed_[row]; }
  bool regular() const { return regular_; }
  unsigned rows() const { return rows_; }
  Cycle started() const { return started_; }
  Cycle last_fed() const { return fed(rows_ - 1); }

 private:
  bool really_reads(const Port& port, unsigned row) const;
  std::uint32_t bank(const Port& port, unsigned row) const;
  bool conflict_possible(Cycle end) const;
  void step(Cycle now);

  const arch::DerivedConfig& derived_;
  const Scratchpad& scratchpad_;
  std::array<Port, 3> ports_;
  std::array<std::uint32_t, 3> fixed_bank_{};
  bool simple_ = false;  // every port stays in one bank, and no two share one
  bool regular_ = true;
  unsigned rows_ = 0;
  unsigned row_ = 0;
  unsigned taken_ = 0;  // ports that took their word of the current row
  Cycle started_ = 0;
  Cycle evaluated_ = 0;  // cycles before this one are evaluated
  std::uint64_t read_mask_ = 0;
  std::vector<Cycle> fed_;
};

}  // namespace gemel::sim
