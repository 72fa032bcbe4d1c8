// SPDX-License-Identifier: Apache-2.0
#pragma once
// Fields of Verilated ports, whatever type the port's width gave it.
#include <verilated.h>

#include <cstdint>

namespace gemel::rtl_bench {

template <typename Port>
void set_bits(Port& port, unsigned lsb, unsigned width, std::uint64_t value) {
  const std::uint64_t mask = width >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << width) - 1;
  port = static_cast<Port>((port & ~(mask << lsb)) | ((value & mask) << lsb));
}
template <std::size_t Words>
void set_bits(VlWide<Words>& port, unsigned lsb, unsigned width, std::uint64_t value) {
  for (unsigned bit = 0; bit < width; ++bit) {
    const std::uint32_t mask = 1u << ((lsb + bit) % 32);
    std::uint32_t& word = port[(lsb + bit) / 32];
    word = (value >> bit & 1) != 0 ? word | mask : word & ~mask;
  }
}

template <typename Port>
std::uint64_t get_bits(const Port& port, unsigned lsb, unsigned width) {
  const std::uint64_t mask = width >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << width) - 1;
  return (static_cast<std::uint64_t>(port) >> lsb) & mask;
}
template <std::size_t Words>
std::uint64_t get_bits(const VlWide<Words>& port, unsigned lsb, unsigned width) {
  std::uint64_t value = 0;
  for (unsigned bit = 0; bit < width; ++bit) {
    value |= std::uint64_t{port[(lsb + bit) / 32] >> ((lsb + bit) % 32) & 1u} << bit;
  }
  return value;
}

inline std::int32_t sign_extend(std::uint64_t value, unsigned width) {
  const std::uint64_t sign = std::uint64_t{1} << (width - 1);
  return static_cast<std::int32_t>(static_cast<std::int64_t>((value ^ sign) - sign));
}

}  // namespace gemel::rtl_bench
