// SPDX-License-Identifier: Apache-2.0
#pragma once
// The plain commands that loop instructions stand for, one loop after the other: the same commands as the unrollers
// give, in an order in which each loop loads, multiplies and stores, whatever time that takes.
#include <array>
#include <cstdint>
#include <functional>

#include "sim/arch/accelerator_config.h"
#include "sim/arch/command.h"
#include "sim/arch/loop_conv.h"
#include "sim/arch/loop_matmul.h"

namespace gemel::sim {

class LoopExpander {
 public:
  using Give = std::function<void(const arch::Command&)>;

  LoopExpander(arch::IsaVersion version, const arch::DerivedConfig& derived);

  // False where `command` belongs to no loop. The last command of a loop gives all of it. Throws
  // std::invalid_argument for a loop that would not end.
  bool take(const arch::Command& command, const Give& give);

 private:
  void run(const arch::MatmulLoop& loop, unsigned slot, const Give& give);
  void run(const arch::ConvLoop& loop, unsigned slot, const Give& give);
  // An accumulator base as the loop finds it; it moves on to the other half behind the loop where `moves`.
  std::uint32_t use_base(std::uint32_t& base, bool moves) const;

  arch::IsaVersion version_;
  arch::DerivedConfig derived_;
  // Registers of the two slots of each unroller, which loops use in turn.
  std::array<arch::MatmulLoop, 2> matmul_;
  std::array<arch::ConvLoop, 2> conv_;
  unsigned matmul_slot_ = 0, conv_slot_ = 0;
  struct Bases {
    std::uint32_t addend = 0, execute = 0, store = 0;
  };
  Bases matmul_bases_, conv_bases_;
};

}  // namespace gemel::sim
