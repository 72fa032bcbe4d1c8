// SPDX-License-Identifier: Apache-2.0
#pragma once
// Which rows of the scratchpad the slots of A, B and residual get. A and B lie in different banks, because one bank
// delivers one row a cycle; successive slots lie in different banks where they can, because a load blocks its bank.
#include <cstdint>

#include "compiler/tile/contraction.h"
#include "compiler/tile/machine.h"
#include "compiler/tile/tile_plan.h"

namespace gemel::compiler {

struct SlotNeeds {
  std::int32_t a_rows = 0, b_rows = 0;            // of one slot
  std::int32_t residual_rows = 0, bias_rows = 0;  // 0: none
  std::int64_t a_useful = 0, b_useful = 0;        // more slots than these would stay empty
};

// Gives A the first `a_banks` banks (0: half of the rows). False where not even one slot each fits.
bool place_slots(const Machine& machine, std::int32_t a_banks, const SlotNeeds& needs, TilePlan& plan);

}  // namespace gemel::compiler
