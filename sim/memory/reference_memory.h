// SPDX-License-Identifier: Apache-2.0
#pragma once
// The reference memory: requests always accepted, responses in order (docs/microarchitecture.md, section 6). Plain C++
// without SystemC, so that model and RTL harness are timed by the same class.
#include <cstdint>
#include <vector>

#include "sim/arch/accelerator_config.h"
#include "sim/arch/program.h"
#include "sim/memory/memory_timer.h"

namespace gemel::sim {

class ReferenceMemory {
 public:
  // `size` bytes from `base`, all zero.
  ReferenceMemory(std::uint64_t base, std::uint64_t size, const arch::MemoryConfig& config);

  // Initial contents of a program. Throws std::invalid_argument for a segment outside the memory.
  void load(const std::vector<arch::MemorySegment>& segments);

  MemoryTimer& timer() { return timer_; }

  std::uint64_t base() const { return base_; }
  std::uint64_t size() const { return bytes_.size(); }
  bool contains(std::uint64_t address, std::uint64_t length) const {
    return address >= base_ && length <= bytes_.size() && address - base_ <= bytes_.size() - length;
  }
  std::uint8_t* at(std::uint64_t address) { return bytes_.data() + (address - base_); }
  std::vector<std::uint8_t>& bytes() { return bytes_; }

 private:
  std::uint64_t base_;
  std::vector<std::uint8_t> bytes_;
  MemoryTimer timer_;
};

}  // namespace gemel::sim
