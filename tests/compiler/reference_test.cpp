// SPDX-License-Identifier: Apache-2.0
// The fast kernels against loops that are too plain to be wrong.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "compiler/reference/convolution.h"
#include "compiler/reference/int8_gemm.h"

namespace gemel::compiler {
namespace {

std::vector<std::int8_t> random_bytes(std::mt19937& random, std::int64_t count) {
  std::vector<std::int8_t> data(static_cast<std::size_t>(count));
  for (std::int8_t& v : data) v = static_cast<std::int8_t>(random());
  return data;
}

RowSource rows_of(const std::vector<std::int8_t>& a, std::int64_t k) {
  return [&a, k](std::int64_t first, std::int64_t count, std::int8_t* to) {
    std::copy_n(a.data() + first * k, count * k, to);
  };
}

std::vector<std::int32_t> naive_product(const std::vector<std::int8_t>& a, const std::vector<std::int8_t>& b,
                                        std::int64_t m, std::int64_t n, std::int64_t k) {
  std::vector<std::int32_t> c(static_cast<std::size_t>(m * n));
  for (std::int64_t i = 0; i < m; ++i) {
    for (std::int64_t j = 0; j < n; ++j) {
      for (std::int64_t p = 0; p < k; ++p) {
        c[static_cast<std::size_t>(i * n + j)] +=
            a[static_cast<std::size_t>(i * k + p)] * b[static_cast<std::size_t>(p * n + j)];
      }
    }
  }
  return c;
}

TEST(Int8Gemm, EqualsThePlainLoopsOnRaggedShapes) {
  const unsigned seed = 7;
  std::mt19937 random(seed);
  const std::int64_t sizes[] = {1, 2, 3, 5, 6, 7, 15, 16, 17, 31, 32, 33, 65};
  for (std::int64_t m : sizes) {
    for (std::int64_t n : sizes) {
      for (std::int64_t k : sizes) {
        const std::vector<std::int8_t> a = random_bytes(random, m * k), b = random_bytes(random, k * n);
        std::vector<std::int32_t> c(static_cast<std::size_t>(m * n), -1);
        multiply(m, rows_of(a, k), PackedMatrix(b.data(), k, n, n, 1), c.data(), n);
        ASSERT_EQ(c, naive_product(a, b, m, n, k)) << "seed " << seed << " m " << m << " n " << n << " k " << k;
      }
    }
  }
}

TEST(Int8Gemm, WorksInSeveralChunksOfRows) {
  std::mt19937 random(8);
  const std::int64_t m = 2500, n = 20, k = 70;  // a chunk has at most 1020 rows
  const std::vector<std::int8_t> a = random_bytes(random, m * k), b = random_bytes(random, k * n);
  std::vector<std::int32_t> c(static_cast<std::size_t>(m * n));
  multiply(m, rows_of(a, k), PackedMatrix(b.data(), k, n, n, 1), c.data(), n);
  EXPECT_EQ(c, naive_product(a, b, m, n, k));
}

TEST(Int8Gemm, SumsOfTheLargestProductsAreExact) {
  const std::int64_t k = 131071;  // times 128·128: just below 2^31
  const std::vector<std::int8_t> a(static_cast<std::size_t>(k), -128);
  std::vector<std::int32_t> c(1);
  multiply(1, rows_of(a, k), PackedMatrix(a.data(), k, 1, 1, 1), c.data(), 1);
  EXPECT_EQ(c[0], 2147467264);
}

TEST(Int8Gemm, ReadsATransposedMatrixAndWritesWithAStride) {
  std::mt19937 random(9);
  const std::int64_t m = 9, n = 21, k = 13, stride = 30;
  const std::vector<std::int8_t> a = random_bytes(random, m * k), b = random_bytes(random, k * n);
  std::vector<std::int8_t> transposed(b.size());
  for (std::int64_t p = 0; p < k; ++p) {
    for (std::int64_t j = 0; j < n; ++j) {
      transposed[static_cast<std::size_t>(j * k + p)] = b[static_cast<std::size_t>(p * n + j)];
    }
  }
  std::vector<std::int32_t> c(static_cast<std::size_t>(m * stride), 77);
  multiply(m, rows_of(a, k), PackedMatrix(transposed.data(), k, n, 1, k), c.data(), stride);
  const std::vector<std::int32_t> wanted = naive_product(a, b, m, n, k);
  for (std::int64_t i = 0; i < m; ++i) {
    for (std::int64_t j = 0; j < stride; ++j) {
      ASSERT_EQ(c[static_cast<std::size_t>(i * stride + j)], j < n ? wanted[static_cast<std::size_t>(i * n + j)] : 77);
    }
  }
}

struct RandomImage {
  ImageShape shape;
  Window window;
  std::vector<std::int8_t> x;

  explicit RandomImage(std::mt19937& random, bool dilated) {
    const auto pick = [&](int low, int high) {
      return static_cast<std::int64_t>(low + static_cast<int>(random() % static_cast<unsigned>(high - low + 1)));
    };
    do {
      shape = {pick(1, 2), pick(1, 12), pick(1, 12), 1};
      window = {pick(1, 4), pick(1, 4), pick(1, 3), pick(1, 3), {}, 1, 1};
      if (dilated) window.dilation_h = pick(1, 3), window.dilation_w = pick(1, 2);
      const int reach_h = static_cast<int>(window.dilation_h * (window.kernel_h - 1));
      const int reach_w = static_cast<int>(window.dilation_w * (window.kernel_w - 1));
      window.padding = {pick(0, reach_h), pick(0, reach_w), pick(0, reach_h), pick(0, reach_w)};
    } while (window.output_h(shape.height) < 1 || window.output_w(shape.width) < 1);
  }

