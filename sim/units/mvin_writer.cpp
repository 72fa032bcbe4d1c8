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
  ring_mask_ = size - 1;
}

// The three slots hold up only what is scaled: by the time that three cycles have passed since the third slot piece
// before was written, the two after it can just have been written too, so that the port is no earlier.
Cycle MvinWriter::ready(const MvinRows& mvin, Cycle emitted, Cycle slot_free) const {
  if (mvin.scales()) return std::max(emitted, slot_free) + scaled_hold_;
  return emitted + (mvin.wide ? 1 : kUnscaledHold);
}

void MvinWriter::append() {
  Queued& next = queued(runs_);
  const MvinRun& run = next.run;
  const MvinRows& mvin = *run.mvin;
  pieces_ += run.pieces;
  if (Queued& newest = queued(runs_ - 1); runs_ > 0 && continues(newest, run)) {
    newest.run.pieces += run.pieces;
    newest.run.completes = run.completes;
    newest.writes += run.pieces;
    predicted_last_ += run.pieces;
  } else {
    next.writes = run.pieces * mvin.writes_per_piece();
    next.predicted = std::max(ready(mvin, run.emitted, predicted_slots_.free()), predicted_last_ + 1);
    predicted_last_ = next.predicted + next.writes - 1;
    find_bank(next);
    if (runs_ == 0) next_write_ = next.predicted;
    ++runs_;
  }
  if (!mvin.wide) predicted_slots_.take_run(predicted_last_, run.pieces);
  if (!run.completes) return;
  completions_.push_back(predicted_last_);
  due_by(completions_.front());
}

// The next whole DRAM row of a plain mvin, into the same bank of the scratchpad and emitted without a pause, lengthens
// the run: it is written without a pause, too.
inline bool MvinWriter::continues(const Queued& newest, const MvinRun& run) const {
  const MvinRun& before = newest.run;
  return before.mvin == run.mvin && run.row - before.row <= newest.further_rows &&
         run.emitted == before.emitted + before.pieces && run.position == 0 && run.end == run.mvin->row_bytes;
}

inline void MvinWriter::find_bank(Queued& next) const {
  const MvinRun& run = next.run;
  const MvinRows& mvin = *run.mvin;
  next.bank = kNoBank;
  next.further_rows = 0;
  if (mvin.accumulate || mvin.pixel_repeats != 1) return;
  const bool to_accumulator = mvin.local.is_accumulator();
  const std::uint32_t bank_rows = to_accumulator ? derived_.accumulator_bank_rows : derived_.scratchpad_bank_rows;
  const std::uint32_t block = run.position >> mvin.local_row_bits;
  const std::uint32_t row = mvin.local.plus(block * mvin.block_stride + run.row, derived_).row(derived_);
  const std::uint64_t highest =
      (row & (bank_rows - 1)) + std::uint64_t{run.pieces - 1} * mvin.block_stride + mvin.repeats;
  if (highest >= bank_rows) return;
  next.bank = to_accumulator ? accumulator_.bank_of(row) : scratchpad_.bank_of(row);
  if (!to_accumulator && mvin.plain && run.position == 0 && run.end == mvin.row_bytes)
    next.further_rows = static_cast<std::uint32_t>(bank_rows - 1 - highest);
}

void MvinWriter::write_until(Cycle limit) {
  while (runs_ > 0) {
    const Queued& head = queued(0);
    if (as_predicted_) {
      next_write_ = head.predicted + done_;
    } else {
      const Cycle emitted = head.run.emitted + (head.once() ? done_ : 0);
      next_write_ = std::max({next_write_, ready(*head.run.mvin, emitted, slots_.free()), last_write_ + 1});
    }
    if (next_write_ > limit) return;
    const auto count = static_cast<std::uint32_t>(std::min<Cycle>(head.writes - done_, limit + 1 - next_write_));
    if (as_predicted_ && array_keeps_away(head, count))
      write_several(head, count);
    else if (!write_one(head, limit))
      return;
    if (done_ == head.writes) pop();
  }
  next_write_ = kNever;
}

