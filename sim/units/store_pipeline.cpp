// SPDX-License-Identifier: Apache-2.0
#include "sim/units/store_pipeline.h"

#include <algorithm>
#include <cstring>

#include "sim/arch/numerics.h"

namespace gemel::sim {

StorePipeline::StorePipeline(const sc_core::sc_module_name& name, const arch::AcceleratorConfig& config,
                             const arch::DerivedConfig& derived, ReservationStation& station, MvinWriter& loads,
                             ExecuteController& execute, Scratchpad& scratchpad, Accumulator& accumulator,
                             DmaWriter& writer, bool timing_only)
    : Unit(name),
      derived_(derived),
      station_(station),
      loads_(loads),
      execute_(execute),
      scratchpad_(scratchpad),
      accumulator_(accumulator),
      writer_(writer),
      timing_only_(timing_only),
      window_(config.scratchpad.read_delay_cycles + 1),
      read_delay_(config.scratchpad.read_delay_cycles),
      scale_latency_(config.accumulator_scale.latency_cycles),
      scale_interval_(config.accumulator_scale.units == 0 || config.accumulator_scale.units >= derived.dim
                          ? 1
                          : (derived.dim + config.accumulator_scale.units - 1) / config.accumulator_scale.units),
      ring_(kRing) {
  for (Stage& s : ring_) s.values.resize(derived.accumulator_row_bytes);
}

void StorePipeline::dispatch(const StoreElement& element) {
  dispatch_[dispatched_++] = element;
  if (dispatched_ == 1) wake(element.requested + 1);
}

// The earliest cycle in which the element may be read as far as the pipeline is concerned; kNever while that is not
// known.
Cycle StorePipeline::earliest_read(const StoreElement& e) {
  Cycle at = e.requested + 1;
  if (any_read_) at = std::max(at, last_read_ + 1);
  if (is_scaled(e)) {
    if (accumulator_read_ > 0) {
      if (accumulator_normed_ < accumulator_read_) return kNever;
      at = std::max(at, norm_[(accumulator_read_ - 1) % kRing]);
    }
  } else if (read_ >= window_) {
    if (accepted_ <= read_ - window_) return kNever;
    at = std::max(at, accept_of(read_ - window_));
  }
  return at;
}

void StorePipeline::read(Cycle now) {
  const StoreElement element = dispatch_[0];
  dispatch_[0] = dispatch_[1];
  --dispatched_;
  Stage& s = stage(read_);
  s.element = element;
  s.read = now;
  s.scale = s.accept = kNever;
  any_read_ = true;
  last_read_ = now;
  if (!timing_only_) {
    const std::uint32_t row = element.local.row(derived_);
    if (element.outside)
      std::memset(s.values.data(), 0, element.lanes);
    else if (!element.local.is_accumulator())
      std::memcpy(s.values.data(), scratchpad_.row(row), element.lanes);
    else if (element.full_width)
      std::memcpy(s.values.data(), accumulator_.row(row), element.lanes * 4);
    else
      arch::accumulator_scale_row(accumulator_.row(row), reinterpret_cast<std::int8_t*>(s.values.data()), element.lanes,
                                  element.scale, element.activation);
  }
  if (is_scaled(element)) {
    position_[accumulator_read_ % kRing] = read_;
    ++accumulator_read_;
  }
  ++read_;
  if (element.last_of_command) station_.complete_store(element.entry, now + 1);
  controller_->wake(now + 1);
  progress();
}

// Everything that follows from what was read: norm, scale and accept cycles, as far as the writer's are known.
void StorePipeline::progress() {
  for (bool moved = true; moved;) {
    moved = false;
    while (accumulator_normed_ < accumulator_read_ && accumulator_normed_ < accumulator_scaled_ + 2) {
      const std::uint64_t m = accumulator_normed_++;
      Cycle norm = stage(position_[m % kRing]).read + 1;
      if (m >= 1) norm = std::max(norm, norm_[(m - 1) % kRing] + 1);
      if (m >= 2) norm = std::max(norm, scale_[(m - 2) % kRing] + 1);
      norm_[m % kRing] = norm;
      moved = true;
    }
    while (accumulator_scaled_ < accumulator_normed_) {
      const std::uint64_t m = accumulator_scaled_;
      const std::uint64_t n = position_[m % kRing];
      if (n >= window_ && accepted_ <= n - window_) break;
      if (m >= scale_latency_ && accepted_ <= position_[(m - scale_latency_) % kRing]) break;
      Cycle scale = norm_[m % kRing] + 1;
      if (m >= 1) scale = std::max(scale, scale_[(m - 1) % kRing] + scale_interval_);
      if (n >= window_) scale = std::max(scale, accept_of(n - window_));
      if (m >= scale_latency_) scale = std::max(scale, accept_of(position_[(m - scale_latency_) % kRing]));
      stage(n).scale = scale_[m % kRing] = scale;
      ++accumulator_scaled_;
      moved = true;
    }
    while (accepted_ < read_ && writer_.ready_at() != kNever) {
      Stage& s = stage(accepted_);
      Cycle at;
      if (is_scaled(s.element)) {
        if (s.scale == kNever) break;
        at = s.scale + scale_latency_;
      } else {
        at = s.read + (s.element.outside ? 3 : 1 + read_delay_);
      }
      if (any_accept_) at = std::max(at, last_accept_ + 1);
      at = std::max(at, writer_.ready_at());
      s.accept = last_accept_ = at;
      any_accept_ = true;
      ++accepted_;
      writer_.accept(s.element, s.values.data(), at);
      moved = true;
    }
  }
  if (dispatched_ > 0) {
    const Cycle at = earliest_read(dispatch_[0]);
    if (at != kNever) wake(at);
  }
}

void StorePipeline::advance(Cycle now) {
  look(now);
  if (dispatched_ == 0) return;
  const StoreElement& head = dispatch_[0];
  const Cycle at = earliest_read(head);
  if (at > now) {
    if (at != kNever) wake(at);
    return;
  }
  if (!head.outside) {
    loads_.sync(now);
    const std::uint32_t row = head.local.row(derived_);
    bool refused;
    if (head.local.is_accumulator()) {
      refused = accumulator_.refuses_read(accumulator_.bank_of(row), now);
    } else {
      const std::uint32_t bank = scratchpad_.bank_of(row);
      refused = scratchpad_.refuses_read(bank, now) || execute_.reads_bank(bank, now);
    }
    if (refused) {
      wake(now + 1);
      return;
    }
  }
  read(now);
  if (dispatched_ > 0) {
    const Cycle next = earliest_read(dispatch_[0]);
    if (next != kNever) wake(std::max(next, now + 1));
  }
}

std::string StorePipeline::describe() const {
  if (idle()) return "the store pipeline is empty";
  return "store pipeline: " + std::to_string(dispatched_) + " elements wait to be read, " +
         std::to_string(read_ - accepted_) + " to be written, the DMA writer " +
         (writer_.ready_at() == kNever ? "is sending a row" : "is ready");
}

}  // namespace gemel::sim
