// SPDX-License-Identifier: Apache-2.0
#pragma once
// Random legal programs with real hazards, for comparing model, RTL and the functional machine. Legal: as
// arch::find_violation() and order_rules.h say, so the result does not depend on timing.
#include <cstdint>

#include "sim/arch/accelerator_config.h"
#include "sim/arch/rocc_stream.h"

namespace gemel::sim {

// The same stream for the same machine and seed, everywhere. Its output is the whole region; at the end, most programs
// store what they have left in scratchpad and accumulator.
arch::RoccStream random_stream(const arch::AcceleratorConfig& config, std::uint64_t seed);

// The same, but some seeds give a program of loop instructions (program_generator_loops.h).
arch::RoccStream random_stream_or_loops(const arch::AcceleratorConfig& config, std::uint64_t seed);

}  // namespace gemel::sim
