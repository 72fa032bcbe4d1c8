// SPDX-License-Identifier: Apache-2.0
#include "sim/units/counter_file.h"

#include <iterator>
#include <stdexcept>
#include <string>

namespace gemel::sim {

namespace {

struct EventId {
  std::uint8_t id;
  CounterEvent event;
};

// Ids are Gemmini's (CounterFile.scala of v0.7.1).
constexpr EventId kInternal[] = {
    {0, CounterEvent::None},
    {1, CounterEvent::OnlyLoadBusy},
    {2, CounterEvent::OnlyStoreBusy},
    {3, CounterEvent::OnlyExecuteBusy},
    {4, CounterEvent::LoadAndStoreBusy},
    {5, CounterEvent::LoadAndExecuteBusy},
    {6, CounterEvent::StoreAndExecuteBusy},
    {7, CounterEvent::AllBusy},
    {8, CounterEvent::LoadWaits},
    {9, CounterEvent::LoadActive},
    {11, CounterEvent::StoreWaits},
    {12, CounterEvent::StoreActive},
    {14, CounterEvent::StoreRefused},
    {15, CounterEvent::None},  // address translation
    {16, CounterEvent::None},
    {17, CounterEvent::None},
    {18, CounterEvent::ReadDmaActive},
    {19, CounterEvent::None},
    {20, CounterEvent::ReadDmaRefused},
    {21, CounterEvent::WriteDmaActive},
    {22, CounterEvent::None},
    {23, CounterEvent::WriteDmaRefused},
    {24, CounterEvent::ExecuteActive},
    {32, CounterEvent::None},  // operands in the accumulator
    {33, CounterEvent::None},
    {34, CounterEvent::None},
    {38, CounterEvent::None},  // im2col
    {39, CounterEvent::None},
    {40, CounterEvent::None},
    {41, CounterEvent::StationTakesNone},
    {42, CounterEvent::StationHoldsEntry},
    {43, CounterEvent::MatmulLoopActive},
};
constexpr EventId kExternal[] = {
    {1, CounterEvent::LoadEntries}, {2, CounterEvent::StoreEntries}, {3, CounterEvent::ExecuteEntries},
    {4, CounterEvent::BytesRead},   {5, CounterEvent::BytesWritten}, {6, CounterEvent::ReadSlots},
    {7, CounterEvent::WriteSlots},
};

}  // namespace

CounterEvent counter_event(std::uint8_t id, bool external) {
  const EventId* const begin = external ? std::begin(kExternal) : std::begin(kInternal);
  const EventId* const end = external ? std::end(kExternal) : std::end(kInternal);
  std::string ids;
  for (const EventId* known = begin; known != end; ++known) {
    if (known->id == id) return known->event;
    ids += (ids.empty() ? "" : ", ") + std::to_string(known->id);
  }
  throw std::invalid_argument("counter: " + std::string(external ? "external " : "") + "event " + std::to_string(id) +
                              " is not built in; there are " + ids);
}

bool CounterFile::is_level(CounterEvent event) {
  return event == CounterEvent::LoadEntries || event == CounterEvent::StoreEntries ||
         event == CounterEvent::ExecuteEntries;
}

void CounterFile::access(const arch::CounterAccess& access, Cycle now) {
  const auto zero = [&](Counter& counter) {
    counter.from = 0;
    if (counter.event == CounterEvent::None) return;
    const std::uint64_t total = totals_(counter.event, now + 1);  // what is counted on demand is counted from here on
    if (!is_level(counter.event)) counter.from = total;
  };
  if (!access.reset && !access.drop_snapshot && !access.configure) {
    const Counter& read = counters_[access.counter % kCounters];
    reads_.push_back(frozen_ ? read.snapshot : value(read, now));
  }
  if (access.take_snapshot) {
    frozen_ = true;
    for (Counter& counter : counters_) counter.snapshot = value(counter, now);
  }
  if (access.drop_snapshot || access.reset) frozen_ = false;
  if (access.reset) {
    for (Counter& counter : counters_) zero(counter);
  }
  Counter& counter = counters_[access.counter % kCounters];
  if (access.configure) {
    counter.event = counter_event(access.event, access.external);
    zero(counter);
  }
}

}  // namespace gemel::sim
