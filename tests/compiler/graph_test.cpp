// SPDX-License-Identifier: Apache-2.0
#include "compiler/graph/graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "compiler/graph/verify.h"

namespace gemel::compiler {
namespace {

using ::testing::HasSubstr;

Tensor int8_tensor(const std::string& name, Shape shape) {
  Tensor tensor;
  tensor.name = name;
  tensor.shape = std::move(shape);
  return tensor;
}

Tensor int32_tensor(const std::string& name, Shape shape) {
  Tensor tensor = int8_tensor(name, std::move(shape));
  tensor.type = ElementType::Int32;
  return tensor;
}

InferredType infer(const Operator& op, const std::vector<Tensor>& inputs) {
  std::vector<const Tensor*> operands;
  for (const Tensor& input : inputs) operands.push_back(&input);
  return infer_type(op, operands);
}

std::string error_of(const Operator& op, const std::vector<Tensor>& inputs) {
  try {
    infer(op, inputs);
  } catch (const GraphError& error) {
    return error.what();
  }
  return "(no error)";
}

Conv2d conv(std::int64_t kernel, std::int64_t stride, std::int64_t pad, std::int64_t dilation = 1,
            std::int64_t groups = 1) {
  return {{kernel, kernel, stride, stride, {pad, pad, pad, pad}, dilation, dilation}, groups};
}

// --- windows ---------------------------------------------------------------------------------------------------

TEST(Window, CountsThePositionsThatABruteForceWalkFinds) {
  for (std::int64_t extent = 1; extent <= 9; ++extent) {
    for (std::int64_t kernel = 1; kernel <= 5; ++kernel) {
      for (std::int64_t stride = 1; stride <= 4; ++stride) {
        for (std::int64_t pad = 0; pad < kernel; ++pad) {
          for (std::int64_t dilation = 1; dilation <= 3; ++dilation) {
            std::int64_t walked = 0;
            for (std::int64_t at = -pad; at + dilation * (kernel - 1) < extent + pad; at += stride) ++walked;
            const Window window{kernel, kernel, stride, stride, {pad, pad, pad, pad}, dilation, dilation};
            EXPECT_EQ(window.output_h(extent), walked);
            EXPECT_EQ(window.output_w(extent), walked);
          }
        }
      }
    }
  }
}

TEST(Window, KeepsItsTwoDirectionsApart) {
  const Window window{3, 5, 2, 3, {1, 0, 0, 4}, 2, 1};
  EXPECT_EQ(window.output_h(10), 4);  // (10 + 1 - 5) / 2 + 1
  EXPECT_EQ(window.output_w(10), 4);  // (10 + 4 - 5) / 3 + 1
}

// --- shape inference -------------------------------------------------------------------------------------------

TEST(ShapeInference, Conv2dOfResNetsFirstLayer) {
  const InferredType type = infer(conv(7, 2, 3), {int8_tensor("x", {1, 224, 224, 3}), int8_tensor("w", {7, 7, 3, 64})});
  EXPECT_EQ(type.shape, (Shape{1, 112, 112, 64}));
  EXPECT_EQ(type.type, ElementType::Int32);
}

TEST(ShapeInference, DepthwiseWeightsHaveOneChannelPerGroup) {
  const InferredType type =
      infer(conv(3, 1, 1, 1, 8), {int8_tensor("x", {2, 5, 5, 8}), int8_tensor("w", {3, 3, 1, 8})});
  EXPECT_EQ(type.shape, (Shape{2, 5, 5, 8}));
  EXPECT_THAT(error_of(conv(3, 1, 1, 1, 8), {int8_tensor("x", {2, 5, 5, 8}), int8_tensor("w", {3, 3, 8, 8})}),
              HasSubstr("must be 3x3x1x8"));
}

TEST(ShapeInference, WindowThatJustFitsGivesOnePixelAndOneLargerIsRefused) {
  const Tensor x = int8_tensor("x", {1, 5, 5, 1});
  EXPECT_EQ(infer(conv(5, 1, 0), {x, int8_tensor("w", {5, 5, 1, 1})}).shape, (Shape{1, 1, 1, 1}));
  EXPECT_EQ(infer(conv(3, 1, 0, 2), {x, int8_tensor("w", {3, 3, 1, 1})}).shape, (Shape{1, 1, 1, 1}));
  EXPECT_THAT(error_of(conv(6, 1, 0), {x, int8_tensor("w", {6, 6, 1, 1})}), HasSubstr("does not fit"));
  EXPECT_THAT(error_of(conv(3, 1, 0, 3), {x, int8_tensor("w", {3, 3, 1, 1})}), HasSubstr("does not fit"));
}

TEST(ShapeInference, RefusesPaddingThatLeavesOutputsWithoutInput) {
  EXPECT_THAT(error_of(conv(3, 1, 3), {int8_tensor("x", {1, 5, 5, 1}), int8_tensor("w", {3, 3, 1, 1})}),
              HasSubstr("padding must be smaller"));
}

TEST(ShapeInference, MatMulAcceptsEachTransposition) {
  const Tensor mk = int8_tensor("a", {4, 7}), km = int8_tensor("a", {7, 4});
  const Tensor kn = int8_tensor("b", {7, 5}), nk = int8_tensor("b", {5, 7});
  EXPECT_EQ(infer(MatMul{false, false}, {mk, kn}).shape, (Shape{4, 5}));
  EXPECT_EQ(infer(MatMul{true, false}, {km, kn}).shape, (Shape{4, 5}));
  EXPECT_EQ(infer(MatMul{false, true}, {mk, nk}).shape, (Shape{4, 5}));
  EXPECT_EQ(infer(MatMul{true, true}, {km, nk}).shape, (Shape{4, 5}));
  EXPECT_THAT(error_of(MatMul{}, {mk, nk}), HasSubstr("inner dimensions differ"));
}

TEST(ShapeInference, MatMulSharesAMatrixOverTheBatchOrNeedsTheSameBatch) {
  const Tensor a = int8_tensor("a", {2, 3, 4, 7});
  EXPECT_EQ(infer(MatMul{}, {a, int8_tensor("b", {7, 5})}).shape, (Shape{2, 3, 4, 5}));
  EXPECT_EQ(infer(MatMul{}, {a, int8_tensor("b", {2, 3, 7, 5})}).shape, (Shape{2, 3, 4, 5}));
  EXPECT_THAT(error_of(MatMul{}, {a, int8_tensor("b", {3, 2, 7, 5})}), HasSubstr("batch dimensions differ"));
  EXPECT_THAT(error_of(MatMul{}, {a, int8_tensor("b", {3, 7, 5})}), HasSubstr("2 dimensions or as many"));
}

TEST(ShapeInference, BiasIsOneInt32PerOutputChannel) {
  const Tensor a = int8_tensor("a", {4, 7}), b = int8_tensor("b", {7, 5});
  EXPECT_EQ(infer(MatMul{}, {a, b, int32_tensor("bias", {5})}).shape, (Shape{4, 5}));
  EXPECT_THAT(error_of(MatMul{}, {a, b, int32_tensor("bias", {4})}), HasSubstr("must be int32 5"));
  EXPECT_THAT(error_of(MatMul{}, {a, b, int8_tensor("bias", {5})}), HasSubstr("must be int32 5"));
}

TEST(ShapeInference, AddRepeatsItsSecondOperandAlongLeadingDimensionsOnly) {
  const Tensor a = int8_tensor("a", {2, 3, 4});
  for (const Shape& shape : {Shape{2, 3, 4}, Shape{1, 3, 4}, Shape{3, 4}, Shape{1, 1, 4}, Shape{4}}) {
    EXPECT_EQ(infer(Add{}, {a, int8_tensor("b", shape)}).shape, (Shape{2, 3, 4})) << describe_shape(shape);
  }
  for (const Shape& shape : {Shape{2, 1, 4}, Shape{2, 3, 1}, Shape{2, 3}, Shape{1, 2, 3, 4}}) {
    EXPECT_THAT(error_of(Add{}, {a, int8_tensor("b", shape)}), HasSubstr("equal shapes")) << describe_shape(shape);
  }
}

TEST(ShapeInference, AddMultipliesInt8OperandsWithinInt8) {
  const Tensor a = int8_tensor("a", {4}), sums = int32_tensor("s", {4});
  EXPECT_EQ(infer(Add{1, -128}, {sums, a}).type, ElementType::Int32);
  EXPECT_THAT(error_of(Add{2, 1}, {sums, a}), HasSubstr("multiplies only int8"));
  EXPECT_THAT(error_of(Add{1, 128}, {a, a}), HasSubstr("outside -128..127"));
  EXPECT_THAT(error_of(Add{-129, 1}, {a, a}), HasSubstr("outside -128..127"));
}

TEST(ShapeInference, PoolsKeepOrWidenTheType) {
  const Tensor x = int8_tensor("x", {1, 6, 8, 3});
  const Window window{2, 2, 2, 2, {}, 1, 1};
  EXPECT_EQ(infer(MaxPool{window}, {x}).type, ElementType::Int8);
  EXPECT_EQ(infer(SumPool{window}, {x}).type, ElementType::Int32);
  EXPECT_EQ(infer(MaxPool{window}, {x}).shape, (Shape{1, 3, 4, 3}));
  EXPECT_THAT(error_of(MaxPool{{2, 2, 1, 1, {}, 2, 2}}, {x}), HasSubstr("no dilation"));
  EXPECT_THAT(error_of(MaxPool{window}, {int32_tensor("s", {1, 6, 8, 3})}), HasSubstr("int8"));
}

TEST(ShapeInference, DataMovement) {
  const Tensor x = int8_tensor("x", {2, 3, 4});
  EXPECT_EQ(infer(Concat{1}, {x, int8_tensor("y", {2, 5, 4})}).shape, (Shape{2, 8, 4}));
  EXPECT_THAT(error_of(Concat{1}, {x, int8_tensor("y", {2, 5, 3})}), HasSubstr("differ outside axis 1"));
  EXPECT_THAT(error_of(Concat{3}, {x}), HasSubstr("outside the 3 dimensions"));
  EXPECT_EQ(infer(Reshape{{6, 4}}, {x}).shape, (Shape{6, 4}));
  EXPECT_THAT(error_of(Reshape{{5, 5}}, {x}), HasSubstr("changes the number of elements"));
  EXPECT_THAT(error_of(Reshape{{-6, -4}}, {x}), HasSubstr("changes the number of elements"));
  EXPECT_EQ(infer(Transpose{{2, 0, 1}}, {x}).shape, (Shape{4, 2, 3}));
  EXPECT_THAT(error_of(Transpose{{0, 1, 1}}, {x}), HasSubstr("each of the 3 dimensions"));
  EXPECT_THAT(error_of(Transpose{{0, 1}}, {x}), HasSubstr("each of the 3 dimensions"));
  EXPECT_EQ(infer(Slice{1, 1, 3}, {x}).shape, (Shape{2, 2, 4}));
  EXPECT_THAT(error_of(Slice{1, 2, 2}, {x}), HasSubstr("non-empty part"));
  EXPECT_THAT(error_of(Slice{1, 0, 4}, {x}), HasSubstr("non-empty part"));
}

TEST(ShapeInference, ScalesArePositiveAndFinite) {
  const Tensor sums = int32_tensor("s", {4}), x = int8_tensor("x", {4});
  for (float scale : {0.0f, -1.0f, HUGE_VALF, NAN}) {
    EXPECT_THAT(error_of(Requantize{scale}, {sums}), HasSubstr("positive finite")) << scale;
    EXPECT_THAT(error_of(Gelu{1.0f, scale}, {x}), HasSubstr("positive finite")) << scale;
  }
}

// --- counting and printing -------------------------------------------------------------------------------------

TEST(Graph, CountsMultiplyAccumulatesOfGroupsAndBatches) {
  Graph graph;
  const TensorId x = graph.add_input("x", {2, 8, 8, 4}, ElementType::Int8);
  const TensorId w = graph.add_constant("w", {3, 3, 2, 6}, std::vector<std::int8_t>(108, 1));
  const TensorId sums = graph.add_node("conv", "conv", conv(3, 1, 1, 1, 2), {x, w});
  EXPECT_EQ(node_macs(graph, graph.nodes[0]), 2u * 8 * 8 * 6 * 9 * 2);
  graph.add_node("relu", "conv", Relu{}, {sums});
  const TensorId a = graph.add_input("a", {3, 5, 7}, ElementType::Int8);
  graph.add_node("product", "product", MatMul{true, true}, {a, graph.add_input("b", {3, 2, 5}, ElementType::Int8)});
  EXPECT_EQ(graph_macs(graph), 2u * 8 * 8 * 6 * 9 * 2 + 3u * 7 * 2 * 5);
}

TEST(Graph, AddNodeNamesTheNodeThatDoesNotFit) {
  Graph graph;
  const TensorId x = graph.add_input("x", {2, 3}, ElementType::Int8);
  try {
    graph.add_node("bad", "bad", Reshape{{7}}, {x});
    FAIL() << "accepted";
  } catch (const GraphError& error) {
    EXPECT_STREQ(error.what(), "'bad': reshape of 'x' (int8 2x3) to 7 changes the number of elements");
  }
  EXPECT_TRUE(graph.nodes.empty());
}

TEST(DescribeGraph, PrintsEveryAttribute) {
  Graph graph;
  graph.name = "small";
  const TensorId x = graph.add_input("x", {1, 8, 8, 2}, ElementType::Int8);
  const TensorId w = graph.add_constant("w", {3, 3, 1, 2}, std::vector<std::int8_t>(18, 1));
  Conv2d op = conv(3, 2, 1, 1, 2);
  op.window.padding = {1, 0, 1, 0};
  const TensorId sums = graph.add_node("sums", "conv", op, {x, w});
  graph.mark_output(graph.add_node("conv", "conv", Requantize{0.25f}, {sums}));
  EXPECT_EQ(describe_graph(graph),
            "graph small\n"
            "input x: int8 1x8x8x2\n"
            "constant w: int8 3x3x1x2\n"
            "sums: conv2d{kernel=3x3 stride=2x2 padding=[1,0,1,0] groups=2}(x, w) -> int32 1x4x3x2\n"
            "conv: requantize{scale=0.25}(sums) -> int8 1x4x3x2\n"
            "output conv\n"
            "macs 216\n");
}

}  // namespace
}  // namespace gemel::compiler
