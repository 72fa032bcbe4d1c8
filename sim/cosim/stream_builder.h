// SPDX-License-Identifier: Apache-2.0
#pragma once
// A command stream under construction: what is configured, what is written, and whether a command may come next.
#include <array>
#include <cstdint>

#include "sim/arch/accelerator_config.h"
#include "sim/arch/isa.h"
#include "sim/arch/rocc_stream.h"
#include "sim/arch/written_lanes.h"
#include "sim/cosim/order_rules.h"

namespace gemel::sim {

class StreamBuilder {
 public:
  explicit StreamBuilder(const arch::AcceleratorConfig& config);

  const arch::DerivedConfig& derived() const { return derived_; }
  const arch::ConfigLoad& load(unsigned state) const { return load_[state]; }
  const arch::ConfigStore& store() const { return store_; }
  const arch::ConfigExecute& execute() const { return execute_; }
  arch::RoccStream& stream() { return stream_; }

  const OrderRules& rules() const { return rules_; }
  bool is_allowed(const arch::Command& command) const { return !rules_.violation(command); }
  // False, and nothing happens, where order_rules.h forbids the command here.
  bool try_emit(const arch::Command& command);
  // Throws std::logic_error where the command is forbidden: the caller knew better.
  void emit(const arch::Command& command);
  void fence();
  void idle(std::uint32_t cycles);
  void step(arch::StepKind kind) { stream_.steps.push_back({kind, 0}); }

  // Rows of `lanes` lanes each, `stride` apart, are all written and inside their memory.
  bool is_written(arch::LocalAddress first, std::uint32_t rows, std::uint32_t lanes, std::uint32_t stride = 1) const;
  bool fits(arch::LocalAddress first, std::uint32_t rows) const;
  // Lanes of the row that are written without a gap from lane 0.
  std::uint32_t written_prefix(arch::LocalAddress row) const;

 private:
  void note_written(const arch::Command& command);
  void note_mvin(const arch::Mvin& mvin);
  const arch::WrittenLanes& lanes_of(arch::LocalAddress address) const {
    return address.is_accumulator() ? accumulator_ : scratchpad_;
  }

  arch::DerivedConfig derived_;
  OrderRules rules_;
  arch::WrittenLanes scratchpad_;
  arch::WrittenLanes accumulator_;
  std::array<arch::ConfigLoad, 3> load_;
  arch::ConfigStore store_;
  arch::ConfigExecute execute_;
  arch::LocalBlock result_;
  arch::RoccStream stream_;
};

}  // namespace gemel::sim
