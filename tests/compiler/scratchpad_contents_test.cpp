// SPDX-License-Identifier: Apache-2.0
#include "compiler/schedule/scratchpad_contents.h"

#include <gmock/gmock.h>

namespace gemel::compiler {
namespace {

Machine small_machine() {
  Machine machine;
  machine.config.mesh.dim = 4;
  machine.config.scratchpad.capacity_kib = 4;
  machine.derived = arch::derive(machine.config);
  return machine;
}

// Three rows of seven bytes, ten apart in memory: two lane blocks, eight rows apart.
ScratchpadContents::Piece two_blocks() { return {{1, 100}, 10, 16, 3, 7, 8}; }

TEST(ScratchpadContents, HoldsWhatWasPutThere) {
  ScratchpadContents contents(small_machine());
  EXPECT_FALSE(contents.holds(two_blocks()));
  contents.put(two_blocks(), 5);
  EXPECT_TRUE(contents.holds(two_blocks()));
  EXPECT_EQ(contents.layer_of(two_blocks()), 5u);
  EXPECT_TRUE(contents.holds({{1, 114}, 10, 25, 2, 3, 4}));  // rows 1 and 2 of the second block
}

TEST(ScratchpadContents, EveryByteAndEveryRowCounts) {
  ScratchpadContents contents(small_machine());
  contents.put(two_blocks(), 0);
  ScratchpadContents::Piece other = two_blocks();
  other.source.buffer = 2;
  EXPECT_FALSE(contents.holds(other));
  other = two_blocks();
  other.source.offset = 101;
  EXPECT_FALSE(contents.holds(other));
  other = two_blocks();
  other.stride = 11;
  EXPECT_FALSE(contents.holds(other));
  other = two_blocks();
  other.first = 15;
  EXPECT_FALSE(contents.holds(other));
  other = two_blocks();
  other.block_stride = 9;
  EXPECT_FALSE(contents.holds(other));
  other = two_blocks();
  other.cols = 8;  // the last lane was never loaded
  EXPECT_FALSE(contents.holds(other));
  other = two_blocks();
  other.rows = 4;
  EXPECT_FALSE(contents.holds(other));
}

TEST(ScratchpadContents, ARowThatIsLoadedOverIsGone) {
  ScratchpadContents contents(small_machine());
  contents.put(two_blocks(), 0);
  contents.put({{kNoBuffer, 0}, 0, 26, 1, 4, 4}, 1);
  EXPECT_FALSE(contents.holds(two_blocks()));
  EXPECT_TRUE(contents.holds({{1, 100}, 10, 16, 3, 4, 8}));  // the first block still is
  EXPECT_TRUE(contents.holds({{kNoBuffer, 0}, 0, 26, 1, 4, 4}));
}

TEST(ScratchpadContents, WhatIsWrittenIsForgotten) {
  ScratchpadContents contents(small_machine());
  contents.put(two_blocks(), 0);
  contents.forget(2);
  EXPECT_TRUE(contents.holds(two_blocks()));
  contents.forget(1);
  EXPECT_FALSE(contents.holds(two_blocks()));
  contents.put(two_blocks(), 0);
  contents.forget_all();
  EXPECT_FALSE(contents.holds(two_blocks()));
}

TEST(ScratchpadContents, WritingOtherColumnsOfAnImageLeavesItsOwn) {
  const ImageRef beside{{1, 107}, 1000, 100, 10}, into{{1, 106}, 1000, 100, 10}, behind{{1, 8}, 1000, 100, 10};
  ScratchpadContents contents(small_machine());
  contents.put(two_blocks(), 0);  // columns 0 to 6 of ten
  contents.forget(beside, 3);
  EXPECT_TRUE(contents.holds(two_blocks()));
  contents.forget(behind, 2);
  EXPECT_TRUE(contents.holds(two_blocks()));
  contents.forget(beside, 4);  // column 0 of the next pixel
  EXPECT_FALSE(contents.holds(two_blocks()));
  contents.put(two_blocks(), 0);
  contents.forget(into, 3);
  EXPECT_FALSE(contents.holds(two_blocks()));
  contents.put(two_blocks(), 0);
  contents.forget({{1, 107}, 1000, 105, 10}, 3);  // rows of it begin anywhere in a pixel
  EXPECT_FALSE(contents.holds(two_blocks()));
}

}  // namespace
}  // namespace gemel::compiler
