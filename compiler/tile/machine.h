// SPDX-License-Identifier: Apache-2.0
#pragma once
// The figures of the machine that the back half of the compiler works with.
#include <algorithm>
#include <cstdint>

#include "sim/arch/accelerator_config.h"

namespace gemel::compiler {

struct Machine {
  arch::AcceleratorConfig config;
  arch::DerivedConfig derived;
  bool output_stationary = false;

  std::int32_t dim() const { return static_cast<std::int32_t>(derived.dim); }
  std::int32_t blocks(std::int64_t elements) const { return static_cast<std::int32_t>((elements + dim() - 1) / dim()); }
  // Lane blocks that one mvin or mvout of int8 moves.
  std::int32_t move_blocks() const { return static_cast<std::int32_t>(derived.max_block_columns); }
  std::int32_t accumulator_slots() const { return derived.accumulator_rows >= 2 * derived.dim ? 2 : 1; }
  std::int32_t accumulator_slot_rows() const {
    return static_cast<std::int32_t>(derived.accumulator_rows) / accumulator_slots();
  }

  // Cycles of one preload/compute pair: `rows` rows of A under weights of which `weight_rows` are shifted in (0:
  // reuse).
  std::int32_t pair_cycles(std::int32_t rows, std::int32_t weight_rows) const {
    if (output_stationary) return dim();
    const std::int32_t in_flight = std::max(1, 5 * static_cast<std::int32_t>(config.mesh.tile_latency_cycles + 1));
    const std::int32_t tag_bound = (rows + static_cast<std::int32_t>(derived.array_latency) + in_flight) / in_flight;
    return std::max({rows, weight_rows, 4, tag_bound});
  }
  // Cycles that the load unit needs for `rows` rows of `bytes` each, in a stream of such commands.
  std::int64_t load_cycles(std::int64_t rows, std::int64_t bytes) const {
    const std::int64_t bus = derived.bus_bytes;
    const std::int64_t beats = rows * ((bytes + bus - 1) / bus);
    const std::int64_t latency = config.memory.latency_cycles;
    const std::int64_t one = latency + 22 + beats;
    const std::int64_t slots = rows * (latency + 8) / std::max<std::int64_t>(1, config.dma.requests_in_flight);
    return std::max({beats, one / std::max<std::int64_t>(1, config.dma.loads_in_flight), slots});
  }
  // The same for one mvout of `rows` rows of `blocks` lane blocks out of the accumulator: five rows in eight cycles
  // leave the scaler, longer rows are collected and then sent, and each row holds a write slot until it is
  // acknowledged.
  std::int64_t store_cycles(std::int64_t rows, std::int64_t blocks) const {
    const std::int64_t pipeline = blocks <= 1 ? rows * 8 / 5 + 1 : rows * (2 * blocks - 1);
    const std::int64_t latency = config.memory.latency_cycles;
    return std::max(pipeline, rows * (latency + 8) / std::max<std::int64_t>(1, config.dma.requests_in_flight));
  }
};

}  // namespace gemel::compiler
