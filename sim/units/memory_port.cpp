// SPDX-License-Identifier: Apache-2.0
#include "sim/units/memory_port.h"

#include <algorithm>
#include <cstring>
#include <sstream>
#include <stdexcept>

#include "sim/memory/tlm_memory.h"
#include "sim/trace/event_log.h"
#include "sim/units/dma_reader.h"
#include "sim/units/dma_writer.h"

namespace gemel::sim {

MemoryPort::MemoryPort(const sc_core::sc_module_name& name, unsigned bus_bytes)
    : Unit(name), bus_bytes_(bus_bytes), bus_bits_(__builtin_ctz(bus_bytes)), gaps_(new BeatGaps) {
  payload_.set_extension(gaps_);
}

void MemoryPort::connect(DmaReader& reader, DmaWriter& writer, EventLog* events) {
  reader_ = &reader;
  writer_ = &writer;
  events_ = events;
}

void MemoryPort::start_of_simulation() {
  tlm::tlm_dmi dmi;
  payload_.set_address(0);
  if (!socket->get_direct_mem_ptr(payload_, dmi))
    throw std::invalid_argument("the memory behind the accelerator gives no direct access (TLM-2.0 DMI)");
  direct_ = dmi.get_dmi_ptr();
  direct_start_ = dmi.get_start_address();
  direct_end_ = dmi.get_end_address() + 1;
  read_latency_ = time_to_cycles(dmi.get_read_latency());
  write_latency_ = time_to_cycles(dmi.get_write_latency());
}

inline Cycle MemoryPort::answer(tlm::tlm_command command, std::uint64_t address, unsigned bytes, Cycle at_memory) {
  const Cycle latency = command == tlm::TLM_READ_COMMAND ? read_latency_ : write_latency_;
  if (latency != 0 && in_memory(address, bytes)) return at_memory + latency;
  return ask_memory(command, address, bytes, at_memory);
}

Cycle MemoryPort::ask_memory(tlm::tlm_command command, std::uint64_t address, unsigned bytes, Cycle at_memory) {
  payload_.set_command(command);
  payload_.set_address(address);
  payload_.set_data_ptr(nullptr);
  payload_.set_data_length(bytes);
  payload_.set_streaming_width(bytes);
  payload_.set_byte_enable_ptr(nullptr);
  payload_.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
  gaps_->beats = bytes >> bus_bits_;
  sc_core::sc_time delay = cycles_to_time(at_memory - time_base_);
  socket->b_transport(payload_, delay);
  if (payload_.is_response_error()) {
    std::ostringstream text;
    text << (command == tlm::TLM_READ_COMMAND ? "read" : "write") << " of " << bytes << " bytes at 0x" << std::hex
         << address << ", outside the program's memory [0x" << direct_start_ << ", 0x" << direct_end_ << ")";
    throw std::invalid_argument(text.str());
  }
  return time_base_ + time_to_cycles(delay);
}

// Two queues of two between memory and consumer: a beat may enter one when the beat two before it has left. (No answer
// comes before the request pipe is through, so that the zeros before the first two beats hold nobody up.)
inline const MemoryPort::Passage& MemoryPort::pass(Cycle offered, Cycle not_before) {
  Passage p;
  p.taken = std::max({offered, last_.taken + 1, before_last_.moved + 1});
  p.moved = std::max({p.taken + 1, last_.moved + 1, before_last_.consumed + 1});
  p.consumed = std::max({p.moved + 1, not_before, last_.consumed + 1});
  before_last_ = last_;
  last_ = p;
  return last_;
}

ReadBeats MemoryPort::send_read(std::uint64_t address, unsigned bytes, Cycle merger_ready, Cycle now) {
  const Cycle at_memory = now + kRequestPipe;
  const unsigned beats = bytes >> bus_bits_;
  const Cycle offered = answer(tlm::TLM_READ_COMMAND, address, bytes, at_memory);
  const Passage first = pass(offered, merger_ready);
  ++reads_;
  read_beats_ += beats;
  account_.spend(at_memory, kIdle);
  account_.spend(first.taken, kLatency);
  if (events_ != nullptr) events_->record(at_memory, EventKind::ReadRequest, address, bytes);
  // A first beat that nobody held up in the queues is followed by the others one a cycle.
  if (first.consumed != first.taken + 2 || !gaps_->before.empty()) return beat_by_beat(address, beats, offered, first);
  if (beats > 1) {
    before_last_ = first.later(beats - 2);
    last_ = first.later(beats - 1);
  }
  account_.spend(first.taken + beats, kRead);
  if (events_ != nullptr)
    for (unsigned i = 0; i < beats; ++i)
      events_->record(first.taken + i, EventKind::ReadBeat, address + std::uint64_t{i} * bus_bytes_);
  return ReadBeats(first.consumed, beats);
}

// The same, after the first beat has passed, for beats that wait in the queues or have gaps between them.
ReadBeats MemoryPort::beat_by_beat(std::uint64_t address, unsigned beats, Cycle offered, const Passage& first) {
  consumed_.resize(beats);
  Passage p = first;
  for (unsigned i = 0; i < beats; ++i) {
    if (i > 0) {
      offered += 1 + (gaps_->before.empty() ? 0 : gaps_->before[i]);
      p = pass(offered, 0);
    }
    consumed_[i] = p.consumed;
    account_.spend(p.taken, kLatency);
    account_.spend(p.taken + 1, kRead);
    if (events_ != nullptr) events_->record(p.taken, EventKind::ReadBeat, address + std::uint64_t{i} * bus_bytes_);
  }
  return ReadBeats(consumed_.data(), beats);
}

void MemoryPort::send_write_beat(std::uint64_t address, const std::uint8_t* data, unsigned offset, unsigned bytes,
                                 Cycle now) {
  ++write_beats_;
  if (events_ != nullptr) {
    const std::uint64_t ones = bytes >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << bytes) - 1;
    events_->record(now + kRequestPipe, EventKind::WriteBeat, address, offset >= 64 ? 0 : ones << offset);
  }
  if (data == nullptr || bytes == 0) return;
  if (!in_memory(address + offset, bytes)) {
    std::ostringstream text;
    text << "write of " << bytes << " bytes at 0x" << std::hex << address + offset
         << ", outside the program's memory [0x" << direct_start_ << ", 0x" << direct_end_ << ")";
    throw std::invalid_argument(text.str());
  }
  std::memcpy(direct_ + (address + offset - direct_start_), data, bytes);
}

