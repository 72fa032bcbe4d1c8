// SPDX-License-Identifier: Apache-2.0
// Convolutions: zero points folded into biases and margins; transposed ones as plain ones.
#include <algorithm>

#include "compiler/import/onnx_operators.h"
#include "compiler/import/onnx_sums.h"
#include "compiler/import/onnx_window.h"

namespace gemel::compiler {
namespace {

struct ConvWeights {
  std::vector<std::vector<std::int8_t>> parts;  // [KH, KW, C / groups, CO]
  Shape shape;
  std::vector<std::int64_t> kernel;  // spatial sizes as ONNX has them

  std::size_t channels() const { return static_cast<std::size_t>(shape[3]); }
};

// OIHW to HWIO.
ConvWeights conv_weights(OnnxBuilder& builder, const std::string& x, const std::string& w,
                         const OnnxQuantization& quantization) {
  builder.need_image(x);
  const OnnxTensor& tensor = builder.need_constant(w, "weights");
  if (tensor.shape.size() != builder.rank(x) || tensor.count() == 0) {
    builder.fail("weights '" + w + "' have shape " + onnx_shape_text(tensor.shape) + "; expected " +
                 std::to_string(builder.rank(x)) + " dimensions, none of 0");
  }
  const std::vector<std::int8_t> bytes = builder.need_bytes(tensor, "weights");
  const bool is_image = tensor.shape.size() == 4;
  const std::int64_t out = tensor.shape[0], in = tensor.shape[1];
  const std::int64_t height = is_image ? tensor.shape[2] : 1, width = tensor.shape.back();
  std::vector<std::int8_t> turned(bytes.size());
  std::size_t from = 0;
  for (std::int64_t o = 0; o < out; ++o) {
    for (std::int64_t i = 0; i < in; ++i) {
      for (std::int64_t k = 0; k < height * width; ++k) {
        turned[static_cast<std::size_t>((k * in + i) * out + o)] = bytes[from++];
      }
    }
  }
  ConvWeights weights;
  weights.shape = {height, width, in, out};
  weights.kernel.assign(tensor.shape.begin() + 2, tensor.shape.end());
  weights.parts = centred_weights(builder, turned, zero_points_of_channels(builder, quantization.zero_points, out));
  return weights;
}

// Padding of an image whose zero is not 0 must be written; without padding, or with zero 0, the array pads itself.
TensorId padded_image(OnnxBuilder& builder, TensorId image, Window& window, std::int32_t zero_point) {
  if (!window.padding.any() || zero_point == 0) return image;
  const Padding& p = window.padding;
  builder.remark("margins of the input filled with its zero point");
  const TensorId padded = builder.add(
      "padded", Pad{{0, p.top, p.left, 0}, {0, p.bottom, p.right, 0}, static_cast<std::int8_t>(zero_point)}, {image});
  window.padding = Padding{};
  return padded;
}

// Sums of all parts: the first with the bias; the others are terms of the requantisation.
TensorId conv_sums(OnnxBuilder& builder, TensorId image, const ConvWeights& weights, const Conv2d& op,
                   const std::vector<std::int32_t>& bias, OnnxRequantization& finish) {
  TensorId first = 0;
  for (std::size_t p = 0; p < weights.parts.size(); ++p) {
    std::vector<TensorId> inputs{
        image, builder.add_constant(builder.node().name + ".weights", weights.shape, weights.parts[p])};
    if (p == 0 && !bias.empty()) {
      inputs.push_back(builder.add_constant(builder.node().name + ".bias", {weights.shape[3]}, bias));
    }
    const TensorId sums = builder.add("sums", op, std::move(inputs));
    if (p == 0) {
      first = sums;
    } else {
      finish.terms.push_back(sums);
      finish.factors.push_back(1);
    }
  }
  return first;
}

}  // namespace

void import_qlinear_conv(OnnxBuilder& builder) {
  const OnnxNode& node = builder.node();
  const std::string& x = node.input(0);
  const OnnxQuantization xq = builder.tensor_quantization(node.input(1), node.input(2));
  const OnnxQuantization wq = builder.quantization(node.input(4), node.input(5));
  OnnxRequantization finish;
  finish.output = builder.tensor_quantization(node.input(6), node.input(7));
  need_onnx_type(builder, x, xq);
  const ConvWeights weights = conv_weights(builder, x, node.input(3), wq);
  finish.multipliers = channel_multipliers(builder, xq.scale(), wq.scales, finish.output.scale());
  Conv2d op;
  op.groups = node.int_or("group", 1);
  op.window = read_onnx_window(builder, builder.shape(x), weights.kernel);
  const TensorId image = padded_image(builder, builder.channels_last(x), op.window, xq.zero_point());
  const auto bias =
      folded_bias(builder, node.input(8), xq.zero_point(), channel_sums(weights.parts, weights.channels()));
  const std::vector<ChannelRun> runs =
      op.groups == 1 ? channel_runs(finish, weights.parts.size()) : std::vector<ChannelRun>{};
  if (!runs.empty()) {
    const auto results =
        products_of_runs(builder, runs, image, op, weights.shape, weights.parts[0], bias, finish.multipliers);
    builder.image_result(node.outputs[0], finish.output.type(), builder.rank(x), Concat{3}, results);
    return;
  }
  const TensorId sums = conv_sums(builder, image, weights, op, bias, finish);
  finish_onnx_sums(builder, sums, finish, builder.rank(x));
}

void import_conv_integer(OnnxBuilder& builder) {
  const OnnxNode& node = builder.node();
  const std::string& x = node.input(0);
  const auto points = [&](const std::string& name, OnnxType type) {
    OnnxQuantization result;
    result.is_unsigned = type == OnnxType::UInt8;
    const std::int32_t shift = result.is_unsigned ? 128 : 0;
    result.zero_points = {-shift};
    if (name.empty()) return result;
    result.zero_points.clear();
    for (const std::int64_t z : builder.need_constant(name, "zero point").integers()) {
      result.zero_points.push_back(static_cast<std::int32_t>(z) - shift);
    }
    if (result.zero_points.empty()) builder.fail("zero point '" + name + "' is empty");
    return result;
  };
  const OnnxQuantization xq = points(node.input(2), builder.type(x));
  const OnnxQuantization wq = points(node.input(3), builder.need_constant(node.input(1), "weights").type);
  const ConvWeights weights = conv_weights(builder, x, node.input(1), wq);
  if (weights.parts.size() > 1) {
    builder.fail("weights minus their zero point leave int8; expected a zero point that keeps them in it");
  }
  Conv2d op;
  op.groups = node.int_or("group", 1);
  op.window = read_onnx_window(builder, builder.shape(x), weights.kernel);
  const TensorId image = padded_image(builder, builder.channels_last(x), op.window, xq.zero_point());
  std::vector<TensorId> inputs{image, builder.add_constant(node.name + ".weights", weights.shape, weights.parts[0])};
  const auto bias = folded_bias(builder, "", xq.zero_point(), channel_sums(weights.parts, weights.channels()));
  if (!bias.empty()) inputs.push_back(builder.add_constant(node.name + ".bias", {weights.shape[3]}, bias));
  builder.image_result(node.outputs[0], OnnxType::Int32, builder.rank(x), op, std::move(inputs));
}

// --- transposed convolution --------------------------------------------------------------------------------

namespace {

// One dimension of a transposed convolution: output position p of the stride-1 grid is q · stride + phase.
struct TransposedSide {
  std::int64_t input = 1, kernel = 1, stride = 1, before = 0, output = 1;

