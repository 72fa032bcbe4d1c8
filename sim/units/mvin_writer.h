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
  bool has_room(unsigned pieces, Cycle now) {
    if (pieces_ + pieces <= capacity_) return true;
    if (now > 0) sync(now - 1);
    return pieces_ + pieces <= capacity_;
  }
  // In the order of emission: fill in next_run(), then append() it.
  MvinRun& next_run() { return queued(runs_).run; }
  void append();

  void sync(Cycle now) {
    if (next_write_ <= now) write_until(now);
  }
  void advance(Cycle now);
  bool wrote_in(Cycle at) const { return last_write_ == at; }

  // The zero writer's way to the port: may it write this row in `at` (after sync(at))? And the write itself.
  bool may_write(arch::LocalAddress local, bool accumulate, Cycle at) const;
  void note_write(arch::LocalAddress local, bool accumulate, Cycle at);

 private:
  // Slot pieces' last writes, the oldest of three first.
  struct Slots {
    std::array<Cycle, 3> written{};
    Cycle free() const { return written[0]; }
    void take(Cycle last_write) { written = {written[1], written[2], last_write}; }
    // Pieces written one a cycle, the last in `last`.
    void take_run(Cycle last, std::uint32_t pieces) {
      if (pieces >= 3) {
        written = {last - 2, last - 1, last};
      } else {
        if (pieces == 2) take(last - 1);
        take(last);
      }
    }
  };
  static constexpr std::uint32_t kNoBank = ~0u;
  struct Queued {
    MvinRun run;
    Cycle predicted = 0;             // first write
    std::uint32_t writes = 0;        // of all its pieces
    std::uint32_t bank = 0;          // of all its writes; kNoBank where they have to be looked at one by one
    std::uint32_t further_rows = 0;  // DRAM rows by which it could grow inside the bank

    bool once() const { return writes == run.pieces; }  // is what each piece is written
  };

  struct Place {
    std::uint32_t row = 0, block = 0;  // of DRAM, and within that row
  };

  Queued& queued(std::size_t i) { return ring_[(head_ + i) & ring_mask_]; }
  Cycle ready(const MvinRows& mvin, Cycle emitted, Cycle slot_free) const;
  bool continues(const Queued& newest, const MvinRun& run) const;
  void find_bank(Queued& next) const;
  bool array_keeps_away(const Queued& head, std::uint32_t count) const;
  void write_until(Cycle limit);
  bool write_one(const Queued& head, Cycle limit);
  void write_several(const Queued& head, std::uint32_t count);
  void wrote(const Queued& head, Cycle first, std::uint32_t count);
  void pop();
  Place place_of(const MvinRun& run, std::uint32_t piece) const;
  arch::LocalAddress local_of(const Queued& head, std::uint32_t write) const;
  void write_data(const MvinRun& run, std::uint32_t piece, arch::LocalAddress local, unsigned lane_shift);

  const arch::DerivedConfig& derived_;
  Scratchpad& scratchpad_;
  Accumulator& accumulator_;
  bool timing_only_;
  unsigned scaled_hold_;
  unsigned capacity_;
  MvinProgress* progress_ = nullptr;
  const MemoryPort* memory_ = nullptr;

  std::vector<Queued> ring_;  // a power of two of them
  std::size_t ring_mask_;
  std::size_t head_ = 0, runs_ = 0;
  std::uint32_t pieces_ = 0;   // not yet written
  std::uint32_t done_ = 0;     // writes of the head that are done
  Cycle next_write_ = kNever;  // the head is not written before
  Slots slots_;
  Cycle last_write_ = kNever;  // kNever: none yet, and one more is 0

  // The same recurrences without conflicts: when the pieces appended so far will be written at the earliest.
  Slots predicted_slots_;
  Cycle predicted_last_ = kNever;
  bool as_predicted_ = true;        // no write so far was later than predicted
  std::vector<Cycle> completions_;  // predicted last writes of commands, oldest first
};

inline bool MvinWriter::may_write(arch::LocalAddress local, bool accumulate, Cycle at) const {
  const std::uint32_t row = local.row(derived_);
  if (!local.is_accumulator()) return !scratchpad_.array_writes_in(scratchpad_.bank_of(row), at);
  return !accumulator_.array_writes_in(accumulator_.bank_of(row), at) &&
         !(accumulate && accumulator_.load_write_under_way(row, at));
}

inline void MvinWriter::note_write(arch::LocalAddress local, bool accumulate, Cycle at) {
  const std::uint32_t row = local.row(derived_);
  if (local.is_accumulator())
    accumulator_.load_write(row, at, accumulate);
  else
    scratchpad_.load_write(scratchpad_.bank_of(row), at);
}

}  // namespace gemel::sim
