// SPDX-License-Identifier: Apache-2.0
#pragma once
// Loop instructions without time: holds the unrollers' slots, and turns each loop into plain commands that give the
// same data when they are executed one after the other. For whoever needs what a program does, not when.
#include <array>
#include <cstdint>
#include <functional>

#include "sim/arch/accelerator_config.h"
#include "sim/arch/command.h"
#include "sim/arch/loop_conv.h"
#include "sim/arch/loop_matmul.h"

namespace gemel::arch {

class LoopExpander {
 public:
  using Sink = std::function<void(const Command&)>;

  LoopExpander(IsaVersion version, const DerivedConfig& derived);

  // The command is for an unroller: command() takes it, and nothing else should.
  bool owns(const Command& command) const {
    return is_conv_loop_command(command.funct) || is_matmul_loop_command(command.funct, version_);
  }
  // A configuration is kept; a run command hands its plain commands to `sink` and goes on to the next slot.
  void command(const Command& command, const Sink& sink);

  // The slots that the next commands write.
  unsigned matmul_slot() const { return matmul_slot_; }
  unsigned conv_slot() const { return conv_slot_; }
  const MatmulLoop& matmul_loop() const { return matmul_[matmul_slot_]; }
  const ConvLoop& conv_loop() const { return conv_[conv_slot_]; }

 private:
  void run_matmul(const Sink& sink);
  void run_conv(const Sink& sink);
  std::uint32_t take_base(std::uint32_t& base, bool moves);

  IsaVersion version_;
  DerivedConfig derived_;
  std::array<MatmulLoop, 2> matmul_;
  std::array<ConvLoop, 2> conv_;
  unsigned matmul_slot_ = 0, conv_slot_ = 0;
  // Accumulator halves, each stream's own.
  std::uint32_t matmul_d_base_ = 0, matmul_execute_base_ = 0, matmul_store_base_ = 0;
  std::uint32_t conv_bias_base_ = 0, conv_execute_base_ = 0, conv_store_base_ = 0;
};

}  // namespace gemel::arch
