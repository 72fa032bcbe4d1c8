// SPDX-License-Identifier: Apache-2.0
// The matmul unroller against sections 17 and 18 of the page.
#include <algorithm>
#include <string>

#include "tests/rtl/loops/loop_driver.h"

namespace gemel::rtl {
namespace {

struct Loop {
  unsigned i = 1, j = 1, k = 1, pad_i = 0, pad_j = 0, pad_k = 0;
  std::uint64_t a = 0x1000, b = 0x2000, d = 0x3000, c = 0x4000;
  unsigned a_stride = 64, b_stride = 64, d_stride = 64, c_stride = 64;
  bool accumulate = false, full_c = false, low_d = false, a_transpose = false, b_transpose = false;

  std::vector<LoopCommand> commands() const {
    const auto three = [](std::uint64_t x, std::uint64_t y, std::uint64_t z) { return z << 32 | y << 16 | x; };
    return {{9, three(pad_i, pad_j, pad_k), three(i, j, k)},
            {10, a, b},
            {11, d, c},
            {12, a_stride, b_stride},
            {13, d_stride, c_stride},
            {8, std::uint64_t{accumulate} | full_c << 1 | low_d << 2, std::uint64_t{a_transpose} | b_transpose << 1}};
  }
};

class LoopMatmul : public LoopDriver {
 protected:
  void SetUp() override {
    LoopDriver::SetUp();
    choose(0);
  }
  const unsigned dim_ = bench_derived().dim;
  const unsigned half_ = bench_derived().scratchpad_rows / 2;
  const unsigned results_half_ = bench_derived().accumulator_rows / 2;
  const unsigned blocks_ = std::max(1u, bench_config().dma.max_request_bytes / dim_);
  const unsigned wide_blocks_ = std::max(1u, bench_config().dma.max_request_bytes / (4 * dim_));

  std::uint64_t spad(unsigned row) const { return row & ((1u << bench_derived().local_row_bits) - 1); }
  static std::uint64_t rows_of(unsigned index, unsigned all, unsigned dim, unsigned pad) {
    return dim - (index + 1 == all ? pad : 0);
  }
  static unsigned columns(unsigned index, unsigned count, unsigned all, unsigned dim, unsigned pad) {
    return count * dim - (index + count == all ? pad : 0);
  }
  struct Streams {
    std::vector<LoopCommand> a, b, d, products, c;
  };

