// SPDX-License-Identifier: Apache-2.0
#pragma once
// What if the machine had more of one thing: its neighbours with a single resource relaxed.
#include <string>
#include <vector>

#include "sim/arch/accelerator_config.h"

namespace gemel::sim {

struct KeyChange {
  std::string key;
  std::string from, to;  // as the configuration has them
};

struct Relaxation {
  std::string name;  // "twice the scratchpad"
  std::vector<KeyChange> changes;
  arch::AcceleratorConfig machine;
  std::string illegal_reason;  // "" where it can be built
};

// Those that change something, in a fixed order: what the machine has to the full already is left out.
std::vector<Relaxation> relaxations_of(const arch::AcceleratorConfig& machine);

}  // namespace gemel::sim
