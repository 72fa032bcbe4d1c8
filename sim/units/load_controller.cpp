// SPDX-License-Identifier: Apache-2.0
#include "sim/units/load_controller.h"

#include <algorithm>
#include <stdexcept>
#include <string>

namespace gemel::sim {

LoadController::LoadController(const sc_core::sc_module_name& name, const arch::AcceleratorConfig& config,
                               const arch::DerivedConfig& derived, ReservationStation& station, DmaReader& reader,
                               ZeroWriter& zeros)
    : Unit(name),
      derived_(derived),
      station_(station),
      reader_(reader),
      zeros_(zeros),
      queue_(config.queues.load, 1),
      trackers_(config.dma.loads_in_flight) {
  for (State& state : states_) state.block_stride = derived.dim;
}

void LoadController::rows_requested(Cycle last_request) {
  last_request_ = last_request;
  wake(std::max(last_request, first_request_ + 1));
}

void LoadController::written(std::uint8_t tracker, Cycle at) {
  station_.complete_load(trackers_[tracker].entry, at + 1);
}

void LoadController::start_mvin(const IssuedCommand& issued, unsigned tracker, Cycle now) {
  const arch::Mvin m = arch::decode_mvin(issued.command);
  const State& state = states_[m.state];
  const std::uint32_t dim = derived_.dim;
  Tracker& t = trackers_[tracker];
  t.taken = true;
  t.entry = issued.entry;
  MvinRows& rows = t.rows;
  rows.address = m.dram_address;
  rows.stride = state.stride;
  rows.local = m.local.address;
  rows.cols = m.local.cols;
  rows.block_stride = state.block_stride;
  rows.wide = m.local.address.is_accumulator() && !state.shrink;
  rows.accumulate = m.local.address.is_accumulator() && m.local.address.accumulates();
  rows.scale = state.scale;
  rows.pixel_repeats = m.local.address.is_accumulator() ? 1 : state.pixel_repeats;
  rows.row_bytes = rows.cols * (rows.wide ? 4 : 1);
  rows.local_row_bits = __builtin_ctz(rows.wide ? derived_.accumulator_row_bytes : derived_.scratchpad_row_bytes);
  rows.tracker = static_cast<std::uint8_t>(tracker);
  const std::uint32_t most = dim * (rows.wide ? derived_.max_block_columns_acc : derived_.max_block_columns);
  if (m.local.rows == 0 || m.local.cols == 0 || m.local.rows > dim || m.local.cols > most)
    throw std::invalid_argument("mvin of " + std::to_string(m.local.rows) + " x " + std::to_string(m.local.cols) +
                                " elements; this machine moves 1.." + std::to_string(dim) + " rows of 1.." +
                                std::to_string(most) + (rows.wide ? " 32-bit" : "") + " columns");
  const bool zeros = m.dram_address == 0;
  rows.rows = m.local.rows;
  rows.repeats = 0;
  if (!zeros && state.stride == 0) {
    rows.rows = 1;
    rows.repeats = m.local.rows - 1;
  }
  rows.plain = rows.writes_per_piece() == 1 && !rows.scales();
  sending_ = true;
  first_request_ = now;
  last_request_ = kNever;
  if (zeros)
    zeros_.start(rows, now);
  else
    reader_.start(rows, now);
}

void LoadController::advance(Cycle now) {
  look(now);
  for (Tracker& t : trackers_) {
    // Completed in an earlier cycle: the tracker is free from the cycle after, when the station woke us.
    if (t.taken && !station_.holds(CommandClass::Load, t.entry)) t.taken = false;
  }
  if (sending_) {
    if (last_request_ == kNever) return;
    // The command leaves the queue with its last request, one of a single row a cycle later.
    const Cycle leaves = std::max(last_request_, first_request_ + 1);
    if (now < leaves) {
      wake(leaves);
      return;
    }
    account_.spend(last_request_ + 1, kBusy);
    queue_.pop(1, now);
    station_.queue_popped(CommandClass::Load, now);
    sending_ = false;
    next_look_ = now + 1;
  }
  const Cycle look = std::max(next_look_, queue_.visible_at(0));
  if (look > now) {
    if (look != kNever) wake(look);
    return;
  }
  account_.spend(look, kIdle);
  account_.spend(now, waits_);
  waits_ = kIdle;
  const IssuedCommand& head = queue_.at(0);
  if (static_cast<arch::Funct>(head.command.funct) == arch::Funct::Config) {
    const arch::ConfigLoad c = arch::decode_config_load(head.command.rs1, head.command.rs2);
    states_[c.state] = State{c.dram_stride, c.block_stride, c.pixel_repeats, c.scale, c.shrink};
    account_.spend(now + 1, kBusy);
    queue_.pop(1, now);
    station_.queue_popped(CommandClass::Load, now);
    next_look_ = now + 1;
    wake(std::max(next_look_, queue_.visible_at(0)));
    return;
  }
  const auto tracker = std::find_if(trackers_.begin(), trackers_.end(), [](const Tracker& t) { return !t.taken; });
  if (tracker == trackers_.end()) {
    waits_ = kWaitTracker;  // the completion wakes us
    return;
  }
  const bool zeros = head.command.rs1 == 0;
  if (!(zeros ? zeros_.input_ready(now) : reader_.input_ready(now))) {
    waits_ = kWaitReader;  // the input register wakes us
    return;
  }
  start_mvin(head, static_cast<unsigned>(tracker - trackers_.begin()), now);
}

void LoadController::account_until(Cycle now) {
  if (sending_)
    account_.spend(last_request_ == kNever ? now : std::min(now, last_request_ + 1), kBusy);
  else
    account_.spend(std::min(now, std::max(next_look_, queue_.visible_at(0))), kIdle);
  account_.spend(now, sending_ ? kIdle : waits_);
}

}  // namespace gemel::sim
