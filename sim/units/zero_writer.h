// SPDX-License-Identifier: Apache-2.0
#pragma once
// Writes the rows of an mvin from address 0: zeros, without memory traffic, in cycles in which no other load writes
// (docs/microarchitecture.md, sections 4 and 8).
#include <cstdint>

#include "sim/arch/accelerator_config.h"
#include "sim/units/mvin_piece.h"
#include "sim/units/mvin_writer.h"
#include "sim/units/row_sequencer.h"
#include "sim/units/unit.h"

namespace gemel::sim {

class ZeroWriter final : public Unit {
 public:
  ZeroWriter(const sc_core::sc_module_name& name, const arch::DerivedConfig& derived, Scratchpad& scratchpad,
             Accumulator& accumulator, MvinWriter& port, bool timing_only);
  void connect(RowListener& listener, MvinProgress& progress) {
    rows_.connect(listener);
    progress_ = &progress;
  }

  bool input_ready(Cycle now) const { return rows_.input_ready(now); }
  // The rows of one mvin, the first requested in `now`. Only when input_ready(now).
  void start(const MvinRows& rows, Cycle now);
  void advance(Cycle now);
  bool idle() const { return rows_.idle(); }

 private:
  void write_zeros(arch::LocalAddress local, std::uint32_t first, std::uint32_t lanes, bool accumulate);

  const arch::DerivedConfig& derived_;
  Scratchpad& scratchpad_;
  Accumulator& accumulator_;
  MvinWriter& port_;
  bool timing_only_;
  MvinProgress* progress_ = nullptr;
  RowSequencer rows_;
};

}  // namespace gemel::sim
