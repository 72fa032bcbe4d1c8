// SPDX-License-Identifier: Apache-2.0
#pragma once
// Machines that differ in everything that timing or data depend on.
#include <cstdint>
#include <string>
#include <vector>

#include "sim/arch/accelerator_config.h"

namespace gemel::test_sim {

// Named machines, from tiny to wide.
std::vector<arch::AcceleratorConfig> machines();

// Every key drawn at random, the array no larger than `largest_dim`; always a machine that can be built.
arch::AcceleratorConfig random_machine(std::uint64_t seed, std::uint32_t largest_dim);

// What differs from the default machine: "mesh.dim=4 memory.latency_cycles=1".
std::string differences(const arch::AcceleratorConfig& config);

}  // namespace gemel::test_sim
