// SPDX-License-Identifier: Apache-2.0
#pragma once
// Executes mvin, mvin2, mvin3 and config_ld in order: one row request a cycle to the DMA reader, or to the zero writer
// where the address is 0 (docs/microarchitecture.md, section 4). An mvin completes when its last byte is written.
#include <array>
#include <cstdint>
#include <vector>

#include "sim/arch/accelerator_config.h"
#include "sim/arch/isa.h"
#include "sim/stats/cycle_account.h"
#include "sim/units/command_queue.h"
#include "sim/units/dma_reader.h"
#include "sim/units/mvin_piece.h"
#include "sim/units/reservation_station.h"
#include "sim/units/unit.h"
#include "sim/units/zero_writer.h"

namespace gemel::sim {

class LoadController final : public Unit, public CommandSink, public RowListener, public MvinProgress {
 public:
  LoadController(const sc_core::sc_module_name& name, const arch::AcceleratorConfig& config,
                 const arch::DerivedConfig& derived, ReservationStation& station, DmaReader& reader, ZeroWriter& zeros);

  bool has_room(Cycle now) const override { return queue_.has_room(now); }
  void accept(const IssuedCommand& command, Cycle now) override { wake(queue_.push(command, now)); }
  void rows_requested(Cycle last_request) override;
  void input_free(Cycle at) override { wake(at); }
  void written(std::uint8_t tracker, Cycle at) override;

  void advance(Cycle now);
  void account_until(Cycle now);
  const CycleAccount& account() const { return account_; }

 private:
  enum Cause : unsigned { kBusy, kWaitTracker, kWaitReader, kIdle };
  struct Tracker {
    bool taken = false;
    std::uint8_t entry = 0;
    MvinRows rows;  // reader, zero writer and mvin writer refer to them until the mvin is in place
  };
  struct State {
    std::uint64_t stride = 0;
    std::uint32_t block_stride = 0;
    std::uint32_t pixel_repeats = 1;
    float scale = 1.0f;
    bool shrink = false;
  };
  void start_mvin(const IssuedCommand& issued, unsigned tracker, Cycle now);

  const arch::DerivedConfig& derived_;
  ReservationStation& station_;
  DmaReader& reader_;
  ZeroWriter& zeros_;
  CommandQueue<IssuedCommand> queue_;
  std::array<State, 3> states_;
  std::vector<Tracker> trackers_;
  bool sending_ = false;
  Cycle first_request_ = 0;
  Cycle last_request_ = kNever;  // of the mvin being sent, once known
  Cycle next_look_ = 0;          // the next command is not looked at before
  Cause waits_ = kIdle;          // what the mvin at the head has waited for since it was last looked at
  CycleAccount account_{"load", {"busy", "wait_tracker", "wait_reader", "idle"}};
};

}  // namespace gemel::sim
