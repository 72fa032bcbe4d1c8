// SPDX-License-Identifier: Apache-2.0
#pragma once
// A program with every kind of part filled at random: for round trips, not for running.
#include <random>

#include "sim/arch/program.h"

namespace gemel::test_support {

arch::Program random_program_parts(std::mt19937_64& random);

}  // namespace gemel::test_support