Cycle MemoryPort::acknowledge(std::uint64_t address, unsigned bytes, Cycle now) {
  const Cycle at_memory = now + kRequestPipe;
  const Cycle offered = answer(tlm::TLM_WRITE_COMMAND, address, bytes, at_memory);
  const Passage& p = pass(offered, 0);
  account_.spend(at_memory, kIdle);
  account_.spend(p.taken, kLatency);
  account_.spend(p.taken + 1, kWrite);
  ++writes_;
  if (events_ != nullptr) events_->record(p.taken, EventKind::Acknowledge, address);
  return p.consumed;
}

void MemoryPort::advance(Cycle now) {
  if (writer_->inside_burst()) {
    if (writer_->wants_at() <= now) {
      writer_->send(now);
      reads_inside_ = 0;
    } else if (reads_inside_ < kReadsInsideBurst && reader_->wants_at() <= now && reader_->send(now)) {
      ++reads_inside_;
    }
  } else if (!(reader_->wants_at() <= now && reader_->send(now)) && writer_->wants_at() <= now) {
    writer_->send(now);
  }
  const bool inside = writer_->inside_burst();
  if (!inside) reads_inside_ = 0;
  const Cycle write = writer_->wants_at();
  const Cycle next = inside && reads_inside_ == kReadsInsideBurst ? write : std::min(write, reader_->wants_at());
  set_due(next == kNever ? kNever : std::max(next, now + 1));
}

void MemoryPort::account_until(Cycle now) { account_.spend(now, kIdle); }

}  // namespace gemel::sim
