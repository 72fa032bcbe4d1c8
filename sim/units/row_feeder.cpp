// SPDX-License-Identifier: Apache-2.0
#include "sim/units/row_feeder.h"

#include <algorithm>

namespace gemel::sim {

namespace {
constexpr unsigned kAllTaken = 7;
}

bool RowFeeder::really_reads(const Port& port, unsigned row) const {
  if (!port.active) return false;
  return (port.descending ? derived_.dim - 1 - row : row) < port.valid_rows;
}

std::uint32_t RowFeeder::bank(const Port& port, unsigned row) const {
  const std::uint32_t offset = port.descending ? derived_.dim - 1 - row : row * port.stride;
  return port.first.plus(offset, derived_).bank(derived_);
}

void RowFeeder::start(const std::array<Port, 3>& ports, unsigned rows, Cycle now) {
  ports_ = ports;
  rows_ = rows;
  row_ = 0;
  taken_ = 0;
  started_ = evaluated_ = now;
  regular_ = true;
  simple_ = true;
  std::uint64_t seen = 0;
  for (unsigned p = 0; p < 3; ++p) {
    if (!ports[p].active) continue;
    fixed_bank_[p] = bank(ports[p], 0);
    // Rows advance linearly, so the ends tell whether the operand stays in one bank (a wrap leaves through the last).
    const std::uint32_t span = ports[p].descending ? derived_.dim - 1 : (rows - 1) * ports[p].stride;
    if (bank(ports[p], rows - 1) != fixed_bank_[p] || span >= derived_.scratchpad_bank_rows) simple_ = false;
    if ((seen >> fixed_bank_[p]) & 1) simple_ = false;
    seen |= std::uint64_t{1} << fixed_bank_[p];
  }
}

bool RowFeeder::conflict_possible(Cycle end) const {
  if (!simple_) return true;
  for (unsigned p = 0; p < 3; ++p) {
    const Port& port = ports_[p];
    if (!port.active) continue;
    const unsigned valid = std::min(port.valid_rows, port.descending ? derived_.dim : rows_);
    const Cycle first = started_ + (port.descending ? derived_.dim - valid : 0);
    const Cycle last = started_ + (port.descending ? rows_ : valid);
    if (scratchpad_.refuses_any_read(fixed_bank_[p], first, std::min(last, end))) return true;
  }
  return false;
}

void RowFeeder::step(Cycle now) {
  read_mask_ = 0;
  const unsigned taken_before = taken_;
  for (unsigned p = 0; p < 3; ++p) {
    const Port& port = ports_[p];
    if ((taken_before >> p) & 1) continue;
    if (port.active) {
      const std::uint32_t here = bank(port, row_);
      bool waits = false;
      for (unsigned q = 0; q < p; ++q)
        waits |= ports_[q].active && ((taken_before >> q) & 1) == 0 && bank(ports_[q], row_) == here;
      const bool reads = really_reads(port, row_);
      if (waits || (reads && scratchpad_.refuses_read(here, now))) continue;
      if (reads) read_mask_ |= std::uint64_t{1} << here;
    }
    taken_ |= 1u << p;
  }
  if (taken_ != kAllTaken) return;
  fed_.push_back(now);
  ++row_;
  taken_ = 0;
}

bool RowFeeder::run_until(Cycle end) {
  if (done() || end <= evaluated_) return done();
  if (regular_ && evaluated_ == started_) {
    const Cycle finish = started_ + rows_;
    if (end >= finish && !conflict_possible(finish)) {
      row_ = rows_;
      evaluated_ = finish;
      return true;
    }
    force_stepwise();
  }
  while (!done() && evaluated_ < end) step(evaluated_++);
  return done();
}

void RowFeeder::force_stepwise() {
  if (!regular_ || done()) return;
  regular_ = false;
  fed_.clear();
}

Cycle RowFeeder::next_check() const {
  // Never further behind than the array is long: results must be known before they leave it.
  return evaluated_ + std::min<Cycle>(rows_ - row_, 2 * derived_.dim);
}

}  // namespace gemel::sim
