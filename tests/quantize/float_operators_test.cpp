// SPDX-License-Identifier: Apache-2.0
// Single operators of float models, with numbers worked out by hand, and whole ones through the quantiser.
#include <gtest/gtest.h>

#include <cmath>

#include "compiler/onnx/onnx_error.h"
#include "compiler/quantize/error_report.h"
#include "compiler/quantize/evaluate.h"
#include "compiler/quantize/quantize_model.h"
#include "tests/quantize/float_models.h"
#include "tests/quantize/integer_difference.h"

namespace gemel::compiler {
namespace {

using test_support::FloatModel;
using test_support::integer_difference;
using test_support::nodes_of;
using test_support::samples_of;

OnnxNode node_of(const char* op, std::map<std::string, OnnxAttribute> attributes = {}, std::int64_t opset = 18) {
  OnnxNode node;
  node.name = node.op_type = op;
  node.opset = opset;
  node.inputs = {"x"};
  node.outputs = {"y"};
  node.attributes = std::move(attributes);
  return node;
}

OnnxTensor floats(OnnxShape shape, const std::vector<float>& values) {
  return make_onnx_tensor(OnnxType::Float, std::move(shape), values);
}
OnnxTensor integers(const std::vector<std::int64_t>& values) {
  return make_onnx_tensor(OnnxType::Int64, {static_cast<std::int64_t>(values.size())}, values);
}

std::vector<float> run(const OnnxNode& node, const std::vector<const OnnxTensor*>& inputs) {
  return evaluate_node(node, inputs).at(0).elements<float>();
}

TEST(EvaluateResize, MixesNeighboursAndStopsAtTheEdge) {
  const OnnxTensor x = floats({1, 1, 1, 2}, {0, 4}), twice = floats({4}, {1, 1, 1, 2});
  EXPECT_EQ(run(node_of("Resize", {{"mode", OnnxAttribute::of(std::string("linear"))}}), {&x, nullptr, &twice}),
            (std::vector<float>{0, 1, 3, 4}));
}

TEST(EvaluateResize, TakesSizesBeforeScales) {
  const OnnxTensor x = floats({1, 1, 2, 2}, {1, 2, 3, 4}), sizes = integers({1, 1, 4, 2}), none = floats({0}, {});
  OnnxNode node = node_of("Resize", {{"nearest_mode", OnnxAttribute::of(std::string("floor"))},
                                     {"coordinate_transformation_mode", OnnxAttribute::of(std::string("asymmetric"))}});
  EXPECT_EQ(run(node, {&x, nullptr, &none, &sizes}), (std::vector<float>{1, 2, 1, 2, 3, 4, 3, 4}));
}

TEST(EvaluateDepthToSpace, BothOrdersOfChannels) {
  const OnnxTensor x = floats({1, 8, 1, 1}, {0, 1, 2, 3, 4, 5, 6, 7});
  const auto block = OnnxAttribute::of(std::int64_t{2});
  EXPECT_EQ(run(node_of("DepthToSpace", {{"blocksize", block}}), {&x}), (std::vector<float>{0, 2, 4, 6, 1, 3, 5, 7}));
  EXPECT_EQ(run(node_of("DepthToSpace", {{"blocksize", block}, {"mode", OnnxAttribute::of(std::string("CRD"))}}), {&x}),
            (std::vector<float>{0, 1, 2, 3, 4, 5, 6, 7}));
}

TEST(EvaluateSpaceToDepth, UndoesDepthToSpace) {
  std::vector<float> values(2 * 12 * 2 * 3);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i);
  const OnnxTensor x = floats({2, 12, 2, 3}, values);
  const auto block = OnnxAttribute::of(std::int64_t{2});
  const OnnxTensor wide = evaluate_node(node_of("DepthToSpace", {{"blocksize", block}}), {&x}).at(0);
  EXPECT_EQ(wide.shape, (OnnxShape{2, 3, 4, 6}));
  EXPECT_EQ(run(node_of("SpaceToDepth", {{"blocksize", block}}), {&wide}), values);
}

TEST(EvaluateTile, RepeatsWholeDimensions) {
  const OnnxTensor x = floats({2, 1}, {1, 2}), repeats = integers({1, 3}), endless = integers({1, 1 << 30});
  EXPECT_EQ(run(node_of("Tile"), {&x, &repeats}), (std::vector<float>{1, 1, 1, 2, 2, 2}));
  EXPECT_THROW(run(node_of("Tile"), {&x, &endless}), OnnxError);
}

TEST(EvaluateGroupNorm, EachGroupHasMeanZero) {
  const OnnxTensor x = floats({1, 4, 1, 2}, {1, 3, 5, 7, 10, 20, 30, 40});
  const OnnxTensor gamma = floats({4}, {1, 1, 2, 2}), beta = floats({4}, {0, 0, 100, 100});
  const std::vector<float> y =
      run(node_of("GroupNormalization", {{"num_groups", OnnxAttribute::of(std::int64_t{2})}}, 21), {&x, &gamma, &beta});
  EXPECT_NEAR(y[0] + y[1] + y[2] + y[3], 0, 1e-5);
  EXPECT_NEAR(y[0], -3 / std::sqrt(5.0f), 1e-4);
  EXPECT_NEAR(y[4], 100 - 2 * 15 / std::sqrt(125.0f), 1e-4);
  EXPECT_THROW(
      run(node_of("GroupNormalization", {{"num_groups", OnnxAttribute::of(std::int64_t{3})}}, 21), {&x, &gamma, &beta}),
      OnnxError);
}

TEST(EvaluateLogSoftmax, IsTheLogarithmOfSoftmax) {
  const OnnxTensor x = floats({1, 3}, {0, std::log(2.0f), std::log(5.0f)});
  const std::vector<float> y = run(node_of("LogSoftmax"), {&x});
  EXPECT_NEAR(y[0], std::log(0.125f), 1e-6);
  EXPECT_NEAR(y[2], std::log(0.625f), 1e-6);
}

// Norms, resizing and activations of image generators and segmenters.
OnnxModel image_network() {
  FloatModel m(31);
  const auto text = [](const char* value) { return OnnxAttribute::of(std::string(value)); };
  std::string y = m.conv(m.input({1, 3, 6, 6}), 3, 16, 3);
  y = m.node("InstanceNormalization", {y, m.weights({16}, 0.5f, 1.5f), m.weights({16}, -0.5f, 0.5f)});
  y = m.conv(m.node("Mish", {y}), 16, 16, 3);
  y = m.node("Resize", {y, "", m.constant(floats({4}, {1, 1, 2, 2}))}, {{"mode", text("linear")}});
  y = m.node("PRelu", {y, m.weights({16, 1, 1}, 0.0f, 0.4f)});
  y = m.node("Resize", {m.conv(y, 16, 8, 1), "", m.constant(floats({4}, {1, 1, 2, 2}))}, {{"mode", text("nearest")}});
  y = m.node("DepthToSpace", {y}, {{"blocksize", OnnxAttribute::of(std::int64_t{2})}});
  return m.with_output(m.conv(y, 2, 4, 3));
}

TEST(QuantizeModel, TakesNormsOfChannelsAndResizing) {
  const OnnxModel model = image_network();
  const ModelQuantizer quantizer(model, samples_of(model));
  EXPECT_EQ(nodes_of(quantizer.simplified(), "InstanceNormalization"), 0u);
  const NamedOnnxTensors sample = generated_inputs(model, 3);
  const std::string& output = model.outputs[0].name;
  const std::vector<float> wanted = run_onnx(model, sample).at(output).elements<float>();
  const std::vector<float> got = run_onnx(quantizer.simplified(), sample).at(output).elements<float>();
  ASSERT_EQ(got.size(), wanted.size());
  for (std::size_t i = 0; i < got.size(); ++i) ASSERT_NEAR(got[i], wanted[i], 2e-4f * (1 + std::fabs(wanted[i])));
  const OnnxModel quantized = quantizer.quantized(quantizer.calibrate({}, false));
  EXPECT_GT(quantization_error(quantizer.simplified(), quantized, samples_of(model)).values.back().signal_to_noise,
            20.0);
  // Off by 1 in the row of a norm or a mixed pixel (docs/onnx.md, section 5), which the convolution behind may double.
  EXPECT_LT(integer_difference(model), 2.5f);
}

}  // namespace
}  // namespace gemel::compiler
