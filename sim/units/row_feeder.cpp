// SPDX-License-Identifier: Apache-2.0
#include "sim/units/row_feeder.h"

namespace gemel::sim {

namespace {
constexpr unsigned kAllTaken = 7;
}

bool RowFeeder::really_reads(unsigned port, unsigned row) const {
  return ports_[port].active && (port == kD ? dim_ - 1 - row : row) < ports_[port].valid_rows;
}

std::uint32_t RowFeeder::bank(unsigned port, unsigned row) const {
  const std::uint32_t offset = port == kD ? dim_ - 1 - row : row * ports_[port].stride;
  return scratchpad_.bank_of((ports_[port].first + offset) & row_mask_);
}

template <unsigned kPort>
inline void RowFeeder::connect(const MeshOperand& operand) {
  Port& port = ports_[kPort];
  port.active = operand.present;
  if (!operand.present) return;
  port.first = operand.address.bits() & row_mask_;
  port.stride = operand.stride;
  port.valid_rows = operand.rows;
  port.bank = scratchpad_.bank_of(port.first);
  const std::uint32_t span = kPort == kD ? dim_ - 1 : (rows_ - 1) * operand.stride;
  const std::uint64_t bit = std::uint64_t{1} << port.bank;
  if ((port.first & (bank_rows_ - 1)) + span >= bank_rows_ || (banks_ & bit) != 0) simple_ = false;
  banks_ |= bit;
}

void RowFeeder::start(const MeshOperand& a, const MeshOperand& b, const MeshOperand& d, unsigned rows, Cycle now) {
  rows_ = rows;
  row_ = 0;
  taken_ = 0;
  started_ = evaluated_ = now;
  regular_ = true;
  simple_ = true;
  banks_ = 0;
  connect<kA>(a);
  connect<kB>(b);
  connect<kD>(d);
}

// Of a port that stays in its bank, while the rows go in one a cycle.
template <unsigned kPort>
inline bool RowFeeder::refusal_possible() const {
  const Port& port = ports_[kPort];
  if (!port.active) return false;
  const unsigned valid = std::min(port.valid_rows, kPort == kD ? dim_ : rows_);
  const Cycle first = started_ + (kPort == kD ? dim_ - valid : 0);
  const Cycle end = started_ + (kPort == kD ? rows_ : valid);
  return scratchpad_.refuses_any_read(port.bank, first, end);
}

void RowFeeder::step(Cycle now) {
  read_mask_ = 0;
  const unsigned taken_before = taken_;
  for (unsigned p = 0; p < kPorts; ++p) {
    if ((taken_before >> p) & 1) continue;
    if (ports_[p].active) {
      const std::uint32_t here = bank(p, row_);
      bool waits = false;
      for (unsigned q = 0; q < p; ++q)
        waits |= ports_[q].active && ((taken_before >> q) & 1) == 0 && bank(q, row_) == here;
      const bool reads = really_reads(p, row_);
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
    if (end >= finish && simple_ && !refusal_possible<kA>() && !refusal_possible<kB>() && !refusal_possible<kD>()) {
      row_ = rows_;
      evaluated_ = finish;
      return true;
    }
    force_stepwise();
  }
  run_stepwise(end);
  return done();
}

void RowFeeder::run_stepwise(Cycle end) {
  while (!done() && evaluated_ < end) step(evaluated_++);
}

void RowFeeder::force_stepwise() {
  if (!regular_ || done()) return;
  regular_ = false;
  fed_.clear();
}

}  // namespace gemel::sim
