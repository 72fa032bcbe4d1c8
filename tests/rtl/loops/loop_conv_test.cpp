// SPDX-License-Identifier: Apache-2.0
// The convolution unroller against sections 17 and 19 of the page.
#include <algorithm>
#include <string>

#include "tests/rtl/loops/loop_driver.h"

namespace gemel::rtl {
namespace {

// A whole convolution without padding or pooling as one loop, v0.7.1 layout.
struct Conv {
  unsigned batches = 1, in_channels = 1, out_channels = 1, kernel = 1, out_rows = 1, out_cols = 1, stride = 1;
  std::uint64_t input = 0x10000, weights = 0x20000, bias = 0x30000, output = 0x40000;

  unsigned in_rows() const { return out_rows * stride + kernel - 1; }
  unsigned in_cols() const { return out_cols * stride + kernel - 1; }
  unsigned in_dim() const { return std::max(in_rows(), in_cols()); }
  unsigned out_dim() const { return std::max(out_rows, out_cols); }
  std::vector<LoopCommand> commands() const {
    const auto four = [](std::uint64_t x, std::uint64_t y, std::uint64_t z, std::uint64_t u) {
      return u << 48 | z << 32 | y << 16 | x;
    };
    return {{16, four(batches, in_dim(), in_channels, out_channels), four(out_dim(), out_dim(), stride, 0)},
            {17, four(0, 0, 0, kernel), four(out_channels, out_cols, out_rows, batches)},
            {18, four(0, in_channels, kernel, kernel), 0},
            {19, four(0, 0, 0, out_rows), four(out_cols, 1, 0, 0)},
            {20, weights, output},
            {21, bias, input},
            {15, 1 << 8, 1}};
  }
};

class LoopConv : public LoopDriver {
 protected:
  void SetUp() override {
    LoopDriver::SetUp();
    choose(1);
  }
  const unsigned dim_ = bench_derived().dim;
  const unsigned half_ = bench_derived().scratchpad_rows / 2;
  const unsigned results_half_ = bench_derived().accumulator_rows / 2;
  const unsigned group_ = dim_ * std::max(1u, bench_config().dma.max_request_bytes / dim_);
  const unsigned wide_group_ = dim_ * std::max(1u, bench_config().dma.max_request_bytes / (4 * dim_));

  static LoopCommand config_load(unsigned state, std::uint64_t block_stride, std::uint64_t dram_stride) {
    return {0, std::uint64_t{0x3f800000} << 32 | block_stride << 16 | 1 << 8 | state << 3 | 1, dram_stride};
  }
  enum Stream { kBias, kInput, kWeights, kProducts, kStores };
  using Streams = std::array<std::vector<LoopCommand>, 5>;

  static Stream stream_of(const LoopCommand& command) {
    if (command.funct == 0 && (command.rs1 & 3) == 1) {
      const unsigned state = command.rs1 >> 3 & 3;
      return state == 2 ? kBias : state == 1 ? kWeights : kInput;
    }
    switch (command.funct) {
      case 14:
        return kBias;
      case 2:
        return kInput;
      case 1:
        return kWeights;
      case 3:
        return kStores;
      default:
        return kProducts;
    }
  }
  Streams seen() const {
    Streams streams;
    for (const GivenCommand& each : given_) streams[stream_of(each.command)].push_back(each.command);
    return streams;
  }

