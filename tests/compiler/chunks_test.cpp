// SPDX-License-Identifier: Apache-2.0
#include "compiler/tile/chunks.h"

#include <gmock/gmock.h>

#include "compiler/tile/planes.h"

namespace gemel::compiler {
namespace {

Machine default_machine() {
  Machine machine;
  machine.derived = arch::derive(machine.config);
  return machine;
}

std::vector<std::int32_t> rows_of(const Chunking& chunking) {
  std::vector<std::int32_t> rows;
  for (const Chunk& chunk : chunking.chunks) rows.push_back(chunk.rows);
  return rows;
}

TEST(Chunks, LastChunkIsFullAndTheOthersShareTheRestEvenly) {
  const Machine machine = default_machine();
  const Chunking chunking = choose_chunks(machine, 1, 49, 49, 16, 16, true);
  EXPECT_THAT(rows_of(chunking), testing::ElementsAre(11, 11, 11, 16));
  EXPECT_EQ(chunking.cycles, 49);  // no cycle is lost: every chunk is at least as long as a short compute takes
}

TEST(Chunks, ShortComputesCostWhatTheTagQueueAllows) {
  const Machine machine = default_machine();
  EXPECT_EQ(machine.pair_cycles(4, 0), 8);
  EXPECT_EQ(machine.pair_cycles(7, 0), 8);
  EXPECT_EQ(machine.pair_cycles(9, 0), 9);
  EXPECT_EQ(machine.pair_cycles(9, 16), 16);
}

TEST(Chunks, NarrowImagesRunAcrossRowEndsAndWideOnesDoNot) {
  const Machine machine = default_machine();
  const Chunking narrow = choose_chunks(machine, 7, 7, 8, 16, 16, true);
  EXPECT_TRUE(narrow.across_rows);
  EXPECT_EQ(narrow.cycles, 55);  // 7 rows of 8 positions without the last
  const Chunking wide = choose_chunks(machine, 14, 14, 15, 16, 16, true);
  EXPECT_FALSE(wide.across_rows);
  EXPECT_EQ(wide.cycles, 14 * 14 + 2);
}

TEST(Chunks, SegmentsNameEveryOutputOnceAndNoPositionBetweenRows) {
  const Machine machine = default_machine();
  for (const std::int32_t width : {1, 5, 15, 16, 17, 40}) {
    for (const bool across : {false, true}) {
      const Chunking c = choose_chunks(machine, 6, width, width + 2, 16, 16, across);
      std::vector<int> seen(static_cast<std::size_t>(6 * width), 0);
      for (const Segment& s : c.segments) {
        const Chunk& chunk = c.chunks[static_cast<std::size_t>(s.chunk)];
        EXPECT_EQ(chunk.start + s.offset, s.y * c.pitch + s.x);
        EXPECT_LE(s.offset + s.rows, chunk.rows);
        EXPECT_LE(s.x + s.rows, width);
        for (std::int32_t x = s.x; x < s.x + s.rows; ++x) ++seen[static_cast<std::size_t>(s.y * width + x)];
      }
      EXPECT_THAT(seen, testing::Each(1)) << width;
    }
  }
}

Contraction conv(std::int32_t size, std::int32_t kernel, std::int32_t stride, std::int32_t pad) {
  Contraction work;
  work.in_h = work.in_w = size;
  work.out_h = work.out_w = (size + 2 * pad - kernel) / stride + 1;
  work.lanes = work.outputs = 16;
  work.stride_y = work.stride_x = stride;
  work.pad_top = work.pad_left = pad;
  work.taps.clear();
  for (std::int32_t y = 0; y < kernel; ++y) {
    for (std::int32_t x = 0; x < kernel; ++x) work.taps.push_back({y, x});
  }
  return work;
}

TEST(Planes, PaddingBetweenTwoRowsIsShared) {
  const Planes planes = place_planes(conv(7, 3, 1, 1), 7, 7);
  EXPECT_EQ(planes.pitch, 8);
  EXPECT_EQ(planes.rows, 9 * 8 + 1);
}

TEST(Planes, AStrideSplitsTheImageSoThatTapsReadConsecutiveRows) {
  const Contraction work = conv(14, 3, 2, 1);
  const Planes planes = place_planes(work, 7, 7);
  ASSERT_EQ(planes.planes.size(), 4u);
  // The last position of the last tap lies inside its plane.
  for (std::size_t t = 0; t < work.taps.size(); ++t) {
    const std::int32_t last = planes.tap_offset[t] + 6 * planes.pitch + 6;
    EXPECT_LT(last, planes.rows);
  }
  EXPECT_EQ(planes.tap_offset[2], planes.tap_offset[0] + 1);  // two columns further: the next row of the same plane
}

}  // namespace
}  // namespace gemel::compiler
