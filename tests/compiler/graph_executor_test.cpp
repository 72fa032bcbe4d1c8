// SPDX-License-Identifier: Apache-2.0
#include "compiler/reference/graph_executor.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "compiler/reference/synthetic.h"
#include "sim/arch/numerics.h"

namespace gemel::compiler {
namespace {

using Bytes = std::vector<std::int8_t>;
using Words = std::vector<std::int32_t>;

class GraphExecutorTest : public ::testing::Test {
 protected:
  TensorId input(const std::string& name, Shape shape, Bytes data) {
    const TensorId id = graph_.add_input(name, std::move(shape), ElementType::Int8);
    inputs_[id].int8_data = std::move(data);
    return id;
  }
  TensorId node(Operator op, std::vector<TensorId> operands) {
    const std::string name = "n" + std::to_string(graph_.nodes.size());
    return graph_.add_node(name, name, std::move(op), std::move(operands));
  }
  TensorValue run(TensorId wanted) {
    GraphExecutor executor(graph_);
    for (const auto& entry : inputs_) executor.set_input(entry.first, entry.second);
    executor.run(true);
    return executor.value(wanted);
  }

  Graph graph_;
  std::unordered_map<TensorId, TensorValue> inputs_;
};

TEST_F(GraphExecutorTest, RequantisesHalfToEvenAndSaturates) {
  const TensorId x = input("x", {6}, {1, 3, 5, -1, -3, 127});
  const TensorId sums = node(Add{100, 0}, {x, x});
  EXPECT_EQ(run(node(Requantize{0.005f}, {sums})).int8_data, (Bytes{0, 2, 2, 0, -2, 64}));
  EXPECT_EQ(run(node(Requantize{1.0f}, {sums})).int8_data, (Bytes{100, 127, 127, -100, -128, 127}));
}

TEST_F(GraphExecutorTest, AddWeighsBothOperandsAndRepeatsTheSecond) {
  const TensorId a = input("a", {2, 2}, {1, 2, -3, 127});
  const TensorId b = input("b", {2}, {10, -128});
  EXPECT_EQ(run(node(Add{-128, 127}, {a, b})).int32_data,
            (Words{-128 + 1270, -256 - 16256, 384 + 1270, -16256 - 16256}));
}

TEST_F(GraphExecutorTest, AddOntoSumsLeavesTheSumsToOtherReaders) {
  const TensorId a = input("a", {1, 2}, {3, 4});
  const TensorId w = graph_.add_constant("w", {2, 1}, Bytes{5, 6});
  const TensorId sums = node(MatMul{}, {a, w});
  const TensorId b = input("b", {1, 1}, {7});
  const TensorId added = node(Add{1, 2}, {sums, b});
  EXPECT_EQ(run(added).int32_data, (Words{53}));
  EXPECT_EQ(run(sums).int32_data, (Words{39}));
  const TensorId relu = node(Relu{}, {sums});
  EXPECT_EQ(run(relu).int32_data, (Words{39}));
}

TEST_F(GraphExecutorTest, MatMulTransposesEitherOperandAndAddsTheBias) {
  // A = [1 2 3; 4 5 6], B = [1 -1; 0 2; 3 1].
  const Words wanted{10 + 100, 6 - 100, 22 + 100, 12 - 100};
  const TensorId bias = graph_.add_constant("bias", {2}, Words{100, -100});
  const TensorId a = input("a", {2, 3}, {1, 2, 3, 4, 5, 6}), at = input("at", {3, 2}, {1, 4, 2, 5, 3, 6});
  const TensorId b = input("b", {3, 2}, {1, -1, 0, 2, 3, 1}), bt = input("bt", {2, 3}, {1, 0, 3, -1, 2, 1});
  EXPECT_EQ(run(node(MatMul{false, false}, {a, b, bias})).int32_data, wanted);
  EXPECT_EQ(run(node(MatMul{true, false}, {at, b, bias})).int32_data, wanted);
  EXPECT_EQ(run(node(MatMul{false, true}, {a, bt, bias})).int32_data, wanted);
  EXPECT_EQ(run(node(MatMul{true, true}, {at, bt, bias})).int32_data, wanted);
}

TEST_F(GraphExecutorTest, MatMulOfABatchUsesEachEntrysOwnMatrixOrTheSharedOne) {
  const TensorId a = input("a", {2, 1, 2}, {1, 2, 3, 4});
  const TensorId own = input("own", {2, 2, 1}, {1, 1, 10, 10});
  const TensorId shared = input("shared", {2, 1}, {1, -1});
  EXPECT_EQ(run(node(MatMul{}, {a, own})).int32_data, (Words{3, 70}));
  EXPECT_EQ(run(node(MatMul{}, {a, shared})).int32_data, (Words{-1, -1}));
}

TEST_F(GraphExecutorTest, MovesData) {
  const TensorId x = input("x", {2, 3}, {1, 2, 3, 4, 5, 6});
  EXPECT_EQ(run(node(Transpose{{1, 0}}, {x})).int8_data, (Bytes{1, 4, 2, 5, 3, 6}));
  EXPECT_EQ(run(node(Slice{1, 1, 3}, {x})).int8_data, (Bytes{2, 3, 5, 6}));
  EXPECT_EQ(run(node(Reshape{{3, 2}}, {x})).int8_data, (Bytes{1, 2, 3, 4, 5, 6}));
  const TensorId y = input("y", {2, 1}, {8, 9});
  EXPECT_EQ(run(node(Concat{1}, {x, y, x})).int8_data, (Bytes{1, 2, 3, 8, 1, 2, 3, 4, 5, 6, 9, 4, 5, 6}));
}

TEST_F(GraphExecutorTest, HostOperatorsGiveTheirKnownValues) {
  const TensorId x = input("x", {2, 2}, {0, 0, 127, -128});
  // Equal logits share 1; a difference of 255/16 leaves nothing for the smaller.
  EXPECT_EQ(run(node(Softmax{1.0f / 16, 1.0f / 100, false, 0}, {x})).int8_data, (Bytes{50, 50, 100, 0}));
  EXPECT_EQ(run(node(Softmax{1.0f / 16, 1.0f / 100, true, 0}, {x})).int8_data, (Bytes{100, 0, 100, 0}));
  // gelu(0) = 0; gelu(127/32) = 3.9685; gelu(-4) = -0.00013.
  EXPECT_EQ(run(node(Gelu{1.0f / 32, 1.0f / 32}, {x})).int8_data, (Bytes{0, 0, 127, 0}));
  const TensorId square = node(Mul{1.0f, 1.0f, 128.0f}, {x, x});
  EXPECT_EQ(run(square).int8_data, (Bytes{0, 0, 126, 127}));
}

TEST_F(GraphExecutorTest, LayerNormNormalisesThenScalesAndShifts) {
  const TensorId x = input("x", {1, 4}, {-10, -10, 10, 10});
  const auto bits = [](float f) { return static_cast<std::int32_t>(arch::bits_from_float(f)); };
  const TensorId gamma = graph_.add_constant("gamma", {4}, Words{bits(1), bits(2), bits(1), bits(0.5f)});
  const TensorId beta = graph_.add_constant("beta", {4}, Words{bits(0), bits(0), bits(3), bits(0)});
  EXPECT_EQ(run(node(LayerNorm{1.0f, 0.1f, 1e-5f}, {x, gamma, beta})).int8_data, (Bytes{-10, -20, 40, 5}));
}

TEST_F(GraphExecutorTest, DropsSumsAfterTheirLastUseOnly) {
  const TensorId a = input("a", {1, 1}, {3});
  const TensorId w = graph_.add_constant("w", {1, 1}, Bytes{5});
  const TensorId sums = node(MatMul{}, {a, w});
  const TensorId first = node(Requantize{1.0f}, {sums});
  const TensorId second = node(Requantize{2.0f}, {sums});
  GraphExecutor executor(graph_);
  executor.set_input(a, inputs_[a]);
  executor.run();
  EXPECT_FALSE(executor.has_value(sums));
  EXPECT_EQ(executor.value(first).int8_data, (Bytes{15}));
  EXPECT_EQ(executor.value(second).int8_data, (Bytes{30}));
}

TEST_F(GraphExecutorTest, RefusesInputsOfTheWrongSize) {
  const TensorId a = input("a", {2, 2}, {1, 2, 3});
  GraphExecutor executor(graph_);
  EXPECT_THROW(executor.set_input(a, inputs_[a]), std::invalid_argument);
}

TEST(SyntheticData, DependsOnTheNameAlone) {
  EXPECT_EQ(synthetic_weights("conv1.weights", 1000), synthetic_weights("conv1.weights", 1000));
  EXPECT_NE(synthetic_weights("conv1.weights", 1000), synthetic_weights("conv2.weights", 1000));
  const Bytes longer = synthetic_weights("conv1.weights", 1001);
  EXPECT_TRUE(std::equal(longer.begin(), longer.end() - 1, synthetic_weights("conv1.weights", 1000).begin()));
  // Frozen, so that results stay comparable over time and machines.
  EXPECT_EQ(synthetic_weights("conv1.weights", 6), (Bytes{-19, 0, -12, 8, 1, 1}));
}

TEST(SyntheticData, IsBellShapedAroundZero) {
  const Bytes data = synthetic_weights("w", 100000);
  double sum = 0, squares = 0;
  for (std::int8_t v : data) sum += v, squares += v * v;
  EXPECT_NEAR(sum / 1e5, 0.0, 0.5);
  EXPECT_NEAR(std::sqrt(squares / 1e5), 18.5, 0.5);
}

}  // namespace
}  // namespace gemel::compiler
