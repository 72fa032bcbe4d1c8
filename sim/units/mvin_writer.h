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
  // In the order of emission: fill in next_piece(), then append() it.
  MvinPiece& next_piece() { return ring_[(head_ + count_) & (ring_.size() - 1)].piece; }
  void append();

  void sync(Cycle now);
  void advance(Cycle now);
  bool wrote_in(Cycle at) const { return last_write_ == at; }

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
  Cycle ready(const MvinPiece& piece, Cycle slot_free) const;
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

  // Slot pieces' last writes, the oldest of three first.
  struct Slots {
    std::array<Cycle, 3> written{};
    unsigned oldest = 0;
    Cycle free() const { return written[oldest]; }
    void take(Cycle last_write) {
      written[oldest] = last_write;
      oldest = oldest == 2 ? 0 : oldest + 1;
    }
  };
  struct Queued {
    MvinPiece piece;
    Cycle predicted = 0;  // first write
  };
  std::vector<Queued> ring_;
  std::size_t head_ = 0, count_ = 0;
  std::uint32_t done_writes_ = 0;  // repeats of the head already written
  Slots slots_;
  Cycle last_write_ = kNever;  // kNever: none yet, and one more is 0
  std::array<RecentWrite, kRecent> recent_{};
  unsigned next_recent_ = 0;

  // The same recurrences without conflicts: when the pieces appended so far will be written at the earliest.
  Slots predicted_slots_;
  Cycle predicted_last_ = kNever;
  bool as_predicted_ = true;        // no write so far was later than predicted
  std::vector<Cycle> completions_;  // predicted last writes of commands, oldest first
};

inline bool MvinWriter::may_write(arch::LocalAddress local, bool accumulate, Cycle at) const {
  const std::uint32_t row = local.row(derived_);
  if (!local.is_accumulator()) return !scratchpad_.array_writes_in(scratchpad_.bank_of(row), at);
  if (accumulator_.array_writes_in(accumulator_.bank_of(row), at)) return false;
  if (!accumulate) return true;
  return std::none_of(recent_.begin(), recent_.end(), [&](const RecentWrite& w) {
    return w.valid && w.row == row && w.at + accumulator_.latency() >= at;
  });
}

inline void MvinWriter::note_write(arch::LocalAddress local, bool accumulate, Cycle at) {
  const std::uint32_t row = local.row(derived_);
  if (!local.is_accumulator()) {
    scratchpad_.load_write(scratchpad_.bank_of(row), at);
    return;
  }
  accumulator_.load_write(accumulator_.bank_of(row), at, accumulate);
  recent_[next_recent_] = {row, at, true};
  next_recent_ = (next_recent_ + 1) % kRecent;
}

}  // namespace gemel::sim