  void fill(std::mt19937& random, std::int64_t channels) {
    shape.channels = channels;
    x = random_bytes(random, shape.batch * shape.height * shape.width * channels);
  }
  std::int64_t out_h() const { return window.output_h(shape.height); }
  std::int64_t out_w() const { return window.output_w(shape.width); }
  // Element at the window's tap, 0 in the padding.
  int at(std::int64_t n, std::int64_t oy, std::int64_t ox, std::int64_t ky, std::int64_t kx, std::int64_t c) const {
    const std::int64_t y = oy * window.stride_h + ky * window.dilation_h - window.padding.top;
    const std::int64_t col = ox * window.stride_w + kx * window.dilation_w - window.padding.left;
    if (y < 0 || y >= shape.height || col < 0 || col >= shape.width) return 0;
    return x[static_cast<std::size_t>(((n * shape.height + y) * shape.width + col) * shape.channels + c)];
  }
  // Calls visit(index of output, n, oy, ox, channel) for each output of `channels` channels.
  template <typename Visit>
  void for_each_output(std::int64_t channels, Visit visit) const {
    std::size_t index = 0;
    for (std::int64_t n = 0; n < shape.batch; ++n) {
      for (std::int64_t oy = 0; oy < out_h(); ++oy) {
        for (std::int64_t ox = 0; ox < out_w(); ++ox) {
          for (std::int64_t c = 0; c < channels; ++c) visit(index++, n, oy, ox, c);
        }
      }
    }
  }
};

TEST(Convolve, EqualsThePlainLoopsForRandomGeometriesAndGroups) {
  const unsigned seed = 11;
  std::mt19937 random(seed);
  for (int round = 0; round < 400; ++round) {
    RandomImage image(random, true);
    const std::int64_t groups = 1 + static_cast<std::int64_t>(random() % 4);
    const std::int64_t group_in = 1 + static_cast<std::int64_t>(random() % 18);
    const std::int64_t group_out = round % 4 == 0 ? 1 : 1 + static_cast<std::int64_t>(random() % 18);
    const std::int64_t channels = groups * (round % 4 == 0 ? 1 : group_in), out_channels = groups * group_out;
    const std::int64_t depth = channels / groups;
    image.fill(random, channels);
    const Window& w = image.window;
    const std::vector<std::int8_t> weights = random_bytes(random, w.kernel_h * w.kernel_w * depth * out_channels);
    std::vector<std::int32_t> out(
        static_cast<std::size_t>(image.shape.batch * image.out_h() * image.out_w() * out_channels), 12345);
    convolve(image.x.data(), image.shape, weights.data(), out_channels, w, groups, out.data());
    image.for_each_output(
        out_channels, [&](std::size_t i, std::int64_t n, std::int64_t oy, std::int64_t ox, std::int64_t o) {
          std::int32_t sum = 0;
          for (std::int64_t ky = 0; ky < w.kernel_h; ++ky) {
            for (std::int64_t kx = 0; kx < w.kernel_w; ++kx) {
              for (std::int64_t c = 0; c < depth; ++c) {
                sum += image.at(n, oy, ox, ky, kx, o / group_out * depth + c) *
                       weights[static_cast<std::size_t>(((ky * w.kernel_w + kx) * depth + c) * out_channels + o)];
              }
            }
          }
          ASSERT_EQ(out[i], sum) << "seed " << seed << " round " << round << " output " << i;
        });
  }
}

TEST(Pools, EqualThePlainLoopsAndCountPaddingAsZero) {
  const unsigned seed = 12;
  std::mt19937 random(seed);
  for (int round = 0; round < 300; ++round) {
    RandomImage image(random, false);
    const std::int64_t channels = 1 + static_cast<std::int64_t>(random() % 20);
    image.fill(random, channels);
    const auto count = static_cast<std::size_t>(image.shape.batch * image.out_h() * image.out_w() * channels);
    std::vector<std::int8_t> largest(count);
    std::vector<std::int32_t> sums(count);
    max_pool(image.x.data(), image.shape, image.window, true, largest.data());
    sum_pool(image.x.data(), image.shape, image.window, sums.data());
    image.for_each_output(channels,
                          [&](std::size_t i, std::int64_t n, std::int64_t oy, std::int64_t ox, std::int64_t c) {
                            int most = -128, sum = 0;
                            for (std::int64_t ky = 0; ky < image.window.kernel_h; ++ky) {
                              for (std::int64_t kx = 0; kx < image.window.kernel_w; ++kx) {
                                const int v = image.at(n, oy, ox, ky, kx, c);
                                most = std::max(most, v);
                                sum += v;
                              }
                            }
                            ASSERT_EQ(largest[i], most) << "seed " << seed << " round " << round;
                            ASSERT_EQ(sums[i], sum) << "seed " << seed << " round " << round;
                          });
  }
}

}  // namespace
}  // namespace gemel::compiler
