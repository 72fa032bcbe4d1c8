// SPDX-License-Identifier: Apache-2.0
#include "sim/units/dma_writer.h"

#include <algorithm>
#include <cstring>

namespace gemel::sim {

DmaWriter::DmaWriter(const sc_core::sc_module_name& name, const arch::AcceleratorConfig& config,
                     const arch::DerivedConfig& derived, MemoryPort& port, bool timing_only)
    : Unit(name),
      derived_(derived),
      max_request_bytes_(config.dma.max_request_bytes),
      port_(port),
      timing_only_(timing_only),
      row_(std::max<std::size_t>(std::size_t{derived.max_block_columns} * derived.dim,
                                 std::size_t{derived.max_block_columns_acc} * derived.accumulator_row_bytes)),
      slot_free_(config.dma.requests_in_flight, 0) {}

void DmaWriter::accept(const StoreElement& element, const std::uint8_t* values, Cycle at) {
  const std::uint32_t element_bytes = element.full_width ? 4 : 1;
  const std::uint32_t bytes = element.lanes * element_bytes;
  const std::uint32_t offset = element.block * derived_.dim * element_bytes;
  if (!timing_only_) {
    if (element.merges) {
      auto* row = reinterpret_cast<std::int8_t*>(row_.data());
      const auto* other = reinterpret_cast<const std::int8_t*>(values);
      for (std::uint32_t i = 0; i < bytes; ++i) row[i] = std::max(row[i], other[i]);
    } else {
      std::memcpy(row_.data() + offset, values, bytes);
    }
  }
  account_.spend(at, kIdle);
  if (!element.last) {
    collecting_ = true;
    ready_at_ = at + 1;
    return;
  }
  collecting_ = false;
  sending_ = true;
  address_ = element.address;
  length_ = offset + bytes;
  done_ = 0;
  beat_ = 0;
  next_beat_ = at + 1;
  ready_at_ = kNever;
  port_.wake(std::max(wants_at(), next_beat_));
}

Cycle DmaWriter::wants_at() const {
  if (!sending_) return kNever;
  return std::max(next_beat_, slot_free_[next_slot_]);
}

// The cycles before `now` in which no beat of the row at hand was sent.
inline void DmaWriter::account_wait(Cycle now) {
  if (account_.until() >= now) return;
  account_.spend(std::min(now, next_beat_), kIdle);
  account_.spend(std::min(now, slot_free_[next_slot_]), kWaitSlot);
  account_.spend(now, kWaitPort);
}

bool DmaWriter::send(Cycle now) {
  account_wait(now);
  account_.spend(now + 1, kBusy);
  if (beat_ == 0) {
    transaction_ = next_transaction(address_ + done_, length_ - done_, derived_.bus_bytes, max_request_bytes_);
    slot_ = next_slot_;
    slots_.take(now);
    if (++next_slot_ == slot_free_.size()) next_slot_ = 0;
  }
  // The part of the transaction's useful bytes that lies in this beat.
  const std::uint32_t from = std::max(transaction_.offset, beat_ * derived_.bus_bytes);
  const std::uint32_t to = std::min(transaction_.offset + transaction_.useful, (beat_ + 1) * derived_.bus_bytes);
  const std::uint32_t bytes = to > from ? to - from : 0;
  const std::uint8_t* data = timing_only_ || bytes == 0 ? nullptr : row_.data() + done_ + (from - transaction_.offset);
  port_.send_write_beat(transaction_.address + std::uint64_t{beat_} * derived_.bus_bytes, data,
                        bytes == 0 ? 0 : from - beat_ * derived_.bus_bytes, bytes, now);
  ++beat_;
  next_beat_ = now + 1;
  if (beat_ * derived_.bus_bytes < transaction_.size) return true;

  const Cycle acknowledged = port_.acknowledge(transaction_.address, transaction_.size, now);
  slot_free_[slot_] = acknowledged + 1;
  slots_.close(acknowledged + 1);
  quiet_from_ = acknowledged + 1;
  done_ += transaction_.useful;
  beat_ = 0;
  if (done_ < length_) return true;
  sending_ = false;
  ready_at_ = now;
  listener_->row_sent();
  return true;
}

void DmaWriter::account_until(Cycle now) {
  if (sending_) account_wait(now);
  account_.spend(now, kIdle);
}

}  // namespace gemel::sim
