// SPDX-License-Identifier: Apache-2.0
#pragma once
// Executes mvout and config_st in order: one element a cycle to the dispatch queue, with or without max-pooling
// (docs/microarchitecture.md, section 12). An mvout completes when its last element has been read from local memory.
#include <array>
#include <cstdint>
#include <deque>

#include "sim/arch/accelerator_config.h"
#include "sim/arch/isa.h"
#include "sim/arch/normaliser.h"
#include "sim/stats/cycle_account.h"
#include "sim/units/command_queue.h"
#include "sim/units/reservation_station.h"
#include "sim/units/store_pipeline.h"
#include "sim/units/unit.h"

namespace gemel::sim {

class StoreController final : public Unit, public CommandSink {
 public:
  StoreController(const sc_core::sc_module_name& name, const arch::AcceleratorConfig& config,
                  const arch::DerivedConfig& derived, ReservationStation& station, StorePipeline& pipeline);

  bool has_room(Cycle now) const override { return queue_.has_room(now); }
  void accept(const IssuedCommand& command, Cycle now) override { wake(queue_.push(command, now)); }
  void advance(Cycle now);
  void account_until(Cycle now);
  const CycleAccount& account() const { return account_; }

 private:
  enum Cause : unsigned { kBusy, kWaitTracker, kWaitDispatch, kIdle };
  void configure(const arch::ConfigStore& c);
  void configure(const arch::ConfigNormalise& c);
  void start_mvout(const arch::Mvout& m);
  void element(StoreElement& e, Cycle now) const;
  void window_element(StoreElement& e) const;
  void next_element();
  void forget_completed();
  bool start_head(Cycle now);
  void send(Cycle now);
  void pop(Cycle now);
  void wait_for_room(Cycle now);

  const arch::DerivedConfig& derived_;
  bool full_width_reads_;
  bool normalises_;
  std::uint8_t scale_cycles_;  // of a row that is scaled
  ReservationStation& station_;
  StorePipeline& pipeline_;
  CommandQueue<IssuedCommand> queue_;
  std::deque<std::uint8_t> trackers_;  // station entries of mvouts that have not completed, oldest first
  unsigned tracker_count_;

  arch::ConfigStore settings_;  // geometry kept from the last pooling configuration
  float scale_ = 1.0f;
  arch::NormaliserSettings normaliser_;
  // Those of the mvout at hand and of elements in the dispatch queue, of at most two mvouts before it.
  std::array<arch::NormaliserSettings, 4> used_;
  unsigned newest_used_ = 0;

  bool sending_ = false;
  bool any_sent_ = false;  // an element of the mvout at hand
  arch::Mvout mvout_;
  StoreElement common_;  // what all elements of the mvout at hand have in common
  std::uint32_t rows_ = 0, blocks_ = 0;
  std::uint32_t row_ = 0, block_ = 0;
  std::uint32_t window_row_ = 0, window_col_ = 0, pooled_row_ = 0, pooled_col_ = 0;
  bool leaving_ = false;  // everything is sent; the command still stands in the queue
  Cycle first_request_ = 0;
  Cycle next_look_ = 0;
  CycleAccount account_{"store", {"busy", "wait_tracker", "wait_dispatch", "idle"}};
};

}  // namespace gemel::sim