  std::int64_t taps() const { return (kernel + stride - 1) / stride; }
  // Positions of each phase: as many as the output's last element needs.
  std::int64_t positions() const { return std::max(input + taps() - 1, (before + output + stride - 1) / stride); }
};

TransposedSide transposed_side(const OnnxBuilder& builder, const OnnxShape& image, std::int64_t kernel, std::size_t d,
                               std::size_t spatial) {
  const OnnxNode& node = builder.node();
  const auto element = [&](const char* name, std::size_t index, std::int64_t otherwise, std::int64_t least) {
    const std::vector<std::int64_t> list = node.ints_or(name, {});
    const std::int64_t value = index < list.size() ? list[index] : otherwise;
    if (value < least || value > 4096) {
      builder.fail(std::string("attribute '") + name + "' holds " + std::to_string(value) + "; expected " +
                   std::to_string(least) + " to 4096");
    }
    return value;
  };
  if (element("dilations", d, 1, 1) != 1) builder.fail("a dilated transposed convolution is not supported");
  if (node.has("output_shape") || node.string_or("auto_pad", "NOTSET") != "NOTSET") {
    builder.fail("output_shape and auto_pad are not supported; expected pads and output_padding");
  }
  TransposedSide side;
  side.input = image[2 + d];
  side.kernel = kernel;
  side.stride = element("strides", d, 1, 1);
  constexpr std::int64_t kMostPhases = 32;  // a convolution for each
  if (side.stride > kMostPhases) {
    builder.fail("a stride of " + std::to_string(side.stride) + " is not supported; expected 1 to " +
                 std::to_string(kMostPhases));
  }
  side.before = element("pads", d, 0, 0);
  const std::int64_t after = element("pads", spatial + d, 0, 0);
  const std::int64_t more = element("output_padding", d, 0, 0);
  side.output = (side.input - 1) * side.stride + kernel - side.before - after + more;
  if (side.output < 1 || side.before >= kernel) builder.fail("padding leaves no output, or is not below the kernel");
  return side;
}

// Weights [in, out / groups, ...] minus zero points along their second dimension.
std::vector<std::int8_t> centred_transposed(OnnxBuilder& builder, const OnnxTensor& tensor,
                                            const std::vector<std::int8_t>& bytes,
                                            const std::vector<std::int32_t>& zero_points) {
  const auto channels = zero_points_of_channels(builder, zero_points, tensor.shape[1]);
  const std::size_t taps = bytes.size() / static_cast<std::size_t>(tensor.shape[0] * tensor.shape[1]);
  std::vector<std::int32_t> points;  // of each element of one input channel
  for (const std::int32_t point : channels) points.insert(points.end(), taps, point);
  return centred_weights_of_one(builder, bytes, points);
}

TensorId quantised_phase(OnnxBuilder& builder, TensorId sums, const OnnxRequantization& finish) {
  const std::vector<float>& m = finish.multipliers;
  const bool one_scale = std::all_of(m.begin(), m.end(), [&](float v) { return v == m[0]; });
  QuantizeSums quantize;
  quantize.zero_point = finish.output.zero_point();
  if (one_scale && quantize.zero_point == 0) return builder.add("phase", Requantize{m[0]}, {sums});
  builder.remark(std::string(one_scale ? "the output's zero point" : "a scale for each channel") +
                 ": 32-bit sums stored, requantised by the host");
  const std::vector<float> multipliers = one_scale ? std::vector<float>{m[0]} : m;
  return builder.add("phase", quantize,
                     {sums, builder.add_constant(builder.node().name + ".multipliers",
                                                 {static_cast<std::int64_t>(multipliers.size())}, multipliers)});
}

}  // namespace

// Each phase of the output, its positions at distance stride, is a plain convolution with every stride-th element of
// the flipped kernel. The phases are written into one another by addressing.
void import_conv_transpose(OnnxBuilder& builder) {
  const OnnxNode& node = builder.node();
  const std::string& x = node.input(0);
  const OnnxQuantization xq = builder.tensor_quantization(node.input(1), node.input(2));
  const OnnxQuantization wq = builder.quantization(node.input(4), node.input(5));
  OnnxRequantization finish;
  finish.output = builder.tensor_quantization(node.input(6), node.input(7));
  builder.need_image(x);
  const OnnxTensor& tensor = builder.need_constant(node.input(3), "weights");
  const std::size_t rank = builder.rank(x), spatial = rank - 2;
  const std::int64_t groups = node.int_or("group", 1);
  const OnnxShape image_shape = builder.shape(x);
  if (tensor.shape.size() != rank || tensor.count() == 0 || groups < 1 || tensor.shape[0] != image_shape[1] ||
      image_shape[1] % groups != 0) {
    builder.fail("weights '" + node.input(3) + "' have shape " + onnx_shape_text(tensor.shape) +
                 ", which does not fit input " + onnx_shape_text(image_shape) + " and " + std::to_string(groups) +
                 " groups");
  }
  const std::vector<std::int8_t> bytes = builder.need_bytes(tensor, "weights");
  const std::vector<std::int8_t> centred = centred_transposed(builder, tensor, bytes, wq.zero_points);
  TransposedSide high;
  if (spatial == 2) high = transposed_side(builder, image_shape, tensor.shape[2], 0, spatial);
  const TransposedSide wide = transposed_side(builder, image_shape, tensor.shape.back(), spatial - 1, spatial);
  const std::int64_t in = tensor.shape[0] / groups, out_of_group = tensor.shape[1], out = out_of_group * groups;
  std::vector<float> scales;  // of the weights: one, or one for each output channel of all groups
  for (std::int64_t g = 0; g < (wq.scales.size() == 1 ? 1 : groups); ++g) {
    scales.insert(scales.end(), wq.scales.begin(), wq.scales.end());
  }
  finish.multipliers = channel_multipliers(builder, xq.scale(), scales, finish.output.scale());
  Conv2d op;
  op.groups = groups;
  op.window.kernel_h = high.taps();
  op.window.kernel_w = wide.taps();
  // Everything outside the image is its zero: margins of taps - 1, and what more the last positions need.
  const std::int64_t bottom = high.positions() - high.input, right = wide.positions() - wide.input;
  const TensorId padded = builder.add(
      "padded",
      Pad{{0, high.taps() - 1, wide.taps() - 1, 0}, {0, bottom, right, 0}, static_cast<std::int8_t>(xq.zero_point())},
      {builder.channels_last(x)});
  builder.remark(std::to_string(high.stride * wide.stride) + " convolutions, one for each phase of the stride");

  std::vector<TensorId> rows;
  for (std::int64_t py = 0; py < high.stride; ++py) {
    std::vector<TensorId> columns;
    for (std::int64_t px = 0; px < wide.stride; ++px) {
      ConvWeights weights;
      weights.shape = {high.taps(), wide.taps(), in, out};
      weights.parts.emplace_back(static_cast<std::size_t>(element_count(weights.shape)), std::int8_t{0});
      for (std::int64_t ty = 0; ty < high.taps(); ++ty) {
        for (std::int64_t tx = 0; tx < wide.taps(); ++tx) {
          const std::int64_t ky = py + (high.taps() - 1 - ty) * high.stride;
          const std::int64_t kx = px + (wide.taps() - 1 - tx) * wide.stride;
          if (ky >= high.kernel || kx >= wide.kernel) continue;
          for (std::int64_t g = 0; g < groups; ++g) {
            for (std::int64_t i = 0; i < in; ++i) {
              for (std::int64_t o = 0; o < out_of_group; ++o) {
                const std::int64_t from = (((g * in + i) * out_of_group + o) * high.kernel + ky) * wide.kernel + kx;
                const std::int64_t to = ((ty * wide.taps() + tx) * in + i) * out + g * out_of_group + o;
                weights.parts[0][static_cast<std::size_t>(to)] = centred[static_cast<std::size_t>(from)];
              }
            }
          }
        }
      }
      const auto bias =
          folded_bias(builder, node.input(8), xq.zero_point(), channel_sums(weights.parts, weights.channels()));
      const TensorId sums = conv_sums(builder, padded, weights, op, bias, finish);
      const TensorId phase = quantised_phase(builder, sums, finish);
      columns.push_back(builder.add("phase_column",
                                    Reshape{{image_shape[0], high.positions(), 1, wide.positions(), 1, out}}, {phase}));
    }
    rows.push_back(columns.size() == 1 ? columns[0] : builder.add("phase_row", Concat{4}, columns));
  }
  const TensorId all = rows.size() == 1 ? rows[0] : builder.add("phases", Concat{2}, rows);
  const TensorId whole = builder.add(
      "whole", Reshape{{image_shape[0], high.positions() * high.stride, wide.positions() * wide.stride, out}}, {all});
  const TensorId cut = builder.add("rows", Slice{1, high.before, high.before + high.output}, {whole});
  builder.image_result(node.outputs[0], finish.output.type(), rank, Slice{2, wide.before, wide.before + wide.output},
                       {cut});
}

}  // namespace gemel::compiler
