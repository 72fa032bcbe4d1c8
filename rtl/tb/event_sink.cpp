// SPDX-License-Identifier: Apache-2.0
#include "rtl/tb/event_sink.h"

#include <cinttypes>

#include "Vaccelerator__Dpi.h"

namespace gemel::rtl {
namespace {

// DPI functions have no object to belong to.
std::uint64_t event_cycle = 0;
std::FILE* event_file = nullptr;

constexpr const char* kNames[] = {"command", "allocated", "issued", "completed", "read", "write", "data", "ack"};
constexpr const char* kClasses[] = {"load", "execute", "store"};

}  // namespace

void set_event_cycle(std::uint64_t cycle) { event_cycle = cycle; }
void print_events_to(std::FILE* file) { event_file = file; }

}  // namespace gemel::rtl

// `station_class` and `index` of station events; `payload` is the command's index, its function code (issued) or an
// address.
void gemel_rtl_event(int event, int station_class, int index, long long payload) {
  using namespace gemel::rtl;
  if (event_file == nullptr) return;
  switch (static_cast<Event>(event)) {
    case Event::Allocated:
    case Event::Completed:
      std::fprintf(event_file, "%" PRIu64 " %s %s %d\n", event_cycle, kNames[event], kClasses[station_class], index);
      break;
    case Event::Issued:
      std::fprintf(event_file, "%" PRIu64 " %s %s %d funct %lld\n", event_cycle, kNames[event], kClasses[station_class],
                   index, payload);
      break;
    case Event::ReadRequest:
      std::fprintf(event_file, "%" PRIu64 " %s addr %llx beats %d\n", event_cycle, kNames[event],
                   static_cast<unsigned long long>(payload), index);
      break;
    case Event::CommandAccepted:
      std::fprintf(event_file, "%" PRIu64 " %s %lld\n", event_cycle, kNames[event], payload);
      break;
    case Event::WriteBeat:
      std::fprintf(event_file, "%" PRIu64 " %s addr %llx beat %d\n", event_cycle, kNames[event],
                   static_cast<unsigned long long>(payload), index);
      break;
    case Event::ReadBeat:
    case Event::Acknowledge:
      std::fprintf(event_file, "%" PRIu64 " %s\n", event_cycle, kNames[event]);
      break;
  }
}
