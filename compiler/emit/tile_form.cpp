// SPDX-License-Identifier: Apache-2.0
#include "compiler/emit/tile_form.h"

#include <algorithm>
#include <limits>
#include <sstream>

#include "compiler/emit/emitter.h"
#include "compiler/schedule/command_timing.h"
#include "compiler/tile/plan_cache.h"

namespace gemel::compiler {
namespace {

constexpr std::size_t kPlans = 4;  // predicted, of those that the tile search likes best

std::string number(std::uint64_t value) {
  std::string text = std::to_string(value);
  for (std::size_t at = text.size(); at > 3;) text.insert(at -= 3, ",");
  return text;
}

std::uint64_t commands_of(const Schedule& schedule) {
  return schedule.loads.size() + 2 * schedule.computes.size() + schedule.stores.size();
}

std::string text_of(const LoopPlan& plan, std::size_t contractions) {
  const std::int64_t loops = plan.loops * static_cast<std::int64_t>(contractions);
  return std::to_string(loops) + " loop" + (loops == 1 ? "" : "s") + " of " + std::to_string(plan.i) + "x" +
         std::to_string(plan.j) + "x" + std::to_string(plan.k) + " blocks";
}

// What a prediction depends on: shapes, strides, and places within a request.
std::string key_of(const ContractionGroup& group, const Machine& machine) {
  const auto request = static_cast<std::int64_t>(machine.config.dma.max_request_bytes);
  std::ostringstream key;
  for (const Contraction& work : group) {
    key << shape_key(work);
    for (const std::int64_t value :
         {work.input.image_stride, work.input.y_stride, work.input.x_stride, work.output.image_stride,
          work.output.y_stride, work.output.x_stride, work.weight_stride, work.input.base.offset % request,
          work.output.base.offset % request, work.weights.offset % request}) {
      key << value << ' ';
    }
    key << (work.bias ? work.bias->offset % request : 0) << '\n';
  }
  return key.str();
}

// By more than the predictions may be wrong: plain instructions, whose tiles each have a timeline of their own, stay
// where loops gain little or nothing.
bool is_clearly_less(std::uint64_t loops, std::uint64_t plain) { return loops + plain / 50 < plain; }

template <typename Emit>
Prediction prediction_of(const Machine& machine, const MemoryPlan& memory, Emit&& emit) {
  arch::Program trial;
  Emitter emitter(machine, memory, trial);
  emit(emitter);
  return predict(trial.commands, machine);
}

}  // namespace

TileForm FormChooser::choose(const ContractionGroup& group, const Schedule& plain) {
  TileForm form;
  if (use_ == LoopUse::Never) {
    form.why = "plain: loops are not wanted";
    return form;
  }
  for (const Contraction& work : group) {
    form.refusal = why_no_loops(work, machine_);
    if (form.refusal.empty()) continue;
    form.why = "plain: " + form.refusal;
    return form;
  }
  Plans plans;
  for (const Contraction& work : group) plans.push_back(choose_loops(work, machine_, kPlans));
  const std::string key = key_of(group, machine_);
  auto found = decided_.find(key);
  if (found == decided_.end()) found = decided_.emplace(key, decide(group, plain, plans)).first;
  const Decision& decision = found->second;
  form.why = decision.why;
  form.cycles = decision.cycles;
  if (decision.loops) form.loops = runs_of(group, plans, decision.candidate);
  for (const LoopRun& run : form.loops) verify_loops(run, machine_);
  return form;
}

std::vector<LoopRun> FormChooser::runs_of(const ContractionGroup& group, const Plans& plans,
                                          std::size_t candidate) const {
  std::vector<LoopRun> runs;
  for (std::size_t i = 0; i < group.size(); ++i) {
    runs.push_back(schedule_loops(group[i], machine_, plans[i][std::min(candidate, plans[i].size() - 1)]));
  }
  return runs;
}

FormChooser::Decision FormChooser::decide(const ContractionGroup& group, const Schedule& plain,
                                          const Plans& plans) const {
  Decision decision;
  // Not worth a closer look: the array or memory alone takes longer than all of the plain instructions.
  std::uint64_t least = 0;
  for (const auto& of_one : plans) {
    std::int64_t shortest = of_one.front().least;
    for (const LoopPlan& plan : of_one) shortest = std::min(shortest, plan.least);
    least += static_cast<std::uint64_t>(shortest);
  }
  const std::uint64_t host = commands_of(plain) * (1 + machine_.config.host.issue_gap_cycles);
  if (use_ == LoopUse::Automatic && host < plain.predicted_cycles &&
      least > plain.predicted_cycles + plain.predicted_cycles / 16) {
    decision.why = "plain: about " + number(plain.predicted_cycles) + " cycles; " +
                   text_of(plans.front().front(), group.size()) + " take at least " + number(least);
    return decision;
  }
  Prediction best;
  best.cycles = std::numeric_limits<std::uint64_t>::max();
  for (std::size_t candidate = 0; candidate < plans.front().size(); ++candidate) {
    const Prediction prediction = prediction_of(machine_, memory_, [&](Emitter& emitter) {
      for (const LoopRun& run : runs_of(group, plans, candidate)) emitter.emit(run);
    });
    if (prediction.cycles >= best.cycles) continue;
    best = prediction;
    decision.candidate = candidate;
  }
  const Prediction other = prediction_of(machine_, memory_, [&](Emitter& emitter) { emitter.emit(plain); });
  const std::string loops = text_of(plans.front()[decision.candidate], group.size()) + ", " + number(best.cycles) +
                            " cycles predicted (" + best.bound() + ")";
  const std::string instructions = number(other.cycles) + " (" + other.bound() + ")";
  decision.loops = use_ == LoopUse::Always || is_clearly_less(best.cycles, other.cycles);
  decision.cycles = best.cycles;
  decision.why = decision.loops ? "loop: " + loops + " against " + instructions + " of plain instructions"
                                : "plain: " + instructions + " cycles predicted against " + loops;
  return decision;
}

}  // namespace gemel::compiler
