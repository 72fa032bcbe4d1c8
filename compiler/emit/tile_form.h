// SPDX-License-Identifier: Apache-2.0
#pragma once
// Whether the tiles of a stage run as plain instructions or as loop instructions: both are written out, both are
// predicted (schedule/command_timing.h), the faster one is taken.
#include <string>
#include <unordered_map>
#include <vector>

#include "compiler/memory/memory_plan.h"
#include "compiler/schedule/loop_schedule.h"
#include "compiler/tile/lower_layer.h"

namespace gemel::compiler {

enum class LoopUse : std::uint8_t { Automatic, Never, Always };  // always: wherever loops can do it

struct TileForm {
  std::vector<LoopRun> loops;  // one for each contraction; empty: plain instructions
  std::uint64_t cycles = 0;    // predicted, of the loops
  std::string why;             // one line: what was taken, and why
  std::string refusal;         // why loops can not do it, ""
};

class FormChooser {
 public:
  FormChooser(const Machine& machine, const MemoryPlan& memory, LoopUse use)
      : machine_(machine), memory_(memory), use_(use) {}

  // `plain` is the group's schedule.
  TileForm choose(const ContractionGroup& group, const Schedule& plain);

 private:
  using Plans = std::vector<std::vector<LoopPlan>>;  // of each contraction, best first
  struct Decision {
    bool loops = false;
    std::size_t candidate = 0;
    std::uint64_t cycles = 0;
    std::string why;
  };
  Decision decide(const ContractionGroup& group, const Schedule& plain, const Plans& plans) const;
  std::vector<LoopRun> runs_of(const ContractionGroup& group, const Plans& plans, std::size_t candidate) const;

  const Machine& machine_;
  const MemoryPlan& memory_;
  const LoopUse use_;
  std::unordered_map<std::string, Decision> decided_;  // groups of the same shape and alignment are decided once
};

}  // namespace gemel::compiler
