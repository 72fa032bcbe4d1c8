// SPDX-License-Identifier: Apache-2.0
#include "sim/cosim/axi_memory.h"

#include <cstring>
#include <sstream>
#include <stdexcept>

namespace gemel::sim {

std::uint8_t* AxiMemory::beat_at(std::uint64_t address, const char* what) {
  if (memory_.contains(address, bus_bytes_)) return memory_.at(address);
  std::ostringstream text;
  text << what << " of " << bus_bytes_ << " bytes at 0x" << std::hex << address << ", outside the program's memory [0x"
       << memory_.base() << ", 0x" << memory_.base() + memory_.size() << ")";
  throw std::invalid_argument(text.str());
}

void AxiMemory::offer(Cycle now, GemelTwinInputs& inputs) const {
  inputs.read_valid = inputs.acknowledge_valid = 0;
  if (responses_.empty() || responses_.front().ready > now) return;
  const Pending& pending = responses_.front();
  if (pending.is_read) {
    inputs.read_valid = 1;
    std::memcpy(inputs.read_data, memory_.at(pending.address), bus_bytes_);
  } else {
    inputs.acknowledge_valid = 1;
  }
}

void AxiMemory::take(Cycle now) {
  Pending& pending = responses_.front();
  if (!pending.is_read) {
    record(now, EventKind::Acknowledge, pending.address);
    responses_.pop_front();
    return;
  }
  record(now, EventKind::ReadBeat, pending.address);
  if (--pending.beats == 0) {
    responses_.pop_front();
    return;
  }
  pending.address += bus_bytes_;
  pending.ready += 1 + memory_.timer().gap_before(pending.request, ++pending.beat);
}

void AxiMemory::accept_write(Cycle now, const GemelTwinOutputs& outputs) {
  std::uint8_t* bytes = beat_at(write_address_, "write");
  for (unsigned i = 0; i < bus_bytes_; ++i) {
    if (outputs.write_mask >> i & 1) bytes[i] = outputs.write_data[i];
  }
  record(now, EventKind::WriteBeat, write_address_, outputs.write_mask);
  write_address_ += bus_bytes_;
  if (outputs.write_last == 0) return;
  is_in_write_ = false;
  const MemoryTimer::Answer answer = memory_.timer().next_answer(now);
  responses_.push_back({false, answer.request, answer.first, write_start_, 0, 0});
}

void AxiMemory::observe(Cycle now, const GemelTwinInputs& inputs, const GemelTwinOutputs& outputs) {
  if ((inputs.read_valid && outputs.read_ready) || (inputs.acknowledge_valid && outputs.acknowledge_ready)) take(now);
  if (outputs.read_request_valid) {
    const std::uint64_t address = outputs.read_request_address;
    for (std::uint32_t i = 0; i < outputs.read_request_beats; ++i) {
      beat_at(address + std::uint64_t{i} * bus_bytes_, "read");
    }
    record(now, EventKind::ReadRequest, address, std::uint64_t{outputs.read_request_beats} * bus_bytes_);
    const MemoryTimer::Answer answer = memory_.timer().next_answer(now);
    responses_.push_back({true, answer.request, answer.first, address, outputs.read_request_beats, 0});
  }
  if (outputs.write_address_valid) {
    write_start_ = write_address_ = outputs.write_address;
    is_in_write_ = true;
  }
  if (outputs.write_valid) accept_write(now, outputs);
}

}  // namespace gemel::sim
