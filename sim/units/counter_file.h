// SPDX-License-Identifier: Apache-2.0
#pragma once
// The eight counters that a program sets up and reads with counter accesses (docs/microarchitecture.md, section 15). A
// counter counts the cycles in which its event holds (bytes for the two traffic events), from the cycle after the
// access that set it up.
#include <array>
#include <cstdint>
#include <functional>
#include <vector>

#include "sim/arch/isa.h"
#include "sim/units/unit.h"

namespace gemel::sim {

enum class CounterEvent : std::uint8_t {
  None,          // never holds: no address translation, no operands in the accumulator, no im2col
  OnlyLoadBusy,  // a class is busy while one of its entries is issued and not complete
  OnlyStoreBusy,
  OnlyExecuteBusy,
  LoadAndStoreBusy,
  LoadAndExecuteBusy,
  StoreAndExecuteBusy,
  AllBusy,
  LoadWaits,          // with an mvin of which no row was requested
  LoadActive,         // an mvin requests rows, or a configuration is taken
  StoreWaits,         // for a tracker
  StoreActive,        // an mvout hands out elements, or a configuration is taken
  StoreRefused,       // waits for dispatch
  ReadDmaActive,      // the DMA reader has a row at hand
  ReadDmaRefused,     // waits for the port
  WriteDmaActive,     // the DMA writer has a row at hand
  WriteDmaRefused,    // waits for the port
  ExecuteActive,      // a request is being fed
  StationTakesNone,   // no command is allocated
  StationHoldsEntry,  // of any class
  MatmulLoopActive,   // a slot of the matmul unroller is configured
  LoadEntries,        // held: not a count, but what it is at the read
  StoreEntries,
  ExecuteEntries,
  BytesRead,     // of beats taken
  BytesWritten,  // of beats sent
  ReadSlots,     // taken, summed over cycles
  WriteSlots,
};

// The event of Gemmini's id, internal or external. Throws std::invalid_argument (naming the ids that there are) for one
// that is not built in.
CounterEvent counter_event(std::uint8_t id, bool external);

class CounterFile final : public sc_core::sc_module {
 public:
  static constexpr unsigned kCounters = 8;
  // How often the event held before cycle `at`; of entries: how many are held at its start.
  using Totals = std::function<std::uint64_t(CounterEvent event, Cycle at)>;

  explicit CounterFile(const sc_core::sc_module_name& name) : sc_core::sc_module(name) {}
  void connect(Totals totals) { totals_ = std::move(totals); }

  // The access is consumed in `now`. One that neither resets, configures nor drops the snapshot reads a counter.
  void access(const arch::CounterAccess& access, Cycle now);
  // Values read, in program order.
  const std::vector<std::uint64_t>& reads() const { return reads_; }

 private:
  struct Counter {
    CounterEvent event = CounterEvent::None;
    std::uint64_t from = 0;  // total at its start
    std::uint64_t snapshot = 0;
  };
  static bool is_level(CounterEvent event);
  std::uint64_t value(const Counter& counter, Cycle now) const {
    return counter.event == CounterEvent::None ? 0 : totals_(counter.event, now) - counter.from;
  }

  Totals totals_;
  std::array<Counter, kCounters> counters_;
  bool frozen_ = false;  // reads give the snapshot
  std::vector<std::uint64_t> reads_;
};

}  // namespace gemel::sim
