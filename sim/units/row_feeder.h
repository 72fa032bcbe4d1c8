// SPDX-License-Identifier: Apache-2.0
#pragma once
// Feeds the rows of one request from the scratchpad: three ports A, B, D, one word each a row, bank conflicts and
// refusals (docs/microarchitecture.md, section 10, "Feeding"). Evaluates whole requests at once where no conflict can
// happen.
#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "sim/arch/accelerator_config.h"
#include "sim/units/mesh.h"
#include "sim/units/scratchpad.h"
#include "sim/units/unit.h"

namespace gemel::sim {

class RowFeeder {
 public:
  RowFeeder(const arch::DerivedConfig& derived, const Scratchpad& scratchpad)
      : scratchpad_(scratchpad),
        dim_(derived.dim),
        row_mask_(derived.scratchpad_rows - 1),
        bank_rows_(derived.scratchpad_bank_rows) {}

  // Operands that are present lie in the scratchpad. D goes its last row first.
  void start(const MeshOperand& a, const MeshOperand& b, const MeshOperand& d, unsigned rows, Cycle now);
  // Evaluates the cycles before `end`; everybody's writes in them must be known. True when all rows are fed.
  bool run_until(Cycle end);
  bool done() const { return row_ == rows_; }
  unsigned rows_fed() const { return row_; }
  // The earliest cycle in which it can be done (the cycle after the last row), or from which on it must be run to stay
  // recent: never further behind than the array is long, for results must be known before they leave it.
  Cycle next_check() const { return evaluated_ + std::min(rows_ - row_, 2 * dim_); }
  // From here on cycle by cycle, so that reads_bank() knows.
  void force_stepwise();
  // After run_until(now + 1): a row of the bank was read in `now`.
  bool reads_bank(std::uint32_t bank, Cycle now) const { return evaluated_ == now + 1 && ((read_mask_ >> bank) & 1); }

  Cycle fed(unsigned row) const { return regular_ ? started_ + row : fed_[row]; }
  // No row had to wait: row i is fed i cycles after the first.
  bool regular() const { return regular_; }
  unsigned rows() const { return rows_; }
  Cycle started() const { return started_; }
  Cycle last_fed() const { return fed(rows_ - 1); }

 private:
  enum : unsigned { kA, kB, kD, kPorts };
  struct Port {
    bool active = false;  // takes part
    std::uint32_t first = 0;
    std::uint32_t stride = 1;
    std::uint32_t valid_rows = 0;  // rows that really are read
    std::uint32_t bank = 0;        // of the first row
  };
  template <unsigned kPort>
  void connect(const MeshOperand& operand);
  template <unsigned kPort>
  bool refusal_possible() const;
  bool really_reads(unsigned port, unsigned row) const;
  std::uint32_t bank(unsigned port, unsigned row) const;
  void run_stepwise(Cycle end);
  void step(Cycle now);

  const Scratchpad& scratchpad_;
  unsigned dim_;
  std::uint32_t row_mask_, bank_rows_;  // powers of two
  std::array<Port, kPorts> ports_;
  std::uint64_t banks_ = 0;  // of the active ports' first rows
  bool simple_ = false;      // every port stays in one bank, and no two share one
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
