// SPDX-License-Identifier: Apache-2.0
#pragma once
// The commands that loop instructions stand for, without time: the machine's own unrollers, with nothing that ever
// waits. Their order among classes may differ from a run's; within a class it is the same.
#include <functional>

#include "sim/arch/accelerator_config.h"
#include "sim/arch/command.h"
#include "sim/units/loop_conv_unroller.h"
#include "sim/units/loop_matmul_unroller.h"

namespace gemel::sim {

class LoopExpander {
 public:
  explicit LoopExpander(const arch::AcceleratorConfig& config);

  // Gives a plain command as it is, and of a loop every command.
  void expand(const arch::Command& command, const std::function<void(const arch::Command&)>& give);

 private:
  arch::DerivedConfig derived_;
  LoopMatmulUnroller matmul_;
  LoopConvUnroller conv_;
  Cycle now_ = 1;  // of the unrollers' clock, which nobody else sees
};

}  // namespace gemel::sim
