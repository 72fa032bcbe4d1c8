// SPDX-License-Identifier: Apache-2.0
#pragma once
// A row of scratchpad or accumulator as commands name it (32 bits; Gemmini's LocalAddr).
//   31 accumulator · 30 accumulate on write · 29 read full width · 28:26 normalisation command ·
//   w garbage bit · w-1:0 row, with w = DerivedConfig::local_row_bits.
#include <cstdint>

#include "sim/arch/accelerator_config.h"

namespace gemel::arch {

class LocalAddress {
 public:
  static constexpr std::uint32_t kGarbage = 0xFFFFFFFFu;
  static constexpr std::uint32_t kAccumulatorBit = 1u << 31;
  static constexpr std::uint32_t kAccumulateBit = 1u << 30;
  static constexpr std::uint32_t kFullWidthBit = 1u << 29;

  constexpr LocalAddress() = default;
  constexpr explicit LocalAddress(std::uint32_t bits) : bits_(bits) {}
  static constexpr LocalAddress scratchpad(std::uint32_t row) { return LocalAddress(row); }
  static constexpr LocalAddress accumulator(std::uint32_t row) { return LocalAddress(kAccumulatorBit | row); }
  static constexpr LocalAddress garbage() { return LocalAddress(kGarbage); }

  constexpr std::uint32_t bits() const { return bits_; }
  constexpr bool is_accumulator() const { return (bits_ & kAccumulatorBit) != 0; }
  constexpr bool accumulates() const { return (bits_ & kAccumulateBit) != 0; }
  constexpr bool is_full_width() const { return (bits_ & kFullWidthBit) != 0; }
  constexpr LocalAddress with_accumulate() const { return LocalAddress(bits_ | kAccumulateBit); }
  constexpr LocalAddress with_full_width() const { return LocalAddress(bits_ | kFullWidthBit); }

  // Bits 31..29, the garbage bit and all row bits set; the normalisation and filler bits do not matter.
  static constexpr std::uint32_t garbage_mask(const DerivedConfig& d) {
    return 0xE0000000u | ((2u << d.local_row_bits) - 1u);
  }
  constexpr bool is_garbage(const DerivedConfig& d) const { return has_all(garbage_mask(d)); }
  constexpr bool has_all(std::uint32_t mask) const { return (bits_ & mask) == mask; }
  // Row index, wrapped to the memory that it names.
  constexpr std::uint32_t row(const DerivedConfig& d) const {
    return bits_ & ((is_accumulator() ? d.accumulator_rows : d.scratchpad_rows) - 1u);
  }
  constexpr std::uint32_t bank(const DerivedConfig& d) const {
    // Banks are powers of two of rows.
    return row(d) >> __builtin_ctz(is_accumulator() ? d.accumulator_bank_rows : d.scratchpad_bank_rows);
  }
  // The row `offset` further; wraps inside the row field, flags stay.
  constexpr LocalAddress plus(std::uint32_t offset, const DerivedConfig& d) const {
    const std::uint32_t mask = (1u << d.local_row_bits) - 1u;
    return LocalAddress((bits_ & ~mask) | ((bits_ + offset) & mask));
  }
  friend constexpr bool operator==(LocalAddress a, LocalAddress b) { return a.bits_ == b.bits_; }
  friend constexpr bool operator!=(LocalAddress a, LocalAddress b) { return a.bits_ != b.bits_; }

 private:
  std::uint32_t bits_ = 0;
};

}  // namespace gemel::arch
