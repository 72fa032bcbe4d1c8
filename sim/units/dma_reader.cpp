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
  const bool one_run = beats.one_a_cycle() && row_bits <= bus_bits_ && mvin.plain;
  const std::uint32_t together = one_run ? pieces : 1;
  const std::uint32_t end = row.done + transaction.useful;
  std::uint32_t position = row.done;
  for (std::uint32_t i = 0; i < pieces; i += together) {
    MvinRun& run = writer_.next_run();
    run.mvin = &mvin;
    run.row = row.index;
    run.pieces = together;
    run.position = position;
    position = std::min(((position >> row_bits) + 1) << row_bits, end);  // behind its first piece
    const std::uint32_t needed_beat = (transaction.offset + (position - row.done) - 1) >> bus_bits_;
    run.emitted = std::max(last_emitted_, beats.consumed(needed_beat)) + 1;
    last_emitted_ = run.emitted + together - 1;
    run.end = one_run ? end : position;
    run.completes = run.end == mvin.row_bytes && row.index + 1 == mvin.rows;
    writer_.append();
  }
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
