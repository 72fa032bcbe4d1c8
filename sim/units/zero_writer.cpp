// SPDX-License-Identifier: Apache-2.0
#include "sim/units/zero_writer.h"

#include <algorithm>
#include <cstring>

namespace gemel::sim {

ZeroWriter::ZeroWriter(const sc_core::sc_module_name& name, const arch::DerivedConfig& derived, Scratchpad& scratchpad,
                       Accumulator& accumulator, MvinWriter& port, bool timing_only)
    : Unit(name),
      derived_(derived),
      scratchpad_(scratchpad),
      accumulator_(accumulator),
      port_(port),
      timing_only_(timing_only) {}

void ZeroWriter::start(const MvinRows& rows, Cycle now) {
  rows_.start(rows, now);
  if (rows_.working().mvin != nullptr) wake(std::max(rows_.working().at, now + 1));
}

void ZeroWriter::write_zeros(arch::LocalAddress local, std::uint32_t first, std::uint32_t lanes, bool accumulate) {
  if (timing_only_ || first >= derived_.dim) return;
  const std::uint32_t row = local.row(derived_);
  if (!local.is_accumulator())
    std::memset(scratchpad_.row(row) + first, 0, std::min(lanes, derived_.dim - first));
  else if (!accumulate)  // accumulating adds nothing
    std::memset(accumulator_.row(row), 0, lanes * 4);
}

void ZeroWriter::advance(Cycle now) {
  look(now);
  RowSequencer::Row& row = rows_.working();
  if (row.mvin == nullptr) return;
  if (now < row.at) {
    wake(row.at);
    return;
  }
  port_.sync(now);
  const MvinRows& mvin = *row.mvin;
  const std::uint32_t block = row.done / mvin.pixel_repeats;
  const std::uint32_t copy = mvin.pixel_repeats - 1 - row.done % mvin.pixel_repeats;  // rows below, pixels further
  arch::LocalAddress local = mvin.local.plus(block * mvin.block_stride + row.index, derived_);
  const std::uint32_t index = local.row(derived_), half = derived_.scratchpad_rows / 2;
  const bool suppressed = copy > (index < half ? index : index - half);  // takes its cycle, writes nothing
  if (!suppressed) {
    local = arch::LocalAddress(local.bits() - copy);
    if (port_.wrote_in(now) || !port_.may_write(local, mvin.accumulate, now)) {
      wake(now + 1);
      return;
    }
    port_.note_write(local, mvin.accumulate, now);
    const std::uint32_t lanes = std::min(derived_.dim, mvin.cols - block * derived_.dim);
    write_zeros(local, copy * lanes, lanes, mvin.accumulate);
  }
  row.at = now + 1;
  if (++row.done == (mvin.cols + derived_.dim - 1) / derived_.dim * mvin.pixel_repeats) {
    if (row.index + 1 == mvin.rows) progress_->written(mvin.tracker, now);
    rows_.advance_row(now);
  }
  if (rows_.working().mvin != nullptr) wake(std::max(rows_.working().at, now + 1));
}

}  // namespace gemel::sim
