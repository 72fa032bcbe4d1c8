// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/onnx_sums.h"

#include <algorithm>
#include <cmath>

namespace gemel::compiler {
namespace {

// Elements whose index along the last dimension, of `channels`, is in the run.
template <typename Element>
std::vector<Element> run_of(const std::vector<Element>& values, std::size_t channels, const ChannelRun& run) {
  std::vector<Element> part;
  for (std::size_t i = 0; i < values.size(); i += channels) {
    const auto first = values.begin() + static_cast<std::ptrdiff_t>(i);
    part.insert(part.end(), first + static_cast<std::ptrdiff_t>(run.begin),
                first + static_cast<std::ptrdiff_t>(run.end));
  }
  return part;
}

}  // namespace

void need_onnx_type(const OnnxBuilder& builder, const std::string& value, const OnnxQuantization& quantization) {
  const OnnxType type = builder.type(value);
  if (type != quantization.type()) {
    builder.fail("'" + value + "' is " + onnx_type_name(type) + ", its zero point is " +
                 onnx_type_name(quantization.type()));
  }
}

std::vector<std::int32_t> zero_points_of_channels(const OnnxBuilder& builder, const std::vector<std::int32_t>& points,
                                                  std::int64_t channels) {
  if (points.size() != 1 && static_cast<std::int64_t>(points.size()) != channels) {
    builder.fail("the weights have " + std::to_string(points.size()) + " scales for " + std::to_string(channels) +
                 " output channels");
  }
  return points.size() == 1 ? std::vector<std::int32_t>(static_cast<std::size_t>(channels), points[0]) : points;
}

std::vector<std::vector<std::int8_t>> centred_weights(OnnxBuilder& builder, const std::vector<std::int8_t>& weights,
                                                      const std::vector<std::int32_t>& zero_points) {
  const std::size_t channels = zero_points.size();
  std::vector<std::int32_t> rest(weights.size());
  for (std::size_t i = 0; i < weights.size(); ++i) rest[i] = weights[i] - zero_points[i % channels];
  std::vector<std::vector<std::int8_t>> parts;
  do {
    std::vector<std::int8_t>& part = parts.emplace_back(weights.size());
    for (std::size_t i = 0; i < weights.size(); ++i) {
      part[i] = static_cast<std::int8_t>(std::min(std::max(rest[i], -128), 127));
      rest[i] -= part[i];
    }
  } while (std::any_of(rest.begin(), rest.end(), [](std::int32_t r) { return r != 0; }));
  const bool has_zero_point =
      std::any_of(zero_points.begin(), zero_points.end(), [](std::int32_t z) { return z != 0; });
  if (has_zero_point) {
    builder.remark(parts.size() == 1 ? "zero point of the weights subtracted from them"
                                     : "weights minus their zero point leave int8: " + std::to_string(parts.size()) +
                                           " products added");
  }
  return parts;
}

std::vector<std::int8_t> centred_weights_of_one(OnnxBuilder& builder, const std::vector<std::int8_t>& weights,
                                                const std::vector<std::int32_t>& zero_points) {
  const auto parts = centred_weights(builder, weights, zero_points);
  if (parts.size() > 1) {
    builder.fail("weights minus their zero point leave int8; expected a zero point that keeps them in it");
  }
  return parts[0];
}

std::vector<std::int64_t> channel_sums(const std::vector<std::vector<std::int8_t>>& parts, std::size_t channels) {
  std::vector<std::int64_t> sums(channels, 0);
  for (const std::vector<std::int8_t>& part : parts) {
    for (std::size_t i = 0; i < part.size(); ++i) sums[i % channels] += part[i];
  }
  return sums;
}

std::vector<std::int32_t> folded_bias(OnnxBuilder& builder, const std::string& bias, std::int32_t x_zero_point,
                                      const std::vector<std::int64_t>& weight_sums) {
  std::vector<std::int64_t> values(weight_sums.size(), 0);
  if (!bias.empty()) {
    const OnnxTensor& tensor = builder.need_constant(bias, "bias");
    if (tensor.type != OnnxType::Int32 || static_cast<std::size_t>(tensor.count()) != values.size()) {
      builder.fail("bias '" + bias + "' is " + onnx_type_name(tensor.type) + " " + onnx_shape_text(tensor.shape) +
                   "; expected int32 of " + std::to_string(values.size()) + " elements");
    }
    values = tensor.integers();
  }
  if (x_zero_point != 0) {
    builder.remark("zero point of the input folded into the bias");
    for (std::size_t o = 0; o < values.size(); ++o) values[o] -= x_zero_point * weight_sums[o];
  }
  std::vector<std::int32_t> folded;
  for (const std::int64_t value : values) folded.push_back(wrapped(value));
  if (std::all_of(folded.begin(), folded.end(), [](std::int32_t v) { return v == 0; })) folded.clear();
  return folded;
}

std::vector<float> channel_multipliers(const OnnxBuilder& builder, float x_scale, const std::vector<float>& w_scales,
                                       float y_scale) {
  std::vector<float> multipliers;
  for (const float w : w_scales) {
    const float product = x_scale * w;
    multipliers.push_back(product / y_scale);
    if (!std::isnormal(multipliers.back())) {
      builder.fail("the scales give a multiplier of " + std::to_string(multipliers.back()) +
                   "; expected a normal float32");
    }
  }
  return multipliers;
}

std::vector<ChannelRun> channel_runs(const OnnxRequantization& finish, std::size_t parts) {
  constexpr std::size_t kLeastWidth = 8;
  const std::vector<float>& m = finish.multipliers;
  if (parts != 1 || finish.output.has_zero_point() || !finish.terms.empty()) return {};
  std::vector<ChannelRun> runs;
  for (std::size_t c = 0; c < m.size(); ++c) {
    if (c == 0 || m[c] != m[c - 1]) runs.push_back({c, c});
    runs.back().end = c + 1;
  }
  const bool worthwhile = runs.size() > 1 && runs.size() * kLeastWidth <= m.size();
  return worthwhile ? runs : std::vector<ChannelRun>{};
}

std::vector<TensorId> products_of_runs(OnnxBuilder& builder, const std::vector<ChannelRun>& runs, TensorId x,
                                       const Operator& op, const Shape& shape, const std::vector<std::int8_t>& weights,
                                       const std::vector<std::int32_t>& bias, const std::vector<float>& multipliers) {
  const auto channels = static_cast<std::size_t>(shape.back());
  builder.remark("a scale for each channel: " + std::to_string(runs.size()) +
                 " products, one for each run of equal scales");
  std::vector<TensorId> results;
  for (const ChannelRun& run : runs) {
    const auto width = static_cast<std::int64_t>(run.end - run.begin);
    Shape part = shape;
    part.back() = width;
    std::vector<TensorId> inputs{
        x, builder.add_constant(builder.node().name + ".weights", part, run_of(weights, channels, run))};
    if (!bias.empty()) {
      inputs.push_back(builder.add_constant(builder.node().name + ".bias", {width}, run_of(bias, channels, run)));
    }
    const TensorId sums = builder.add("sums", op, std::move(inputs));
    results.push_back(builder.add("run", Requantize{multipliers[run.begin]}, {sums}));
  }
  return results;
}

namespace {

// How float sums become the result.
struct LastStep {
  Operator op;
  std::vector<TensorId> inputs;
  OnnxType type;
};

LastStep float_step(const OnnxBuilder& builder, TensorId sums, const OnnxRequantization& finish) {
  const std::vector<float>& m = finish.multipliers;
  const bool one_scale = std::all_of(m.begin(), m.end(), [&](float v) { return v == m[0]; });
  if (!one_scale || !finish.terms.empty() || finish.offset != 0) {
    builder.fail("a float result needs one scale, and sums that the array makes alone");
  }
  return {DequantizeFloat{m[0], 0}, {sums}, OnnxType::Float};
}

LastStep quantised_step(OnnxBuilder& builder, TensorId sums, const OnnxRequantization& finish) {
  const std::vector<float>& m = finish.multipliers;
  const std::int32_t zero_point = finish.output.zero_point();
  const bool one_scale = std::all_of(m.begin(), m.end(), [&](float v) { return v == m[0]; });
  LastStep step{Requantize{m[0]}, {sums}, finish.output.type()};
  if (one_scale && zero_point == 0 && finish.terms.empty() && finish.offset == 0) return step;
  QuantizeSums quantize;
  quantize.zero_point = zero_point;
  quantize.offset = finish.offset;
  quantize.factors = finish.factors;
  step.op = quantize;
  const std::vector<float> multipliers = one_scale ? std::vector<float>{m[0]} : m;
  step.inputs.push_back(builder.add_constant(builder.node().name + ".multipliers",
                                             {static_cast<std::int64_t>(multipliers.size())}, multipliers));
  step.inputs.insert(step.inputs.end(), finish.terms.begin(), finish.terms.end());
  const std::string why = !one_scale        ? "a scale for each channel"
                          : zero_point != 0 ? "the output's zero point"
                                            : "terms of zero points";
  builder.remark(why + ": 32-bit sums stored, requantised by the host");
  return step;
}

}  // namespace

void finish_onnx_sums(OnnxBuilder& builder, TensorId sums, const OnnxRequantization& finish,
                      std::optional<std::size_t> image_rank) {
  LastStep step = finish.is_float ? float_step(builder, sums, finish) : quantised_step(builder, sums, finish);
  const std::string& output = builder.node().outputs[0];
  if (image_rank) {
    builder.image_result(output, step.type, *image_rank, std::move(step.op), std::move(step.inputs));
  } else {
    define_shaped(builder, step.type, finish, std::move(step.op), std::move(step.inputs));
  }
}

void define_shaped(OnnxBuilder& builder, OnnxType type, const OnnxRequantization& finish, Operator op,
                   std::vector<TensorId> inputs) {
  const std::string& output = builder.node().outputs[0];
  if (!finish.shape) {
    builder.plain_result(output, type, std::move(op), std::move(inputs));
    return;
  }
  const TensorId tensor = builder.add("matrix", std::move(op), std::move(inputs));
  builder.plain_result(output, type, Reshape{*finish.shape}, {tensor});
}

}  // namespace gemel::compiler
