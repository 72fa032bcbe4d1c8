// SPDX-License-Identifier: Apache-2.0
#include "sim/units/execute_controller.h"

#include <algorithm>
#include <stdexcept>
#include <string>

namespace gemel::sim {

using arch::Funct;

namespace {

constexpr Cycle kTagsInArray = 5;   // request n waits for the last output of request n - 5
constexpr unsigned kLeastRows = 4;  // of a request that brings no weights

}  // namespace

ExecuteController::ExecuteController(const sc_core::sc_module_name& name, const arch::AcceleratorConfig& config,
                                     const arch::DerivedConfig& derived, ReservationStation& station, MvinWriter& loads,
                                     Scratchpad& scratchpad, Accumulator& accumulator, Mesh& mesh, bool timing_only)
    : Unit(name),
      derived_(derived),
      station_(station),
      loads_(loads),
      mesh_(mesh),
      timing_only_(timing_only),
      read_delay_(config.scratchpad.read_delay_cycles),
      queue_(config.queues.execute),
      operands_(config.mesh.dataflow, derived),
      feeder_(derived, scratchpad),
      results_(derived, scratchpad, accumulator, mesh),
      finished_values_(std::size_t{derived.dim} * derived.dim) {}

void ExecuteController::accept(const IssuedCommand& command, Cycle now) {
  const Cycle visible = queue_.push(command, now);
  if (!feeding_ && !looking_) wake(std::max(visible, next_decision_));
}

bool ExecuteController::waits_on_lone_preload(Cycle now) const {
  return !feeding_ && next_decision_ <= now && queue_.holds_only_a_preload(now);
}

void ExecuteController::advance(Cycle now) {
  look(now);
  looking_ = true;
  proceed(now);
  looking_ = false;
}

inline void ExecuteController::proceed(Cycle now) {
  if (feeding_) {
    if (now < next_check_) {  // woken before the request began
      wake(next_check_);
      return;
    }
    loads_.sync(now - 1);
    if (!feed_until(now)) {
      wake(next_check_ = feeder_.next_check());
      return;
    }
    finish(now);
  }
  if (now < next_decision_) {
    wake(next_decision_);
    return;
  }
  decide(now);
}

// ---- Decision ----------------------------------------------------------------------------------------------------

bool ExecuteController::touches_result(const MeshOperand& operand, Cycle now) const {
  if (!operand.present) return false;
  const RowRange rows = RowRange::of(operand.address, operand.rows * operand.stride, derived_);
  return !rows.empty() && !rows.in_accumulator() &&
         (rows.overlaps(ResultWriter::rows_of(armed_, derived_)) ||
          rows.overlaps(ResultWriter::rows_of(finished_, derived_)) || results_.touches(rows, now));
}

inline bool ExecuteController::hazard(const ExecuteStep& preload, const ExecuteStep& compute, Cycle now) const {
  if (!armed_.to_scratchpad() && !finished_.to_scratchpad() && !results_.scratchpad_pending(now)) return false;
  return touches_result(operands_.preload_bd(preload), now) || touches_result(operands_.a(compute), now) ||
         touches_result(operands_.bd(compute), now);
}

inline void ExecuteController::pop(unsigned n, Cycle now) {
  if (queue_.pop(n, now)) station_.queue_popped(CommandClass::Execute, now);
}

// Every request takes a tag; true, and looked at again in time, where none is free.
inline bool ExecuteController::waits_for_tag(Cycle now) {
  if (requests_ < kTagsInArray) return false;
  const Cycle free = last_output_[(requests_ - kTagsInArray) % last_output_.size()];
  if (free <= now + read_delay_) return false;
  wake(free - read_delay_);
  return true;
}

void ExecuteController::decide(Cycle now) {
  account_wait(now);
  results_.forget(now);
  if (queue_.refill(operands_.d_transposed(), now)) station_.queue_popped(CommandClass::Execute, now);
  const unsigned seen = queue_.see(now);
  if (seen == 0) {
    decide_without_command(now);
    return;
  }
  const ExecuteStep& first = queue_.step(0);
  const ExecuteStep& second = queue_.step(1);
  const ExecuteStep& third = queue_.step(2);
  lacks_command_ = seen == 1 && first.funct() == Funct::Preload;
  lacking_ = 1;

  if (arch::is_compute(first.funct())) {
    if (waits_for_tag(now)) return;
    if (seen == 3 && second.funct() == Funct::Preload && arch::is_compute(third.funct()) && !hazard(second, third, now))
      start(&second, &first, &third, now);
    else
      start(nullptr, &first, nullptr, now);
  } else if (first.funct() == Funct::Preload) {
    decide_preload(seen, now);
  } else {
    decide_configuration(now);
  }
}

void ExecuteController::decide_without_command(Cycle now) {
  lacks_command_ = true;
  lacking_ = queue_.head_visible() > now ? 0 : 1;
  if (operands_.output_stationary() && in_progress(now))
    flush(now);
  else if (queue_.next_visible(0) != kNever)
    wake(std::max(queue_.next_visible(0), now + 1));
}

void ExecuteController::decide_configuration(Cycle now) {
  if (in_progress(now))
    flush(now);
  else if (station_.has_fed_pending(now))
    wake(now + 1);
  else
    apply_configuration(*queue_.step(0).issued, now);
}

void ExecuteController::decide_preload(unsigned seen, Cycle now) {
  const ExecuteStep& first = queue_.step(0);
  const ExecuteStep& second = queue_.step(1);
  if (seen >= 2 && !arch::is_compute(second.funct()))
    throw std::invalid_argument("a preload is followed by funct " + std::to_string(second.issued->command.funct) +
                                "; only a compute may follow");
  if (seen >= 2 && !hazard(first, second, now)) {
    if (!waits_for_tag(now)) start(&first, nullptr, &second, now);
  } else if (operands_.output_stationary() && in_progress(now)) {
    flush(now);
  } else if (seen >= 2) {
    wake(now + 1);
  } else if (queue_.next_visible(1) != kNever) {
    wake(std::max(queue_.next_visible(1), now + 1));
  }
}

void ExecuteController::apply_configuration(const IssuedCommand& issued, Cycle now) {
  operands_.configure(arch::decode_config_execute(issued.command.rs1, issued.command.rs2));
  account_.spend(now + 1, kWaitDrain);
  lacks_command_ = true;  // until the next decision: the run may end before it
  lacking_ = 0;
  station_.complete_fed(issued.entry, now);
  queue_.configuration_applied();
  pop(1, now);
  next_decision_ = now + 1;
  wake(now + 1);
}

// ---- A request ---------------------------------------------------------------------------------------------------

// An operand that is read must lie in the scratchpad, and the array must take it.
inline void ExecuteController::check(const MeshOperand& o) const {
  if (o.present && (o.address.is_accumulator() || o.rows > derived_.dim || o.cols > derived_.dim)) refuse(o);
}

void ExecuteController::refuse(const MeshOperand& o) const {
  if (o.address.is_accumulator())
    throw std::invalid_argument(
        "an operand of the array lies in the accumulator; operands are read from the scratchpad only");
  throw std::invalid_argument("an operand of the array has " + std::to_string(o.rows) + " x " + std::to_string(o.cols) +
                              " elements; the array takes " + std::to_string(derived_.dim) + " x " +
                              std::to_string(derived_.dim));
}

// `preload` and `compute`: what takes part, nullptr where it does not; `ahead`: the compute behind the preload.
void ExecuteController::start(const ExecuteStep* preload, const ExecuteStep* compute, const ExecuteStep* ahead,
                              Cycle now) {
  Request& r = request_;
  r.has_preload = preload != nullptr;
  r.has_compute = compute != nullptr;
  if (preload != nullptr) {
    r.d = operands_.preload_bd(*preload);
    r.preload_entry = preload->issued->entry;
    r.result = operands_.result(*preload);
  } else {
    r.d = MeshOperand{};
  }
  if (compute != nullptr) {
    r.a = operands_.a(*compute);
    r.b = operands_.bd(*compute);
    r.compute_entry = compute->issued->entry;
    r.swaps = compute->funct() == Funct::ComputePreloaded;
  } else {
    r.a = r.b = MeshOperand{};
  }

  unsigned rows = derived_.dim;
  if (operands_.transposes()) {  // what passes the transposer belongs to the compute ahead
    const MeshOperand none;
    const MeshOperand a = !operands_.a_rides_ahead() ? r.a : ahead != nullptr ? operands_.a(*ahead) : none;
    const MeshOperand b = !operands_.b_rides_ahead() ? r.b : ahead != nullptr ? operands_.bd(*ahead) : none;
    check(a);
    check(b);
    check(r.d);
    feeder_.start(a, b, r.d, rows, now);
  } else {
    check(r.a);
    check(r.b);
    check(r.d);
    // Absent operands have no rows.
    if (!r.d.present && !operands_.output_stationary()) rows = std::max<unsigned>({r.a.rows, r.b.rows, kLeastRows});
    feeder_.start(r.a, r.b, r.d, rows, now);
  }
  marked_rows_ = accounted_rows_ = 0;
  feeding_ = true;
  wake(next_check_ = feeder_.next_check());
}

bool ExecuteController::reads_bank(std::uint32_t bank, Cycle now) {
  if (!feeding_) return false;
  feeder_.force_stepwise();
  feed_until(now + 1);
  return feeder_.reads_bank(bank, now);
}

// The result that the rows of the request being fed drive out.
inline const ResultTag& ExecuteController::driven_out() const {
  static const ResultTag nothing;
  if (operands_.output_stationary()) return finished_;
  return request_.has_compute ? armed_ : nothing;
}

// A request that is held up may still be fed when its first results leave: they take their banks' ports as they come.
inline bool ExecuteController::feed_until(Cycle end) {
  feeder_.run_until(end);
  if (!feeder_.regular())
    for (; marked_rows_ < feeder_.rows_fed(); ++marked_rows_)
      results_.mark_row(driven_out(), marked_rows_, feeder_.fed(marked_rows_), feeder_.rows(),
                        operands_.output_stationary());
  return feeder_.done();
}

// All rows of the request were fed before `now`.
inline void ExecuteController::finish(Cycle now) {
  feeding_ = false;
  next_decision_ = now;
  last_fed_ = feeder_.last_fed();
  fed_any_ = true;
  account_rows();

  const ResultTag& out = driven_out();
  const bool last_row_first = operands_.output_stationary();
  const Cycle last = feeder_.regular() ? results_.schedule(out, feeder_.started(), feeder_.rows(), last_row_first)
                                       : results_.schedule(out, feeder_, last_row_first, marked_rows_);
  last_output_[requests_++ % last_output_.size()] = last;
  if (out.real) station_.complete_result(out.entry, last);
  if (!timing_only_) move_data();

  const Request& r = request_;
  if (operands_.output_stationary()) finished_ = r.has_compute ? armed_ : ResultTag{};
  if (r.has_preload)
    armed_ = r.result;
  else
    armed_ = ResultTag{};  // of a compute alone

  if (r.has_compute && r.compute_entry != IssuedCommand::kNoEntry) station_.complete_fed(r.compute_entry, now);
  if (r.has_preload && !armed_.real && r.preload_entry != IssuedCommand::kNoEntry)
    station_.complete_fed(r.preload_entry, now);
  pop(r.has_preload && r.has_compute ? 2 : 1, now - 1);
}

void ExecuteController::flush(Cycle now) {
  const Cycle behind = read_delay_ + 2;  // a fed row enters the array that much later
  const Cycle enters = std::max(now + 1, fed_any_ ? last_fed_ + behind : 0);
  if (operands_.output_stationary() && finished_.real) {
    const Cycle last = results_.schedule(finished_, enters + 1 - behind, derived_.dim, true);
    emit(finished_, finished_values_.data(), derived_.dim);
    station_.complete_result(finished_.entry, last);
    finished_ = ResultTag{};
  }
  next_decision_ = enters + derived_.dim + 1;
  account_.spend(next_decision_, kWaitDrain);
  wake(next_decision_);
}

// ---- Data --------------------------------------------------------------------------------------------------------

void ExecuteController::emit(const ResultTag& tag, const std::int32_t* values, unsigned rows) {
  if (!tag.real || timing_only_) return;
  results_.write(tag, values, rows, operands_.shift(), operands_.activation(), operands_.output_stationary());
}

void ExecuteController::move_data() {
  const Request& r = request_;
  if (operands_.output_stationary()) {
    emit(finished_, finished_values_.data(), feeder_.rows());
    if (r.has_compute) {
      if (r.swaps) mesh_.swap_sums();
      mesh_.accumulate(r.a, r.b);
      if (armed_.real) finished_values_ = mesh_.sums();
    }
    if (r.has_preload) mesh_.preload_sums(r.d);
    return;
  }
  if (r.has_compute) {
    if (r.swaps) mesh_.swap_weights();
    if (armed_.real) emit(armed_, mesh_.multiply(r.a, r.b, feeder_.rows()), feeder_.rows());
  }
  move_idle_weights();
}

// Weights go where the array's registers take them; zeros that pass the transposer arrive with the next request.
void ExecuteController::move_idle_weights() {
  const bool brings_weights = request_.d.present;
  if (operands_.d_transposed()) {
    if (zeros_in_transposer_) mesh_.shift_idle_weights(derived_.dim);
  } else if (!brings_weights) {
    mesh_.shift_idle_weights(feeder_.rows());
  }
  if (brings_weights) mesh_.preload_weights(request_.d);
  zeros_in_transposer_ = operands_.d_transposed() && request_.has_preload && !brings_weights;
}

// ---- Accounting --------------------------------------------------------------------------------------------------

// In the cycles before `now` no row was fed. They went by waiting for the first command that the last decision lacked,
// or for the array where it lacked none.
void ExecuteController::account_wait_until(Cycle now) {
  if (lacks_command_) {
    const IssuedCommand* c = queue_.command(lacking_);
    const Cycle visible = queue_.command_visible(lacking_);
    if (c == nullptr) c = station_.oldest_unissued(CommandClass::Execute);
    const auto spend_through = [&](Cycle last, Cause cause) {
      account_.spend(last == kNever ? now : std::min(now, last + 1), cause);
    };
    spend_through(c == nullptr ? kNever : c->allocated, kNoCommand);
    if (c != nullptr) {
      spend_through(c->resolved[static_cast<unsigned>(CommandClass::Load)], kWaitLoad);
      spend_through(c->resolved[static_cast<unsigned>(CommandClass::Store)], kWaitStore);
      account_.spend(std::min(now, visible), kIssue);
    }
  }
  account_.spend(now, kWaitDrain);
}

// The rows of the request at hand, as far as it is known when they are fed.
inline void ExecuteController::account_rows() {
  if (feeder_.regular() && feeder_.done() && accounted_rows_ == 0) {
    account_.spend(feeder_.started() + feeder_.rows(), kBusy);
    return;
  }
  for (; accounted_rows_ < feeder_.rows_fed(); ++accounted_rows_) {
    account_.spend(feeder_.fed(accounted_rows_), kBankConflict);
    account_.spend(feeder_.fed(accounted_rows_) + 1, kBusy);
  }
}

void ExecuteController::account_until(Cycle now) {
  if (!feeding_) {
    account_wait(now);
    return;
  }
  loads_.sync(now - 1);
  feed_until(now);
  account_rows();
  account_.spend(now, kBankConflict);
}

}  // namespace gemel::sim
