// SPDX-License-Identifier: Apache-2.0
#include "sim/units/dma_reader.h"

#include <algorithm>

namespace gemel::sim {

DmaReader::DmaReader(const sc_core::sc_module_name& name, const arch::AcceleratorConfig& config,
                     const arch::DerivedConfig& derived, MemoryPort& port, MvinWriter& writer)
    : Unit(name),
      derived_(derived),
      bus_bits_(__builtin_ctz(derived.bus_bytes)),
      max_request_bytes_(config.dma.max_request_bytes),
      port_(port),
      writer_(writer),
      slot_free_(config.dma.requests_in_flight, 0) {}

void DmaReader::start(const MvinRows& rows, Cycle now) {
  rows_.start(rows, now);
  port_.wake(std::max(wants_at(), now + 1));
}

bool DmaReader::send(Cycle now) {
  RowSequencer::Row& row = rows_.working();
  const MvinRows& mvin = *row.mvin;
  const DmaTransaction transaction =
      next_transaction(mvin.address + std::uint64_t{row.index} * mvin.stride + row.done, mvin.row_bytes - row.done,
                       derived_.bus_bytes, max_request_bytes_);
  const int row_bits = mvin.local_row_bits;
  const std::uint32_t pieces = ((row.done + transaction.useful - 1) >> row_bits) - (row.done >> row_bits) + 1;
  if (account_.until() < now) account_until(now);
  if (!writer_.has_room(pieces, now)) {
    account_.spend(now + 1, kWaitBuffer);
    retry_ = now + 1;
    return false;
  }
  account_.spend(now + 1, kBusy);
  const ReadBeats beats = port_.send_read(transaction.address, transaction.size, merger_ready_, now);
  const Cycle last_beat = beats.consumed(beats.count() - 1);
  slot_free_[next_slot_] = last_beat + 1;
  slots_.take(now);
  slots_.close(last_beat + 1);
  if (++next_slot_ == slot_free_.size()) next_slot_ = 0;
  quiet_from_ = last_beat + 1;

  merge(transaction, pieces, beats);
  merger_ready_ = last_emitted_ < last_beat    ? last_beat + 1
                  : last_emitted_ == last_beat ? last_beat + 2
                                               : last_emitted_;

  row.done += transaction.useful;
  row.at = now + 1;
  if (row.done == mvin.row_bytes) rows_.advance_row(now);
  return true;
}

// The pieces of a transaction follow each other one a cycle where beats do, and none is longer than a beat: then they
// are handed on as one run. Else, and where the writer takes longer for a piece, each is a run of its own.
inline void DmaReader::merge(const DmaTransaction& transaction, std::uint32_t pieces, const ReadBeats& beats) {
  const RowSequencer::Row& row = rows_.working();
  const MvinRows& mvin = *row.mvin;
  const int row_bits = mvin.local_row_bits;
  const std::uint32_t end = row.done + transaction.useful;
  // One run, of bytes from `from` to `to` of the row; its first piece ends at `first_end`.
  const auto hand_on = [&](std::uint32_t from, std::uint32_t first_end, std::uint32_t to, std::uint32_t run_pieces) {
    const std::uint32_t needed_beat = (transaction.offset + (first_end - row.done) - 1) >> bus_bits_;
    MvinRun& run = writer_.next_run();
    run.mvin = &mvin;
    run.emitted = std::max(last_emitted_, beats.consumed(needed_beat)) + 1;
    run.row = row.index;
    run.position = from;
    run.end = to;
    run.pieces = run_pieces;
    run.completes = to == mvin.row_bytes && row.index + 1 == mvin.rows;
    last_emitted_ = run.emitted + run_pieces - 1;
    writer_.append();
  };
  const auto piece_end = [&](std::uint32_t from) { return std::min(((from >> row_bits) + 1) << row_bits, end); };
  if (beats.one_a_cycle() && row_bits <= bus_bits_ && mvin.plain) {
    hand_on(row.done, piece_end(row.done), end, pieces);
    return;
  }
  for (std::uint32_t from = row.done; from < end; from = piece_end(from))
    hand_on(from, piece_end(from), piece_end(from), 1);
}

void DmaReader::account_until(Cycle now) {
  if (rows_.working().mvin != nullptr) {
    account_.spend(std::min(now, rows_.working().at), kIdle);
    account_.spend(std::min(now, slot_free_[next_slot_]), kWaitSlot);
    account_.spend(now, kWaitPort);
  }
  account_.spend(now, kIdle);
}

}  // namespace gemel::sim
