// SPDX-License-Identifier: Apache-2.0
#include "sim/memory/reference_memory.h"

#include <algorithm>
#include <stdexcept>

namespace gemel::sim {

ReferenceMemory::ReferenceMemory(std::uint64_t base, std::uint64_t size, const arch::MemoryConfig& config)
    : base_(base), bytes_(size), timer_(config) {}

void ReferenceMemory::load(const std::vector<arch::MemorySegment>& segments) {
  for (const arch::MemorySegment& segment : segments) {
    if (!contains(segment.address, segment.bytes.size()))
      throw std::invalid_argument("a memory segment of the program lies outside its memory");
    std::copy(segment.bytes.begin(), segment.bytes.end(), at(segment.address));
  }
}

}  // namespace gemel::sim
