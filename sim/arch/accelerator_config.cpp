// SPDX-License-Identifier: Apache-2.0
#include "sim/arch/accelerator_config.h"

#include <algorithm>

namespace gemel::arch {
namespace {

std::uint32_t log2_floor(std::uint32_t value) {
  std::uint32_t bits = 0;
  while (value >>= 1) ++bits;
  return bits;
}

}  // namespace

std::uint32_t required_output_bits(std::uint32_t dim) {
  // Largest sum: dim * (-128)^2 = 2^(14 + log2 dim), and a sign.
  return 16 + log2_floor(dim);
}

DerivedConfig derive(const AcceleratorConfig& config) {
  constexpr std::uint64_t kBytesPerKib = 1024;
  DerivedConfig derived;
  const std::uint32_t dim = config.mesh.dim;
  derived.dim = dim;

  derived.scratchpad_row_bytes = dim;
  derived.scratchpad_rows =
      static_cast<std::uint32_t>(config.scratchpad.capacity_kib * kBytesPerKib / derived.scratchpad_row_bytes);
  derived.scratchpad_bank_rows = derived.scratchpad_rows / config.scratchpad.banks;

  derived.accumulator_row_bytes = 4 * dim;
  derived.accumulator_rows =
      static_cast<std::uint32_t>(config.accumulator.capacity_kib * kBytesPerKib / derived.accumulator_row_bytes);
  derived.accumulator_bank_rows = derived.accumulator_rows / config.accumulator.banks;

  derived.local_row_bits = std::max(log2_floor(derived.scratchpad_rows), log2_floor(derived.accumulator_rows));
  derived.bus_bytes = config.dma.bus_width_bits / 8;
  derived.max_block_columns = std::max(1u, config.dma.max_request_bytes / dim);
  derived.max_block_columns_acc = std::max(1u, config.dma.max_request_bytes / (4 * dim));
  if (config.normalisations) derived.normalised_rows = config.isa_version == IsaVersion::GemminiV07 ? 4 : 2;
  derived.array_latency = (config.mesh.tile_latency_cycles + 1) * (2 * dim - 1) + config.mesh.output_delay_cycles;
  return derived;
}

}  // namespace gemel::arch
