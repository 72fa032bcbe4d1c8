// SPDX-License-Identifier: Apache-2.0
#include "compiler/tile/slot_placement.h"

#include <algorithm>

namespace gemel::compiler {
namespace {

constexpr std::int64_t kMostSlots = 256;

// `banks` banks of bank_rows from row `base` on, of each of which the first `usable` rows are free. A slot larger than
// a bank runs on into the next, where the banks are free to their ends.
Slots divide(std::int32_t base, std::int32_t banks, std::int32_t bank_rows, std::int32_t usable, std::int32_t slot_rows,
             std::int64_t useful) {
  Slots slots;
  slots.rows = slot_rows;
  useful = std::min(useful, kMostSlots);
  if (slot_rows <= 0 || usable <= 0) return slots;
  const auto full = [&] { return static_cast<std::int64_t>(slots.bases.size()) >= useful; };
  if (slot_rows > usable) {
    const std::int32_t end = (banks - 1) * bank_rows + usable;
    const bool in_one_piece = usable == bank_rows || banks == 1;
    for (std::int32_t at = 0; in_one_piece && at + slot_rows <= end && !full(); at += slot_rows) {
      slots.bases.push_back(base + at);
    }
    return slots;
  }
  for (std::int32_t turn = 0; (turn + 1) * slot_rows <= usable && !full(); ++turn) {
    for (std::int32_t bank = 0; bank < banks && !full(); ++bank) {
      slots.bases.push_back(base + bank * bank_rows + turn * slot_rows);
    }
  }
  return slots;
}

}  // namespace

bool place_slots(const Machine& machine, std::int32_t a_banks, const SlotNeeds& needs, TilePlan& plan) {
  const auto total = static_cast<std::int32_t>(machine.derived.scratchpad_rows);
  const std::int32_t banks = a_banks == 0 ? 2 : static_cast<std::int32_t>(machine.config.scratchpad.banks);
  const std::int32_t bank_rows = total / banks;
  plan.a_banks = a_banks;
  plan.residual = plan.bias = Slots{};
  plan.residual_matrix = plan.bias_lanes = -1;
  if (a_banks == 0) a_banks = 1;
  const std::int32_t b_first = a_banks * bank_rows, b_banks = banks - a_banks;
  std::int32_t a_usable = bank_rows, b_usable = bank_rows;
  // Beside B, whose banks are read only while weights are shifted in, in two banks where there are two; what they are
  // multiplied with beside A.
  const auto reserve = [&](std::int32_t rows, Slots& slots, std::int32_t& matrix) {
    if (rows == 0) return;
    a_usable -= machine.dim();
    b_usable -= (b_banks > 1 ? 1 : 2) * rows;
    slots.rows = rows;
    slots.bases = {b_first + b_usable, b_first + b_usable + (b_banks > 1 ? bank_rows : rows)};
    matrix = a_usable;
  };
  reserve(needs.residual_rows, plan.residual, plan.residual_matrix);
  reserve(needs.bias_rows, plan.bias, plan.bias_lanes);
  if (a_usable <= 0 || b_usable <= 0) return false;
  plan.a = divide(0, a_banks, bank_rows, a_usable, needs.a_rows, needs.a_useful);
  plan.b = divide(b_first, b_banks, bank_rows, b_usable, needs.b_rows, needs.b_useful);
  return plan.a.count() > 0 && plan.b.count() > 0;
}

}  // namespace gemel::compiler
