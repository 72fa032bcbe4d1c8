// SPDX-License-Identifier: Apache-2.0
#pragma once
// The accumulator: banks of rows of `dim` int32, and in which cycles each bank accepts a write
// (docs/microarchitecture.md, section 9).
#include <algorithm>
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
        array_writes_(config.accumulator.banks),
        writes_(config.accumulator.banks),
        accumulating_(config.accumulator.banks),
        loaded_from_(derived.accumulator_rows) {}

  std::int32_t* row(std::uint32_t index) { return data_.data() + std::size_t{index} * dim_; }
  std::uint32_t bank_of(std::uint32_t row) const { return row >> bank_row_bits_; }
  Cycle latency() const { return latency_; }

  void array_write(std::uint32_t bank, Cycle first, unsigned count, bool accumulates) {
    array_writes_[bank].mark_run(first, count);
    last_array_write_ = std::max(last_array_write_, first + count - 1);
    if (single_ported_) writes_[bank].mark_run(first, count);
    if (accumulates) accumulating_[bank].mark_run(first, count);
  }
  void load_write(std::uint32_t row, Cycle at, bool accumulates) {
    if (single_ported_) writes_[bank_of(row)].mark(at);
    if (accumulates) accumulating_[bank_of(row)].mark(at);
    loaded_from_[row] = at + latency_ + 1;
  }

  // What the load side last wrote to the row is not in it yet in `at`.
  bool load_write_under_way(std::uint32_t row, Cycle at) const { return at < loaded_from_[row]; }
  bool array_writes_in(std::uint32_t bank, Cycle at) const { return array_writes_[bank].test(at); }
  bool array_writes_between(std::uint32_t bank, Cycle first, Cycle end) const {
    return first <= last_array_write_ && array_writes_[bank].any(first, end);
  }
  bool refuses_read(std::uint32_t bank, Cycle at) const {
    if (!single_ported_) return accumulating_[bank].test(at);
    const Cycle back = latency_ + 1;
    return writes_[bank].any(at > back ? at - back : 0, at + 1);
  }

 private:
  std::uint32_t dim_;
  unsigned bank_row_bits_;  // log2 of rows a bank
  bool single_ported_;
  Cycle latency_;
  std::vector<std::int32_t> data_;
  std::vector<CycleBitmap> array_writes_;
  std::vector<CycleBitmap> writes_;  // kept where there is a single port
  std::vector<CycleBitmap> accumulating_;
  std::vector<Cycle> loaded_from_;  // by row: behind the latency of the load side's last write
  Cycle last_array_write_ = 0;
};

}  // namespace gemel::sim
