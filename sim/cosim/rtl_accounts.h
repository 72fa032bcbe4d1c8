// SPDX-License-Identifier: Apache-2.0
#pragma once
// Where the cycles of the RTL's units went, as the monitor bound to it tells (rtl/tb/accelerator_monitor.sv): each
// cycle of a unit has the cause that the unit itself showed in that cycle.
#include <array>
#include <cstdint>
#include <vector>

#include "sim/stats/run_statistics.h"

namespace gemel::sim {

class RtlAccounts {
 public:
  // From cycle `now` on the causes are those of `word` (kGemelTwinCauses of sim/cosim/twin_abi.h). Throws
  // std::runtime_error for a cause that the unit does not have.
  void change(Cycle now, std::uint32_t word);

  // The cycles before `now`, by unit and cause, in the order of docs/microarchitecture.md.
  std::vector<UnitAccounting> result_at(Cycle now) const;
  // The cycles before `now` in which a read beat or an acknowledge was taken from memory, and in which the DMA reader
  // or writer sent something.
  std::uint64_t read_beats(Cycle now) const { return cycles_of(kMemory, 0, now); }
  std::uint64_t write_acknowledges(Cycle now) const { return cycles_of(kMemory, 1, now); }
  std::uint64_t read_requests(Cycle now) const { return cycles_of(kDmaRead, 0, now); }
  std::uint64_t write_beats(Cycle now) const { return cycles_of(kDmaWrite, 0, now); }

 private:
  static constexpr unsigned kUnits = 6;
  static constexpr unsigned kMostCauses = 16;
  enum Unit : unsigned { kDmaRead = 3, kDmaWrite = 4, kMemory = 5 };
  Cycle cycles_of(unsigned unit, unsigned cause, Cycle now) const;

  std::array<std::array<Cycle, kMostCauses>, kUnits> cycles_{};  // without the spell that is going on
  std::array<Cycle, kUnits> since_{};
  std::array<unsigned, kUnits> cause_{};
  bool has_begun_ = false;
};

}  // namespace gemel::sim
