// SPDX-License-Identifier: Apache-2.0
#pragma once
// Collects the blocks of a DRAM row, merges pooling windows, and writes the row to memory beat by beat
// (docs/microarchitecture.md, section 13).
#include <array>
#include <cstdint>
#include <vector>

#include "sim/arch/accelerator_config.h"
#include "sim/stats/cycle_account.h"
#include "sim/units/dma_split.h"
#include "sim/units/memory_port.h"
#include "sim/units/slot_cycles.h"
#include "sim/units/store_element.h"
#include "sim/units/unit.h"

namespace gemel::sim {

class DmaWriter final : public Unit, public MemoryPortClient {
 public:
  // Told when a row is through, so that the next element can come in that very cycle.
  class Listener {
   public:
    virtual ~Listener() = default;
    virtual void row_sent() = 0;
  };

  DmaWriter(const sc_core::sc_module_name& name, const arch::AcceleratorConfig& config,
            const arch::DerivedConfig& derived, MemoryPort& port, bool timing_only);
  void connect(Listener& listener) { listener_ = &listener; }

  // The earliest cycle in which the next element can be accepted; kNever while a row is being sent.
  Cycle ready_at() const { return ready_at_; }
  // Accepts the element in `at` >= ready_at(); `values`: its lanes (int8, or int32 where full width), unused when
  // timing only.
  void accept(const StoreElement& element, const std::uint8_t* values, Cycle at);

  Cycle wants_at() const override;
  bool inside_burst() const override { return beat_ > 0; }
  bool send(Cycle now) override;

  bool idle() const { return !sending_ && !collecting_; }
  Cycle quiet_from() const { return quiet_from_; }
  void account_until(Cycle now);
  const CycleAccount& account() const { return account_; }
  // Slots taken, summed over the cycles before `at` (the cycle at hand or the next).
  std::uint64_t slot_cycles(Cycle at) const { return slots_.before(at, slot_free_); }

 private:
  enum Cause : unsigned { kBusy, kWaitSlot, kWaitPort, kIdle };
  void account_wait(Cycle now);

  const arch::DerivedConfig& derived_;
  unsigned max_request_bytes_;
  MemoryPort& port_;
  bool timing_only_;
  Listener* listener_ = nullptr;

  std::vector<std::uint8_t> row_;  // bytes collected
  Cycle ready_at_ = 0;
  bool collecting_ = false;
  bool sending_ = false;
  std::uint64_t address_ = 0;
  std::uint32_t length_ = 0;
  std::uint32_t done_ = 0;  // bytes of the row in finished transactions
  DmaTransaction transaction_;
  unsigned beat_ = 0;  // beats of the transaction already sent
  Cycle next_beat_ = 0;
  std::vector<Cycle> slot_free_;
  std::size_t slot_ = 0, next_slot_ = 0;  // of the transaction at hand, of the next
  SlotCycles slots_;
  Cycle quiet_from_ = 0;
  CycleAccount account_{"dma_write", {"busy", "wait_slot", "wait_port", "idle"}};
};

}  // namespace gemel::sim
