// SPDX-License-Identifier: Apache-2.0
// Which layers the passes make of small graphs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "compiler/graph/verify.h"
#include "compiler/import/workload_yaml.h"
#include "compiler/passes/fuse_layers.h"

namespace gemel::compiler {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

FusedModel fused(const std::string& inputs, const std::string& layers, const std::string& outputs = "") {
  std::string text = "schema: workload/v1\nname: test\ninputs:\n" + inputs + "layers:\n" + layers;
  if (!outputs.empty()) text += "outputs: " + outputs + "\n";
  return fuse_layers(parse_workload(text, "test.yaml"));
}

std::vector<std::string> ops(const FusedModel& model) {
  std::vector<std::string> result;
  for (const FusedLayer& layer : model.layers) {
    result.push_back(layer.op + (layer.placement == arch::Placement::Host ? " on host" : ""));
  }
  return result;
}

const std::string kImage = "  - {name: x, shape: [1, 8, 8, 16]}\n";

TEST(FuseLayers, ConvolutionTakesBiasReluScaleAndPoolAlong) {
  const FusedModel model = fused(kImage,
                                 "  - {name: c, op: conv2d, out_channels: 8, kernel: 3, activation: relu}\n"
                                 "  - {name: p, op: max_pool, kernel: 3, stride: 2, padding: 1}\n");
  EXPECT_THAT(ops(model), ElementsAre("conv2d+bias+relu+max_pool"));
  EXPECT_EQ(model.layers[0].name, "c+p");
  EXPECT_EQ(model.graph.tensor(model.layers[0].output_tensor).name, "p");
  const auto& conv = std::get<ConvLayer>(model.layers[0].kind);
  EXPECT_EQ(conv.output_h, 6);
  EXPECT_EQ(conv.output.shape, (Shape{1, 3, 3, 8}));
}

TEST(FuseLayers, PoolStaysApartWhereTheUnpooledResultIsAlsoRead) {
  const FusedModel model = fused(kImage,
                                 "  - {name: c, op: conv2d, out_channels: 8, kernel: 3, activation: relu}\n"
                                 "  - {name: p, op: max_pool, kernel: 2}\n"
                                 "  - {name: d, op: conv2d, inputs: c, out_channels: 4, kernel: 3}\n");
  EXPECT_THAT(ops(model), ElementsAre("conv2d+bias+relu", "max_pool on host", "conv2d+bias"));
  EXPECT_THAT(model.layers[1].reason, HasSubstr("no convolution before it"));
}

TEST(FuseLayers, PoolStaysApartWhereTheUnpooledResultIsAnOutput) {
  const FusedModel model = fused(kImage,
                                 "  - {name: c, op: conv2d, out_channels: 8, kernel: 3}\n"
                                 "  - {name: p, op: max_pool, kernel: 2}\n",
                                 "[c, p]");
  EXPECT_THAT(ops(model), ElementsAre("conv2d+bias", "max_pool on host"));
}

TEST(FuseLayers, PoolTooWideForTheStorePathGoesToTheHost) {
  for (const char* window :
       {"kernel: 4", "kernel: [2, 3], stride: 2", "kernel: 2, stride: 4", "kernel: 3, stride: [1, 2]"}) {
    const FusedModel model = fused(kImage, std::string("  - {name: c, op: conv2d, out_channels: 8, kernel: 1}\n") +
                                               "  - {name: p, op: max_pool, " + window + "}\n");
    EXPECT_THAT(ops(model), ElementsAre("conv2d+bias", "max_pool on host")) << window;
  }
}

TEST(FuseLayers, PointwiseConvolutionIsAMatrixProductUnlessStridedGroupedOrPooled) {
  const auto is_gemm = [](const std::string& attributes, const std::string& more = "") {
    const FusedModel model = fused(kImage, "  - {name: c, op: conv2d, out_channels: 8, " + attributes + "}\n" + more);
    return std::holds_alternative<GemmLayer>(model.layers[0].kind);
  };
  EXPECT_TRUE(is_gemm("kernel: 1"));
  EXPECT_FALSE(is_gemm("kernel: 1, stride: 2"));
  EXPECT_FALSE(is_gemm("kernel: 1, groups: 2"));
  EXPECT_FALSE(is_gemm("kernel: [1, 2]"));
  EXPECT_FALSE(is_gemm("kernel: 1", "  - {name: p, op: max_pool, kernel: 2}\n"));
}

TEST(FuseLayers, ResidualWaitsForItsProducer) {
  const FusedModel model = fused(kImage,
                                 "  - {name: s, op: conv2d, inputs: x, out_channels: 8, kernel: 1}\n"
                                 "  - {name: c, op: conv2d, inputs: x, out_channels: 8, kernel: 3, padding: 1, add: s,"
                                 " add_multiplier: -3, activation: relu}\n");
  EXPECT_THAT(ops(model), ElementsAre("conv2d+bias", "conv2d+bias+add+relu"));
  const auto& conv = std::get<ConvLayer>(model.layers[1].kind);
  ASSERT_TRUE(conv.epilogue.residual);
  EXPECT_EQ(conv.epilogue.residual->multiplier, -3);
  EXPECT_EQ(model.graph.tensor(conv.epilogue.residual->view.root).name, "s");
}

TEST(FuseLayers, LateReluJoinsTheSums) {
  const FusedModel model = fused(kImage,
                                 "  - {name: c, op: conv2d, out_channels: 8, kernel: 3}\n"
                                 "  - {name: r, op: relu}\n"
                                 "  - {name: p, op: max_pool, kernel: 2}\n");
  EXPECT_THAT(ops(model), ElementsAre("conv2d+bias+relu+max_pool"));
}

TEST(FuseLayers, ReluAfterPoolingStaysOnTheHost) {
  const FusedModel model = fused(kImage,
                                 "  - {name: c, op: conv2d, out_channels: 8, kernel: 3}\n"
                                 "  - {name: p, op: max_pool, kernel: 2}\n"
                                 "  - {name: r, op: relu}\n");
  EXPECT_THAT(ops(model), ElementsAre("conv2d+bias+max_pool", "relu on host"));
}

TEST(FuseLayers, SumOfTwoInt8TensorsIsItsOwnLayer) {
  const FusedModel model = fused("  - {name: x, shape: [2, 3, 5]}\n  - {name: y, shape: [3, 5]}\n",
                                 "  - {name: s, op: add, inputs: [x, y], multipliers: [2, -7], activation: relu}\n");
  ASSERT_THAT(ops(model), ElementsAre("add+relu"));
  const auto& add = std::get<AddLayer>(model.layers[0].kind);
  EXPECT_EQ(add.output.shape, (Shape{2, 3, 5}));  // the batch apart: y repeats along it
  EXPECT_EQ(add.b.strides[0], 0);
  EXPECT_EQ(add.a_multiplier, 2);
  EXPECT_EQ(add.b_multiplier, -7);
}

TEST(FuseLayers, GlobalAverageAndOtherAveragesDiffer) {
  EXPECT_THAT(ops(fused(kImage, "  - {name: a, op: global_average_pool}\n")), ElementsAre("global_average_pool"));
  EXPECT_THAT(ops(fused(kImage, "  - {name: a, op: average_pool, kernel: 8}\n")), ElementsAre("global_average_pool"));
  const FusedModel model = fused(kImage, "  - {name: a, op: average_pool, kernel: 2}\n");
  ASSERT_TRUE(std::holds_alternative<ConvLayer>(model.layers[0].kind));
  const auto& conv = std::get<ConvLayer>(model.layers[0].kind);
  EXPECT_EQ(conv.groups, 16);
  EXPECT_EQ(model.graph.tensor(conv.weights).int8_data, std::vector<std::int8_t>(64, 1));
  EXPECT_EQ(model.layers[0].macs, 0u);
}

TEST(FuseLayers, BranchesWriteStraightIntoTheirPartOfAConcat) {
  const FusedModel model = fused(kImage,
                                 "  - {name: a, op: conv2d, inputs: x, out_channels: 8, kernel: 1}\n"
                                 "  - {name: b, op: conv2d, inputs: x, out_channels: 24, kernel: 3, padding: 1}\n"
                                 "  - {name: both, op: concat, inputs: [a, b], axis: 3}\n"
                                 "  - {name: c, op: conv2d, out_channels: 8, kernel: 3}\n");
  ASSERT_THAT(ops(model), ElementsAre("conv2d+bias", "conv2d+bias", "conv2d+bias"));
  const TensorView& second = output_view(model.layers[1]);
  EXPECT_EQ(model.graph.tensor(second.root).name, "both");
  EXPECT_EQ(second.offset, 8);
  EXPECT_EQ(second.strides, (std::vector<std::int64_t>{8 * 8 * 32, 8 * 32, 32, 1}));
}

TEST(FuseLayers, ConcatCopiesWhatAlreadyLiesElsewhere) {
  const FusedModel model = fused(kImage,
                                 "  - {name: a, op: conv2d, inputs: x, out_channels: 8, kernel: 1}\n"
                                 "  - {name: twice, op: concat, inputs: [a, a], axis: 3}\n"
                                 "  - {name: with_input, op: concat, inputs: [twice, x], axis: 3}\n");
  EXPECT_THAT(ops(model), ElementsAre("conv2d+bias", "copy on host", "copy on host", "copy on host"));
}

TEST(FuseLayers, AttentionHeadsAreAddressedNotCopied) {
  const FusedModel model = fused("  - {name: x, shape: [1, 6, 24]}\n",
                                 "  - {name: q, op: linear, inputs: x, out_features: 24}\n"
                                 "  - {name: k, op: linear, inputs: x, out_features: 24}\n"
                                 "  - {name: qs, op: reshape, inputs: q, shape: [1, 6, 3, 8]}\n"
                                 "  - {name: qh, op: transpose, permutation: [0, 2, 1, 3]}\n"
                                 "  - {name: ks, op: reshape, inputs: k, shape: [1, 6, 3, 8]}\n"
                                 "  - {name: kh, op: transpose, permutation: [0, 2, 3, 1]}\n"
                                 "  - {name: scores, op: matmul, inputs: [qh, kh]}\n"
                                 "  - {name: p, op: softmax}\n"
                                 "  - {name: context, op: matmul, inputs: [p, qh]}\n"
                                 "  - {name: rows, op: transpose, permutation: [0, 2, 1, 3]}\n"
                                 "  - {name: joined, op: reshape, shape: [1, 6, 24]}\n"
                                 "  - {name: out, op: linear, out_features: 24}\n");
  ASSERT_THAT(ops(model),
              ElementsAre("matmul+bias", "matmul+bias", "matmul", "softmax on host", "matmul", "matmul+bias"));
  const auto& scores = std::get<GemmLayer>(model.layers[2].kind);
  EXPECT_EQ(scores.batch, 3);
  EXPECT_EQ(scores.a.strides, (std::vector<std::int64_t>{8, 24, 1}));
  EXPECT_TRUE(scores.transpose_b);  // [.., d, seq] is read as [.., seq, d] transposed
  EXPECT_EQ(scores.b.strides, (std::vector<std::int64_t>{8, 24, 1}));
  const auto& context = std::get<GemmLayer>(model.layers[4].kind);
  EXPECT_EQ(model.graph.tensor(context.output.root).name, "joined");
  EXPECT_EQ(context.output.strides, (std::vector<std::int64_t>{8, 24, 1}));
}

TEST(FuseLayers, BatchesThatOneStrideCanNotCoverBecomeSeveralProducts) {
  const FusedModel model = fused("  - {name: x, shape: [2, 5, 12]}\n",
                                 "  - {name: q, op: linear, out_features: 12}\n"
                                 "  - {name: s, op: reshape, shape: [2, 5, 3, 4]}\n"
                                 "  - {name: h, op: transpose, permutation: [0, 2, 1, 3]}\n"
                                 "  - {name: scores, op: matmul, inputs: [h, h], transpose_b: true}\n");
  ASSERT_THAT(ops(model), ElementsAre("matmul+bias", "matmul", "matmul"));
  EXPECT_EQ(model.layers[1].name, "scores[0]");
  EXPECT_EQ(model.layers[2].name, "scores[1]");
  EXPECT_EQ(model.layers[1].macs, 3u * 5 * 5 * 4);
  EXPECT_EQ(std::get<GemmLayer>(model.layers[2].kind).a.offset, 60);
}

TEST(FuseLayers, OutputThatIsAReshapeIsWrittenInPlace) {
  const FusedModel model = fused(kImage, "  - {name: a, op: global_average_pool}\n  - {name: f, op: flatten}\n");
  ASSERT_THAT(ops(model), ElementsAre("global_average_pool"));
  EXPECT_EQ(model.graph.tensor(output_view(model.layers[0]).root).name, "f");
}

TEST(FuseLayers, OutputThatIsAMovedInputIsCopied) {
  const FusedModel model =
      fused("  - {name: x, shape: [2, 3]}\n", "  - {name: t, op: transpose, permutation: [1, 0]}\n");
  ASSERT_THAT(ops(model), ElementsAre("copy on host"));
  EXPECT_THAT(model.layers[0].reason, HasSubstr("addressing can not express"));
}

TEST(FuseLayers, SumsThatAreNotRequantisedLeaveAsInt32WithoutAnActivation) {
  Graph graph;
  const TensorId x = graph.add_input("x", {2, 3}, ElementType::Int8);
  const TensorId w = graph.add_constant("w", {3, 4}, std::vector<std::int8_t>(12, 1));
  const TensorId sums = graph.add_node("sums", "y", MatMul{}, {x, w});
  graph.mark_output(graph.add_node("r", "r", Relu{}, {sums}));
  const FusedModel model = fuse_layers(graph);
  ASSERT_THAT(ops(model), ElementsAre("matmul", "relu on host"));
  const auto& gemm = std::get<GemmLayer>(model.layers[0].kind);
  EXPECT_FALSE(gemm.epilogue.scale);
  EXPECT_EQ(gemm.epilogue.activation, arch::Activation::None);
}

TEST(FuseLayers, RefusesASumOfTwoAccumulators) {
  Graph graph;
  const TensorId x = graph.add_input("x", {2, 3}, ElementType::Int8);
  const TensorId w = graph.add_constant("w", {3, 4}, std::vector<std::int8_t>(12, 1));
  const TensorId a = graph.add_node("a", "a", MatMul{}, {x, w});
  const TensorId b = graph.add_node("b", "b", MatMul{}, {x, w});
  const TensorId both = graph.add_node("both", "both", Add{}, {a, b});
  graph.mark_output(graph.add_node("y", "y", Requantize{0.5f}, {both}));
  EXPECT_THROW(fuse_layers(graph), GraphError);
}

TEST(VerifyFusedModel, RefusesBrokenLayers) {
  const FusedModel sound = fused(kImage, "  - {name: c, op: conv2d, out_channels: 8, kernel: 3}\n");
  const auto error_after = [&](auto change) {
    FusedModel model = sound;
    change(model, std::get<ConvLayer>(model.layers[0].kind));
    try {
      verify_fused_model(model);
    } catch (const GraphError& error) {
      return std::string(error.what());
    }
    return std::string("(no error)");
  };
  EXPECT_EQ(error_after([](FusedModel&, ConvLayer&) {}), "(no error)");
  EXPECT_THAT(error_after([](FusedModel&, ConvLayer& c) { c.input.strides.back() = 2; }), HasSubstr("leaves 'x'"));
  EXPECT_THAT(error_after([](FusedModel&, ConvLayer& c) { c.input.strides[2] = c.input.strides[3] = 2; }),
              HasSubstr("innermost stride 1"));
  EXPECT_THAT(error_after([](FusedModel&, ConvLayer& c) { c.output_h = 7; }), HasSubstr("output size"));
  EXPECT_THAT(error_after([](FusedModel&, ConvLayer& c) { c.groups = 2; }), HasSubstr("weights fit"));
  EXPECT_THAT(error_after([](FusedModel&, ConvLayer& c) { c.epilogue.scale.reset(); }), HasSubstr("scale decides"));
  EXPECT_THAT(error_after([](FusedModel&, ConvLayer& c) { c.epilogue.bias = c.weights; }), HasSubstr("bias is"));
  EXPECT_THAT(error_after([](FusedModel& m, ConvLayer&) { m.layers[0].placement = arch::Placement::Host; }),
              HasSubstr("placement"));
  EXPECT_THAT(
      error_after([](FusedModel& m, ConvLayer& c) { m.graph.tensors[c.input.root].role = TensorRole::Intermediate; }),
      HasSubstr("reads 'x' before it is written"));
  EXPECT_THAT(error_after([](FusedModel& m, ConvLayer& c) { m.graph.tensors[c.output.root].role = TensorRole::Input; }),
              HasSubstr("writes an input"));
  EXPECT_THAT(error_after([](FusedModel& m, ConvLayer&) { m.layers.clear(); }), HasSubstr("written by no fused layer"));
}

TEST(DescribeFusedModel, PrintsALineALayer) {
  const FusedModel model = fused("  - {name: x, shape: [4, 6]}\n",
                                 "  - {name: y, op: linear, out_features: 5, activation: relu, scale: 0.25}\n");
  EXPECT_EQ(describe_fused_model(model),
            "fused test\n"
            "y: matmul+bias+relu on array: gemm 4x5x6 x[1x4x6] * y.weights[1x6x5] bias=y.bias relu scale=0.25 -> "
            "y[1x4x5] macs=120\n");
}

}  // namespace
}  // namespace gemel::compiler
