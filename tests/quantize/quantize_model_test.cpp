// SPDX-License-Identifier: Apache-2.0
#include "compiler/quantize/quantize_model.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "compiler/import/onnx_import.h"
#include "compiler/onnx/canonical.h"
#include "compiler/onnx/onnx_error.h"
#include "compiler/quantize/error_report.h"
#include "compiler/reference/graph_executor.h"
#include "tests/quantize/float_models.h"
#include "tests/quantize/integer_difference.h"
#include "tests/support/refusal.h"

namespace gemel::compiler {
namespace {

using test_support::FloatModel;
using test_support::integer_difference;
using test_support::nodes_of;
using test_support::samples_of;

OnnxModel plain_cnn() {
  FloatModel m(11);
  std::string y = m.node("Relu", {m.conv(m.input({1, 3, 17, 15}), 3, 20, 3)});
  y = m.node("MaxPool", {y},
             {{"kernel_shape", OnnxAttribute::of(std::vector<std::int64_t>{2, 2})},
              {"strides", OnnxAttribute::of(std::vector<std::int64_t>{2, 2})}});
  y = m.node("Flatten", {m.node("GlobalAveragePool", {m.node("Relu", {m.conv(y, 20, 16, 1)})})});
  return m.with_output(m.node("Gemm", {y, m.weights({10, 16}, -1, 1), m.weights({10}, -1, 1)},
                              {{"transB", OnnxAttribute::of(std::int64_t{1})}}));
}

OnnxModel residual_cnn() {
  FloatModel m(12);
  const std::string x = m.node("Relu", {m.conv(m.input({1, 16, 9, 9}), 16, 16, 1)});
  const std::string first = m.node("Relu", {m.node("Add", {m.conv(x, 16, 16, 3), x})});
  const std::string side = m.conv(first, 16, 16, 1);
  return m.with_output(
      m.node("Relu", {m.node("Add", {side, m.conv(m.node("Relu", {m.conv(first, 16, 16, 3)}), 16, 16, 3)})}));
}

OnnxModel depthwise_cnn() {
  FloatModel m(13);
  const auto relu6 = [&](const std::string& v) { return m.node("Clip", {v, m.number(0), m.number(6)}); };
  std::string y = relu6(m.conv(m.input({1, 8, 10, 10}), 8, 24, 1));
  y = relu6(m.conv(y, 24, 24, 3, 24, 2));
  return m.with_output(m.conv(y, 24, 8, 1));
}

// One head of attention and a layer with GELU, as PyTorch exports them for opset 13.
OnnxModel transformer_block() {
  FloatModel m(14);
  const std::int64_t width = 32;
  const auto linear = [&](const std::string& x, std::int64_t from, std::int64_t to) {
    const std::string product = m.node("MatMul", {x, m.weights({from, to}, -0.3f, 0.3f)});
    return m.node("Add", {m.weights({to}, -0.3f, 0.3f), product});
  };
  const auto norm = [&](const std::string& x) {
    const auto mean = [&](const std::string& v) {
      return m.node("ReduceMean", {v}, {{"axes", OnnxAttribute::of(std::vector<std::int64_t>{-1})}});
    };
    const std::string d = m.node("Sub", {x, mean(x)});
    const std::string variance = mean(m.node("Pow", {d, m.number(2)}));
    const std::string root = m.node("Sqrt", {m.node("Add", {variance, m.number(1e-5f)})});
    const std::string scaled = m.node("Mul", {m.node("Div", {d, root}), m.weights({width}, 0.5f, 1.5f)});
    return m.node("Add", {scaled, m.weights({width}, -0.5f, 0.5f)});
  };
  const std::string x = m.input({1, 12, width});
  const std::string n = norm(x);
  const std::string key =
      m.node("Transpose", {linear(n, width, width)}, {{"perm", OnnxAttribute::of(std::vector<std::int64_t>{0, 2, 1})}});
  const std::string scores = m.node("Div", {m.node("MatMul", {linear(n, width, width), key}), m.number(5.656854f)});
  const std::string heads =
      m.node("MatMul",
             {m.node("Softmax", {scores}, {{"axis", OnnxAttribute::of(std::int64_t{-1})}}), linear(n, width, width)});
  const std::string sum = m.node("Add", {x, linear(heads, width, width)});
  const std::string h = linear(norm(sum), width, 2 * width);
  const std::string erf = m.node("Erf", {m.node("Div", {h, m.number(1.41421356f)})});
  const std::string gelu = m.node("Mul", {m.node("Mul", {h, m.node("Add", {erf, m.number(1)})}), m.number(0.5f)});
  return m.with_output(m.node("Add", {sum, linear(gelu, 2 * width, width)}));
}

double output_quality(const OnnxModel& model, const Calibration& calibration = {}, bool per_channel = false) {
  const ModelQuantizer quantizer(model, samples_of(model));
  const OnnxModel quantized = quantizer.quantized(quantizer.calibrate(calibration, per_channel));
  const QuantizationError error = quantization_error(quantizer.simplified(), quantized, samples_of(model));
  EXPECT_EQ(error.values.back().value, model.outputs[0].name);
  return error.values.back().signal_to_noise;
}

TEST(Simplify, KeepsTheFunctionAndFoldsBatchNormalisation) {
  for (const OnnxModel& model : {plain_cnn(), residual_cnn(), depthwise_cnn(), transformer_block()}) {
    const NamedOnnxTensors sample = generated_inputs(model, 3);
    const ModelQuantizer quantizer(model, {sample});
    const std::string& output = model.outputs[0].name;
    const std::vector<float> wanted = run_onnx(model, sample).at(output).elements<float>();
    const std::vector<float> got = run_onnx(quantizer.simplified(), sample).at(output).elements<float>();
    ASSERT_EQ(got.size(), wanted.size());
    for (std::size_t i = 0; i < got.size(); ++i) ASSERT_NEAR(got[i], wanted[i], 2e-4f * (1 + std::fabs(wanted[i])));
    EXPECT_EQ(nodes_of(quantizer.simplified(), "BatchNormalization"), 0u);
  }
}

TEST(Simplify, FindsGeluAndLayerNormalisation) {
  const OnnxModel model = transformer_block();
  const ModelQuantizer quantizer(model, {generated_inputs(model, 1)});
  EXPECT_EQ(nodes_of(quantizer.simplified(), "Gelu"), 1u);
  EXPECT_EQ(nodes_of(quantizer.simplified(), "LayerNormalization"), 2u);
  EXPECT_EQ(nodes_of(quantizer.simplified(), "Erf") + nodes_of(quantizer.simplified(), "Sqrt"), 0u);
}

TEST(Simplify, ComputesShapesBeforehand) {
  FloatModel m(15);
  const std::string x = m.input({2, 6, 4});
  const std::string rows = m.node("Gather", {m.node("Shape", {x}), m.integers({0})});
  const std::string shape = m.node("Concat", {rows, m.integers({-1})}, {{"axis", OnnxAttribute::of(std::int64_t{0})}});
  const std::string flat = m.node("Reshape", {m.node("Dropout", {x}), shape});
  const OnnxModel model = m.with_output(m.node("MatMul", {flat, m.weights({24, 5}, -1, 1)}));
  const ModelQuantizer quantizer(model, {generated_inputs(model, 1)});
  EXPECT_EQ(quantizer.simplified().nodes.size(), 2u);
  EXPECT_EQ(quantizer.simplified().initializers.at(shape).integers(), (std::vector<std::int64_t>{2, -1}));
}

// As the windows of Swin are made: indices from remainders, a mask written in slices.
TEST(Simplify, ComputesMasksThatAreWrittenInSlices) {
  FloatModel m(17);
  const auto mod = [&](std::int64_t fmod) {
    return m.node("Mod", {m.integers({-3, 3, 7}), m.integers({2, -2, 4})}, {{"fmod", OnnxAttribute::of(fmod)}});
  };
  const std::string rest = mod(0), c_rest = mod(1);
  const std::string place = m.constant(make_onnx_tensor(OnnxType::Int64, {2, 1}, std::vector<std::int64_t>{-1, 0}));
  const std::string zeros = m.weights({3, 2}, 0, 0);
  const std::string slices = m.constant(make_onnx_tensor(OnnxType::Float, {2, 2}, std::vector<float>{1, 2, 3, 4}));
  const std::string mask = m.node("ScatterND", {zeros, place, slices});
  const OnnxModel model = m.with_output(m.node("Add", {m.input({3, 2}), mask}));
  std::map<std::string, OnnxTensor> seen;
  run_onnx(model, generated_inputs(model, 1),
           [&](const OnnxNode& node, const std::vector<OnnxTensor>& results) { seen[node.outputs[0]] = results[0]; });
  EXPECT_EQ(seen.at(rest).integers(), (std::vector<std::int64_t>{1, -1, 3}));
  EXPECT_EQ(seen.at(c_rest).integers(), (std::vector<std::int64_t>{-1, 1, 3}));
  EXPECT_EQ(seen.at(mask).elements<float>(), (std::vector<float>{3, 4, 0, 0, 1, 2}));
  EXPECT_EQ(ModelQuantizer(model, {generated_inputs(model, 1)}).simplified().nodes.size(), 1u);
}

TEST(QuantizeModel, KeepsEightBitsOfQuality) {
  EXPECT_GT(output_quality(plain_cnn()), 30.0);
  EXPECT_GT(output_quality(residual_cnn()), 28.0);
  EXPECT_GT(output_quality(depthwise_cnn()), 28.0);
  EXPECT_GT(output_quality(transformer_block()), 25.0);
}

TEST(QuantizeModel, KeepsQualityWithEveryMethod) {
  EXPECT_GT(output_quality(residual_cnn(), {CalibrationMethod::Percentile, 99.99}), 28.0);
  EXPECT_GT(output_quality(residual_cnn(), {CalibrationMethod::Entropy, 0}), 25.0);
  EXPECT_GT(output_quality(depthwise_cnn(), {}, true), output_quality(depthwise_cnn()));
}

// A class token that was not trained.
TEST(QuantizeModel, ZerosDoNotCoarsenWhatTheyAreJoinedWith) {
  FloatModel m(16);
  const std::string x = m.node("MatMul", {m.input({1, 7, 8}), m.weights({8, 8}, -0.01f, 0.01f)});
  const std::string joined =
      m.node("Concat", {m.weights({1, 1, 8}, 0, 0), x}, {{"axis", OnnxAttribute::of(std::int64_t{1})}});
  const OnnxModel model = m.with_output(m.node("Add", {joined, m.weights({1, 8, 8}, 0, 0)}));
  EXPECT_GT(output_quality(model), 35.0);
  EXPECT_LE(integer_difference(model), 1.01f);
}

TEST(QuantizeModel, GivesTheIntegersThatItPromises) {
  EXPECT_LE(integer_difference(plain_cnn()), 1.01f);
  EXPECT_LE(integer_difference(residual_cnn()), 1.01f);
  EXPECT_LE(integer_difference(depthwise_cnn()), 1.01f);
  EXPECT_LE(integer_difference(transformer_block()), 4.01f);
}

TEST(QuantizeModel, AddsResidualsOnTheArray) {
  OnnxImport import;
  integer_difference(residual_cnn(), &import);
  for (const OnnxNodeNote& note : import.notes) {
    for (const std::string& remark : note.remarks)
      EXPECT_EQ(remark.find("table of the host"), std::string::npos) << remark;
  }
}

TEST(Profile, RoundTripGivesTheSameModel) {
  const OnnxModel model = residual_cnn();
  const ModelQuantizer quantizer(model, samples_of(model));
  const QuantizationProfile profile = quantizer.calibrate({}, true);
  const QuantizationProfile read = parse_profile(profile_text(profile), "p.yaml");
  EXPECT_EQ(profile_text(read), profile_text(profile));
  const OnnxModel a = quantizer.quantized(profile), b = quantizer.quantized(read);
  ASSERT_EQ(a.initializers.size(), b.initializers.size());
  for (const auto& [name, tensor] : a.initializers) EXPECT_EQ(tensor.data, b.initializers.at(name).data) << name;
}

TEST(Profile, AnEditedLimitSaturates) {
  const OnnxModel model = plain_cnn();
  const ModelQuantizer quantizer(model, samples_of(model));
  QuantizationProfile profile = quantizer.calibrate({}, false);
  profile.values.at(model.outputs[0].name).limit /= 8;
  const OnnxModel quantized = quantizer.quantized(profile);
  EXPECT_LT(quantization_error(quantizer.simplified(), quantized, samples_of(model)).values.back().signal_to_noise, 15);
}

std::string refusal_of(const std::string& text) {
  return test_support::error_of([&] { parse_profile(text, "p.yaml"); });
}

TEST(Profile, RefusesWhatItCanNotMean) {
  EXPECT_NE(refusal_of("model: m\nweights: per_tensor\nvalues:\n  - {name: x, least: 0, most: 1, limit: 0}\n")
                .find("p.yaml:4:"),
            std::string::npos);
  EXPECT_NE(refusal_of("model: m\nweights: half\nvalues: []\n").find("p.yaml:2:"), std::string::npos);
  EXPECT_NE(refusal_of("model: m\nweights: per_tensor\nvalues:\n  - {name: x, least: 0, most: 1, limit: 1}\n"
                       "  - {name: x, least: 0, most: 1, limit: 1}\n")
                .find("given twice"),
            std::string::npos);
}

std::string onnx_refusal(const OnnxModel& model) {
  try {
    quantized_by_default(model);
  } catch (const OnnxError& error) {
    return error.what();
  }
  return "(no error)";
}

TEST(QuantizeModel, RefusesWhatItCanNotRun) {
  FloatModel unknown(1);
  EXPECT_NE(onnx_refusal(unknown.with_output(unknown.node("Cos", {unknown.input({1, 4})})))
                .find("node 'Cos0' (Cos, opset 13): can not be run in float"),
            std::string::npos);
  FloatModel misfit(1);
  const std::string x = misfit.input({1, 4});
  EXPECT_NE(onnx_refusal(misfit.with_output(misfit.node("MatMul", {x, misfit.weights({5, 2}, 0, 1)})))
                .find("operands [1, 4] and [5, 2] do not fit"),
            std::string::npos);
  FloatModel embedded(1);
  embedded.model.inputs.push_back({"ids", OnnxType::Int64, {1, 4}});
  embedded.model.inputs.push_back({"weights", OnnxType::Double, {1, 4}});
  EXPECT_NE(
      onnx_refusal(embedded.with_output(embedded.node("Identity", {"ids"}))).find("takes float inputs, and indices"),
      std::string::npos);
}

TEST(QuantizeModel, ProfileOfAnotherModelIsRefused) {
  const OnnxModel model = plain_cnn(), other = residual_cnn();
  const ModelQuantizer quantizer(model, samples_of(model)), second(other, samples_of(other));
  EXPECT_THROW(quantizer.quantized(second.calibrate({}, false)), OnnxError);
}

}  // namespace
}  // namespace gemel::compiler
