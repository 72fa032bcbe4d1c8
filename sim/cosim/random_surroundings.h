// SPDX-License-Identifier: Apache-2.0
#pragma once
// What stands around the accelerator in a random comparison: the memory's times and the host's. They need no other
// twin.
#include <cstdint>
#include <string>
#include <vector>

#include "sim/arch/accelerator_config.h"

namespace gemel::sim {

// Draws memory.* and host.issue_gap_cycles from the seed: latencies from 1 to 300, every third memory jitters. Keys of
// `given` (KEY=VALUE) keep their value.
void draw_surroundings(arch::AcceleratorConfig& config, std::uint64_t seed, const std::vector<std::string>& given = {});

// What `config` has drawn otherwise than `base` says, as command-line options.
std::string surroundings_text(const arch::AcceleratorConfig& config, const arch::AcceleratorConfig& base);

}  // namespace gemel::sim
