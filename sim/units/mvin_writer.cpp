// SPDX-License-Identifier: Apache-2.0
#include "sim/units/mvin_writer.h"

#include <algorithm>
#include <cstring>

#include "sim/arch/numerics.h"

namespace gemel::sim {

namespace {
constexpr Cycle kUnscaledHold = 3;
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

// The three slots hold up only what is scaled: by the time that three cycles have passed since the third slot piece
// before was written, the two after it can just have been written too, so that the port is no earlier.
Cycle MvinWriter::ready(const MvinRows& mvin, Cycle emitted, Cycle slot_free) const {
  if (mvin.scales()) return std::max(emitted, slot_free) + scaled_hold_;
  return emitted + (mvin.wide ? 1 : kUnscaledHold);
}

void MvinWriter::append() {
  Queued& queued = ring_[(head_ + runs_) & (ring_.size() - 1)];
  const MvinRun& run = queued.run;
  const MvinRows& mvin = *run.mvin;
  queued.writes = run.pieces * mvin.writes_per_piece();
  queued.predicted = std::max(ready(mvin, run.emitted, predicted_slots_.free()), predicted_last_ + 1);
  predicted_last_ = queued.predicted + queued.writes - 1;
  if (!mvin.wide) predicted_slots_.take_run(predicted_last_ + 1 - run.pieces, run.pieces);
  if (runs_ == 0) next_write_ = queued.predicted;
  ++runs_;
  pieces_ += run.pieces;
  if (run.completes) {
    completions_.push_back(predicted_last_);
    due_by(completions_.front());
  }
}

// Nothing of the array is in the way of an mvin's writes from `first` on, as far as can be known by then.
bool MvinWriter::way_is_free(const MvinRows& mvin, Cycle first) const {
  if (mvin.local.is_accumulator()) return !mvin.accumulate && first > accumulator_.last_array_write();
  return first > scratchpad_.last_array_write();
}

void MvinWriter::write_until(Cycle limit) {
  while (runs_ > 0) {
    const Queued& head = ring_[head_ & (ring_.size() - 1)];
    if (as_predicted_) {
      next_write_ = head.predicted + done_;
    } else {
      const Cycle emitted = head.run.emitted + (head.once() ? done_ : 0);
      next_write_ = std::max({next_write_, ready(*head.run.mvin, emitted, slots_.free()), last_write_ + 1});
    }
    if (next_write_ > limit) return;
    if (as_predicted_ && head.once() && way_is_free(*head.run.mvin, next_write_)) {
      const Cycle cycles = std::min<Cycle>(head.writes - done_, limit + 1 - next_write_);
      write_pieces(head, static_cast<std::uint32_t>(cycles));
    } else if (!write_one(head, limit)) {
      return;
    }
    if (done_ == head.writes) pop();
  }
  next_write_ = kNever;
}

// The next `count` pieces of the head, one a cycle from next_write_ on, with nothing in their way.
void MvinWriter::write_pieces(const Queued& head, std::uint32_t count) {
  const MvinRun& run = head.run;
  const std::uint32_t stride = run.mvin->block_stride;
  const arch::LocalAddress local = run.local.plus(done_ * stride, derived_);
  if (!local.is_accumulator() && scratchpad_.in_one_bank(local.row(derived_), stride, count)) {
    scratchpad_.load_write(local.row(derived_), next_write_, count);
  } else {
    for (std::uint32_t i = 0; i < count; ++i) note_write(local.plus(i * stride, derived_), false, next_write_ + i);
  }
  if (!timing_only_)
    for (std::uint32_t i = 0; i < count; ++i) write_data(run, done_ + i, local.plus(i * stride, derived_), 0);
  wrote(head, next_write_, count);
}

// One write of the head, if it happens in `limit` or before. Highest row first, pixels innermost.
bool MvinWriter::write_one(const Queued& head, Cycle limit) {
  const MvinRun& run = head.run;
  const MvinRows& mvin = *run.mvin;
  const std::uint32_t piece = head.once() ? done_ : 0;
  arch::LocalAddress local = run.local.plus(piece * mvin.block_stride, derived_);
  std::uint32_t pixel = 0;
  bool suppressed = false;
  if (!head.once()) {
    const std::uint32_t repeat = mvin.pixel_repeats == 1 ? done_ : done_ / mvin.pixel_repeats;
    pixel = mvin.pixel_repeats - 1 - (done_ - repeat * mvin.pixel_repeats);
    local = local.plus(mvin.repeats - repeat, derived_);
    const std::uint32_t row = local.row(derived_);
    const std::uint32_t half = derived_.scratchpad_rows / 2;
    suppressed = pixel > (row < half ? row : row - half);
    if (!suppressed) local = arch::LocalAddress(local.bits() - pixel);
  }
  if (!suppressed) {
    while (!may_write(local, mvin.accumulate, next_write_)) {
      as_predicted_ = false;
      if (++next_write_ > limit) return false;
    }
    note_write(local, mvin.accumulate, next_write_);
    if (!timing_only_) write_data(run, piece, local, pixel * mvin.cols);
  }
  wrote(head, next_write_, 1);
  return true;
}

// `count` writes of the head, one a cycle from `first` on, are done.
void MvinWriter::wrote(const Queued& head, Cycle first, std::uint32_t count) {
  done_ += count;
  last_write_ = first + count - 1;
  if (!head.once() && done_ < head.writes) return;  // its one piece stays
  const std::uint32_t pieces = head.once() ? count : 1;
  pieces_ -= pieces;
  if (!head.run.mvin->wide) slots_.take_run(last_write_ + 1 - pieces, pieces);
}

void MvinWriter::pop() {
  const MvinRun& run = ring_[head_ & (ring_.size() - 1)].run;
  ++head_;
  done_ = 0;
  if (--runs_ == 0 && !as_predicted_) {
    predicted_slots_ = slots_;
    predicted_last_ = last_write_;
    as_predicted_ = true;
  }
  if (!run.completes) return;
  completions_.erase(completions_.begin());
  progress_->written(run.mvin->tracker, last_write_);
}

// Of piece number `piece` of the run, into the row `local`.
void MvinWriter::write_data(const MvinRun& run, std::uint32_t piece, arch::LocalAddress local, unsigned lane_shift) {
  const MvinRows& mvin = *run.mvin;
  const std::uint32_t row_bytes = mvin.wide ? derived_.accumulator_row_bytes : derived_.scratchpad_row_bytes;
  const std::uint32_t lane_byte = piece == 0 ? run.lane_byte : 0;
  const std::uint32_t before = piece == 0 ? 0 : piece * row_bytes - run.lane_byte;  // bytes of the pieces before it
  const std::uint32_t length = std::min(row_bytes - lane_byte, run.bytes - before);
  const std::uint8_t* source = memory_->contents(run.address + before, length);
  const std::uint32_t row = local.row(derived_);
  if (mvin.wide) {
    std::uint8_t* target = reinterpret_cast<std::uint8_t*>(accumulator_.row(row)) + lane_byte;
    if (!mvin.accumulate) {
      std::memcpy(target, source, length);
      return;
    }
    // An element that two transactions share is added part by part, with zeros for the other's bytes.
    std::uint8_t padded[512 + 8] = {};
    const std::uint32_t lead = lane_byte % 4;
    std::memcpy(padded + lead, source, length);
    std::int32_t* lanes = accumulator_.row(row) + lane_byte / 4;
    const std::uint32_t count = (lead + length + 3) / 4;
    for (std::uint32_t i = 0; i < count; ++i) {
      std::uint32_t value;
      std::memcpy(&value, padded + 4 * i, 4);
      lanes[i] = static_cast<std::int32_t>(static_cast<std::uint32_t>(lanes[i]) + value);
    }
    return;
  }
  const std::uint32_t first = lane_byte + lane_shift;
  if (first >= derived_.dim) return;
  const std::uint32_t bytes = std::min(length, derived_.dim - first);
  std::int8_t scaled[128];
  const std::int8_t* values = reinterpret_cast<const std::int8_t*>(source);
  if (mvin.scale != 1.0f) {
    for (std::uint32_t i = 0; i < bytes; ++i) scaled[i] = arch::mvin_scale(values[i], mvin.scale);
    values = scaled;
  }
  if (!local.is_accumulator()) {
    if (bytes == 16)  // a call for so few bytes costs more than the copy
      std::memcpy(scratchpad_.row(row) + first, values, 16);
    else
      std::memcpy(scratchpad_.row(row) + first, values, bytes);
    return;
  }
  std::int32_t* lanes = accumulator_.row(row) + first;
  if (mvin.accumulate) {
    for (std::uint32_t i = 0; i < bytes; ++i)
      lanes[i] = static_cast<std::int32_t>(static_cast<std::uint32_t>(lanes[i]) +
                                           static_cast<std::uint32_t>(std::int32_t{values[i]}));
  } else {
    for (std::uint32_t i = 0; i < bytes; ++i) lanes[i] = values[i];
  }
}

void MvinWriter::advance(Cycle now) {
  sync(now);
  // The oldest command's last write is due when predicted; one that is late is looked at again in each cycle.
  set_due(completions_.empty() ? kNever : std::max(completions_.front(), now + 1));
}

}  // namespace gemel::sim
