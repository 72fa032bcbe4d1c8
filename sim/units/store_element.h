// SPDX-License-Identifier: Apache-2.0
#pragma once
// One D-lane block of an mvout on its way from local memory to the DMA writer (docs/microarchitecture.md, section 12).
#include <cstdint>

#include "sim/arch/local_address.h"
#include "sim/arch/normaliser.h"
#include "sim/units/unit.h"

namespace gemel::sim {

struct StoreElement {
  std::uint64_t address = 0;  // DRAM byte of the row that it belongs to
  Cycle requested = 0;
  // Where normalisations are built in: what config_st and config_norm said, and what the element is read for.
  const arch::NormaliserSettings* normaliser = nullptr;
  arch::NormCommand norm = arch::NormCommand::Write;
  arch::Activation activation = arch::Activation::None;
  std::uint8_t scale_cycles = 1;  // of the accumulator: how long it keeps the scale unit or the normaliser
  std::uint8_t entry = 0;         // station entry of its mvout
  float scale = 1.0f;
  arch::LocalAddress local;
  std::uint16_t lanes = 0;
  std::uint16_t block = 0;
  bool outside = false;     // a window element outside the image: zeros, no read
  bool full_width = false;  // 32-bit elements
  bool pooled = false;      // of a window
  bool merges = false;      // max-pooling: not the first element of its window
  bool last = true;         // the row (or window) is complete with it
  bool last_of_command = false;

  // Passes the scale unit, or the normaliser.
  bool is_scaled() const { return !outside && local.is_accumulator(); }
  // Of a row, not of a pooling window.
  bool is_plain_accumulator_read() const { return local.is_accumulator() && !pooled; }
};

}  // namespace gemel::sim
