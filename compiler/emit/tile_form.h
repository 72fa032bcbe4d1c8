// SPDX-License-Identifier: Apache-2.0
#pragma once
// Whether the tiles of a stage run as plain instructions or as loop instructions: both are written out, both are
// predicted (schedule/command_timing.h), the faster one is taken.
#include <set>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "compiler/memory/lifetime.h"
#include "compiler/memory/memory_plan.h"
#include "compiler/schedule/loop_conv_schedule.h"
#include "compiler/schedule/loop_schedule.h"
#include "compiler/tile/lower_layer.h"

namespace gemel::compiler {

enum class LoopUse : std::uint8_t { Automatic, Never, Always };  // always: wherever loops can do it

using AnyLoopPlan = std::variant<LoopPlan, ConvLoopPlan>;
using AnyLoopRun = std::variant<LoopRun, ConvLoopRun>;

struct TileForm {
  std::vector<AnyLoopRun> loops;  // one for each contraction; empty: plain instructions
  std::uint64_t cycles = 0;       // predicted, of the loops
  std::string why;                // one line: what was taken, and why
  std::string refusal;            // why loops can not do it, ""
};

class FormChooser {
 public:
  FormChooser(const Machine& machine, const MemoryPlan& memory, LoopUse use)
      : machine_(machine), memory_(memory), use_(use) {}

  // Convolution loops have the weights in an order of their own, so they are for weights that one contraction reads.
  void note_weights(const LayerStages& layers);

  // `plain` is the group's schedule.
  TileForm choose(const ContractionGroup& group, const Schedule& plain);

 private:
  using Plans = std::vector<const std::vector<AnyLoopPlan>*>;  // of each contraction, best first
  struct Decision {
    bool loops = false;
    std::size_t candidate = 0;
    std::uint64_t cycles = 0;
    std::string why;
  };
  Decision decide(const ContractionGroup& group, const Schedule& plain, const Plans& plans) const;
  std::vector<AnyLoopRun> runs_of(const ContractionGroup& group, const Plans& plans, std::size_t candidate) const;
  std::string refusal_of(const Contraction& work) const;
  const std::vector<AnyLoopPlan>& plans_of(const Contraction& work);

  const Machine& machine_;
  const MemoryPlan& memory_;
  const LoopUse use_;
  std::set<BufferId> read_once_, shared_;  // weights
  std::unordered_map<std::string, std::vector<AnyLoopPlan>> plans_;
  std::unordered_map<std::string, Decision> decided_;  // groups of the same shape and alignment are decided once
};

// Brings the weights of convolution loops into the order in which these read them, where they lie.
void reorder_weights(const ConvLoopRun& run, const Contraction& work, const Machine& machine, const MemoryPlan& memory,
                     arch::Program& program);

}  // namespace gemel::compiler
