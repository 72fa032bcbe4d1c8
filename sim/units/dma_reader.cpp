// SPDX-License-Identifier: Apache-2.0
#include "sim/units/dma_reader.h"

#include <algorithm>

namespace gemel::sim {

DmaReader::DmaReader(const sc_core::sc_module_name& name, const arch::AcceleratorConfig& config,
                     const arch::DerivedConfig& derived, MemoryPort& port, MvinWriter& writer)
    : Unit(name),
      derived_(derived),
      max_request_bytes_(config.dma.max_request_bytes),
      port_(port),
      writer_(writer),
      slot_free_(config.dma.requests_in_flight, 0) {}

void DmaReader::start(const MvinRows& rows, Cycle now) {
  rows_.start(rows, now);
  port_.wake(std::max(wants_at(), now + 1));
}

Cycle DmaReader::wants_at() const {
  if (!rows_.working().valid) return kNever;
  return std::max({rows_.working().at, slot_free_[next_slot_], retry_});
}

std::uint32_t DmaReader::pieces_of(const DmaTransaction& transaction) const {
  const RowSequencer::Row& row = rows_.working();
  const std::uint32_t row_bytes = row.mvin.wide ? derived_.accumulator_row_bytes : derived_.scratchpad_row_bytes;
  const int row_bits = __builtin_ctz(row_bytes);  // rows are powers of two of bytes
  const std::uint32_t first = row.done >> row_bits;
  const std::uint32_t last = (row.done + transaction.useful - 1) >> row_bits;
  return last - first + 1;
}

bool DmaReader::send(Cycle now) {
  RowSequencer::Row& row = rows_.working();
  const MvinRows& mvin = row.mvin;
  const DmaTransaction transaction =
      next_transaction(mvin.address + std::uint64_t{row.index} * mvin.stride + row.done, mvin.row_bytes - row.done,
                       derived_.bus_bytes, max_request_bytes_);
  const std::uint32_t pieces = pieces_of(transaction);
  account_.spend(std::min(now, row.at), kIdle);
  account_.spend(std::min(now, slot_free_[next_slot_]), kWaitSlot);
  account_.spend(now, kWaitPort);
  if (!writer_.has_room(pieces, now)) {
    account_.spend(now + 1, kWaitBuffer);
    retry_ = now + 1;
    return false;
  }
  account_.spend(now + 1, kBusy);
  merge(transaction, pieces, now);

  row.done += transaction.useful;
  row.at = now + 1;
  if (row.done == mvin.row_bytes) rows_.advance_row(now);
  return true;
}

void DmaReader::merge(const DmaTransaction& transaction, std::uint32_t pieces, Cycle now) {
  const RowSequencer::Row& row = rows_.working();
  const MvinRows& mvin = row.mvin;
  Cycle consumed[MemoryPort::kMaxBeats];
  port_.send_read(transaction.address, transaction.size, merger_ready_, now, consumed);
  const int bus_bits = __builtin_ctz(derived_.bus_bytes);
  const unsigned beats = std::max(1u, transaction.size >> bus_bits);
  const Cycle last_beat = consumed[beats - 1];
  slot_free_[next_slot_] = last_beat + 1;
  slots_.take(now);
  slots_.close(last_beat + 1);
  if (++next_slot_ == slot_free_.size()) next_slot_ = 0;
  quiet_from_ = last_beat + 1;

  const std::uint32_t row_bytes = mvin.wide ? derived_.accumulator_row_bytes : derived_.scratchpad_row_bytes;
  const int row_bits = __builtin_ctz(row_bytes);
  const bool last_of_mvin = row.index + 1 == mvin.rows && row.done + transaction.useful == mvin.row_bytes;
  std::uint32_t taken = 0;
  Cycle emitted = last_emitted_;
  for (std::uint32_t i = 0; i < pieces; ++i) {
    const std::uint32_t position = row.done + taken;  // within the DRAM row
    MvinPiece& piece = writer_.next_piece();
    piece.lane_byte = position & (row_bytes - 1);
    piece.bytes = std::min(row_bytes - piece.lane_byte, transaction.useful - taken);
    piece.address = transaction.address + transaction.offset + taken;
    taken += piece.bytes;
    const std::uint32_t needed_beat = (transaction.offset + taken - 1) >> bus_bits;
    emitted = std::max(emitted + 1, consumed[needed_beat] + 1);
    piece.emitted = emitted;
    piece.local = mvin.local.plus((position >> row_bits) * mvin.block_stride + row.index, derived_);
    piece.finishes = i + 1 == pieces ? transaction.useful : 0;
    piece.repeats = mvin.repeats;
    piece.pixel_repeats = mvin.pixel_repeats;
    piece.cols = mvin.cols;
    piece.scale = mvin.scale;
    piece.wide = mvin.wide;
    piece.accumulate = mvin.accumulate;
    piece.tracker = mvin.tracker;
    piece.completes = last_of_mvin && i + 1 == pieces;
    writer_.append();
  }
  last_emitted_ = emitted;
  merger_ready_ = emitted < last_beat ? last_beat + 1 : emitted == last_beat ? last_beat + 2 : emitted;
}

void DmaReader::account_until(Cycle now) {
  if (rows_.working().valid) {
    account_.spend(std::min(now, rows_.working().at), kIdle);
    account_.spend(std::min(now, slot_free_[next_slot_]), kWaitSlot);
    account_.spend(now, kWaitPort);
  }
  account_.spend(now, kIdle);
}

}  // namespace gemel::sim
