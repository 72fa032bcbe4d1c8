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
      ring_(kRing) {
  for (Stage& s : ring_) s.values.resize(derived.accumulator_row_bytes);
}

Cycle StorePipeline::scale_interval(const arch::AcceleratorConfig& config) {
  const std::uint32_t units = config.accumulator_scale.units;
  const std::uint32_t dim = config.mesh.dim;
  return units == 0 || units >= dim ? 1 : (dim + units - 1) / units;
}

std::uint8_t StorePipeline::statistics_cycles(arch::NormCommand command) {
  constexpr std::uint8_t kDivide = 32, kRoot = 16, kReciprocal = 26;
  switch (command) {
    case arch::NormCommand::Mean:
      return 1 + kDivide;
    case arch::NormCommand::InverseDeviation:
      return 1 + kDivide + kRoot + kReciprocal;
    case arch::NormCommand::InverseSumExponentials:
      return 1 + kReciprocal;
    default:
      return 1;
  }
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
  any_read_ = true;
  last_read_ = now;
  const bool is_for_memory = element.norm == arch::NormCommand::Write;
  if (is_scaled(element)) {
    const std::uint64_t m = accumulator_read_++ % kRing;
    read_at_[m] = now;
    position_[m] = is_for_memory ? read_ : kNowhere;
    scale_cycles_[m] = element.scale_cycles;
  }
  if (is_for_memory)
    read_for_memory(element, now);
  else if (!timing_only_)
    statistics_[element.normaliser->context].take(element.norm, accumulator_.row(element.local.row(derived_)),
                                                  element.lanes, element.normaliser->constants);
  if (element.last_of_command) station_.complete_store(element.entry, now + 1);
  controller_->wake(now + 1);
  progress();
}

void StorePipeline::read_for_memory(const StoreElement& element, Cycle now) {
  Stage& s = stage(read_++);
  s.element = element;
  s.read = now;
  s.scale = s.accept = kNever;
  if (timing_only_) return;
  const std::uint32_t row = element.local.row(derived_);
  if (element.outside)
    std::memset(s.values.data(), 0, element.lanes);
  else if (!element.local.is_accumulator())
    std::memcpy(s.values.data(), scratchpad_.row(row), element.lanes);
  else if (element.full_width)
    std::memcpy(s.values.data(), accumulator_.row(row), element.lanes * 4);
  else if (!element.normaliser)
    arch::accumulator_scale_row(accumulator_.row(row), reinterpret_cast<std::int8_t*>(s.values.data()), element.lanes,
                                element.scale, element.activation);
  else
    arch::normalised_scale_row(accumulator_.row(row), reinterpret_cast<std::int8_t*>(s.values.data()), element.lanes,
                               element.scale, *element.normaliser, statistics_[element.normaliser->context]);
  if (element.normaliser && element.is_plain_accumulator_read())
    statistics_[element.normaliser->context].take(arch::NormCommand::Write, nullptr, 0, {});
}

// Everything that follows from what was read: norm, scale and accept cycles, as far as the writer's are known.
void StorePipeline::progress() {
  for (bool moved = true; moved;) {
    moved = false;
    while (accumulator_normed_ < accumulator_read_ && accumulator_normed_ < accumulator_scaled_ + 2) {
      const std::uint64_t m = accumulator_normed_++;
      Cycle norm = read_at_[m % kRing] + 1;
      if (m >= 1) norm = std::max(norm, norm_[(m - 1) % kRing] + 1);
      if (m >= 2) norm = std::max(norm, scale_[(m - 2) % kRing] + 1);
      norm_[m % kRing] = norm;
      moved = true;
    }
    while (accumulator_scaled_ < accumulator_normed_) {
      const std::uint64_t m = accumulator_scaled_ % kRing;
      const std::uint64_t n = position_[m];
      Cycle scale = std::max(norm_[m] + 1, scale_free_);
      if (n != kNowhere) {
        if (n >= window_ && accepted_ <= n - window_) break;
        if (scaled_ >= scale_latency_) {
          const std::uint64_t before = scaled_position_[(scaled_ - scale_latency_) % kRing];
          if (accepted_ <= before) break;
          scale = std::max(scale, accept_of(before));
        }
        if (n >= window_) scale = std::max(scale, accept_of(n - window_));
        stage(n).scale = scale;
        scaled_position_[scaled_++ % kRing] = n;
      } else {
        statistics_until_ = scale + scale_cycles_[m];
      }
      scale_[m] = scale;
      scale_free_ = scale + scale_cycles_[m];
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
