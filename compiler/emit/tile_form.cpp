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

std::string loops_text(std::int64_t loops, const char* kind) {
  return std::to_string(loops) + kind + (loops == 1 ? "" : "s") + " of ";
}

std::string text_of(const LoopPlan& plan, std::int64_t contractions) {
  return loops_text(plan.loops * contractions, " loop") + std::to_string(plan.i) + "x" + std::to_string(plan.j) + "x" +
         std::to_string(plan.k) + " blocks";
}

std::string text_of(const ConvLoopPlan& plan, std::int64_t contractions) {
  return loops_text(plan.loops * contractions, " convolution loop") + std::to_string(plan.tile_h) + "x" +
         std::to_string(plan.tile_w) + " positions, " + std::to_string(plan.tile_n) + " output and " +
         std::to_string(plan.lanes) + " lane blocks";
}

std::string text_of(const AnyLoopPlan& plan, std::size_t contractions) {
  return std::visit([&](const auto& p) { return text_of(p, static_cast<std::int64_t>(contractions)); }, plan);
}

const LoopEstimate& estimate_of(const AnyLoopPlan& plan) {
  return std::visit([](const auto& p) -> const LoopEstimate& { return p; }, plan);
}

// What a prediction depends on: shapes, strides, and places within a request.
std::string key_of(const Contraction& work, const Machine& machine) {
  const auto request = static_cast<std::int64_t>(machine.config.dma.max_request_bytes);
  std::ostringstream key;
  key << shape_key(work);
  for (const std::int64_t value :
       {work.input.image_stride, work.input.y_stride, work.input.x_stride, work.output.image_stride,
        work.output.y_stride, work.output.x_stride, work.weight_stride, work.input.base.offset % request,
        work.output.base.offset % request, work.weights.offset % request}) {
    key << value << ' ';
  }
  key << (work.bias ? work.bias->offset % request : 0) << '\n';
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
  Plans plans;
  std::string key;
  for (const Contraction& work : group) {
    form.refusal = refusal_of(work);
    if (form.refusal.empty() && plans_of(work).empty()) form.refusal = "no part of it fits half of the memories";
    if (!form.refusal.empty()) {
      form.why = "plain: " + form.refusal;
      return form;
    }
    plans.push_back(&plans_of(work));
    key += key_of(work, machine_);
  }
  key += std::to_string(plain.loads.size());  // operands that are still in the scratchpad are not loaded
  auto found = decided_.find(key);
  if (found == decided_.end()) found = decided_.emplace(key, decide(group, plain, plans)).first;
  const Decision& decision = found->second;
  form.why = decision.why;
  form.cycles = decision.cycles;
  if (decision.loops) form.loops = runs_of(group, plans, decision.candidate);
  for (const AnyLoopRun& any : form.loops) {
    std::visit([this](const auto& run) { verify_loops(run, machine_); }, any);
  }
  return form;
}

void FormChooser::note_weights(const LayerStages& layers) {
  for (const std::vector<Stage>& stages : layers) {
    for (const Stage& stage : stages) {
      const auto* group = std::get_if<ContractionGroup>(&stage);
      if (!group) continue;
      for (const Contraction& work : *group) {
        if (!read_once_.insert(work.weights.buffer).second) shared_.insert(work.weights.buffer);
      }
    }
  }
}

std::string FormChooser::refusal_of(const Contraction& work) const {
  const std::string product = why_no_loops(work, machine_);
  if (product.empty()) return "";
  const std::string convolution = why_no_conv_loops(work, machine_);
  if (convolution.empty()) return shared_.count(work.weights.buffer) != 0 ? "another layer has the same weights" : "";
  return work.taps.size() > 1 || work.diagonal || work.pool ? convolution : product;
}

