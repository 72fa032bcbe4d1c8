// SPDX-License-Identifier: Apache-2.0
// What units work out in closed form, against the rule in its plainest words: the split of rows into transactions, and
// in which cycles a port is used.
#include <gmock/gmock.h>

#include <algorithm>
#include <random>
#include <set>

#include "sim/units/cycle_bitmap.h"
#include "sim/units/dma_split.h"

namespace gemel::sim {
namespace {

// docs/microarchitecture.md, section 5, word by word.
DmaTransaction most_useful(std::uint64_t address, std::uint32_t bytes_left, std::uint32_t bus, std::uint32_t most) {
  DmaTransaction best;
  for (std::uint32_t size = bus; size <= most; size *= 2) {
    const auto offset = static_cast<std::uint32_t>(address % size);
    const std::uint32_t useful = std::min(size - offset, bytes_left);
    if (useful > best.useful) best = {address - offset, size, offset, useful};
  }
  return best;
}

TEST(DmaSplit, TakesTheSmallestOfTheSizesWithMostUsefulBytes) {
  for (std::uint32_t bus = 4; bus <= 64; bus *= 2) {
    for (std::uint32_t most = bus; most <= 256; most *= 2) {
      for (std::uint64_t address = 0x80000000; address < 0x80000000 + 2 * most; ++address) {
        for (std::uint32_t bytes = 1; bytes <= 2 * most; ++bytes) {
          const DmaTransaction expected = most_useful(address, bytes, bus, most);
          const DmaTransaction found = next_transaction(address, bytes, bus, most);
          ASSERT_TRUE(found.address == expected.address && found.size == expected.size &&
                      found.offset == expected.offset && found.useful == expected.useful)
              << bytes << " bytes at " << address << ", bus " << bus << ", at most " << most << ": size " << found.size
              << ", " << found.useful << " useful, instead of " << expected.size << ", " << expected.useful;
        }
      }
    }
  }
}

TEST(CycleBitmap, KnowsTheMarkedCyclesOfItsWindowAndNoOthers) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  CycleBitmap bitmap;
  std::set<Cycle> marked;
  Cycle now = 0;
  for (int step = 0; step < 20000; ++step) {
    now += random() % 40;
    const Cycle first = now + random() % 300;
    const unsigned count = 1 + random() % 130;
    if (random() % 2 == 0) {
      bitmap.mark(first);
      marked.insert(first);
    } else if (random() % 4 == 0) {
      bitmap.mark_run(first, count);
      for (unsigned i = 0; i < count; ++i) marked.insert(first + i);
    }
    const Cycle from = now - std::min<Cycle>(now, random() % 1000);
    const Cycle end = from + random() % 200;
    const auto next = marked.lower_bound(from);
    ASSERT_EQ(bitmap.any(from, end), next != marked.end() && *next < end) << "from " << from << " to " << end;
    ASSERT_EQ(bitmap.test(from), marked.count(from) == 1) << "in " << from;
  }
}

}  // namespace
}  // namespace gemel::sim
