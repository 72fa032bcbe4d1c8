// SPDX-License-Identifier: Apache-2.0
#pragma once
// The two registers at the head of DMA reader and zero writer (docs/microarchitecture.md, sections 4 and 5): an input
// register that the load controller fills with one row a cycle, and a working register whose row is being handled.
#include <algorithm>

#include "sim/units/mvin_piece.h"

namespace gemel::sim {

// Told in which cycle the last row of an mvin is requested, and from which on the input register is free.
class RowListener {
 public:
  virtual ~RowListener() = default;
  virtual void rows_requested(Cycle last_request) = 0;
  virtual void input_free(Cycle at) = 0;
};

class RowSequencer {
 public:
  struct Row {
    const MvinRows* mvin = nullptr;  // none: no row
    std::uint32_t index = 0;
    Cycle at = 0;            // input: cycle of the request; working: handled from this cycle on
    std::uint32_t done = 0;  // bytes or pieces
  };

  void connect(RowListener& listener) { listener_ = &listener; }
  bool input_ready(Cycle now) const { return input_free_ <= now; }
  bool idle() const { return working_.mvin == nullptr && input_.mvin == nullptr; }
  Row& working() { return working_; }
  const Row& working() const { return working_; }

  // The first row of an mvin is requested in `now`. Only when input_ready(now). `rows` stays as it is until all are
  // handled.
  void start(const MvinRows& rows, Cycle now) {
    input_ = Row{&rows, 0, now, 0};
    input_free_ = kNever;
    if (rows.rows == 1) listener_->rows_requested(now);
    if (working_.mvin == nullptr) advance_row(now);
  }

  // The row at hand is finished in `freed`: the next one moves up, and the one after it is requested.
  void advance_row(Cycle freed) {
    working_.mvin = nullptr;
    if (input_.mvin == nullptr) return;
    const Cycle entered = std::max(input_.at + 1, freed);
    const Cycle requested = input_.at;
    working_ = input_;
    working_.at = entered + 1;
    if (input_.index + 1 < input_.mvin->rows) {
      ++input_.index;
      input_.at = std::max(requested + 1, entered);
      if (input_.index + 1 == input_.mvin->rows) listener_->rows_requested(input_.at);
    } else {
      input_.mvin = nullptr;
      input_free_ = entered;
      listener_->input_free(entered);
    }
  }

 private:
  RowListener* listener_ = nullptr;
  Row input_, working_;
  Cycle input_free_ = 0;
};

}  // namespace gemel::sim
