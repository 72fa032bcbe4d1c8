// SPDX-License-Identifier: Apache-2.0
#include "sim/units/execute_controller.h"

#include <algorithm>
#include <stdexcept>
#include <string>

namespace gemel::sim {

using arch::Funct;

namespace {

Funct funct_of(const IssuedCommand& issued) { return static_cast<Funct>(issued.command.funct); }
constexpr Cycle kTagsInArray = 5;  // request n waits for the last output of request n - 5

// A command names rows and columns of the operand as it takes part; a transposed one is stored the other way round.
MeshOperand stored(const arch::LocalBlock& block, std::uint32_t stride, bool transpose) {
  if (transpose) return {block.address, block.cols, block.rows, stride, true};
  return {block.address, block.rows, block.cols, stride, false};
}

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
      dataflow_(config.mesh.dataflow),
      queue_(config.queues.execute),
      feeder_(derived, scratchpad),
      results_(derived, scratchpad, accumulator, mesh),
      finished_values_(std::size_t{derived.dim} * derived.dim) {
  settings_.a_stride = settings_.c_stride = 1;
  output_stationary_ = dataflow_ == arch::Dataflow::OutputStationary;
}

void ExecuteController::accept(const IssuedCommand& command, Cycle now) {
  const Cycle visible = queue_.push(command, now);
  if (!feeding_ && !looking_) wake(std::max(visible, next_decision_));
}

bool ExecuteController::d_transposed() const { return !output_stationary_ && settings_.b_transpose; }
bool ExecuteController::a_rides_ahead() const {
  return output_stationary_ ? !settings_.a_transpose : settings_.a_transpose;
}
bool ExecuteController::b_rides_ahead() const { return output_stationary_ && settings_.b_transpose; }

// ---- Operands ----------------------------------------------------------------------------------------------------

MeshOperand ExecuteController::operand_a(const ExecuteStep& compute) const {
  MeshOperand operand;
  if (compute.no_operand) {
    operand.address = arch::LocalAddress::garbage();
    return operand;
  }
  const arch::LocalBlock block = arch::decode_local_block(compute.issued->command.rs1);
  return stored(block, settings_.a_stride, settings_.a_transpose);
}

MeshOperand ExecuteController::operand_bd(const ExecuteStep& step, bool of_preload) const {
  MeshOperand operand;
  if (of_preload ? step.no_operand : step.no_second) {
    operand.address = arch::LocalAddress::garbage();
    return operand;
  }
  const arch::LocalBlock block =
      arch::decode_local_block(of_preload ? step.issued->command.rs1 : step.issued->command.rs2);
  // B of the product: the preload's in weight-stationary, the compute's in output-stationary.
  const bool is_b = of_preload != output_stationary_;
  return stored(block, 1, is_b && settings_.b_transpose);
}

bool ExecuteController::hazard(const ExecuteStep& preload, const ExecuteStep& compute, Cycle now) const {
  const auto to_scratchpad = [](const ResultTag& tag) { return tag.real && !tag.c.address.is_accumulator(); };
  if (!to_scratchpad(armed_) && !to_scratchpad(finished_) && !results_.scratchpad_pending(now)) return false;
  const auto touches = [&](const MeshOperand& operand) {
    const RowRange rows = RowRange::of(operand.address, operand.rows * operand.stride, derived_);
    return !rows.empty() && !rows.in_accumulator() &&
           (rows.overlaps(ResultWriter::rows_of(armed_, derived_)) ||
            rows.overlaps(ResultWriter::rows_of(finished_, derived_)) || results_.touches(rows, now));
  };
  return touches(operand_bd(preload, true)) || touches(operand_a(compute)) || touches(operand_bd(compute, false));
}

bool ExecuteController::in_progress(Cycle now) const {
  return armed_.real || finished_.real || results_.in_progress(now);
}

bool ExecuteController::waits_on_lone_preload(Cycle now) const {
  return !feeding_ && next_decision_ <= now && queue_.holds_only_a_preload(now);
}

void ExecuteController::pop(unsigned n, Cycle now) {
  if (queue_.pop(n, now)) station_.queue_popped(CommandClass::Execute, now);
}

// ---- Decision ----------------------------------------------------------------------------------------------------

// Every request takes a tag; true, and looked at again in time, where none is free.
bool ExecuteController::waits_for_tag(Cycle now) {
  if (requests_ < kTagsInArray) return false;
  const Cycle free = last_output_[(requests_ - kTagsInArray) % last_output_.size()];
  if (free <= now + read_delay_) return false;
  wake(free - read_delay_);
  return true;
}

void ExecuteController::decide(Cycle now) {
  account_wait(now);
  results_.forget(now);
  if (queue_.refill(d_transposed(), now)) station_.queue_popped(CommandClass::Execute, now);
  const ExecuteStep* first = queue_.step(0, now);
  const ExecuteStep* second = queue_.step(1, now);
  const ExecuteStep* third = queue_.step(2, now);
  lacks_command_ = first == nullptr || (funct_of(*first->issued) == Funct::Preload && second == nullptr);
  lacking_ = first == nullptr && queue_.head_visible() > now ? 0 : 1;

  if (first == nullptr) {
    if (output_stationary_ && in_progress(now))
      flush(now);
    else if (queue_.next_visible(0) != kNever)
      wake(std::max(queue_.next_visible(0), now + 1));
    return;
  }
  const Funct head = funct_of(*first->issued);
  if (head == Funct::Config) {
    if (in_progress(now)) {
      flush(now);
    } else if (station_.has_fed_pending(now)) {
      wake(now + 1);
    } else {
      apply_configuration(*first->issued, now);
    }
    return;
  }

  if (head == Funct::Preload) {
    if (second != nullptr && arch::is_compute(funct_of(*second->issued)) && !hazard(*first, *second, now)) {
      if (!waits_for_tag(now)) start(Kind::Preload, first, nullptr, second, now);
    } else if (second != nullptr && !arch::is_compute(funct_of(*second->issued))) {
      throw std::invalid_argument("a preload is followed by funct " + std::to_string(second->issued->command.funct) +
                                  "; only a compute may follow");
    } else if (output_stationary_ && in_progress(now)) {
      flush(now);
    } else if (second == nullptr) {
      if (queue_.next_visible(1) != kNever) wake(std::max(queue_.next_visible(1), now + 1));
    } else {
      wake(now + 1);
    }
    return;
  }
  if (waits_for_tag(now)) return;
  const bool preload_next = second != nullptr && funct_of(*second->issued) == Funct::Preload;
  if (preload_next && third != nullptr && arch::is_compute(funct_of(*third->issued)) && !hazard(*second, *third, now))
    start(Kind::ComputePreload, second, first, third, now);
  else
    start(Kind::Compute, nullptr, first, nullptr, now);
}

void ExecuteController::apply_configuration(const IssuedCommand& issued, Cycle now) {
  const arch::ConfigExecute c = arch::decode_config_execute(issued.command.rs1, issued.command.rs2);
  settings_.a_stride = c.a_stride;
  settings_.c_stride = c.c_stride;
  if (!c.set_only_strides) {
    settings_ = c;
    if (dataflow_ == arch::Dataflow::Both) {
      output_stationary_ = c.dataflow == arch::Dataflow::OutputStationary;
    } else if (c.dataflow != dataflow_) {
      throw std::invalid_argument(std::string("config_ex asks for the ") +
                                  (c.dataflow == arch::Dataflow::OutputStationary ? "output" : "weight") +
                                  "-stationary dataflow, which this machine is built without");
    }
    if (output_stationary_ ? !c.a_transpose && c.b_transpose : c.a_transpose && c.b_transpose)
      throw std::invalid_argument("config_ex sends two operands through the one transposer");
  }
  account_.spend(now + 1, kWaitDrain);
  lacks_command_ = true;  // until the next decision: the run may end before it
  lacking_ = 0;
  station_.complete_fed(issued.entry, now);
  queue_.configuration_applied();
  pop(1, now);
  next_decision_ = now + 1;
  wake(now + 1);
}

void ExecuteController::start(Kind kind, const ExecuteStep* preload, const ExecuteStep* compute,
                              const ExecuteStep* ahead, Cycle now) {
  Request& r = request_;
  r.kind = kind;
  r.started = now;
  r.d.address = r.a.address = r.b.address = arch::LocalAddress::garbage();
  if (preload != nullptr) {
    r.preload = *preload;
    r.d = operand_bd(*preload, true);
  }
  if (compute != nullptr) {
    r.compute = *compute;
    r.a = operand_a(*compute);
    r.b = operand_bd(*compute, false);
  }

  // What is read now: operands of the transposer belong to the compute ahead.
  const MeshOperand none{arch::LocalAddress::garbage(), 0, 0, 1, false};
  const auto of_ahead = [&](bool is_a) {
    return ahead == nullptr ? none : is_a ? operand_a(*ahead) : operand_bd(*ahead, false);
  };
  const MeshOperand read_a = a_rides_ahead() ? of_ahead(true) : r.a;
  const MeshOperand read_b = b_rides_ahead() ? of_ahead(false) : r.b;
  const bool transposer = a_rides_ahead() || b_rides_ahead() || d_transposed();
  const bool a_garbage = read_a.address.is_garbage(derived_);
  const bool b_garbage = read_b.address.is_garbage(derived_);
  const bool d_garbage = r.d.address.is_garbage(derived_);
  r.rows = derived_.dim;
  if (!output_stationary_ && !transposer && d_garbage) {
    const std::uint32_t a_rows = a_garbage ? 1 : read_a.rows;
    const std::uint32_t b_rows = b_garbage ? 1 : read_b.rows;
    r.rows = std::max({a_rows, b_rows, 4u});
  }
  const auto check = [&](const MeshOperand& o, bool garbage) {
    if (garbage) return;
    if (o.address.is_accumulator())
      throw std::invalid_argument(
          "an operand of the array lies in the accumulator; operands are read from the scratchpad only");
    if (o.rows > derived_.dim || o.cols > derived_.dim)
      throw std::invalid_argument("an operand of the array has " + std::to_string(o.rows) + " x " +
                                  std::to_string(o.cols) + " elements; the array takes " +
                                  std::to_string(derived_.dim) + " x " + std::to_string(derived_.dim));
  };
  check(read_a, a_garbage);
  check(read_b, b_garbage);
  check(r.d, d_garbage);
  r.rows = std::min(r.rows, std::max(derived_.dim, 4u));
  const auto port = [](const MeshOperand& o, bool garbage, bool descending) {
    return RowFeeder::Port{!garbage, o.address, o.stride, descending, o.rows};
  };
  feeder_.start({port(read_a, a_garbage, false), port(read_b, b_garbage, false), port(r.d, d_garbage, true)}, r.rows,
                now);
  marked_rows_ = accounted_rows_ = 0;
  feeding_ = true;
  wake(feeder_.next_check());
}

bool ExecuteController::reads_bank(std::uint32_t bank, Cycle now) {
  if (!feeding_) return false;
  feeder_.force_stepwise();
  feed_until(now + 1);
  return feeder_.reads_bank(bank, now);
}

// The result that the rows of the request being fed drive out.
const ResultTag& ExecuteController::driven_out() const {
  static const ResultTag nothing;
  if (output_stationary_) return finished_;
  return request_.kind == Kind::Preload ? nothing : armed_;
}

// A request that is held up may still be fed when its first results leave: they take their banks' ports as they come.
bool ExecuteController::feed_until(Cycle end) {
  feeder_.run_until(end);
  if (!feeder_.regular())
    for (; marked_rows_ < feeder_.rows_fed(); ++marked_rows_)
      results_.mark_row(driven_out(), marked_rows_, feeder_.fed(marked_rows_), request_.rows, output_stationary_);
  return feeder_.done();
}

void ExecuteController::emit(const ResultTag& tag, const std::int32_t* values, unsigned rows) {
  if (!tag.real || timing_only_) return;
  results_.write(tag, values, rows, settings_.shift, settings_.activation, output_stationary_);
}

// Weights go where the array's registers take them; zeros that pass the transposer arrive with the next request.
void ExecuteController::move_idle_weights(bool has_preload) {
  const Request& r = request_;
  const bool brings_weights = has_preload && !r.d.address.is_garbage(derived_);
  if (d_transposed()) {
    if (zeros_in_transposer_) mesh_.shift_idle_weights(derived_.dim);
  } else if (!brings_weights) {
    mesh_.shift_idle_weights(r.rows);
  }
  if (brings_weights) mesh_.preload_weights(r.d);
  zeros_in_transposer_ = d_transposed() && has_preload && !brings_weights;
}

// All rows of the request were fed before `now`.
void ExecuteController::finish(Cycle now) {
  feeding_ = false;
  next_decision_ = now;
  last_fed_ = feeder_.last_fed();
  fed_any_ = true;
  const Request& r = request_;
  account_rows();

  const bool has_compute = r.kind != Kind::Preload;
  const bool has_preload = r.kind != Kind::Compute;
  const auto fed = [&](unsigned i) { return feeder_.fed(i); };
  const bool preloaded = has_compute && funct_of(*r.compute.issued) == Funct::ComputePreloaded;

  // Results that this request drives out.
  Cycle last;
  if (output_stationary_) {
    last = results_.schedule(driven_out(), fed, feeder_.regular(), r.rows, true, marked_rows_);
    if (finished_.real) {
      emit(finished_, finished_values_.data(), r.rows);
      station_.complete_result(finished_.entry, last);
    }
    finished_ = ResultTag{};
    if (has_compute) {
      if (!timing_only_) {
        if (preloaded) mesh_.swap_sums();
        mesh_.accumulate(r.a, r.b);
        if (armed_.real) finished_values_ = mesh_.sums();
      }
      finished_ = armed_;
      armed_ = ResultTag{};
    }
    if (has_preload && !timing_only_) mesh_.preload_sums(r.d);
  } else {
    const ResultTag tag = driven_out();
    last = results_.schedule(tag, fed, feeder_.regular(), r.rows, false, marked_rows_);
    if (has_compute) {
      if (!timing_only_ && preloaded) mesh_.swap_weights();
      if (tag.real && !timing_only_) emit(tag, mesh_.multiply(r.a, r.b, r.rows), r.rows);
      if (tag.real) station_.complete_result(tag.entry, last);
      armed_ = ResultTag{};
    }
    if (!timing_only_) move_idle_weights(has_preload);
  }
  last_output_[requests_ % last_output_.size()] = last;
  ++requests_;

  if (has_preload) {
    const arch::LocalBlock c = arch::decode_local_block(r.preload.issued->command.rs2);
    armed_ = ResultTag{};
    if (!r.preload.no_result && !c.address.is_garbage(derived_))
      armed_ = ResultTag{true, c, settings_.c_stride, r.preload.issued->entry};
  }
  if (has_compute && r.compute.issued->entry != IssuedCommand::kNoEntry)
    station_.complete_fed(r.compute.issued->entry, now);
  if (has_preload && !armed_.real && r.preload.issued->entry != IssuedCommand::kNoEntry)
    station_.complete_fed(r.preload.issued->entry, now);
  pop(has_preload && has_compute ? 2 : 1, now - 1);
}

void ExecuteController::flush(Cycle now) {
  const Cycle behind = read_delay_ + 2;  // a fed row enters the array that much later
  const Cycle enters = std::max(now + 1, fed_any_ ? last_fed_ + behind : 0);
  const auto fed = [&](unsigned i) { return enters + 1 + i - behind; };
  if (output_stationary_ && finished_.real) {
    const Cycle last = results_.schedule(finished_, fed, true, derived_.dim, true);
    emit(finished_, finished_values_.data(), derived_.dim);
    station_.complete_result(finished_.entry, last);
    finished_ = ResultTag{};
  }
  next_decision_ = enters + derived_.dim + 1;
  account_.spend(next_decision_, kWaitDrain);
  wake(next_decision_);
}

void ExecuteController::advance(Cycle now) {
  look(now);
  looking_ = true;
  proceed(now);
  looking_ = false;
}

void ExecuteController::proceed(Cycle now) {
  if (feeding_) {
    if (now < feeder_.next_check()) {  // woken before the request began
      wake(feeder_.next_check());
      return;
    }
    loads_.sync(now - 1);
    if (!feed_until(now)) {
      wake(feeder_.next_check());
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

// ---- Accounting --------------------------------------------------------------------------------------------------

// In the cycles before `now` no row was fed. They went by waiting for the first command that the last decision lacked,
// or for the array where it lacked none.
void ExecuteController::account_wait(Cycle now) {
  if (account_.until() >= now) return;
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
void ExecuteController::account_rows() {
  if (feeder_.regular() && feeder_.done() && accounted_rows_ == 0) {
    account_.spend(request_.started + request_.rows, kBusy);
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
