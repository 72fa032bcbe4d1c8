// SPDX-License-Identifier: Apache-2.0
#pragma once
// Schedules to commands and steps. Configuration registers are written only where their value changes.
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "compiler/memory/memory_plan.h"
#include "compiler/schedule/operation.h"
#include "compiler/tile/machine.h"
#include "sim/arch/program.h"
#include "sim/arch/tile.h"

namespace gemel::compiler {

class Emitter {
 public:
  Emitter(const Machine& machine, const MemoryPlan& memory, arch::Program& program)
      : machine_(machine), memory_(memory), program_(program) {}

  void begin_layer(std::uint32_t index) {
    layer_ = index;
    step(arch::StepKind::Layer, index);
  }
  void fence();  // nothing where no command was offered since the last one
  void host(arch::HostOp op);
  void emit(const Schedule& schedule);
  // Of all layers so far.
  std::vector<arch::Tile> take_tiles() { return std::move(tiles_); }

 private:
  void step(arch::StepKind kind, std::uint32_t index) { program_.steps.push_back({kind, index}); }
  void command(Stream stream, const arch::Command& command);
  void configure_execute(const arch::ConfigExecute& config);
  void load(const Schedule& schedule, const LoadOp& op);
  void compute(const ComputeOp& op);
  void store(const Schedule& schedule, const StoreOp& op);

  const Machine& machine_;
  const MemoryPlan& memory_;
  arch::Program& program_;
  std::uint32_t layer_ = 0;
  std::vector<arch::Tile> tiles_;
  std::array<std::uint32_t, 3> commands_{};  // so far, by stream
  bool busy_ = false;
  std::optional<arch::Command> execute_, store_;
  std::array<std::optional<arch::Command>, 3> load_;
};

}  // namespace gemel::compiler
