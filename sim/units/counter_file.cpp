// SPDX-License-Identifier: Apache-2.0
#include "sim/units/counter_file.h"

#include <stdexcept>
#include <string>

namespace gemel::sim {

// Ids are Gemmini's (CounterFile.scala of v0.7.1).
CounterEvent counter_event(std::uint8_t id, bool external) {
  if (external) {
    if (id == 4) return CounterEvent::BytesRead;
    if (id == 5) return CounterEvent::BytesWritten;
    throw std::invalid_argument("counter: external event " + std::to_string(id) +
                                " is not built in; there are 4 (bytes read) and 5 (bytes written)");
  }
  switch (id) {
    case 0:
    case 15:
    case 16:
    case 17:
    case 19:
    case 22:  // TLB
    case 32:
    case 33:
    case 34:
    case 38:
    case 39:
    case 40:  // operands in the accumulator, im2col
      return CounterEvent::None;
    case 9:
      return CounterEvent::LoadActive;
    case 12:
      return CounterEvent::StoreActive;
    case 18:
      return CounterEvent::ReadDmaActive;
    case 21:
      return CounterEvent::WriteDmaActive;
    case 24:
      return CounterEvent::ExecuteActive;
    default:
      throw std::invalid_argument(
          "counter: event " + std::to_string(id) +
          " is not built in; there are 9 (load active), 12 (store active), 18 (read DMA active), "
          "21 (write DMA active) and 24 (execute active)");
  }
}

void CounterFile::access(const arch::CounterAccess& access, Cycle now) {
  if (access.reset) {
    for (Counter& counter : counters_) counter = Counter{};
    return;
  }
  if (access.drop_snapshot || access.take_snapshot) {
    frozen_ = access.take_snapshot;
    if (frozen_)
      for (Counter& counter : counters_) counter.snapshot = value(counter, now);
    return;
  }
  Counter& counter = counters_[access.counter % kCounters];
  if (access.configure) {
    counter = Counter{counter_event(access.event, access.external), 0, 0};
    if (counter.event != CounterEvent::None) counter.from = totals_(counter.event, now + 1);
    return;
  }
  reads_.push_back(frozen_ ? counter.snapshot : value(counter, now));
}

}  // namespace gemel::sim
