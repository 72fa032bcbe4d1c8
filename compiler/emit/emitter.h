// SPDX-License-Identifier: Apache-2.0
#pragma once
// Schedules to commands and steps. Configuration registers are written only where their value changes.
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "compiler/memory/memory_plan.h"
#include "compiler/schedule/loop_conv_schedule.h"
#include "compiler/schedule/loop_schedule.h"
#include "compiler/schedule/operation.h"
#include "compiler/tile/machine.h"
#include "sim/arch/loop_expander.h"
#include "sim/arch/program.h"
#include "sim/arch/tile.h"

namespace gemel::compiler {

class Emitter {
 public:
  Emitter(const Machine& machine, const MemoryPlan& memory, arch::Program& program)
      : machine_(machine), memory_(memory), program_(program), expander_(machine.config.isa_version, machine.derived) {}

  void begin_layer(std::uint32_t index) {
    layer_ = index;
    step(arch::StepKind::Layer, index);
  }
  void fence();  // nothing where no command was offered since the last one
  void host(arch::HostOp op);
  void emit(const Schedule& schedule);
  void emit(const LoopRun& run);
  void emit(const ConvLoopRun& run);
  // Of all layers so far.
  std::vector<arch::Tile> take_tiles() { return std::move(tiles_); }

 private:
  void step(arch::StepKind kind, std::uint32_t index) { program_.steps.push_back({kind, index}); }
  void offer(const arch::Command& command);
  void command(Stream stream, const arch::Command& command);
  void configure_execute(const arch::ConfigExecute& config);
  void load(const Schedule& schedule, const LoadOp& op);
  void compute(const ComputeOp& op);
  void store(const Schedule& schedule, const StoreOp& op);
  void configure_load(const arch::ConfigLoad& config);
  void configure_store(const arch::ConfigStore& config);
  void loop(const LoopRun& run, const LoopOp& op);
  void loop(const ConvLoopOp& op);
  void loop_command(const arch::Command& command);

  const Machine& machine_;
  const MemoryPlan& memory_;
  arch::Program& program_;
  std::uint32_t layer_ = 0;
  std::vector<arch::Tile> tiles_;
  std::array<std::uint32_t, 3> commands_{};  // so far, by stream
  bool busy_ = false;
  std::optional<arch::Command> execute_, store_;
  std::array<std::optional<arch::Command>, 3> load_;
  // Of the two loop slots, which take the loops in turn: registers as last written, functs 9 to 13.
  std::array<std::array<std::optional<arch::Command>, 5>, 2> loop_registers_;
  unsigned loop_slot_ = 0;
  // The same of the convolution loops, functs 16 to 21.
  std::array<std::array<std::optional<arch::Command>, 6>, 2> conv_registers_;
  unsigned conv_slot_ = 0;
  arch::LoopExpander expander_;  // counts what loops are made of
};

}  // namespace gemel::compiler
