// SPDX-License-Identifier: Apache-2.0
#include "compiler/graph/tensor_view.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace gemel::compiler {
namespace {

// Root elements that the view shows, in row-major order.
std::vector<std::int64_t> elements(const TensorView& view) {
  std::vector<std::int64_t> result;
  const std::int64_t count = element_count(view.shape);
  for (std::int64_t i = 0; i < count; ++i) {
    std::int64_t rest = i, at = view.offset;
    for (std::size_t d = view.shape.size(); d-- > 0;) {
      at += rest % view.shape[d] * view.strides[d];
      rest /= view.shape[d];
    }
    result.push_back(at);
  }
  return result;
}

TensorView dense(Shape shape, std::int64_t offset = 0) {
  std::vector<std::int64_t> strides = dense_strides(shape);
  return {0, offset, std::move(shape), std::move(strides)};
}

TEST(TensorView, ReshapeOfADenseViewAlwaysWorks) {
  for (const Shape& shape : {Shape{24}, Shape{1, 24}, Shape{6, 4}, Shape{2, 1, 12}, Shape{4, 3, 2}, Shape{24, 1, 1}}) {
    const auto seen = reshaped(dense({2, 3, 4}, 5), shape);
    ASSERT_TRUE(seen) << describe_shape(shape);
    EXPECT_EQ(elements(*seen), elements(dense({24}, 5)));
    EXPECT_TRUE(is_dense(*seen));
  }
}

TEST(TensorView, ChannelSliceJoinsItsOuterDimensionsOnly) {
  const TensorView slice = sliced(dense({2, 3, 8}), 2, 2, 6);
  EXPECT_FALSE(is_dense(slice));
  const auto rows = reshaped(slice, {6, 4});
  ASSERT_TRUE(rows);
  EXPECT_EQ(elements(*rows), elements(slice));
  EXPECT_EQ(rows->strides, (std::vector<std::int64_t>{8, 1}));
  EXPECT_FALSE(reshaped(slice, {24}));
  EXPECT_FALSE(reshaped(slice, {3, 8}));
}

TEST(TensorView, HeadsAreReadFromRowsWithoutACopy) {  // [seq, heads·d] -> [heads, seq, d]
  const auto split = reshaped(dense({5, 6}), {5, 3, 2});
  ASSERT_TRUE(split);
  const TensorView heads = permuted(*split, {1, 0, 2});
  EXPECT_EQ(heads.shape, (Shape{3, 5, 2}));
  EXPECT_EQ(heads.strides, (std::vector<std::int64_t>{2, 6, 1}));
  EXPECT_FALSE(reshaped(heads, {15, 2}));
}

TEST(TensorView, UnpermutedIsTheInverse) {
  const TensorView view = dense({2, 3, 4});
  const std::vector<std::size_t> permutation{2, 0, 1};
  const TensorView there = permuted(view, permutation);
  const TensorView back = unpermuted(there, permutation);
  EXPECT_EQ(back.shape, view.shape);
  EXPECT_EQ(elements(back), elements(view));
  EXPECT_NE(elements(there), elements(view));
}

TEST(TensorView, BroadcastRepeatsLeadingDimensions) {
  const TensorView view = broadcast(dense({1, 2}), {3, 2, 2});
  EXPECT_EQ(elements(view), (std::vector<std::int64_t>{0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1}));
}

// A reshaped view shows the same elements, and a refusal is right: no strides could have shown them.
TEST(TensorView, ReshapeOfRandomViewsShowsTheSameElementsOrCanNotExist) {
  const unsigned seed = 20261122;
  std::mt19937 random(seed);
  const auto pick = [&](int n) { return static_cast<std::int64_t>(random() % static_cast<unsigned>(n)); };
  int worked = 0, refused = 0;
  for (int round = 0; round < 3000; ++round) {
    SCOPED_TRACE("seed " + std::to_string(seed) + " round " + std::to_string(round));
    Shape shape;
    for (std::int64_t d = pick(3) + 1; d > 0; --d) shape.push_back(pick(4) + 1);
    TensorView view = dense(shape, pick(3));
    if (pick(2) == 0) {
      const auto axis = static_cast<std::size_t>(pick(static_cast<int>(shape.size())));
      const std::int64_t begin = pick(static_cast<int>(shape[axis]));
      view = sliced(view, axis, begin, begin + 1 + pick(static_cast<int>(shape[axis] - begin)));
    }
    if (pick(2) == 0) {
      std::vector<std::size_t> permutation;
      for (std::size_t d = 0; d < shape.size(); ++d) permutation.push_back(d);
      std::shuffle(permutation.begin(), permutation.end(), random);
      view = permuted(view, permutation);
    }
    Shape target;
    std::int64_t rest = element_count(view.shape);
    while (rest > 1 && target.size() < 4) {
      std::int64_t factor = pick(static_cast<int>(rest)) + 1;
      while (rest % factor != 0) --factor;
      target.push_back(factor);
      rest /= factor;
    }
    target.push_back(rest);
    const auto seen = reshaped(view, target);
    const std::vector<std::int64_t> wanted = elements(view);
    if (seen) {
      ++worked;
      EXPECT_EQ(elements(*seen), wanted);
      EXPECT_EQ(first_element(*seen), *std::min_element(wanted.begin(), wanted.end()));
      EXPECT_EQ(last_element(*seen), *std::max_element(wanted.begin(), wanted.end()));
      continue;
    }
    ++refused;  // then the only candidate strides, read off the elements themselves, do not reproduce them
    TensorView candidate{0, wanted[0], target, std::vector<std::int64_t>(target.size(), 1)};
    std::int64_t inner = 1;
    for (std::size_t d = target.size(); d-- > 0; inner *= target[d]) {
      if (target[d] > 1) candidate.strides[d] = wanted[static_cast<std::size_t>(inner)] - wanted[0];
    }
    EXPECT_NE(elements(candidate), wanted);
  }
  EXPECT_GT(worked, 500);
  EXPECT_GT(refused, 100);
}

}  // namespace
}  // namespace gemel::compiler
