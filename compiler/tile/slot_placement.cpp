// SPDX-License-Identifier: Apache-2.0
#include "compiler/tile/slot_placement.h"

#include <algorithm>

namespace gemel::compiler {
namespace {

constexpr std::int64_t kMostSlots = 256;

// Rows [base, base + rows) in banks of bank_rows.
Slots divide(std::int32_t base, std::int32_t rows, std::int32_t bank_rows, std::int32_t slot_rows, std::int64_t useful) {
  Slots slots;
  slots.rows = slot_rows;
  useful = std::min(useful, kMostSlots);
  if (slot_rows > rows || slot_rows <= 0) return slots;
  const auto full = [&] { return static_cast<std::int64_t>(slots.bases.size()) >= useful; };
  if (slot_rows > bank_rows) {
    for (std::int32_t at = 0; at + slot_rows <= rows && !full(); at += slot_rows) slots.bases.push_back(base + at);
    return slots;
  }
  for (std::int32_t turn = 0; (turn + 1) * slot_rows <= bank_rows && !full(); ++turn) {
    for (std::int32_t bank = 0; bank < rows && !full(); bank += bank_rows) {
      const std::int32_t at = bank + turn * slot_rows;
      if (at + slot_rows <= std::min(rows, bank + bank_rows)) slots.bases.push_back(base + at);
    }
  }
  return slots;
}

}  // namespace

bool place_slots(const Machine& machine, std::int32_t a_banks, const SlotNeeds& needs, TilePlan& plan) {
  const auto total = static_cast<std::int32_t>(machine.derived.scratchpad_rows);
  const auto bank = a_banks == 0 ? total / 2 : static_cast<std::int32_t>(machine.derived.scratchpad_bank_rows);
  const std::int32_t a_end = a_banks == 0 ? total / 2 : a_banks * bank;
  std::int32_t a_rows = a_end, b_rows = total - a_end;
  plan.a_banks = a_banks;
  plan.residual = Slots{};
  plan.residual_matrix = -1;
  if (needs.residual_rows > 0) {
    // Beside B, whose banks are read only while weights are shifted in; the identity beside A.
    a_rows -= machine.dim();
    b_rows -= 2 * needs.residual_rows;
    if (a_rows <= 0 || b_rows <= 0) return false;
    plan.residual.rows = needs.residual_rows;
    plan.residual.bases = {a_end + b_rows, a_end + b_rows + needs.residual_rows};
    plan.residual_matrix = a_rows;
  }
  plan.a = divide(0, a_rows, bank, needs.a_rows, needs.a_useful);
  plan.b = divide(a_end, b_rows, bank, needs.b_rows, needs.b_useful);
  return plan.a.count() > 0 && plan.b.count() > 0;
}

}  // namespace gemel::compiler
