// SPDX-License-Identifier: Apache-2.0
#pragma once
// The scratchpad: banks of rows of `dim` int8, and in which cycles each bank is written (docs/microarchitecture.md,
// section 9). Contents may be ahead of the cycle of their write: the reservation station keeps everybody else off those
// rows until then.
#include <cstdint>
#include <vector>

#include "sim/arch/accelerator_config.h"
#include "sim/units/cycle_bitmap.h"

namespace gemel::sim {

class Scratchpad final : public sc_core::sc_module {
 public:
  Scratchpad(const sc_core::sc_module_name& name, const arch::AcceleratorConfig& config,
             const arch::DerivedConfig& derived)
      : sc_core::sc_module(name),
        dim_(derived.dim),
        bank_row_bits_(static_cast<unsigned>(__builtin_ctz(derived.scratchpad_bank_rows))),
        single_ported_(config.scratchpad.ports == 1),
        data_(std::size_t{derived.scratchpad_rows} * derived.dim),
        array_writes_(config.scratchpad.banks),
        load_writes_(config.scratchpad.banks) {}

  std::int8_t* row(std::uint32_t index) { return data_.data() + std::size_t{index} * dim_; }
  std::uint32_t bank_of(std::uint32_t row) const { return row >> bank_row_bits_; }
  bool single_ported() const { return single_ported_; }

  void array_write(std::uint32_t bank, Cycle first, unsigned count) { array_writes_[bank].mark_run(first, count); }
  void load_write(std::uint32_t bank, Cycle at) { load_writes_[bank].mark(at); }
  void load_write(std::uint32_t bank, Cycle first, unsigned count) { load_writes_[bank].mark_run(first, count); }

  bool array_writes_in(std::uint32_t bank, Cycle at) const { return array_writes_[bank].test(at); }
  bool array_writes_between(std::uint32_t bank, Cycle first, Cycle end) const {
    return array_writes_[bank].any(first, end);
  }
  // A read of the bank is refused in that cycle.
  bool refuses_read(std::uint32_t bank, Cycle at) const { return refuses_any_read(bank, at, at + 1); }
  bool refuses_any_read(std::uint32_t bank, Cycle first, Cycle end) const {
    return single_ported_ && (load_writes_[bank].any(first, end) || array_writes_[bank].any(first, end));
  }

 private:
  std::uint32_t dim_;
  unsigned bank_row_bits_;  // log2 of rows a bank
  bool single_ported_;
  std::vector<std::int8_t> data_;
  std::vector<CycleBitmap> array_writes_;
  std::vector<CycleBitmap> load_writes_;
};

}  // namespace gemel::sim
