// SPDX-License-Identifier: Apache-2.0
#include "sim/units/mvin_writer.h"

#include <algorithm>
#include <cstring>

#include "sim/arch/numerics.h"

namespace gemel::sim {

namespace {
unsigned writes_of(const MvinPiece& piece) { return (piece.repeats + 1) * piece.pixel_repeats; }
}  // namespace

MvinWriter::MvinWriter(const sc_core::sc_module_name& name, const arch::AcceleratorConfig& config,
                       const arch::DerivedConfig& derived, Scratchpad& scratchpad, Accumulator& accumulator,
                       bool timing_only)
    : Unit(name),
      derived_(derived),
      scratchpad_(scratchpad),
      accumulator_(accumulator),
      timing_only_(timing_only),
      scaled_hold_(2 * (config.mvin_scale.units == 0
                            ? 1
                            : (derived.dim + config.mvin_scale.units - 1) / config.mvin_scale.units) +
                   config.mvin_scale.latency_cycles),
      capacity_(config.dma.requests_in_flight * std::max(1u, config.dma.max_request_bytes / derived.dim) + 16) {
  std::size_t size = 1;
  while (size < capacity_ + 1) size *= 2;
  ring_.resize(size);
}

unsigned MvinWriter::hold(const MvinPiece& piece) const { return piece.scale == 1.0f ? 3 : scaled_hold_; }

Cycle MvinWriter::ready(const MvinPiece& piece, Cycle slot_free) const {
  if (piece.wide) return piece.emitted + 1;
  return std::max(piece.emitted, slot_free) + hold(piece);
}

bool MvinWriter::has_room(unsigned pieces, Cycle now) {
  if (count_ + pieces <= capacity_) return true;
  if (now > 0) sync(now - 1);
  return count_ + pieces <= capacity_;
}

void MvinWriter::append() {
  Queued& queued = ring_[(head_ + count_) & (ring_.size() - 1)];
  const MvinPiece& piece = queued.piece;
  ++count_;
  queued.predicted = std::max(ready(piece, predicted_slots_.free()), predicted_last_ + 1);
  predicted_last_ = queued.predicted + writes_of(piece) - 1;
  if (!piece.wide) predicted_slots_.take(predicted_last_);
  if (piece.completes) {
    completions_.push_back(predicted_last_);
    due_by(completions_.front());
  }
}

void MvinWriter::write_data(const MvinPiece& piece, arch::LocalAddress local, unsigned lane_shift) {
  const std::uint8_t* source = memory_->contents(piece.address, piece.bytes);
  const std::uint32_t row = local.row(derived_);
  if (piece.wide) {
    std::uint8_t* target = reinterpret_cast<std::uint8_t*>(accumulator_.row(row)) + piece.lane_byte;
    if (!piece.accumulate) {
      std::memcpy(target, source, piece.bytes);
      return;
    }
    // An element that two transactions share is added part by part, with zeros for the other's bytes.
    std::uint8_t padded[512 + 8] = {};
    const std::uint32_t lead = piece.lane_byte % 4;
    std::memcpy(padded + lead, source, piece.bytes);
    std::int32_t* lanes = accumulator_.row(row) + piece.lane_byte / 4;
    const std::uint32_t count = (lead + piece.bytes + 3) / 4;
    for (std::uint32_t i = 0; i < count; ++i) {
      std::uint32_t value;
      std::memcpy(&value, padded + 4 * i, 4);
      lanes[i] = static_cast<std::int32_t>(static_cast<std::uint32_t>(lanes[i]) + value);
    }
    return;
  }
  const std::uint32_t first = piece.lane_byte + lane_shift;
  if (first >= derived_.dim) return;
  const std::uint32_t bytes = std::min(piece.bytes, derived_.dim - first);
  std::int8_t scaled[128];
  const std::int8_t* values = reinterpret_cast<const std::int8_t*>(source);
  if (piece.scale != 1.0f) {
    for (std::uint32_t i = 0; i < bytes; ++i) scaled[i] = arch::mvin_scale(values[i], piece.scale);
    values = scaled;
  }
  if (!local.is_accumulator()) {
    std::memcpy(scratchpad_.row(row) + first, values, bytes);
    return;
  }
  std::int32_t* lanes = accumulator_.row(row) + first;
  if (piece.accumulate) {
    for (std::uint32_t i = 0; i < bytes; ++i)
      lanes[i] = static_cast<std::int32_t>(static_cast<std::uint32_t>(lanes[i]) +
                                           static_cast<std::uint32_t>(std::int32_t{values[i]}));
  } else {
    for (std::uint32_t i = 0; i < bytes; ++i) lanes[i] = values[i];
  }
}

// One write of the head piece, if it happens in `limit` or before.
bool MvinWriter::step(Cycle limit) {
  const Queued& queued = ring_[head_ & (ring_.size() - 1)];
  const MvinPiece& piece = queued.piece;
  const unsigned writes = writes_of(piece);
  Cycle at = as_predicted_ ? queued.predicted + done_writes_ : std::max(ready(piece, slots_.free()), last_write_ + 1);
  if (at > limit) return false;

  arch::LocalAddress local = piece.local;
  unsigned pixel = 0;
  bool suppressed = false;
  if (writes > 1) {  // repeats: highest row first, pixels innermost
    pixel = piece.pixel_repeats - 1 - done_writes_ % piece.pixel_repeats;
    local = local.plus(piece.repeats - done_writes_ / piece.pixel_repeats, derived_);
    const std::uint32_t row = local.row(derived_);
    const std::uint32_t half = derived_.scratchpad_rows / 2;
    suppressed = pixel > (row < half ? row : row - half);
    if (!suppressed) local = arch::LocalAddress(local.bits() - pixel);
  }
  if (!suppressed) {
    while (!may_write(local, piece.accumulate, at)) {
      as_predicted_ = false;
      if (++at > limit) return false;
    }
    note_write(local, piece.accumulate, at);
    if (!timing_only_) write_data(piece, local, pixel * piece.cols);
  }
  last_write_ = at;
  if (++done_writes_ < writes) return true;

  done_writes_ = 0;
  if (!piece.wide) slots_.take(at);
  const std::uint32_t finishes = piece.finishes;
  if (piece.completes) completions_.erase(completions_.begin());
  const std::uint8_t tracker = piece.tracker;
  ++head_;
  if (--count_ == 0 && !as_predicted_) {
    predicted_slots_ = slots_;
    predicted_last_ = last_write_;
    as_predicted_ = true;
  }
  if (finishes != 0) progress_->written(tracker, finishes, at);
  return true;
}

void MvinWriter::sync(Cycle now) {
  while (count_ > 0 && step(now)) {
  }
}

void MvinWriter::advance(Cycle now) {
  sync(now);
  // The oldest command's last write is due when predicted; one that is late is looked at again in each cycle.
  set_due(completions_.empty() ? kNever : std::max(completions_.front(), now + 1));
}

}  // namespace gemel::sim
