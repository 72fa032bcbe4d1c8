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
  const auto zero = [&](Counter& counter) {
    counter.from = counter.event == CounterEvent::None ? 0 : totals_(counter.event, now + 1);
  };
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
  if (access.reset || access.drop_snapshot || access.take_snapshot || access.configure) return;
  reads_.push_back(frozen_ ? counter.snapshot : value(counter, now));
}

}  // namespace gemel::sim
