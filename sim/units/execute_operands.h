// SPDX-License-Identifier: Apache-2.0
#pragma once
// What config_ex has set, and what the operands of preloads and computes are under it (docs/microarchitecture.md,
// section 10, "Operands").
#include <cstdint>

#include "sim/arch/accelerator_config.h"
#include "sim/arch/isa.h"
#include "sim/units/execute_queue.h"
#include "sim/units/mesh.h"
#include "sim/units/result_writer.h"

namespace gemel::sim {

class ExecuteOperands {
 public:
  ExecuteOperands(arch::Dataflow built, const arch::DerivedConfig& derived);

  // Throws std::invalid_argument where the machine cannot do that.
  void configure(const arch::ConfigExecute& c);

  bool output_stationary() const { return output_stationary_; }
  unsigned shift() const { return settings_.shift; }
  arch::Activation activation() const { return settings_.activation; }

  // An operand that passes the transposer is read one request ahead.
  bool a_rides_ahead() const { return a_rides_ahead_; }
  bool b_rides_ahead() const { return b_rides_ahead_; }
  bool d_transposed() const { return d_transposed_; }
  bool transposes() const { return a_rides_ahead_ || b_rides_ahead_ || d_transposed_; }

  MeshOperand a(const ExecuteStep& compute) const {
    return compute.no_operand ? MeshOperand{}
                              : stored(compute.issued->command.rs1, settings_.a_stride, settings_.a_transpose);
  }
  MeshOperand bd(const ExecuteStep& compute) const {
    return compute.no_second ? MeshOperand{} : stored(compute.issued->command.rs2, 1, b_rides_ahead_);
  }
  MeshOperand preload_bd(const ExecuteStep& preload) const {
    return preload.no_operand ? MeshOperand{} : stored(preload.issued->command.rs1, 1, d_transposed_);
  }
  ResultTag result(const ExecuteStep& preload) const {
    const arch::LocalBlock c = arch::decode_local_block(preload.issued->command.rs2);
    if (preload.no_result || is_garbage(c.address)) return {};
    return {true, preload.issued->entry, c, settings_.c_stride};
  }

 private:
  // A command names rows and columns of the operand as it takes part; a transposed one is stored the other way round.
  MeshOperand stored(std::uint64_t word, std::uint32_t stride, bool transpose) const {
    const arch::LocalBlock block = arch::decode_local_block(word);
    if (is_garbage(block.address)) return {};
    if (transpose) return {block.address, true, true, block.cols, block.rows, stride};
    return {block.address, true, false, block.rows, block.cols, stride};
  }

  bool is_garbage(arch::LocalAddress address) const { return address.has_all(garbage_mask_); }

  std::uint32_t garbage_mask_;
  arch::Dataflow built_;
  arch::ConfigExecute settings_;
  bool output_stationary_;
  // B of the product is the preload's in weight-stationary, the compute's in output-stationary.
  bool a_rides_ahead_ = false, b_rides_ahead_ = false, d_transposed_ = false;
};

}  // namespace gemel::sim
