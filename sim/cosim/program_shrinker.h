// SPDX-License-Identifier: Apache-2.0
#pragma once
// Finds a small program that still fails.
#include <functional>

#include "sim/arch/accelerator_config.h"
#include "sim/arch/rocc_stream.h"

namespace gemel::sim {

// Drops steps of `stream` as long as the rest is legal (order_rules.h) and `fails` says true of it. `most_runs` bounds
// the calls.
arch::RoccStream shrink(const arch::RoccStream& stream, const arch::AcceleratorConfig& config,
                        const std::function<bool(const arch::RoccStream&)>& fails, unsigned most_runs = 2000);

}  // namespace gemel::sim
