// SPDX-License-Identifier: Apache-2.0
#include "sim/units/store_controller.h"

#include <algorithm>
#include <stdexcept>
#include <string>

namespace gemel::sim {

StoreController::StoreController(const sc_core::sc_module_name& name, const arch::AcceleratorConfig& config,
                                 const arch::DerivedConfig& derived, ReservationStation& station,
                                 StorePipeline& pipeline)
    : Unit(name),
      derived_(derived),
      full_width_reads_(config.full_width_accumulator_read),
      normalises_(config.normalisations),
      scale_cycles_(static_cast<std::uint8_t>(StorePipeline::scale_interval(config))),
      station_(station),
      pipeline_(pipeline),
      queue_(config.queues.store, 1),
      tracker_count_(config.dma.loads_in_flight) {}

void StoreController::configure(const arch::ConfigStore& c) {
  if (c.activation > 1 && !normalises_)
    throw std::invalid_argument("config_st: activation " + std::to_string(c.activation) +
                                " is not built in; use 0 (none) or 1 (ReLU)");
  settings_ = arch::configured_behind(settings_, c);
  if (!c.keeps_scale()) scale_ = c.scale();
  normaliser_.configure(c);
}

void StoreController::configure(const arch::ConfigNormalise& c) {
  if (!normalises_)
    throw std::invalid_argument("config_norm: this machine is built without normalisations (key normalisations)");
  if (const auto violation = arch::find_norm_violation(c, normaliser_)) throw std::invalid_argument(*violation);
  normaliser_.configure(c);
}

void StoreController::start_mvout(const arch::Mvout& m) {
  const std::uint32_t dim = derived_.dim;
  const bool pooling = settings_.pool_stride != 0;
  const bool one_dimensional = !pooling && settings_.pool_size != 0;
  mvout_ = m;
  rows_ = one_dimensional ? std::uint32_t{settings_.out_rows} * settings_.out_cols : m.local.rows;
  blocks_ = (m.local.cols + dim - 1) / dim;
  const bool full = m.local.address.is_accumulator() && m.local.address.is_full_width();
  if (full && !full_width_reads_)
    throw std::invalid_argument("mvout of 32-bit elements: this machine is built without full-width accumulator reads");
  const std::uint32_t most = pooling ? 1 : full ? derived_.max_block_columns_acc : derived_.max_block_columns;
  if (m.local.cols == 0 || blocks_ > most || (!pooling && rows_ == 0))
    throw std::invalid_argument("mvout of " + std::to_string(rows_) + " x " + std::to_string(m.local.cols) +
                                " elements; this machine moves 1.." + std::to_string(most * dim) + " columns" +
                                (full      ? " of 32 bits"
                                 : pooling ? " while pooling"
                                           : ""));
  if (pooling && (settings_.pool_size == 0 || settings_.pooled_rows == 0 || settings_.pooled_cols == 0))
    throw std::invalid_argument("mvout while pooling: config_st gave a window or an output of size 0");
  row_ = block_ = window_row_ = window_col_ = pooled_row_ = pooled_col_ = 0;
  common_ = StoreElement{};
  common_.entry = queue_.at(0).entry;
  common_.scale = scale_;
  common_.activation = normaliser_.activation;
  common_.scale_cycles = scale_cycles_;
  common_.full_width = full;
  common_.pooled = pooling;
  common_.lanes = static_cast<std::uint16_t>(dim);
  if (normalises_) {
    used_[++newest_used_ % used_.size()] = normaliser_;
    common_.normaliser = &used_[newest_used_ % used_.size()];
  }
}

// The element at hand, as it is dispatched in `now`.
inline void StoreController::element(StoreElement& e, Cycle now) const {
  e = common_;
  e.requested = now;
  e.block = static_cast<std::uint16_t>(block_);
  const bool last_block = block_ + 1 == blocks_;
  if (last_block) e.lanes = static_cast<std::uint16_t>((mvout_.local.cols - 1) % derived_.dim + 1);
  if (e.pooled) {
    window_element(e);
    return;
  }
  e.local = mvout_.local.address.plus(block_ * derived_.dim + row_, derived_);
  e.last = last_block;
  e.last_of_command = last_block && row_ + 1 == rows_;
  if (normalises_ && e.local.is_accumulator()) {
    const arch::NormCommand norm = arch::norm_command(e.local);
    e.norm = last_block ? norm : arch::before_last_block(norm);
    if (norm != arch::NormCommand::Write) e.scale_cycles = StorePipeline::statistics_cycles(e.norm);
  }
  const std::uint64_t row =
      settings_.pool_size != 0 ? std::uint64_t{pooled_row_} * settings_.pool_out_dim + pooled_col_ : row_;
  e.address = mvout_.dram_address + row * settings_.dram_stride;
}

void StoreController::window_element(StoreElement& e) const {
  const std::int32_t row = std::int32_t(pooled_row_ * settings_.pool_stride + window_row_) - settings_.upper_pad;
  const std::int32_t col = std::int32_t(pooled_col_ * settings_.pool_stride + window_col_) - settings_.left_pad;
  e.outside = row < 0 || col < 0 || row >= settings_.out_rows || col >= settings_.out_cols;
  e.local = e.outside
                ? arch::LocalAddress::garbage()
                : mvout_.local.address.plus(std::uint32_t(row) * settings_.out_cols + std::uint32_t(col), derived_);
  e.merges = window_row_ != 0 || window_col_ != 0;
  e.last = window_row_ + 1u == settings_.pool_size && window_col_ + 1u == settings_.pool_size;
  e.last_of_command = e.last && pooled_col_ + 1u == settings_.pooled_cols && pooled_row_ + 1u == settings_.pooled_rows;
  e.address =
      mvout_.dram_address + (std::uint64_t{pooled_row_} * settings_.pool_out_dim + pooled_col_) * settings_.dram_stride;
}

void StoreController::next_element() {
  if (settings_.pool_stride != 0) {
    if (++window_col_ < settings_.pool_size) return;
    window_col_ = 0;
    if (++window_row_ < settings_.pool_size) return;
    window_row_ = 0;
    if (++pooled_col_ < settings_.pooled_cols) return;
    pooled_col_ = 0;
    ++pooled_row_;
    return;
  }
  if (++block_ < blocks_) return;
  block_ = 0;
  ++row_;
  if (settings_.pool_size != 0 && ++pooled_col_ == settings_.out_cols) {
    pooled_col_ = 0;
    ++pooled_row_;
  }
}

void StoreController::pop(Cycle now) {
  queue_.pop(1, now);
  station_.queue_popped(CommandClass::Store, now);
  next_look_ = now + 1;
  wake(std::max(next_look_, queue_.visible_at(0)));
}

// mvouts complete in their order.
inline void StoreController::forget_completed() {
  while (!trackers_.empty() && !station_.holds(CommandClass::Store, trackers_.front())) trackers_.pop_front();
}

void StoreController::advance(Cycle now) {
  look(now);
  forget_completed();
  if (leaving_) {  // an mvout of a single element leaves the queue a cycle after its request
    leaving_ = false;
    pop(now);
    return;
  }
  if (!sending_ && !start_head(now)) return;
  if (pipeline_.has_room(now))
    send(now);
  else if (pipeline_.has_room(now +
                              1))  // a later read wakes us; one in this cycle already has, before we were looked at
    wake(now + 1);
}

// The head of the queue, where there is one to be seen: true where it is an mvout that now hands out its elements.
bool StoreController::start_head(Cycle now) {
  const Cycle look = std::max(next_look_, queue_.visible_at(0));
  if (look > now) {
    if (look != kNever) wake(look);
    return false;
  }
  account_.spend(look, kIdle);
  const IssuedCommand& head = queue_.at(0);
  if (static_cast<arch::Funct>(head.command.funct) == arch::Funct::Config) {
    if (arch::config_kind(head.command.rs1) == arch::ConfigKind::Normalise)
      configure(arch::decode_config_normalise(head.command.rs1, head.command.rs2));
    else
      configure(arch::decode_config_store(head.command.rs1, head.command.rs2));
    account_.spend(now + 1, kBusy);
    pop(now);
    return false;
  }
  account_.spend(now, kWaitTracker);
  if (trackers_.size() >= tracker_count_) return false;  // a completion wakes us
  start_mvout(arch::decode_mvout(head.command.rs1, head.command.rs2));
  trackers_.push_back(head.entry);
  sending_ = true;
  any_sent_ = false;
  return true;
}

// One element to the dispatch queue.
inline void StoreController::send(Cycle now) {
  account_.spend(now, kWaitDispatch);
  account_.spend(now + 1, kBusy);
  StoreElement& e = pipeline_.next_element();
  element(e, now);
  pipeline_.dispatch();
  if (!any_sent_) first_request_ = now;
  any_sent_ = true;
  if (!e.last_of_command) {
    next_element();
    if (pipeline_.has_room(now + 1)) wake(now + 1);
    return;
  }
  sending_ = false;
  if (now > first_request_) {
    pop(now);
  } else {
    leaving_ = true;
    wake(now + 1);
  }
}

void StoreController::account_until(Cycle now) {
  if (sending_) account_.spend(now, kWaitDispatch);
  // Otherwise what stands at the head is looked at when it is seen, and waits for a tracker.
  if (!leaving_) {
    account_.spend(std::min(now, std::max(next_look_, queue_.visible_at(0))), kIdle);
    account_.spend(now, kWaitTracker);
  }
  account_.spend(now, kIdle);
}

}  // namespace gemel::sim
