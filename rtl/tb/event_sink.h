// SPDX-License-Identifier: Apache-2.0
#pragma once
// Where the events of tb/accelerator_monitor.sv go (through DPI).
#include <cstdint>
#include <cstdio>

namespace gemel::rtl {

// Same numbers as event_e of accelerator_monitor.sv.
enum class Event : std::uint8_t {
  CommandAccepted,
  Allocated,
  Issued,
  Completed,
  ReadRequest,
  WriteBeat,
  ReadBeat,
  Acknowledge,
};

// Cycle that the following events belong to.
void set_event_cycle(std::uint64_t cycle);
// Prints every event as a line; null: none.
void print_events_to(std::FILE* file);

}  // namespace gemel::rtl
