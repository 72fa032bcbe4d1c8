// SPDX-License-Identifier: Apache-2.0
#pragma once
// The reference memory behind the AXI4 signals of the RTL (docs/microarchitecture.md, section 6): always ready, one
// response a cycle, in the order in which the requests were complete. The times are ReferenceMemory's, as in the model.
#include <cstdint>
#include <deque>

#include "sim/cosim/twin_abi.h"
#include "sim/memory/reference_memory.h"
#include "sim/trace/event_log.h"

namespace gemel::sim {

class AxiMemory {
 public:
  AxiMemory(ReferenceMemory& memory, unsigned bus_bytes, EventLog* events)
      : memory_(memory), bus_bytes_(bus_bytes), events_(events) {}

  // The response channels of cycle `now`; a read beat has the contents that memory has now.
  void offer(Cycle now, GemelTwinInputs& inputs) const;
  // What the accelerator asked for and took in `now`. Throws std::invalid_argument where that leaves the memory.
  void observe(Cycle now, const GemelTwinInputs& inputs, const GemelTwinOutputs& outputs);

  bool has_outstanding() const { return !responses_.empty() || is_in_write_; }

 private:
  struct Pending {
    bool is_read;
    std::uint64_t request;  // number of the timer
    Cycle ready;            // first cycle in which it, or its next beat, may be offered
    std::uint64_t address;  // of the next read beat, or of the write
    std::uint32_t beats;    // left
    std::uint32_t beat;     // the next
  };
  void take(Cycle now);
  void accept_write(Cycle now, const GemelTwinOutputs& outputs);
  void record(Cycle now, EventKind kind, std::uint64_t a, std::uint64_t b = 0) {
    if (events_ != nullptr) events_->record(now, kind, a, b);
  }
  std::uint8_t* beat_at(std::uint64_t address, const char* what);

  ReferenceMemory& memory_;
  unsigned bus_bytes_;
  EventLog* events_;
  std::deque<Pending> responses_;
  bool is_in_write_ = false;
  std::uint64_t write_start_ = 0, write_address_ = 0;
};

}  // namespace gemel::sim