  void expect(const Conv& l, unsigned slot, unsigned base, Streams& out) const {
    const unsigned image = l.out_rows * l.out_cols, plane = l.in_rows() * l.in_cols();
    const unsigned bias_stride = l.batches * image, input_stride = l.batches * plane;
    const unsigned weight_block = l.kernel * l.kernel * l.in_channels;
    const unsigned first_weights = (slot + 1) * half_ - (l.out_channels + dim_ - 1) / dim_ * weight_block;
    const unsigned row_mask = (1u << bench_derived().local_row_bits) - 1;
    const auto result = [&](unsigned b, unsigned row, unsigned col, unsigned channel) {
      return kAccumulator |
             ((base + channel / dim_ * bias_stride + (b * l.out_rows + row) * l.out_cols + col) & row_mask);
    };
    out[kBias].push_back(config_load(2, bias_stride, 0));
    out[kInput].push_back(config_load(0, input_stride, l.in_channels));
    out[kWeights].push_back(config_load(1, weight_block, l.out_channels));
    for (unsigned b = 0; b < l.batches; ++b) {
      for (unsigned row = 0; row < l.out_rows; ++row)
        for (unsigned col = 0; col < l.out_cols; col += dim_) {
          const unsigned pixels = std::min(dim_, l.out_cols - col);
          for (unsigned c = 0; c < l.out_channels; c += wide_group_)
            out[kBias].push_back(
                {14, l.bias + 4 * c, block(result(b, row, col, c), pixels, std::min(wide_group_, l.out_channels - c))});
          for (unsigned c = 0; c < l.out_channels; c += dim_)
            out[kStores].push_back({3, l.output + ((b * l.out_dim() + row) * l.out_dim() + col) * l.out_channels + c,
                                    block(result(b, row, col, c), pixels, std::min(dim_, l.out_channels - c))});
        }
      for (unsigned row = 0; row < l.in_rows(); ++row)
        for (unsigned col = 0; col < l.in_cols(); col += dim_)
          for (unsigned c = 0; c < l.in_channels; c += group_)
            out[kInput].push_back(
                {2, l.input + ((b * l.in_dim() + row) * l.in_dim() + col) * l.in_channels + c,
                 block((slot * half_ + c / dim_ * input_stride + b * plane + row * l.in_cols() + col) & row_mask,
                       std::min(dim_, l.in_cols() - col), std::min(group_, l.in_channels - c))});
    }
    const auto weight_row = [&](unsigned o, unsigned row, unsigned col, unsigned c) {
      return (first_weights + o / dim_ * weight_block + (row * l.kernel + col) * l.in_channels + c) & row_mask;
    };
    for (unsigned o = 0; o < l.out_channels; o += group_)
      for (unsigned tap = 0; tap < l.kernel * l.kernel; ++tap)
        for (unsigned c = 0; c < l.in_channels; c += dim_)
          out[kWeights].push_back({1, l.weights + (tap * l.in_channels + c) * l.out_channels + o,
                                   block(weight_row(o, tap / l.kernel, tap % l.kernel, c),
                                         std::min(dim_, l.in_channels - c), std::min(group_, l.out_channels - o))});
    for (unsigned o = 0; o < l.out_channels; o += dim_)
      for (unsigned tap = 0; tap < l.kernel * l.kernel; ++tap)
        for (unsigned c = 0; c < l.in_channels; c += dim_) {
          bool is_new = true;
          const unsigned inner = std::min(dim_, l.in_channels - c), cols = std::min(dim_, l.out_channels - o);
          for (unsigned b = 0; b < l.batches; ++b)
            for (unsigned row = 0; row < l.out_rows; ++row)
              for (unsigned col = 0; col < l.out_cols; col += dim_, is_new = false) {
                const unsigned rows = std::min(dim_, l.out_cols - col);
                const unsigned y = row * l.stride + tap / l.kernel, x = col * l.stride + tap % l.kernel;
                const unsigned a = slot * half_ + c / dim_ * input_stride + b * plane + y * l.in_cols() + x;
                out[kProducts].push_back(
                    {6, block(is_new ? weight_row(o, tap / l.kernel, tap % l.kernel, c) : kGarbage, inner, cols),
                     block(result(b, row, col, o) | kAccumulate, rows, cols)});
                out[kProducts].push_back(
                    {is_new ? 4u : 5u, block(a & row_mask, rows, inner), block(kGarbage, rows, cols)});
              }
        }
  }
};

// Streams start in t + 1, give to their pipe from t + 2 on and come out two cycles later; bias goes first.
TEST_F(LoopConv, SmallestLoopGivesItsCommandsInTheseCycles) {
  enqueue(Conv().commands());
  run(nullptr, 100, 100);
  const unsigned streams[] = {kBias, kBias, kWeights, kWeights, kInput, kInput, kProducts, kProducts, kStores};
  ASSERT_EQ(given_.size(), 9u);
  for (unsigned n = 0; n < 9; ++n) EXPECT_EQ(stream_of(given_[n].command), streams[n]) << n;
  for (unsigned n = 0; n < 4; ++n) EXPECT_EQ(given_[n].cycle, run_consumed_[0] + 4 + n);
  EXPECT_EQ(given_[6].cycle, given_[5].cycle + 3) << "pipe seen empty, then two stages";
  EXPECT_EQ(given_[8].cycle, given_[7].cycle + 3);
}

TEST_F(LoopConv, LoadsOfTheNextLoopWaitWhileProductsWaitForLoads) {
  Conv first;
  first.in_channels = 3 * group_;  // a long input stream: bias and weights end before
  first.out_cols = 5;
  enqueue(first.commands());
  enqueue(Conv().commands());
  run(nullptr, 100, 100);
  std::size_t first_products = 0;
  while (stream_of(given_[first_products].command) != kProducts) ++first_products;
  unsigned configurations = 0;
  for (std::size_t n = 0; n < first_products; ++n) configurations += given_[n].command.funct == 0;
  EXPECT_EQ(configurations, 3u);
}

TEST_F(LoopConv, WithoutBiasOrOutputTheirStreamsGiveNothing) {
  Conv conv;
  conv.bias = conv.output = 0;
  enqueue(conv.commands());
  run(nullptr, 100, 100);
  const Streams streams = seen();
  EXPECT_TRUE(streams[kBias].empty());
  EXPECT_TRUE(streams[kStores].empty());
  EXPECT_EQ(streams[kProducts].size(), 2u);
}

TEST_F(LoopConv, GivesTheStreamsOfThePageUnderRandomStalls) {
  SCOPED_TRACE(seed_text());
  std::mt19937 random(test_seed());
  const auto pick = [&](unsigned n) { return static_cast<unsigned>(random() % n); };
  unsigned slot = 0, base = 0;  // both go on from loop to loop
  for (int round = 0; round < 80; ++round) {
    Streams expected;
    given_.clear();
    for (unsigned loops = 1 + pick(3); loops > 0; --loops, slot ^= 1u, base ^= results_half_) {
      const unsigned edges[] = {1, dim_ - 1, dim_, dim_ + 1, 2 * dim_ + 1, group_, group_ + 1};
      Conv l;
      l.batches = 1 + pick(2), l.kernel = 1 + pick(3), l.stride = 1 + pick(2);
      l.out_rows = 1 + pick(3), l.out_cols = edges[pick(5)];
      l.in_channels = edges[pick(7)], l.out_channels = edges[pick(7)];
      l.input += pick(100), l.weights += pick(100), l.output += pick(100), l.bias += 4 * pick(100);
      enqueue(l.commands());
      expect(l, slot, base, expected);
    }
    run(&random, 30 + pick(71), 10 + pick(91));
    const Streams streams = seen();
    for (unsigned s = 0; s < 5; ++s) ASSERT_EQ(streams[s], expected[s]) << "stream " << s;
  }
}

}  // namespace
}  // namespace gemel::rtl
