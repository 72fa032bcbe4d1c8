// SPDX-License-Identifier: Apache-2.0
#include "sim/arch/host_op.h"

#include <gmock/gmock.h>

#include <cmath>
#include <cstring>
#include <random>
#include <stdexcept>

#include "sim/arch/host_math.h"
#include "sim/arch/numerics.h"
#include "tests/support/random_commands.h"

namespace gemel::arch {
namespace {

constexpr std::uint64_t kBase = 0x80000000;
constexpr std::uint64_t kX = kBase, kY = kBase + 0x1000, kZ = kBase + 0x2000, kOut = kBase + 0x3000;

class HostOps : public testing::Test {
 protected:
  std::vector<std::uint8_t> memory_ = std::vector<std::uint8_t>(0x4000, 0x55);

  void put8(std::uint64_t at, const std::vector<int>& values) {
    for (std::size_t i = 0; i < values.size(); ++i) memory_[at - kBase + i] = static_cast<std::uint8_t>(values[i]);
  }
  void put32(std::uint64_t at, const std::vector<std::int32_t>& values) {
    std::memcpy(&memory_[at - kBase], values.data(), values.size() * 4);
  }
  void put_floats(std::uint64_t at, const std::vector<float>& values) {
    std::memcpy(&memory_[at - kBase], values.data(), values.size() * 4);
  }
  std::vector<int> get8(std::uint64_t at, std::size_t count) const {
    std::vector<int> values;
    for (std::size_t i = 0; i < count; ++i) values.push_back(static_cast<std::int8_t>(memory_[at - kBase + i]));
    return values;
  }
  std::vector<int> get32(std::uint64_t at, std::size_t count) const {
    std::vector<int> values(count);
    std::memcpy(values.data(), &memory_[at - kBase], count * 4);
    return values;
  }
  void run(const HostOp& op) { run_host_op(op, memory_.data(), kBase, memory_.size()); }
};

HostTensor int8(std::uint64_t at, std::vector<std::int64_t> shape, std::vector<std::int64_t> strides = {}) {
  return {at, 1, std::move(shape), std::move(strides)};
}
HostTensor int32(std::uint64_t at, std::vector<std::int64_t> shape, std::vector<std::int64_t> strides = {}) {
  return {at, 4, std::move(shape), std::move(strides)};
}

using Kind = HostOpKind;

TEST_F(HostOps, CopyTransposesConcatenatesAndBroadcasts) {
  put8(kX, {1, 2, 3, 4, 5, 6});
  run({Kind::Copy, {int8(kX, {3, 2}, {1, 3})}, int8(kOut, {3, 2}), {}, {}});
  EXPECT_EQ(get8(kOut, 7), (std::vector<int>{1, 4, 2, 5, 3, 6, 0x55}));
  run({Kind::Copy, {int8(kX, {2, 3})}, int8(kOut, {2, 3}, {5, 1}), {}, {}});
  EXPECT_EQ(get8(kOut, 9), (std::vector<int>{1, 2, 3, 5, 3, 4, 5, 6, 0x55}));
  run({Kind::Copy, {int8(kX, {2, 3}, {0, 1})}, int8(kOut, {2, 3}), {}, {}});
  EXPECT_EQ(get8(kOut, 6), (std::vector<int>{1, 2, 3, 1, 2, 3}));
  run({Kind::Copy, {int8(kX, {6})}, int8(kOut, {6}), {}, {0.5f, 1.0f}});
  EXPECT_EQ(get8(kOut, 6), (std::vector<int>{0, 1, 2, 2, 2, 3}));  // half to even
  run({Kind::Copy, {int8(kX + 1, {})}, int8(kOut, {}), {}, {}});
  EXPECT_EQ(get8(kOut, 2), (std::vector<int>{2, 1}));
}

TEST_F(HostOps, FillSetsEveryElement) {
  run({Kind::Fill, {}, int8(kOut, {2, 2}, {3, 1}), {-3}, {}});
  EXPECT_EQ(get8(kOut, 6), (std::vector<int>{-3, -3, 0x55, -3, -3, 0x55}));
}

TEST_F(HostOps, RequantizeIsTheMachinesOwnScale) {
  std::vector<std::int32_t> sums;
  std::mt19937_64 random(test_support::test_seed(7));
  for (int i = 0; i < 500; ++i) sums.push_back(static_cast<std::int32_t>(random()) >> (random() % 31));
  put32(kX, sums);
  for (const bool relu : {false, true}) {
    run({Kind::Requantize, {int32(kX, {500})}, int8(kOut, {500}), {relu}, {0.0123f, 1.0f}});
    const std::vector<int> got = get8(kOut, 500);
    for (int i = 0; i < 500; ++i) {
      EXPECT_EQ(got[i], accumulator_scale(sums[i], 0.0123f, relu ? Activation::Relu : Activation::None));
    }
  }
}

TEST_F(HostOps, AddMulAndReluRoundOnce) {
  put8(kX, {100, -100, 3, 1});
  put8(kY, {100, -100, -2, 2});
  run({Kind::Add, {int8(kX, {4}), int8(kY, {4})}, int8(kOut, {4}), {0}, {0.5f, 0.25f, 1.0f}});
  EXPECT_EQ(get8(kOut, 4), (std::vector<int>{75, -75, 1, 1}));
  run({Kind::Add, {int8(kX, {4}), int8(kY, {4})}, int8(kOut, {4}), {1}, {1.0f, 1.0f, 1.0f}});
  EXPECT_EQ(get8(kOut, 4), (std::vector<int>{127, 0, 1, 3}));
  run({Kind::Mul, {int8(kX, {4}), int8(kY, {4}, {0})}, int8(kOut, {4}), {}, {1.0f, 0.5f, 50.0f}});
  EXPECT_EQ(get8(kOut, 4), (std::vector<int>{100, -100, 3, 1}));
  run({Kind::Relu, {int8(kX, {4})}, int8(kOut, {4}), {}, {}});
  EXPECT_EQ(get8(kOut, 4), (std::vector<int>{100, 0, 3, 1}));
}

TEST_F(HostOps, SoftmaxRowsAreTheRealOnesWithinHalfAStep) {
  std::mt19937_64 random(test_support::test_seed(8));
  std::vector<int> x(4 * 33);
  for (int& v : x) v = static_cast<int>(random() % 256) - 128;
  put8(kX, x);
  const float in = 0.05f, out = 1.0f / 127;
  run({Kind::Softmax, {int8(kX, {4, 33})}, int8(kOut, {4, 33}), {0, 0}, {in, out}});
  const std::vector<int> got = get8(kOut, x.size());
  for (int r = 0; r < 4; ++r) {
    double sum = 0;
    for (int j = 0; j < 33; ++j) sum += std::exp(static_cast<double>(in) * x[r * 33 + j]);
    for (int j = 0; j < 33; ++j) {
      const double real = std::exp(static_cast<double>(in) * x[r * 33 + j]) / sum / out;
      EXPECT_NEAR(got[r * 33 + j], real, 0.501);
    }
  }
}

TEST_F(HostOps, CausalSoftmaxLooksOnlyBack) {
  put8(kX, {10, 10, 10, 10, 10, 10, 10, 10, 10});
  run({Kind::Softmax, {int8(kX, {3, 3})}, int8(kOut, {3, 3}), {1, 0}, {0.1f, 0.01f}});
  EXPECT_EQ(get8(kOut, 9), (std::vector<int>{100, 0, 0, 50, 50, 0, 33, 33, 33}));
  run({Kind::Softmax, {int8(kX, {1, 3})}, int8(kOut, {1, 3}), {1, 1}, {0.1f, 0.01f}});
  EXPECT_EQ(get8(kOut, 3), (std::vector<int>{50, 50, 0}));
}

TEST_F(HostOps, LayerNormCentresAndScales) {
  put8(kX, {1, 2, 3, 4, 50, 50, 50, 50});
  put_floats(kY, {1, 1, 2, 1});
  put_floats(kZ, {0, 0, 0, 10});
  run({Kind::LayerNorm,
       {int8(kX, {2, 4}), int32(kY, {4}), int32(kZ, {4})},
       int8(kOut, {2, 4}),
       {bits_from_float(1e-5f)},
       {0.1f, 0.1f}});
  // (x - 2.5) / sqrt(1.25 + 1e-3): -1.341, -0.447, 0.447, 1.341
  EXPECT_EQ(get8(kOut, 8), (std::vector<int>{-13, -4, 9, 113, 0, 0, 0, 100}));
}

TEST_F(HostOps, GeluFollowsTheErrorFunction) {
  std::vector<int> x;
  for (int v = -128; v < 128; ++v) x.push_back(v);
  put8(kX, x);
  put32(kY, std::vector<std::int32_t>(x.begin(), x.end()));
  run({Kind::Gelu, {int8(kX, {256})}, int8(kOut, {256}), {}, {0.03f, 0.04f}});
  const std::vector<int> got = get8(kOut, 256);
  for (int i = 0; i < 256; ++i) {
    const double v = x[i] * static_cast<double>(0.03f);
    EXPECT_NEAR(got[i], v * 0.5 * (1 + std::erf(v * std::sqrt(0.5))) / static_cast<double>(0.04f), 0.501);
  }
  run({Kind::Gelu, {int32(kY, {256})}, int8(kOut, {256}), {}, {0.03f, 0.04f}});
  EXPECT_EQ(get8(kOut, 256), got);
}

TEST(HostMath, ExpAndErfAreThoseOfTheLibraryToAlmostTheLastPlace) {
  for (double x = -745.5; x <= 0; x += 0.0371) {
    EXPECT_NEAR(exp_of_nonpositive(x), std::exp(x), std::exp(x) * 4e-16 + 5e-324) << x;
  }
  EXPECT_EQ(exp_of_nonpositive(0), 1.0);
  EXPECT_EQ(exp_of_nonpositive(-1e9), 0.0);
  for (double x = -7; x <= 7; x += 0.0137) EXPECT_NEAR(error_function(x), std::erf(x), 2e-15) << x;
}

TEST_F(HostOps, PoolsCountTheBorderAsAsked) {
  put8(kX, {-1, -2, -3, -4, -5, -6, -7, -8, -9});  // 3 x 3
  const HostTensor x = int8(kX, {1, 3, 3, 1}), out = int8(kOut, {1, 2, 2, 1});
  run({Kind::MaxPool, {x}, out, {2, 2, 2, 2, 1, 1, 0, 0, 0}, {}});
  EXPECT_EQ(get8(kOut, 4), (std::vector<int>{-1, -2, -4, -5}));
  run({Kind::MaxPool, {x}, out, {2, 2, 2, 2, 1, 1, 0, 0, 1}, {}});
  EXPECT_EQ(get8(kOut, 4), (std::vector<int>{0, 0, 0, -5}));
  run({Kind::AveragePool, {x}, out, {2, 2, 2, 2, 1, 1, 0, 0, 0}, {1.0f, 1.0f}});
  EXPECT_EQ(get8(kOut, 4), (std::vector<int>{-1, -2, -6, -7}));  // -1, -2.5, -5.5, -7
  run({Kind::AveragePool, {x}, out, {2, 2, 2, 2, 1, 1, 0, 0, 1}, {1.0f, 1.0f}});
  EXPECT_EQ(get8(kOut, 4), (std::vector<int>{0, -1, -3, -7}));  // -0.25, -1.25, -2.75, -7
}

TEST_F(HostOps, MatMulSumsInt32AndScalesAsTheArray) {
  put8(kX, {1, 2, 3, 4, 5, 6});   // 2 x 3
  put8(kY, {1, 0, 0, 1, 2, -2});  // 3 x 2
  put32(kZ, {100, -100});
  const HostTensor a = int8(kX, {2, 3}), b = int8(kY, {3, 2}), bias = int32(kZ, {2, 2}, {0, 1});
  run({Kind::MatMul, {a, b}, int32(kOut, {2, 2}), {0}, {1, 1, 1}});
  EXPECT_EQ(get32(kOut, 4), (std::vector<int>{7, -4, 16, -7}));
  run({Kind::MatMul, {a, b, bias}, int8(kOut, {2, 2}), {1}, {0.5f, 1, 1}});
  EXPECT_EQ(get8(kOut, 4), (std::vector<int>{54, 0, 58, 0}));  // 53.5 to even
}

TEST_F(HostOps, ConvolutionEqualsItsDefinition) {
  std::mt19937_64 random(test_support::test_seed(9));
  std::vector<int> x(5 * 6 * 4), w(3 * 2 * 2 * 6);
  std::vector<std::int32_t> bias(6);
  for (int& v : x) v = static_cast<int>(random() % 256) - 128;
  for (int& v : w) v = static_cast<int>(random() % 256) - 128;
  for (std::int32_t& v : bias) v = static_cast<std::int32_t>(random() % 2001) - 1000;
  put8(kX, x);
  put8(kY, w);
  put32(kZ, bias);
  // stride 2, 1; pads 1, 0, 1, 1; dilation 1, 2; 2 groups: output 3 x 5
  run({Kind::Conv2d,
       {int8(kX, {1, 5, 6, 4}), int8(kY, {3, 2, 2, 6}), int32(kZ, {6})},
       int32(kOut, {1, 3, 5, 6}),
       {2, 1, 1, 0, 1, 1, 1, 2, 2, 0},
       {1, 1, 1}});
  const std::vector<int> got = get32(kOut, 90);
  for (int r = 0; r < 3; ++r) {
    for (int c = 0; c < 5; ++c) {
      for (int k = 0; k < 6; ++k) {
        int sum = bias[k];
        for (int i = 0; i < 3; ++i) {
          for (int j = 0; j < 2; ++j) {
            for (int ch = 0; ch < 2; ++ch) {
              const int row = r * 2 - 1 + i, col = c + 2 * j;
              if (row < 0 || row >= 5 || col >= 6) continue;
              sum += x[(row * 6 + col) * 4 + k / 3 * 2 + ch] * w[((i * 2 + j) * 2 + ch) * 6 + k];
            }
          }
        }
        ASSERT_EQ(got[(r * 5 + c) * 6 + k], sum) << r << ' ' << c << ' ' << k;
      }
    }
  }
}

std::string error_of(const HostOp& op) {
  std::vector<std::uint8_t> memory(64);
  try {
    run_host_op(op, memory.data(), kBase, memory.size());
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "accepted";
}

TEST_F(HostOps, BadOperatorsAreRefusedInOneSentence) {
  EXPECT_EQ(error_of({Kind::Gelu, {}, int8(kX, {1}), {}, {1, 1}}), "host operator gelu: 0 inputs; expected 1");
  EXPECT_EQ(error_of({Kind::Gelu, {int8(kX, {1})}, int8(kX, {1}), {}, {1}}),
            "host operator gelu: 1 scales; expected 2");
  EXPECT_EQ(error_of({Kind::Relu, {int8(kX, {2})}, int8(kX, {1}), {}, {}}),
            "host operator relu: shapes of input and output differ");
  EXPECT_EQ(error_of({Kind::Relu, {int8(kX, {65})}, int8(kX, {65}), {}, {}}),
            "host operator: a tensor leaves the program's memory");
  EXPECT_EQ(error_of({Kind::Relu, {int8(kX, {2}, {-1})}, int8(kX, {2}), {}, {}}),
            "host operator: a tensor leaves the program's memory");
  EXPECT_EQ(error_of({Kind::Relu, {int8(kX, {0})}, int8(kX, {0}), {}, {}}),
            "host operator relu: input 0 has a dimension of 0; expected at least 1 and at most 2^40 elements in all");
  EXPECT_EQ(error_of({Kind::MatMul, {int8(kX, {2, 3}), int8(kX, {2, 2})}, int8(kX, {2, 2}), {0}, {1, 1, 1}}),
            "host operator mat_mul: expected [m, k] by [k, n] to [m, n]");
  EXPECT_EQ(error_of({Kind::Add, {int8(kX, {1}), int8(kX, {1})}, int8(kX, {1}), {0}, {1, 0, 1}}),
            "host operator add: a scale is not a positive finite number");
}

TEST(HostCost, IsTheSlowerOfWorkAndTrafficAndNeverNothing) {
  const HostConfig host{0, 4, 8};
  const HostOp copy{Kind::Copy, {int8(kX, {800})}, int8(kOut, {800}), {}, {}};
  EXPECT_EQ(host_op_cost_cycles(copy, host), kHostCallCycles + 200);  // 1600 bytes / 8, 800 operations / 4
  const HostOp one{Kind::Fill, {}, int8(kOut, {1}), {0}, {}};
  EXPECT_EQ(host_op_cost_cycles(one, host), kHostCallCycles + 1);
  const HostOp matmul{Kind::MatMul, {int8(kX, {8, 16}), int8(kY, {16, 4})}, int8(kOut, {8, 4}), {0}, {1, 1, 1}};
  EXPECT_EQ(host_op_work(matmul).macs, 512u);
  EXPECT_EQ(host_op_cost_cycles(matmul, host), kHostCallCycles + (2 * 512 + 64) / 4);
  const HostOp broadcast{Kind::Copy, {int8(kX, {4, 100}, {0, 1})}, int8(kOut, {4, 100}), {}, {}};
  EXPECT_EQ(host_op_work(broadcast).bytes_read, 100u);
}

TEST(HostOpNames, ReadBack) {
  for (unsigned k = 0; k <= static_cast<unsigned>(Kind::Conv2d); ++k) {
    Kind kind{};
    ASSERT_TRUE(parse_host_op_kind(host_op_name(static_cast<Kind>(k)), kind));
    EXPECT_EQ(static_cast<unsigned>(kind), k);
  }
  Kind kind{};
  EXPECT_FALSE(parse_host_op_kind("sofmax", kind));
}

}  // namespace
}  // namespace gemel::arch
