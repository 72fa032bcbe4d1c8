// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>

#include "sim/arch/program.h"

namespace gemel::sim {

// The steps of the first `count` layers of a compiled program, with nothing left of the others but their place in
// memory. Throws std::invalid_argument where the program has fewer.
arch::Program first_layers(const arch::Program& program, std::size_t count);

}  // namespace gemel::sim