  // The tables of section 18, command by command; `slot` and `base` (of the accumulator) by the caller.
  void expect(const Loop& l, unsigned slot, unsigned base, Streams& out) const {
    const unsigned first_a = slot * half_, first_b = (slot + 1) * half_ - l.k * l.j * dim_;
    const auto local_a = [&](unsigned i, unsigned k) {
      return spad(first_a + (l.a_transpose ? k * l.i + i : i * l.k + k) * dim_);
    };
    const auto local_b = [&](unsigned k, unsigned j) {
      return spad(first_b + (l.b_transpose ? j * l.k + k : k * l.j + j) * dim_);
    };
    const auto local_c = [&](unsigned i, unsigned j) { return kAccumulator | spad(base + (i * l.j + j) * dim_); };
    if (l.a_transpose) {
      const unsigned m = std::min(l.i, blocks_);
      for (unsigned k = 0; k < l.k; ++k)
        for (unsigned i = 0; i < l.i; i += m) {
          const unsigned n = std::min(m, l.i - i);
          out.a.push_back({2, l.a + (k * l.a_stride + i) * dim_,
                           block(local_a(i, k), rows_of(k, l.k, dim_, l.pad_k), columns(i, n, l.i, dim_, l.pad_i))});
        }
    } else {
      const unsigned m = std::min(l.k, blocks_);
      for (unsigned k = 0; k < l.k; k += m)
        for (unsigned i = 0; i < l.i; ++i) {
          const unsigned n = std::min(m, l.k - k);
          out.a.push_back({2, l.a + (i * l.a_stride + k) * dim_,
                           block(local_a(i, k), rows_of(i, l.i, dim_, l.pad_i), columns(k, n, l.k, dim_, l.pad_k))});
        }
    }
    if (l.b_transpose) {
      const unsigned m = std::min(l.k, blocks_);
      for (unsigned k = 0; k < l.k; k += m)
        for (unsigned j = 0; j < l.j; ++j) {
          const unsigned n = std::min(m, l.k - k);
          out.b.push_back(
              {1, l.b + (j * l.b_stride + k) * dim_, block(local_b(k, j), dim_, columns(k, n, l.k, dim_, l.pad_k))});
        }
    } else {
      const unsigned m = std::min(l.j, blocks_);
      for (unsigned k = 0; k < l.k; ++k)
        for (unsigned j = 0; j < l.j; j += m) {
          const unsigned n = std::min(m, l.j - j);
          out.b.push_back(
              {1, l.b + (k * l.b_stride + j) * dim_, block(local_b(k, j), dim_, columns(j, n, l.j, dim_, l.pad_j))});
        }
    }
    const unsigned md = std::min(l.j, l.low_d ? blocks_ : wide_blocks_);
    for (unsigned j = 0; l.d != 0 && j < l.j; j += md)
      for (unsigned i = 0; i < l.i; ++i) {
        const unsigned n = std::min(md, l.j - j);
        out.d.push_back({14, l.d + (i * l.d_stride + j) * dim_ * (l.low_d ? 1 : 4),
                         block(local_c(i, j), rows_of(i, l.i, dim_, l.pad_i), columns(j, n, l.j, dim_, l.pad_j))});
      }
    for (unsigned k = 0; k < l.k; ++k)
      for (unsigned j = 0; j < l.j; ++j)
        for (unsigned i = 0; i < l.i; ++i) {
          const std::uint64_t rows = rows_of(i, l.i, dim_, l.pad_i), cols = rows_of(j, l.j, dim_, l.pad_j);
          const std::uint64_t inner = rows_of(k, l.k, dim_, l.pad_k);
          out.products.push_back({6, block(i == 0 ? local_b(k, j) : kGarbage, inner, cols),
                                  block(local_c(i, j) | (l.accumulate || k > 0 ? kAccumulate : 0), rows, cols)});
          out.products.push_back({i == 0 ? 4u : 5u, block(local_a(i, k), rows, inner), block(kGarbage, dim_, dim_)});
        }
    const unsigned mc = l.full_c ? 1 : std::min(l.j, blocks_);
    for (unsigned j = 0; l.c != 0 && j < l.j; j += mc)
      for (unsigned i = 0; i < l.i; ++i) {
        const unsigned n = std::min(mc, l.j - j);
        out.c.push_back({3, l.c + (i * l.c_stride + j) * dim_ * (l.full_c ? 4 : 1),
                         block(local_c(i, j) | (l.full_c ? kFullWidth : 0), rows_of(i, l.i, dim_, l.pad_i),
                               columns(j, n, l.j, dim_, l.pad_j))});
      }
  }
  Streams seen() const {
    Streams streams;
    for (const GivenCommand& each : given_) {
      const unsigned funct = each.command.funct;
      (funct == 2    ? streams.a
       : funct == 1  ? streams.b
       : funct == 14 ? streams.d
       : funct == 3  ? streams.c
                     : streams.products)
          .push_back(each.command);
    }
    return streams;
  }
};

// Run command consumed in t; all streams but products and stores start in t + 1, products a cycle later.
TEST_F(LoopMatmul, SmallestLoopGivesItsCommandsInTheseCycles) {
  enqueue(Loop().commands());
  run(nullptr, 100, 100);
  const unsigned functs[] = {14, 1, 2, 6, 4, 3};  // D first, then B, A; the products wait for both
  ASSERT_EQ(given_.size(), 6u);
  for (unsigned n = 0; n < 6; ++n) {
    EXPECT_EQ(given_[n].command.funct, functs[n]);
    EXPECT_EQ(given_[n].cycle, run_consumed_[0] + 2 + n);
  }
}

TEST_F(LoopMatmul, OneClassStopsAtTheEntriesThatTheStationHasForIt) {
  Loop loop;
  loop.i = 3;
  loop.k = 4 * blocks_;
  loop.d = 0;
  enqueue(loop.commands());
  for (int n = 0; n < 200; ++n) cycle(true, false);
  EXPECT_EQ(under_way_[kLoad], entries(kLoad));
  const std::size_t before = given_.size();
  cycle(true, true);
  EXPECT_EQ(given_.size(), before) << "a command that leaves in t makes room from t + 1 on";
  cycle(true, false);
  EXPECT_EQ(given_.size(), before + 1);
}

TEST_F(LoopMatmul, OtherCommandsPassAndWaitForTheLoopsBeforeThem) {
  const LoopCommand flush{7, 1, 0};
  enqueue({flush});
  enqueue(Loop().commands());
  enqueue({flush});
  run(nullptr, 100, 100);
  for (int n = 0; n < 3; ++n) cycle(true, true);
  ASSERT_EQ(given_.size(), 8u);
  EXPECT_EQ(given_.front().command, flush);
  EXPECT_EQ(given_.back().command, flush);
  EXPECT_EQ(given_.back().cycle, given_[6].cycle + 3) << "idle in u, free from u + 2 on";
}

TEST_F(LoopMatmul, ThirdLoopWaitsForASlot) {
  for (int n = 0; n < 3; ++n) enqueue(Loop().commands());
  run(nullptr, 100, 100);
  ASSERT_EQ(run_consumed_.size(), 3u);
  EXPECT_EQ(given_.size(), 18u);
  EXPECT_GT(run_consumed_[2], given_[5].cycle) << "the first loop's last command";
}

TEST_F(LoopMatmul, GivesTheStreamsOfThePageUnderRandomStalls) {
  SCOPED_TRACE(seed_text());
  std::mt19937 random(test_seed());
  const auto pick = [&](unsigned n) { return static_cast<unsigned>(random() % n); };
  unsigned slot = 0, base = 0;  // both go on from loop to loop
  for (int round = 0; round < 150; ++round) {
    Streams expected;
    given_.clear();
    for (unsigned loops = 1 + pick(3); loops > 0; --loops, slot ^= 1u) {
      Loop l;
      const unsigned most = 1 + pick(6);
      l.i = 1 + pick(most), l.j = 1 + pick(most), l.k = 1 + pick(most);
      l.pad_i = pick(2) * pick(dim_), l.pad_j = pick(2) * (dim_ - 1), l.pad_k = pick(2) * pick(dim_);
      l.a += pick(100), l.b += pick(100), l.d = pick(3) ? l.d : 0, l.c = pick(4) ? l.c : 0;
      l.a_stride += pick(9), l.b_stride += pick(9), l.d_stride += pick(9), l.c_stride += pick(9);
      l.accumulate = pick(2), l.full_c = pick(2), l.low_d = pick(2);
      l.a_transpose = pick(3) == 0, l.b_transpose = pick(3) == 0;
      enqueue(l.commands());
      expect(l, slot, base, expected);
      if (l.c != 0) base ^= results_half_;
    }
    run(&random, 30 + pick(71), 10 + pick(91));
    const Streams streams = seen();
    ASSERT_EQ(streams.a, expected.a);
    ASSERT_EQ(streams.b, expected.b);
    ASSERT_EQ(streams.d, expected.d);
    ASSERT_EQ(streams.products, expected.products);
    ASSERT_EQ(streams.c, expected.c);
  }
}

}  // namespace
}  // namespace gemel::rtl