// From next_write_ on, nothing is in the way of `count` writes of the head in a row.
inline bool MvinWriter::array_keeps_away(const Queued& head, std::uint32_t count) const {
  if (head.bank == kNoBank) return false;
  const Cycle end = next_write_ + count;
  return !(head.run.mvin->local.is_accumulator() ? accumulator_.array_writes_between(head.bank, next_write_, end)
                                                 : scratchpad_.array_writes_between(head.bank, next_write_, end));
}

inline void MvinWriter::write_several(const Queued& head, std::uint32_t count) {
  if (head.run.mvin->local.is_accumulator()) {
    for (std::uint32_t i = 0; i < count; ++i) note_write(local_of(head, done_ + i), false, next_write_ + i);
  } else {
    scratchpad_.load_write(head.bank, next_write_, count);
  }
  if (!timing_only_) {
    for (std::uint32_t i = 0; i < count; ++i)
      write_data(head.run, head.once() ? done_ + i : 0, local_of(head, done_ + i), 0);
  }
  wrote(head, next_write_, count);
}

// One write of the head, if it happens in `limit` or before.
inline bool MvinWriter::write_one(const Queued& head, Cycle limit) {
  const MvinRows& mvin = *head.run.mvin;
  arch::LocalAddress local = local_of(head, done_);
  std::uint32_t pixel = 0;
  bool suppressed = false;
  if (mvin.pixel_repeats > 1) {
    pixel = mvin.pixel_repeats - 1 - done_ % mvin.pixel_repeats;
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
    if (!timing_only_) write_data(head.run, head.once() ? done_ : 0, local, pixel * mvin.cols);
  }
  wrote(head, next_write_, 1);
  return true;
}

inline MvinWriter::Place MvinWriter::place_of(const MvinRun& run, std::uint32_t piece) const {
  const int bits = run.mvin->local_row_bits;
  Place place{run.row, (run.position >> bits) + piece};
  const std::uint32_t blocks = ((run.mvin->row_bytes - 1) >> bits) + 1;
  if (place.block >= blocks) {
    place.row += place.block / blocks;
    place.block %= blocks;
  }
  return place;
}

// Where a write of the head goes, pixel repeats aside: they are innermost, around them the repeats, highest row first.
inline arch::LocalAddress MvinWriter::local_of(const Queued& head, std::uint32_t write) const {
  const MvinRows& mvin = *head.run.mvin;
  const Place place = place_of(head.run, head.once() ? write : 0);
  std::uint32_t offset = place.block * mvin.block_stride + place.row;
  if (!head.once()) offset += mvin.repeats - (mvin.pixel_repeats == 1 ? write : write / mvin.pixel_repeats);
  return mvin.local.plus(offset, derived_);
}

// `count` writes of the head, one a cycle from `first` on, are done.
inline void MvinWriter::wrote(const Queued& head, Cycle first, std::uint32_t count) {
  done_ += count;
  last_write_ = first + count - 1;
  if (!head.once() && done_ < head.writes) return;  // its one piece stays
  const std::uint32_t pieces = head.once() ? count : 1;
  pieces_ -= pieces;
  if (!head.run.mvin->wide) slots_.take_run(last_write_, pieces);
}

inline void MvinWriter::pop() {
  const MvinRun& run = queued(0).run;
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

// The contents of a piece, into the row `local`.
void MvinWriter::write_data(const MvinRun& run, std::uint32_t piece, arch::LocalAddress local, unsigned lane_shift) {
  const MvinRows& mvin = *run.mvin;
  const int bits = mvin.local_row_bits;
  const Place place = place_of(run, piece);
  const std::uint32_t position = piece == 0 ? run.position : place.block << bits;
  const std::uint32_t end = piece + 1 == run.pieces ? run.end : mvin.row_bytes;
  const std::uint32_t length = std::min((place.block + 1) << bits, end) - position;
  const std::uint32_t lane_byte = position - (place.block << bits);
  const std::uint8_t* source =
      memory_->contents(mvin.address + std::uint64_t{place.row} * mvin.stride + position, length);
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
