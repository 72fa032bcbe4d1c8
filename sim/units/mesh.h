// SPDX-License-Identifier: Apache-2.0
#pragma once
// The array of PEs as a whole: what its registers hold and what comes out, block by block (docs/microarchitecture.md,
// section 11). Knows nothing of cycles but the latency from a fed row to its result.
#include <algorithm>
#include <cstdint>
#include <vector>

#include "sim/arch/accelerator_config.h"
#include "sim/arch/isa.h"
#include "sim/units/mesh_kernel.h"
#include "sim/units/scratchpad.h"
#include "sim/units/unit.h"

namespace gemel::sim {

// An operand in the scratchpad as the array sees it: rows x cols valid elements, the rest zeros.
struct MeshOperand {
  arch::LocalAddress address;
  bool present = false;    // takes part and is not garbage; else all zeros
  bool transpose = false;  // use it transposed
  std::uint16_t rows = 0;  // as stored
  std::uint16_t cols = 0;
  std::uint32_t stride = 1;  // rows of scratchpad between rows
};

class Mesh final : public sc_core::sc_module {
 public:
  Mesh(const sc_core::sc_module_name& name, const arch::AcceleratorConfig& config, const arch::DerivedConfig& derived,
       Scratchpad& scratchpad);

  // The cycle in which the result of a row fed in `fed` leaves the array.
  Cycle out(Cycle fed) const { return fed + out_latency_; }

  // Into the registers that do not compute: weights (weight-stationary) or initial sums (output-stationary).
  void preload_weights(const MeshOperand& b);
  // Rows without weights pass the registers that do not compute: zeros enter from above.
  void shift_idle_weights(unsigned rows) { idle_shift_ = std::min(idle_shift_ + rows, derived_.dim); }
  void preload_sums(const MeshOperand& d);
  void swap_weights();
  void swap_sums() { std::swap(sums_, idle_sums_); }

  // Weight-stationary: result[i] = D[i] + A[i] * weights for `rows` rows, wrapped; valid until the next call.
  const std::int32_t* multiply(const MeshOperand& a, const MeshOperand& d, unsigned rows);
  // Output-stationary: sums += A * B, wrapped.
  void accumulate(const MeshOperand& a, const MeshOperand& b);
  const std::vector<std::int32_t>& sums() const { return sums_; }

 private:
  // Rows of the operand with zeros filled in; returns a pointer to `count` rows, `stride` bytes apart.
  const std::int8_t* gather(const MeshOperand& operand, unsigned count, std::size_t& stride,
                            std::vector<std::int8_t>& scratch);

  const arch::DerivedConfig& derived_;
  Scratchpad& scratchpad_;
  unsigned output_bits_;
  Cycle out_latency_;
  bool sums_can_wrap_;
  PackedBlock weights_, idle_weights_, operand_b_;
  unsigned idle_shift_ = 0;  // rows by which idle_weights_ are still to move down
  std::vector<std::int32_t> sums_, idle_sums_;
  std::vector<std::int32_t> result_;
  std::vector<std::int8_t> scratch_a_, scratch_b_;
};

}  // namespace gemel::sim
