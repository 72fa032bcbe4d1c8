// SPDX-License-Identifier: Apache-2.0
#include "sim/units/dma_reader.h"

#include <algorithm>

namespace gemel::sim {

DmaReader::DmaReader(const sc_core::sc_module_name& name, const arch::AcceleratorConfig& config,
                     const arch::DerivedConfig& derived, MemoryPort& port, MvinWriter& writer)
    : Unit(name),
      derived_(derived),
      bus_bits_(__builtin_ctz(derived.bus_bytes)),
      scratchpad_row_bits_(__builtin_ctz(derived.scratchpad_row_bytes)),
      accumulator_row_bits_(__builtin_ctz(derived.accumulator_row_bytes)),
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
  const int row_bits = local_row_bits(mvin);
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
void DmaReader::merge(const DmaTransaction& transaction, std::uint32_t pieces, const ReadBeats& beats) {
  const RowSequencer::Row& row = rows_.working();
  const MvinRows& mvin = *row.mvin;
  const int row_bits = local_row_bits(mvin);
  const std::uint32_t row_bytes = 1u << row_bits;
  const bool one_run = beats.one_a_cycle() && row_bits <= bus_bits_ && !mvin.scales() && mvin.writes_per_piece() == 1;
  const std::uint32_t together = one_run ? pieces : 1;
  const bool last_of_mvin = row.index + 1 == mvin.rows && row.done + transaction.useful == mvin.row_bytes;
  std::uint32_t taken = 0;
  for (std::uint32_t i = 0; i < pieces; i += together) {
    const std::uint32_t position = row.done + taken;  // within the DRAM row
    MvinRun& run = writer_.next_run();
    run.mvin = &mvin;
    run.pieces = together;
    run.lane_byte = position & (row_bytes - 1);
    const std::uint32_t left = transaction.useful - taken;
    const std::uint32_t first_bytes = std::min(row_bytes - run.lane_byte, left);  // of its first piece
    run.bytes = one_run ? left : first_bytes;
    run.address = transaction.address + transaction.offset + taken;
    run.local = mvin.local.plus((position >> row_bits) * mvin.block_stride + row.index, derived_);
    const std::uint32_t needed_beat = (transaction.offset + taken + first_bytes - 1) >> bus_bits_;
    run.emitted = std::max(last_emitted_, beats.consumed(needed_beat)) + 1;
    run.completes = last_of_mvin && i + together == pieces;
    last_emitted_ = run.emitted + together - 1;
    taken += run.bytes;
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
