// SPDX-License-Identifier: Apache-2.0
#pragma once
// The Verilated accelerator with its reference memory, a cycle at a time. Nobody else calls eval().
//
//   step(): inputs of cycle t are set -> clock low, combinational values settle -> outputs of cycle t are sampled and
//   the memory hears of them -> clock high: registers take the values of t + 1.
#include <cstdint>
#include <memory>
#include <vector>

#include "rtl/tb/reference_memory.h"
#include "sim/arch/accelerator_config.h"
#include "sim/arch/command.h"

class Vaccelerator;
class VerilatedContext;

namespace gemel::rtl {

class RtlMachine {
 public:
  // One at a time in a process.
  RtlMachine(const arch::AcceleratorConfig& config, std::uint64_t base, std::vector<std::uint8_t> memory);
  ~RtlMachine();

  // One cycle in which `command` (or nothing, where null) is offered. True where it was accepted.
  bool step(const arch::Command* command);
  // Whether the accelerator is busy, or memory has anything outstanding, in the cycle that comes (it does not depend on
  // what is offered in it).
  bool is_busy() const;

  std::uint64_t now() const { return now_; }
  const ReferenceMemory& memory() const { return memory_; }

 private:
  void reset();

  std::uint32_t bus_bytes_;
  ReferenceMemory memory_;
  std::unique_ptr<VerilatedContext> context_;
  std::unique_ptr<Vaccelerator> top_;
  std::uint64_t now_ = 0;
  std::vector<std::uint8_t> beat_;
};

}  // namespace gemel::rtl
