// SPDX-License-Identifier: Apache-2.0
// What exporters make of transformers: tokens, masks, attention of several heads.
#include <gtest/gtest.h>

#include <limits>

#include "compiler/quantize/error_report.h"
#include "tests/quantize/float_models.h"
#include "tests/quantize/integer_difference.h"

namespace gemel::compiler {
namespace {

using test_support::FloatModel;
using test_support::integer_difference;
using test_support::nodes_of;
using test_support::samples_of;

constexpr std::int64_t kTokens = 9, kWidth = 24, kHeads = 3, kWords = 40;
constexpr float kLowest = std::numeric_limits<float>::lowest();

using Ints = std::vector<std::int64_t>;

std::string linear(FloatModel& m, const std::string& x, std::int64_t from, std::int64_t to) {
  return m.node("Add", {m.weights({to}, -0.3f, 0.3f), m.node("MatMul", {x, m.weights({from, to}, -0.4f, 0.4f)})});
}

std::string transposed(FloatModel& m, const std::string& x, Ints order) {
  return m.node("Transpose", {x}, {{"perm", OnnxAttribute::of(std::move(order))}});
}

std::string heads_of(FloatModel& m, const std::string& x) {
  return transposed(m, m.node("Reshape", {x, m.integers({1, kTokens, kHeads, kWidth / kHeads})}), {0, 2, 1, 3});
}

// scores -> masked scores is the caller's.
template <typename Mask>
std::string attention(FloatModel& m, const std::string& x, Mask mask) {
  const std::string query = heads_of(m, linear(m, x, kWidth, kWidth)),
                    value = heads_of(m, linear(m, x, kWidth, kWidth));
  const std::string key = transposed(m, heads_of(m, linear(m, x, kWidth, kWidth)), {0, 1, 3, 2});
  const std::string scores = m.node("Div", {m.node("MatMul", {query, key}), m.number(2.828427f)});
  const std::string shares = m.node("Softmax", {mask(scores)}, {{"axis", OnnxAttribute::of(std::int64_t{-1})}});
  const std::string joined = transposed(m, m.node("MatMul", {shares, value}), {0, 2, 1, 3});
  return linear(m, m.node("Reshape", {joined, m.integers({1, kTokens, kWidth})}), kWidth, kWidth);
}

std::string unsqueezed(FloatModel& m, const std::string& x, std::int64_t axis) {
  return m.node("Unsqueeze", {x, m.integers({axis})});
}

// Tokens, a mask of 1 for each that counts, as BERT takes them.
OnnxModel token_encoder(bool mask_by_where = false) {
  FloatModel m(21);
  m.model.inputs.push_back({"ids", OnnxType::Int64, {1, kTokens}});
  m.model.inputs.push_back({"mask", OnnxType::Int64, {1, kTokens}});
  const std::string words = m.node("Gather", {m.weights({kWords, kWidth}, -1, 1), "ids"});
  const std::string x = m.node("Add", {words, m.weights({1, kTokens, kWidth}, -0.5f, 0.5f)});
  const std::string wide = unsqueezed(m, unsqueezed(m, "mask", 1), 2);
  const auto add = [&](const std::string& scores) {
    const std::string shown = m.node("Cast", {wide}, {{"to", OnnxAttribute::of(std::int64_t{1})}});
    const std::string hidden = m.node("Mul", {m.node("Sub", {m.number(1), shown}), m.number(kLowest)});
    return m.node("Add", {scores, hidden});
  };
  const auto choose = [&](const std::string& scores) {
    const std::string hidden = m.node("Equal", {wide, m.constant(make_onnx_tensor(OnnxType::Int64, {}, Ints{0}))});
    return m.node("Where", {hidden, m.number(-std::numeric_limits<float>::infinity()), scores});
  };
  const std::string sum = m.node("Add", {x, mask_by_where ? attention(m, x, choose) : attention(m, x, add)});
  return m.with_output(sum);
}

// Attention to what came before, as GPT-2 is exported; GELU by tanh.
OnnxModel causal_block() {
  FloatModel m(22);
  std::vector<std::uint8_t> seen;
  for (std::int64_t i = 0; i < kTokens * kTokens; ++i) seen.push_back(i % kTokens <= i / kTokens ? 1 : 0);
  const std::string x = m.input({1, kTokens, kWidth});
  const auto choose = [&](const std::string& scores) {
    const std::string condition = m.constant(make_onnx_tensor(OnnxType::Bool, {1, 1, kTokens, kTokens}, seen));
    return m.node("Where", {condition, scores, m.number(kLowest)});
  };
  const std::string sum = m.node("Add", {x, attention(m, x, choose)});
  const std::string h = linear(m, sum, kWidth, 2 * kWidth);
  const std::string cube = m.node("Mul", {m.node("Pow", {h, m.number(3)}), m.number(0.044715f)});
  const std::string tanh = m.node("Tanh", {m.node("Mul", {m.node("Add", {h, cube}), m.number(0.7978846f)})});
  const std::string half = m.node("Mul", {h, m.number(0.5f)});
  const std::string gelu = m.node("Mul", {half, m.node("Add", {tanh, m.number(1)})});
  return m.with_output(m.node("Add", {sum, linear(m, gelu, 2 * kWidth, kWidth)}));
}

// Windows of attention, as Swin is exported: a bias of positions, then a Reshape before the Softmax.
OnnxModel window_attention() {
  FloatModel m(23);
  const std::string x = m.input({1, kTokens, kWidth});
  const auto bias = [&](const std::string& scores) {
    const std::string sum = m.node("Add", {scores, m.weights({1, kHeads, kTokens, kTokens}, -1, 1)});
    return m.node("Reshape", {sum, m.integers({kHeads, 1, kTokens, kTokens})});
  };
  return m.with_output(
      m.node("Add", {x, attention(m, x, [&](const std::string& scores) {
                       return m.node("Reshape", {bias(scores), m.integers({1, kHeads, kTokens, kTokens})});
                     })}));
}

NamedOnnxTensors with_mask(const OnnxModel& model, std::int64_t shown, std::uint64_t seed) {
  NamedOnnxTensors inputs = generated_inputs(model, seed);
  Ints mask(kTokens, 0);
  std::fill(mask.begin(), mask.begin() + shown, 1);
  inputs.at("mask") = make_onnx_tensor(OnnxType::Int64, {1, kTokens}, mask);
  return inputs;
}

TEST(Transformer, SimplifiedIsTheSameFunction) {
  for (const OnnxModel& model : {token_encoder(), token_encoder(true), causal_block(), window_attention()}) {
    const NamedOnnxTensors sample = generated_inputs(model, 3);
    const ModelQuantizer quantizer(model, {generated_inputs(model, 1)});
    const std::string& output = model.outputs[0].name;
    const std::vector<float> wanted = run_onnx(model, sample).at(output).elements<float>();
    const std::vector<float> got = run_onnx(quantizer.simplified(), sample).at(output).elements<float>();
    ASSERT_EQ(got.size(), wanted.size());
    for (std::size_t i = 0; i < got.size(); ++i) ASSERT_NEAR(got[i], wanted[i], 2e-4f * (1 + std::fabs(wanted[i])));
  }
}

TEST(Transformer, MasksOfIntegersBecomeTables) {
  for (const bool by_where : {false, true}) {
    const OnnxModel model = token_encoder(by_where);
    const ModelQuantizer quantizer(model, {generated_inputs(model, 1)});
    EXPECT_EQ(nodes_of(quantizer.simplified(), "Gather"), 2u);  // words and mask
    for (const char* op : {"Cast", "Sub", "Equal", "Where"}) EXPECT_EQ(nodes_of(quantizer.simplified(), op), 0u) << op;
  }
}

TEST(Transformer, TheMachineComputesWhatTheQuantisedModelSays) {
  EXPECT_LE(integer_difference(token_encoder()), 2.01f);
  EXPECT_LE(integer_difference(token_encoder(true)), 2.01f);
  EXPECT_LE(integer_difference(causal_block()), 2.01f);
  EXPECT_LE(integer_difference(window_attention()), 2.01f);
}

TEST(Transformer, SumsBeforeASoftmaxAreNotRounded) {
  for (const OnnxModel& model : {token_encoder(), token_encoder(true), causal_block(), window_attention()}) {
    const ModelQuantizer quantizer(model, samples_of(model));
    const OnnxModel canonical = canonical_onnx(quantizer.quantized(quantizer.calibrate({}, false)));
    EXPECT_EQ(nodes_of(canonical, "QuantizedMaskedSoftmax"), 1u);
    EXPECT_EQ(nodes_of(canonical, "QLinearSoftmax"), 0u);
  }
}

TEST(Transformer, KeepsQualityBesideMasks) {
  for (const OnnxModel& model : {token_encoder(), token_encoder(true), causal_block(), window_attention()}) {
    std::vector<NamedOnnxTensors> samples = samples_of(model);
    for (std::size_t i = 0; i < samples.size(); ++i) {
      if (samples[i].count("mask") != 0) samples[i] = with_mask(model, 6, i);  // one row must see something
    }
    const ModelQuantizer quantizer(model, samples);
    const OnnxModel quantized = quantizer.quantized(quantizer.calibrate({}, false));
    EXPECT_GT(quantization_error(quantizer.simplified(), quantized, samples).values.back().signal_to_noise, 28.0);
  }
}

TEST(Transformer, HiddenTokensDoNotMatter) {
  for (const bool by_where : {false, true}) {
    const OnnxModel model = token_encoder(by_where);
    const ModelQuantizer quantizer(model, samples_of(model));
    const OnnxModel quantized = quantizer.quantized(quantizer.calibrate({}, false));
    constexpr std::int64_t kShown = 5;
    NamedOnnxTensors inputs = with_mask(model, kShown, 1), other = inputs;
    Ints ids = other.at("ids").integers();
    for (std::int64_t t = kShown; t < kTokens; ++t) ids[static_cast<std::size_t>(t)] = (ids[t] + 7) % kWords;
    other.at("ids") = make_onnx_tensor(OnnxType::Int64, {1, kTokens}, ids);
    const std::string& output = model.outputs[0].name;
    const std::vector<float> a = run_onnx(quantized, inputs).at(output).elements<float>();
    const std::vector<float> b = run_onnx(quantized, other).at(output).elements<float>();
    const auto shown = static_cast<std::ptrdiff_t>(kShown * kWidth);
    EXPECT_TRUE(std::equal(a.begin(), a.begin() + shown, b.begin()));
    EXPECT_NE(a, b);  // the hidden ones themselves
  }
}

TEST(Transformer, AnUnseenFutureDoesNotMatter) {
  const OnnxModel model = causal_block();
  const ModelQuantizer quantizer(model, samples_of(model));
  const OnnxModel quantized = quantizer.quantized(quantizer.calibrate({}, false));
  NamedOnnxTensors inputs = generated_inputs(model, 1), other = inputs;
  std::vector<float> x = other.at("x").elements<float>();
  constexpr std::ptrdiff_t kPast = 4 * kWidth;
  for (auto v = x.begin() + kPast; v != x.end(); ++v) *v = -*v;
  other.at("x") = make_onnx_tensor(OnnxType::Float, {1, kTokens, kWidth}, x);
  const std::string& output = model.outputs[0].name;
  const std::vector<float> a = run_onnx(quantized, inputs).at(output).elements<float>();
  const std::vector<float> b = run_onnx(quantized, other).at(output).elements<float>();
  EXPECT_TRUE(std::equal(a.begin(), a.begin() + kPast, b.begin()));
  EXPECT_NE(a, b);
}

TEST(Transformer, BiasesAreIntegersAtTheScaleOfTheSums) {
  const OnnxModel model = causal_block();
  const ModelQuantizer quantizer(model, samples_of(model));
  const OnnxModel quantized = quantizer.quantized(quantizer.calibrate({}, true));
  std::size_t biases = 0;
  for (const auto& [name, tensor] : quantized.initializers) biases += tensor.type == OnnxType::Int32;
  EXPECT_EQ(biases, nodes_of(model, "MatMul") - 2);  // but scores and context
}

}  // namespace
}  // namespace gemel::compiler
