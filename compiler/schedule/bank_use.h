// SPDX-License-Identifier: Apache-2.0
#pragma once
// When the array stops reading a bank of the scratchpad, in computes of the stream. Loads may run one step ahead of the
// array; further ahead they would only come back to the bank that it reads now. Where loads are what takes the time,
// they are not held back.
#include <algorithm>
#include <cstddef>
#include <vector>

#include "compiler/tile/machine.h"

namespace gemel::compiler {

class BankUse {
 public:
  explicit BankUse(const Machine& machine)
      : bank_rows_(static_cast<std::int32_t>(machine.derived.scratchpad_bank_rows)),
        ahead_(machine.config.reservation_station.execute_entries / 2),
        banks_(machine.config.scratchpad.banks) {}

  // A new step, whose computes begin with number `computes`.
  void begin_step(std::size_t computes) {
    starts_.push_back(computes);
    ++step_;
  }
  // The step reads these rows.
  void use(std::int32_t base, std::int32_t rows) {
    for (std::int32_t b = base / bank_rows_; b <= (base + rows - 1) / bank_rows_; ++b) {
      Bank& bank = banks_[static_cast<std::size_t>(b)];
      if (bank.last == step_) continue;
      bank.before = bank.last;
      bank.last = step_;
    }
  }
  // Computes after which a load for this step may begin: the ends of all steps that read these banks, but for the step
  // right before.
  std::size_t free_since(std::int32_t base, std::int32_t rows) const {
    std::size_t floor = 0;
    for (std::int32_t b = base / bank_rows_; b <= (base + rows - 1) / bank_rows_; ++b) {
      const Bank& bank = banks_[static_cast<std::size_t>(b)];
      const std::size_t used = bank.last + 1 < step_ ? bank.last : bank.before;
      // Its end is the start of the next; offered commands still wait in the station by then.
      if (used > 0) floor = std::max(floor, std::min(starts_[used] + ahead_, starts_.back()));
    }
    return floor;
  }

 private:
  struct Bank {
    std::size_t last = 0, before = 0;  // steps that read it; 0: none
  };
  std::int32_t bank_rows_;
  std::size_t ahead_;
  std::vector<Bank> banks_;
  std::vector<std::size_t> starts_;  // of step s: starts_[s - 1]
  std::size_t step_ = 0;
};

}  // namespace gemel::compiler
