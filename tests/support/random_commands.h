// SPDX-License-Identifier: Apache-2.0
#pragma once
// Seeds of random tests: printed with every test, chosen by GEMEL_TEST_SEED.
#include <cstdint>
#include <random>

#include "sim/arch/command.h"

namespace gemel::test_support {

// Seed for this process: GEMEL_TEST_SEED or `standard`. Print it with SCOPED_TRACE.
std::uint64_t test_seed(std::uint64_t standard);

// Any function code, any bits; about half of the fields are zero.
arch::Command random_command(std::mt19937_64& random);

}  // namespace gemel::test_support
