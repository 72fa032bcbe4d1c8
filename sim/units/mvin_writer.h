// SPDX-License-Identifier: Apache-2.0
#pragma once
// Row buffer, mvin scaler and the load side's write port into scratchpad and accumulator (docs/microarchitecture.md,
// section 8). Lazy: sync(c) brings it to the end of cycle c; everybody who asks about cycle c syncs first.
#include <array>
#include <cstdint>
#include <vector>

#include "sim/arch/accelerator_config.h"
#include "sim/units/accumulator.h"
#include "sim/units/memory_port.h"
#include "sim/units/mvin_piece.h"
#include "sim/units/scratchpad.h"
#include "sim/units/unit.h"

namespace gemel::sim {

class MvinWriter final : public Unit {
 public:
  MvinWriter(const sc_core::sc_module_name& name, const arch::AcceleratorConfig& config,
             const arch::DerivedConfig& derived, Scratchpad& scratchpad, Accumulator& accumulator, bool timing_only);

  void connect(MvinProgress& progress, const MemoryPort& memory) {
    progress_ = &progress;
    memory_ = &memory;
  }

  // Room for `pieces` in cycle `now`; call before issuing the transaction that brings them.
  bool has_room(unsigned pieces, Cycle now);
  // In the order of emission.
  void append(const MvinPiece& piece);

  void sync(Cycle now);
  void advance(Cycle now);
  bool wrote_in(Cycle at) const { return last_write_ == at && any_write_; }

  // The zero writer's way to the port: may it write this row in `at` (after sync(at))? And the write itself.
  bool may_write(arch::LocalAddress local, bool accumulate, Cycle at) const;
  void note_write(arch::LocalAddress local, bool accumulate, Cycle at);

 private:
  struct RecentWrite {
    std::uint32_t row = 0;
    Cycle at = 0;
    bool valid = false;
  };
  static constexpr unsigned kRecent = 16;

  unsigned hold(const MvinPiece& piece) const;
  Cycle ready(const MvinPiece& piece, const std::array<Cycle, 3>& slots, unsigned next_slot) const;
  void write_data(const MvinPiece& piece, arch::LocalAddress local, unsigned lane_shift);
  bool step(Cycle limit);

  const arch::DerivedConfig& derived_;
  Scratchpad& scratchpad_;
  Accumulator& accumulator_;
  bool timing_only_;
  unsigned scaled_hold_;
  unsigned capacity_;
  MvinProgress* progress_ = nullptr;
  const MemoryPort* memory_ = nullptr;

  std::vector<MvinPiece> ring_;
  std::size_t head_ = 0, count_ = 0;
  std::uint32_t done_writes_ = 0;  // repeats of the head already written
  std::array<Cycle, 3> slots_{};   // last write of the last three slot pieces
  unsigned next_slot_ = 0;
  Cycle last_write_ = 0;
  bool any_write_ = false;
  std::array<RecentWrite, kRecent> recent_{};
  unsigned next_recent_ = 0;

  // The same recurrences without conflicts: when the pieces appended so far will be written at the earliest.
  std::array<Cycle, 3> predicted_slots_{};
  unsigned predicted_next_slot_ = 0;
  Cycle predicted_last_ = 0;
  std::vector<Cycle> completions_;  // predicted last writes of commands, oldest first
};

}  // namespace gemel::sim
