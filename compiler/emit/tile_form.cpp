// SPDX-License-Identifier: Apache-2.0
#include "compiler/emit/tile_form.h"

#include <algorithm>
#include <limits>
#include <optional>
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

std::string text_of(const Prediction& prediction) {
  return number(prediction.cycles) + " (" + prediction.bound() + ")";
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
  // Loops of a long convolution take long to weigh; where the host needs less than half of the cycles, all that they
  // could gain is the start and the end of the layer.
  constexpr std::uint64_t kLongLayer = 65536;
  const std::uint64_t host = commands_of(plain) * (1 + machine_.config.host.issue_gap_cycles);
  const bool is_product = std::all_of(group.begin(), group.end(),
                                      [&](const Contraction& work) { return why_no_loops(work, machine_).empty(); });
  if (use_ == LoopUse::Automatic && !is_product && plain.predicted_cycles > kLongLayer &&
      2 * host < plain.predicted_cycles) {
    form.why = "plain: the host takes " + number(host) + " of about " + number(plain.predicted_cycles) + " cycles";
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
  const bool automatic = use_ == LoopUse::Automatic;
  std::vector<std::uint64_t> least(plans.front()->size());  // the array or memory alone, of each candidate
  for (const std::vector<AnyLoopPlan>* of_one : plans) {
    for (std::size_t c = 0; c < least.size(); ++c) {
      least[c] += static_cast<std::uint64_t>(estimate_of((*of_one)[std::min(c, of_one->size() - 1)]).least);
    }
  }
  const std::uint64_t shortest = *std::min_element(least.begin(), least.end());
  const std::uint64_t host = commands_of(plain) * (1 + machine_.config.host.issue_gap_cycles);
  const auto stay = [&](const std::string& cycles) {
    decision.why = "plain: " + cycles + "; " + text_of(plans.front()->front(), group.size()) + " take at least " +
                   number(shortest);
    return decision;
  };
  // No prediction is made that could not change the choice.
  std::optional<Prediction> instructions;
  const auto predict_plain = [&] {
    instructions = prediction_of(machine_, memory_, [&](Emitter& emitter) { emitter.emit(plain); });
  };
  if (automatic && host < plain.predicted_cycles) {
    if (shortest > plain.predicted_cycles + plain.predicted_cycles / 16)
      return stay("about " + number(plain.predicted_cycles) + " cycles");
    predict_plain();
    if (!is_clearly_less(shortest, instructions->cycles)) return stay(text_of(*instructions) + " cycles predicted");
  }
  Prediction best;
  best.cycles = std::numeric_limits<std::uint64_t>::max();
  for (std::size_t candidate = 0; candidate < least.size(); ++candidate) {
    if (!is_clearly_less(shortest, best.cycles)) break;
    if (least[candidate] >= best.cycles) continue;
    const Prediction prediction = prediction_of(machine_, memory_, [&](Emitter& emitter) {
      for (const AnyLoopRun& any : runs_of(group, plans, candidate)) {
        std::visit([&](const auto& run) { emitter.emit(run); }, any);
      }
    });
    if (prediction.cycles >= best.cycles) continue;
    best = prediction;
    decision.candidate = candidate;
  }
  // The host alone may take plain instructions too long.
  const bool host_decides = !instructions && is_clearly_less(best.cycles, host);
  if (!host_decides && !instructions) predict_plain();
  const std::string loops = text_of((*plans.front())[decision.candidate], group.size()) + ", " + number(best.cycles) +
                            " cycles predicted (" + best.bound() + ")";
  const std::string other = host_decides ? "at least " + number(host) + " (host)" : text_of(*instructions);
  decision.loops = !automatic || host_decides || is_clearly_less(best.cycles, instructions->cycles);
  decision.cycles = best.cycles;
  decision.why = decision.loops ? "loop: " + loops + " against " + other + " of plain instructions"
                                : "plain: " + other + " cycles predicted against " + loops;
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
