// SPDX-License-Identifier: Apache-2.0
#pragma once
// Turns rows of mvins into memory reads, and the answers into pieces of local rows: DMA reader and beat merger
// (docs/microarchitecture.md, sections 5 and 7).
#include <algorithm>
#include <cstdint>
#include <vector>

#include "sim/arch/accelerator_config.h"
#include "sim/stats/cycle_account.h"
#include "sim/units/dma_split.h"
#include "sim/units/memory_port.h"
#include "sim/units/mvin_piece.h"
#include "sim/units/mvin_writer.h"
#include "sim/units/row_sequencer.h"
#include "sim/units/slot_cycles.h"
#include "sim/units/unit.h"

namespace gemel::sim {

class DmaReader final : public Unit, public MemoryPortClient {
 public:
  DmaReader(const sc_core::sc_module_name& name, const arch::AcceleratorConfig& config,
            const arch::DerivedConfig& derived, MemoryPort& port, MvinWriter& writer);
  void connect(RowListener& listener) { rows_.connect(listener); }

  // The input register can take a row in `now`.
  bool input_ready(Cycle now) const { return rows_.input_ready(now); }
  // The rows of one mvin, which stay where they are until it is over; the first is requested in `now`. Only when
  // input_ready(now).
  void start(const MvinRows& rows, Cycle now);

  Cycle wants_at() const override {
    if (rows_.working().mvin == nullptr) return kNever;
    return std::max({rows_.working().at, slot_free_[next_slot_], retry_});
  }
  bool inside_burst() const override { return false; }
  bool send(Cycle now) override;

  Cycle quiet_from() const { return quiet_from_; }
  bool idle() const { return rows_.idle(); }
  void account_until(Cycle now);
  const CycleAccount& account() const { return account_; }
  // Slots taken, summed over the cycles before `at` (the cycle at hand or the next).
  std::uint64_t slot_cycles(Cycle at) const { return slots_.before(at, slot_free_); }

 private:
  enum Cause : unsigned { kBusy, kWaitSlot, kWaitPort, kWaitBuffer, kIdle };
  void merge(const DmaTransaction& transaction, std::uint32_t pieces, const ReadBeats& beats);

  const arch::DerivedConfig& derived_;
  int bus_bits_;  // log2 of bytes
  unsigned max_request_bytes_;
  MemoryPort& port_;
  MvinWriter& writer_;
  RowSequencer rows_;
  std::vector<Cycle> slot_free_;  // ring: from when the slot of transaction n can be used again
  std::size_t next_slot_ = 0;
  SlotCycles slots_;
  Cycle retry_ = 0;         // not before: the row buffer was full
  Cycle merger_ready_ = 0;  // first beat of the next transaction
  Cycle last_emitted_ = 0;
  Cycle quiet_from_ = 0;
  CycleAccount account_{"dma_read", {"busy", "wait_slot", "wait_port", "wait_buffer", "idle"}};
};

}  // namespace gemel::sim
