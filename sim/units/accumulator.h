// SPDX-License-Identifier: Apache-2.0
#pragma once
// The accumulator: banks of rows of `dim` int32, and in which cycles each bank accepts a write
// (docs/microarchitecture.md, section 9).
#include <cstdint>
#include <vector>

#include "sim/arch/accelerator_config.h"
#include "sim/units/cycle_bitmap.h"

namespace gemel::sim {

class Accumulator final : public sc_core::sc_module {
 public:
  Accumulator(const sc_core::sc_module_name& name, const arch::AcceleratorConfig& config,
              const arch::DerivedConfig& derived)
      : sc_core::sc_module(name),
        dim_(derived.dim),
        bank_row_bits_(static_cast<unsigned>(__builtin_ctz(derived.accumulator_bank_rows))),
        single_ported_(config.accumulator.ports == 1),
        latency_(config.accumulator.latency_cycles),
        data_(std::size_t{derived.accumulator_rows} * derived.dim),
        banks_(config.accumulator.banks),
        loaded_from_(derived.accumulator_rows) {}

  std::int32_t* row(std::uint32_t index) { return data_.data() + std::size_t{index} * dim_; }
  std::uint32_t bank_of(std::uint32_t row) const { return row >> bank_row_bits_; }
  Cycle latency() const { return latency_; }

  void array_write(std::uint32_t bank, Cycle first, unsigned count, bool accumulates) {
    Bank& b = banks_[bank];
    (accumulates ? b.array_accumulates : b.array_overwrites).mark_run(first, count);
  }
  void load_write(std::uint32_t row, Cycle at, bool accumulates) {
    if (single_ported_ || accumulates) banks_[bank_of(row)].load_writes.mark(at);
    loaded_from_[row] = at + latency_ + 1;
  }

  // What the load side last wrote to the row is not in it yet in `at`.
  bool load_write_under_way(std::uint32_t row, Cycle at) const { return at < loaded_from_[row]; }
  bool array_writes_in(std::uint32_t bank, Cycle at) const { return array_writes_between(bank, at, at + 1); }
  bool array_writes_between(std::uint32_t bank, Cycle first, Cycle end) const {
    return banks_[bank].array_accumulates.any(first, end) || banks_[bank].array_overwrites.any(first, end);
  }
  bool refuses_read(std::uint32_t bank, Cycle at) const {
    const Bank& b = banks_[bank];
    if (!single_ported_) return b.array_accumulates.test(at) || b.load_writes.test(at);
    const Cycle first = at > latency_ + 1 ? at - (latency_ + 1) : 0;
    return array_writes_between(bank, first, at + 1) || b.load_writes.any(first, at + 1);
  }

 private:
  struct Bank {
    CycleBitmap array_accumulates, array_overwrites;
    CycleBitmap load_writes;  // those that refuse reads: with two ports the accumulating ones only
  };

  std::uint32_t dim_;
  unsigned bank_row_bits_;  // log2 of rows a bank
  bool single_ported_;
  Cycle latency_;
  std::vector<std::int32_t> data_;
  std::vector<Bank> banks_;
  std::vector<Cycle> loaded_from_;  // by row: behind the latency of the load side's last write
};

}  // namespace gemel::sim
