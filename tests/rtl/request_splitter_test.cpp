// SPDX-License-Identifier: Apache-2.0
// Default machine: bus of 16 bytes, requests of 16, 32 or 64.
#include <algorithm>

#include "Vrequest_splitter.h"
#include "tests/rtl/unit_bench.h"

namespace gemel::rtl {
namespace {

struct Split {
  std::uint64_t address;
  unsigned offset, useful, beats;
  bool is_last;
};

Split split(std::uint64_t address, unsigned bytes_left) {
  static Vrequest_splitter top;
  top.address_i = address;
  top.bytes_left_i = bytes_left;
  top.eval();
  return {top.address_o, top.offset_o, top.useful_o, top.beats_o, top.last_o != 0};
}

TEST(RequestSplitter, TakesTheSmallestSizeThatCarriesTheWholeRow) {
  for (const auto& [bytes, beats] : {std::pair{1u, 1u}, {16u, 1u}, {17u, 2u}, {32u, 2u}, {33u, 4u}, {64u, 4u}}) {
    const Split s = split(0x80000000, bytes);
    EXPECT_EQ(s.beats, beats) << bytes << " bytes";
    EXPECT_EQ(s.useful, bytes);
    EXPECT_TRUE(s.is_last);
  }
}

TEST(RequestSplitter, AlignsTheAddressDownToTheSizeItChose) {
  const Split s = split(0x8000001c, 16);  // 28..43: no 16 or 32 byte block holds it whole, 0..63 does
  EXPECT_EQ(s.address, 0x80000000u);
  EXPECT_EQ(s.offset, 28u);
  EXPECT_EQ(s.beats, 4u);
  EXPECT_TRUE(s.is_last);
}

TEST(RequestSplitter, MatchesItsRuleForEveryAlignmentAndLength) {
  for (std::uint64_t low = 0; low < 64; ++low) {
    for (unsigned bytes = 1; bytes <= 130; ++bytes) {
      unsigned best = 0, size = 0;
      for (const unsigned candidate : {16u, 32u, 64u}) {
        const unsigned useful = std::min<unsigned>(candidate - low % candidate, bytes);
        if (useful > best) best = useful, size = candidate;
      }
      const Split s = split(0x90000040 + low, bytes);
      ASSERT_EQ(s.useful, best) << low << " " << bytes;
      ASSERT_EQ(s.beats * 16, size) << low << " " << bytes;
      ASSERT_EQ(s.address, 0x90000040 + low - low % size) << low << " " << bytes;
      ASSERT_EQ(s.offset, low % size);
      ASSERT_EQ(s.is_last, best == bytes);
    }
  }
}

}  // namespace
}  // namespace gemel::rtl
