// SPDX-License-Identifier: Apache-2.0
#include "compiler/emit/plan_layers.h"

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "compiler/emit/emitter.h"
#include "compiler/schedule/command_timing.h"
#include "compiler/schedule/contraction_schedule.h"
#include "compiler/schedule/interleave.h"
#include "compiler/tile/plan_cache.h"

namespace gemel::compiler {
namespace {

class Planner {
 public:
  Planner(const Machine& machine, const MemoryPlan& memory, bool together)
      : machine_(machine), memory_(memory), together_(together) {}

  void operator()(const ContractionGroup& group) {
    for (const Contraction& work : group) {
      if (!run_.empty() && !(together_ && reads_same_input(*run_.front(), work))) end_run();
      run_.push_back(&work);
    }
  }
  void operator()(const RowCopy& /*uses the scratchpad*/) { end_run(); }
  void operator()(const HostLayer& /*leaves the scratchpad alone*/) {}

  TilePlans take() {
    end_run();
    return std::move(plans_);
  }

 private:
  struct Foreseen {
    std::uint64_t cycles = 0, loads = 0;
    bool operator<(const Foreseen& other) const {
      return cycles != other.cycles ? cycles < other.cycles : loads < other.loads;
    }
  };

  void end_run() {
    if (run_.size() == 1) plans_.emplace(run_.front(), cache_.plan(*run_.front(), machine_));
    if (run_.size() > 1) {
      const std::vector<TilePlan>& chosen = plans_of_run();
      for (std::size_t i = 0; i < run_.size(); ++i) plans_.emplace(run_[i], chosen[i]);
    }
    run_.clear();
  }

  const std::vector<TilePlan>& plans_of_run() {
    std::string key;
    for (const Contraction* work : run_) key += shape_key(*work) + '\n';
    const auto found = runs_.find(key);
    if (found != runs_.end()) return found->second;
    std::vector<std::vector<TilePlan>> sets = shared_input_plans(run_, machine_, kSets);
    std::size_t best = 0;
    Foreseen least;
    for (std::size_t i = 0; i < sets.size(); ++i) {
      const Foreseen foreseen = foresee(sets[i]);
      if (i > 0 && !(foreseen < least)) continue;
      best = i;
      least = foreseen;
    }
    for (std::size_t i = 0; i < run_.size(); ++i) verify_tiles(*run_[i], machine_, sets[best][i]);
    return runs_.emplace(key, std::move(sets[best])).first->second;
  }

  // Of the run with these plans, each layer finding what those before it have left.
  Foreseen foresee(const std::vector<TilePlan>& plans) const {
    Foreseen foreseen;
    ScratchpadContents contents(machine_);
    arch::Program trial;
    Emitter emitter(machine_, memory_, trial);
    for (std::size_t i = 0; i < run_.size(); ++i) {
      ScheduleBuilder builder(machine_, std::move(contents), static_cast<std::uint32_t>(i));
      schedule_contraction(*run_[i], machine_, plans[i], builder);
      Schedule schedule = builder.take();
      interleave(schedule, machine_);
      emitter.emit(schedule);
      foreseen.loads += schedule.loads.size();
      contents = std::move(builder.contents());
    }
    foreseen.cycles = predict(trial.commands, machine_).cycles;
    return foreseen;
  }

  static constexpr std::size_t kSets = 4;  // looked at closely, of those that the tile search likes best

  const Machine& machine_;
  const MemoryPlan& memory_;
  const bool together_;
  PlanCache cache_;
  std::unordered_map<std::string, std::vector<TilePlan>> runs_;  // by shapes
  std::vector<const Contraction*> run_;
  TilePlans plans_;
};

}  // namespace

TilePlans plan_layers(const LayerStages& stages, const Machine& machine, const MemoryPlan& memory, bool together) {
  Planner planner(machine, memory, together);
  for (const std::vector<Stage>& layer : stages) {
    for (const Stage& stage : layer) std::visit(planner, stage);
  }
  return planner.take();
}

}  // namespace gemel::compiler
