// SPDX-License-Identifier: Apache-2.0
#include "compiler/schedule/row_copy_schedule.h"

#include <algorithm>

namespace gemel::compiler {

void schedule_row_copy(const RowCopy& copy, const Machine& machine, ScheduleBuilder& builder) {
  const std::int64_t dim = machine.dim(), width = dim * machine.move_blocks();
  arch::ConfigLoad load;
  load.state = 0;
  load.block_stride = static_cast<std::uint16_t>(dim);
  load.dram_stride = static_cast<std::uint64_t>(copy.from_stride);
  const std::uint16_t load_id = builder.load_config(load);
  arch::ConfigStore store;
  store.dram_stride = static_cast<std::uint32_t>(copy.to_stride);
  store.scale_bits = arch::bits_from_float(1.0f);
  const std::uint16_t store_id = builder.store_config(store);
  const std::int64_t slot_rows = dim * machine.move_blocks();
  const std::int64_t slots = std::max<std::int64_t>(1, machine.derived.scratchpad_rows / slot_rows);
  std::int64_t piece = 0;
  for (std::int64_t row = 0; row < copy.rows; row += dim) {
    const auto rows = static_cast<std::int32_t>(std::min(dim, copy.rows - row));
    for (std::int64_t at = 0; at < copy.bytes; at += width) {
      const auto cols = static_cast<std::int32_t>(std::min(width, copy.bytes - at));
      // Banks in turn: the load of a piece does not hold up the store of the one before.
      const std::int64_t slot = piece++ % slots;
      const std::int64_t banks = machine.config.scratchpad.banks, per_bank = std::max<std::int64_t>(1, slots / banks);
      const std::int64_t place = slots >= banks ? slot % banks * per_bank + slot / banks % per_bank : slot;
      const auto local = arch::LocalAddress::scratchpad(static_cast<std::uint32_t>(place * slot_rows));
      builder.load({copy.from.buffer, copy.from.offset + row * copy.from_stride + at}, local, rows, cols, load_id);
      builder.store({copy.to.buffer, copy.to.offset + row * copy.to_stride + at}, local, rows, cols, store_id);
    }
  }
  builder.contents().forget(copy.to.buffer);
}

}  // namespace gemel::compiler