const std::vector<AnyLoopPlan>& FormChooser::plans_of(const Contraction& work) {
  const auto [found, is_new] = plans_.try_emplace(key_of(work, machine_));
  if (is_new) {
    for (LoopPlan& plan : choose_loops(work, machine_, kPlans)) found->second.emplace_back(plan);
    if (!found->second.empty()) return found->second;
    for (ConvLoopPlan& plan : choose_conv_loops(work, machine_, kPlans)) found->second.emplace_back(plan);
  }
  return found->second;
}

std::vector<AnyLoopRun> FormChooser::runs_of(const ContractionGroup& group, const Plans& plans,
                                             std::size_t candidate) const {
  std::vector<AnyLoopRun> runs;
  for (std::size_t i = 0; i < group.size(); ++i) {
    const AnyLoopPlan& plan = (*plans[i])[std::min(candidate, plans[i]->size() - 1)];
    if (const auto* product = std::get_if<LoopPlan>(&plan)) {
      runs.emplace_back(schedule_loops(group[i], machine_, *product));
    } else {
      runs.emplace_back(schedule_conv_loops(group[i], machine_, std::get<ConvLoopPlan>(plan)));
    }
  }
  return runs;
}

FormChooser::Decision FormChooser::decide(const ContractionGroup& group, const Schedule& plain,
                                          const Plans& plans) const {
  Decision decision;
  // Not worth a closer look: the array or memory alone takes longer than all of the plain instructions.
  std::uint64_t least = 0;
  for (const std::vector<AnyLoopPlan>* of_one : plans) {
    std::int64_t shortest = estimate_of(of_one->front()).least;
    for (const AnyLoopPlan& plan : *of_one) shortest = std::min(shortest, estimate_of(plan).least);
    least += static_cast<std::uint64_t>(shortest);
  }
  const std::uint64_t host = commands_of(plain) * (1 + machine_.config.host.issue_gap_cycles);
  if (use_ == LoopUse::Automatic && host < plain.predicted_cycles &&
      least > plain.predicted_cycles + plain.predicted_cycles / 16) {
    decision.why = "plain: about " + number(plain.predicted_cycles) + " cycles; " +
                   text_of(plans.front()->front(), group.size()) + " take at least " + number(least);
    return decision;
  }
  Prediction best;
  best.cycles = std::numeric_limits<std::uint64_t>::max();
  for (std::size_t candidate = 0; candidate < plans.front()->size(); ++candidate) {
    const Prediction prediction = prediction_of(machine_, memory_, [&](Emitter& emitter) {
      for (const AnyLoopRun& any : runs_of(group, plans, candidate)) {
        std::visit([&](const auto& run) { emitter.emit(run); }, any);
      }
    });
    if (prediction.cycles >= best.cycles) continue;
    best = prediction;
    decision.candidate = candidate;
  }
  const Prediction other = prediction_of(machine_, memory_, [&](Emitter& emitter) { emitter.emit(plain); });
  const std::string loops = text_of((*plans.front())[decision.candidate], group.size()) + ", " + number(best.cycles) +
                            " cycles predicted (" + best.bound() + ")";
  const std::string instructions = number(other.cycles) + " (" + other.bound() + ")";
  decision.loops = use_ == LoopUse::Always || is_clearly_less(best.cycles, other.cycles);
  decision.cycles = best.cycles;
  decision.why = decision.loops ? "loop: " + loops + " against " + instructions + " of plain instructions"
                                : "plain: " + instructions + " cycles predicted against " + loops;
  return decision;
}

void reorder_weights(const ConvLoopRun& run, const Contraction& work, const Machine& machine, const MemoryPlan& memory,
                     arch::Program& program) {
  const std::uint64_t address = memory.address_of(run.weights);
  for (arch::MemorySegment& segment : program.memory) {
    if (segment.address == address) segment.bytes = in_conv_order(segment.bytes, work, run.order, machine);
  }
  for (arch::TensorPlace& place : program.tensors) {
    if (place.address != address) continue;
    const std::int64_t bytes = packing_of(work, machine).bytes();
    place.shape = {bytes};
  }
}

}  // namespace gemel::compiler
