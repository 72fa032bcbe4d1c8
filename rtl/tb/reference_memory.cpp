// SPDX-License-Identifier: Apache-2.0
#include "rtl/tb/reference_memory.h"

#include <cstring>
#include <stdexcept>
#include <string>

namespace gemel::rtl {

std::size_t ReferenceMemory::index_of(std::uint64_t address) const {
  if (address < base_ || address - base_ + bus_bytes_ > contents_.size()) {
    throw std::out_of_range("access at address " + std::to_string(address) + " leaves the program's memory");
  }
  return address - base_;
}

ReferenceMemory::Response ReferenceMemory::offer(std::uint64_t now, std::uint8_t* beat) const {
  if (responses_.empty() || responses_.front().ready > now) return Response::None;
  const Pending& pending = responses_.front();
  if (pending.kind == Response::ReadBeat) std::memcpy(beat, &contents_[index_of(pending.address)], bus_bytes_);
  return pending.kind;
}

void ReferenceMemory::take_response() {
  Pending& pending = responses_.front();
  if (pending.kind == Response::ReadBeat) {
    ++read_beats_;
    pending.address += bus_bytes_;
    if (--pending.beats > 0) return;
  }
  responses_.pop_front();
}

void ReferenceMemory::accept_read(std::uint64_t now, std::uint64_t address, std::uint32_t beats) {
  ++read_requests_;
  responses_.push_back({Response::ReadBeat, now + latency_cycles_, address, beats});
}

void ReferenceMemory::accept_write_address(std::uint64_t address) {
  ++write_requests_;
  write_address_ = address;
  is_in_write_ = true;
}

void ReferenceMemory::accept_write_beat(std::uint64_t now, const std::uint8_t* beat, std::uint64_t mask, bool is_last) {
  const std::size_t index = index_of(write_address_);
  for (std::uint32_t i = 0; i < bus_bytes_; ++i) {
    if (mask >> i & 1) contents_[index + i] = beat[i];
  }
  ++write_beats_;
  write_address_ += bus_bytes_;
  if (!is_last) return;
  is_in_write_ = false;
  responses_.push_back({Response::Acknowledge, now + latency_cycles_, 0, 0});
}

}  // namespace gemel::rtl
