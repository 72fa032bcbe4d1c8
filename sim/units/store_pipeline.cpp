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
      values_(timing_only ? 0 : std::size_t{kRing} * derived.accumulator_row_bytes) {}

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

void StorePipeline::dispatch() {
  if (++dispatched_ == 1) set_due(earliest_read(stage(read_).element));
}

// The earliest cycle in which the element may be read as far as the pipeline is concerned; kNever while that is not
// known.
inline Cycle StorePipeline::earliest_read(const StoreElement& e) const {
  const Cycle at = std::max(e.requested + 1, next_read_);
  if (e.is_scaled()) return accumulator_normed_ < accumulator_read_ ? kNever : std::max(at, last_norm_);
  if (read_ < window_) return at;
  return accepted_ <= read_ - window_ ? kNever : std::max(at, accept_of(read_ - window_));
}

inline void StorePipeline::ask_for_read() { set_due(dispatched_ == 0 ? kNever : earliest_read(stage(read_).element)); }

void StorePipeline::row_sent() {
  settle();
  ask_for_read();
}

// The head of the dispatch queue may be read as far as the pipeline is concerned.
void StorePipeline::advance(Cycle now) {
  const StoreElement& head = stage(read_).element;
  if (!head.outside && refused(head, now)) {
    set_due(now + 1);
    return;
  }
  read(now);
  ask_for_read();
}

// Its bank refuses the read.
inline bool StorePipeline::refused(const StoreElement& element, Cycle now) {
  loads_.sync(now);
  const std::uint32_t row = element.local.row(derived_);
  if (element.local.is_accumulator()) return accumulator_.refuses_read(accumulator_.bank_of(row), now);
  const std::uint32_t bank = scratchpad_.bank_of(row);
  return scratchpad_.refuses_read(bank, now) || execute_.reads_bank(bank, now);
}

inline void StorePipeline::read(Cycle now) {
  Stage& s = stage(read_);
  const StoreElement& element = s.element;
  const bool last_of_command = element.last_of_command;
  const std::uint8_t entry = element.entry;
  const bool is_for_memory = element.norm == arch::NormCommand::Write;
  next_read_ = now + 1;
  --dispatched_;
  if (element.is_scaled()) {
    const std::uint64_t m = accumulator_read_++ % kRing;
    read_at_[m] = now;
    position_[m] = is_for_memory ? read_ : kNowhere;
    scale_cycles_[m] = element.scale_cycles;
  }
  if (!timing_only_) take_data(element);
  if (is_for_memory) {
    s.read = now;
    s.scale = kNever;
    ++read_;
  } else if (dispatched_ > 0) {  // leaves the ring
    s.element = stage(read_ + 1).element;
  }
  if (last_of_command) station_.complete_store(entry, now + 1);
  controller_->wake(now + 1);
  settle();
}

// What the element is read for, of the one that is being read.
void StorePipeline::take_data(const StoreElement& element) {
  const std::uint32_t row = element.local.row(derived_);
  if (element.norm != arch::NormCommand::Write) {
    statistics_[element.normaliser->context].take(element.norm, accumulator_.row(row), element.lanes,
                                                  element.normaliser->constants);
    return;
  }
  std::uint8_t* out = values(read_);
  if (element.outside)
    std::memset(out, 0, element.lanes);
  else if (!element.local.is_accumulator())
    std::memcpy(out, scratchpad_.row(row), element.lanes);
  else if (element.full_width)
    std::memcpy(out, accumulator_.row(row), element.lanes * 4u);
  else if (!element.normaliser)
    arch::accumulator_scale_row(accumulator_.row(row), reinterpret_cast<std::int8_t*>(out), element.lanes,
                                element.scale, element.activation);
  else
    arch::normalised_scale_row(accumulator_.row(row), reinterpret_cast<std::int8_t*>(out), element.lanes, element.scale,
                               *element.normaliser, statistics_[element.normaliser->context]);
  if (element.normaliser && element.is_plain_accumulator_read())
    statistics_[element.normaliser->context].take(arch::NormCommand::Write, nullptr, 0, {});
}

// Everything that follows from what was read: norm, scale and accept cycles, as far as the writer's are known.
void StorePipeline::settle() {
  bool again = true;
  while (again) {
    norm_what_may();
    const bool scaled = scale_what_may();
    const bool accepted = accept_what_may();
    // Two accumulator elements may be normed ahead of the scale, and the scale waits for elements to be accepted.
    again =
        (scaled && accumulator_normed_ < accumulator_read_) || (accepted && accumulator_scaled_ < accumulator_normed_);
  }
}

inline void StorePipeline::norm_what_may() {
  while (accumulator_normed_ < accumulator_read_ && accumulator_normed_ < accumulator_scaled_ + 2) {
    const std::uint64_t m = accumulator_normed_++;
    Cycle norm = std::max(read_at_[m % kRing], last_norm_) + 1;
    if (m >= 2) norm = std::max(norm, scale_[(m - 2) % kRing] + 1);
    norm_[m % kRing] = last_norm_ = norm;
  }
}

inline bool StorePipeline::scale_what_may() {
  bool moved = false;
  for (; accumulator_scaled_ < accumulator_normed_; ++accumulator_scaled_, moved = true) {
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
  }
  return moved;
}

inline bool StorePipeline::accept_what_may() {
  bool moved = false;
  for (; accepted_ < read_ && writer_.ready_at() != kNever; ++accepted_, moved = true) {
    const Stage& s = stage(accepted_);
    Cycle at;
    if (s.element.is_scaled()) {
      if (s.scale == kNever) break;
      at = s.scale + scale_latency_;
    } else {
      at = s.read + (s.element.outside ? 3 : 1 + read_delay_);
    }
    at = std::max({at, next_accept_, writer_.ready_at()});
    accept_[accepted_ % kRing] = at;
    next_accept_ = at + 1;
    writer_.accept(s.element, timing_only_ ? nullptr : values(accepted_), at);
  }
  return moved;
}

std::string StorePipeline::describe() const {
  if (idle()) return "the store pipeline is empty";
  return "store pipeline: " + std::to_string(dispatched_) + " elements wait to be read, " +
         std::to_string(read_ - accepted_) + " to be written, the DMA writer " +
         (writer_.ready_at() == kNever ? "is sending a row" : "is ready");
}

}  // namespace gemel::sim
