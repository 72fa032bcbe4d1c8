// SPDX-License-Identifier: Apache-2.0
// Convolutions and matrix products: zero points folded into biases, padding and terms of the requantisation.
#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "compiler/import/onnx_operators.h"
#include "compiler/import/onnx_window.h"

namespace gemel::compiler {
namespace {

std::int32_t wrapped(std::int64_t value) { return static_cast<std::int32_t>(static_cast<std::uint64_t>(value)); }

void need_type(const OnnxBuilder& builder, const std::string& value, const OnnxQuantization& quantization) {
  const OnnxType type = builder.type(value);
  if (type != quantization.type()) {
    builder.fail("'" + value + "' is " + onnx_type_name(type) + ", its zero point is " +
                 onnx_type_name(quantization.type()));
  }
}

// Weights minus their zero points as a sum of int8 tensors, one where all differences fit.
std::vector<std::vector<std::int8_t>> centred_weights(const std::vector<std::int8_t>& weights,
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
  return parts;
}

void remark_weights(OnnxBuilder& builder, const OnnxQuantization& weights, std::size_t parts) {
  if (!weights.has_zero_point()) return;
  builder.remark(parts == 1
                     ? "zero point of the weights subtracted from them"
                     : "weights minus their zero point leave int8: " + std::to_string(parts) + " products added");
}

// For each output channel (the last dimension), the sum of its weights.
std::vector<std::int64_t> channel_sums(const std::vector<std::vector<std::int8_t>>& parts, std::size_t channels) {
  std::vector<std::int64_t> sums(channels, 0);
  for (const std::vector<std::int8_t>& part : parts) {
    for (std::size_t i = 0; i < part.size(); ++i) sums[i % channels] += part[i];
  }
  return sums;
}

// Bias of the node, or zeros; minus the zero point of x times the sums of the weights. Empty where it is all zero.
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

// --- convolutions -----------------------------------------------------------------------------------------

struct ConvWeights {
  std::vector<std::vector<std::int8_t>> parts;  // [KH, KW, C / groups, CO]
  Shape shape;
  std::vector<std::int64_t> kernel;  // spatial sizes as ONNX has them

  std::size_t channels() const { return static_cast<std::size_t>(shape[3]); }
};

// One zero point for each output channel.
std::vector<std::int32_t> per_channel(const OnnxBuilder& builder, const std::vector<std::int32_t>& points,
                                      std::int64_t channels) {
  if (points.size() != 1 && static_cast<std::int64_t>(points.size()) != channels) {
    builder.fail("the weights have " + std::to_string(points.size()) + " scales for " + std::to_string(channels) +
                 " output channels");
  }
  return points.size() == 1 ? std::vector<std::int32_t>(static_cast<std::size_t>(channels), points[0]) : points;
}

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
  weights.parts = centred_weights(turned, per_channel(builder, quantization.zero_points, out));
  remark_weights(builder, quantization, weights.parts.size());
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

void finish_onnx_sums(OnnxBuilder& builder, TensorId sums, const OnnxRequantization& finish,
                      std::optional<std::size_t> image_rank) {
  const std::vector<float>& m = finish.multipliers;
  const std::int32_t zero_point = finish.output.zero_point();
  const bool one_scale = std::all_of(m.begin(), m.end(), [&](float v) { return v == m[0]; });
  Operator op = Requantize{m[0]};
  std::vector<TensorId> inputs{sums};
  if (!one_scale || zero_point != 0 || !finish.terms.empty() || finish.offset != 0) {
    QuantizeSums quantize;
    quantize.zero_point = zero_point;
    quantize.offset = finish.offset;
    quantize.factors = finish.factors;
    op = quantize;
    const std::vector<float> multipliers = one_scale ? std::vector<float>{m[0]} : m;
    inputs.push_back(builder.add_constant(builder.node().name + ".multipliers",
                                          {static_cast<std::int64_t>(multipliers.size())}, multipliers));
    inputs.insert(inputs.end(), finish.terms.begin(), finish.terms.end());
    const std::string why = !one_scale        ? "a scale for each channel"
                            : zero_point != 0 ? "the output's zero point"
                                              : "terms of zero points";
    builder.remark(why + ": 32-bit sums stored, requantised by the host");
  }
  const std::string& output = builder.node().outputs[0];
  if (image_rank) {
    builder.image_result(output, finish.output.type(), *image_rank, std::move(op), std::move(inputs));
  } else {
    builder.plain_result(output, finish.output.type(), std::move(op), std::move(inputs));
  }
}

void import_qlinear_conv(OnnxBuilder& builder) {
  const OnnxNode& node = builder.node();
  const std::string& x = node.input(0);
  const OnnxQuantization xq = builder.tensor_quantization(node.input(1), node.input(2));
  const OnnxQuantization wq = builder.quantization(node.input(4), node.input(5));
  OnnxRequantization finish;
  finish.output = builder.tensor_quantization(node.input(6), node.input(7));
  need_type(builder, x, xq);
  const ConvWeights weights = conv_weights(builder, x, node.input(3), wq);
  finish.multipliers = channel_multipliers(builder, xq.scale(), wq.scales, finish.output.scale());
  Conv2d op;
  op.groups = node.int_or("group", 1);
  op.window = read_onnx_window(builder, builder.shape(x), weights.kernel);
  const TensorId image = padded_image(builder, builder.channels_last(x), op.window, xq.zero_point());
  const auto bias =
      folded_bias(builder, node.input(8), xq.zero_point(), channel_sums(weights.parts, weights.channels()));
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
  if (weights.parts.size() > 1)
    builder.fail("weights minus their zero point leave int8; expected a zero point that keeps them in it");
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
  side.before = element("pads", d, 0, 0);
  const std::int64_t after = element("pads", spatial + d, 0, 0);
  const std::int64_t more = element("output_padding", d, 0, 0);
  side.output = (side.input - 1) * side.stride + kernel - side.before - after + more;
  if (side.output < 1 || side.before >= kernel) builder.fail("padding leaves no output, or is not below the kernel");
  return side;
}

}  // namespace

// Each phase of the output, its positions at distance stride, is a plain convolution with every stride-th element of
// the flipped kernel. The phases are written into one another by addressing.
void import_conv_transpose(OnnxBuilder& builder) {
  const OnnxNode& node = builder.node();
  const std::string& x = node.input(0);
  const OnnxQuantization xq = builder.tensor_quantization(node.input(1), node.input(2));
  const OnnxQuantization wq = builder.tensor_quantization(node.input(4), node.input(5));
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
  const auto parts = centred_weights(bytes, wq.zero_points);
  remark_weights(builder, wq, parts.size());
  if (parts.size() > 1)
    builder.fail("weights minus their zero point leave int8; expected a zero point that keeps them in it");
  TransposedSide high;
  if (spatial == 2) high = transposed_side(builder, image_shape, tensor.shape[2], 0, spatial);
  const TransposedSide wide = transposed_side(builder, image_shape, tensor.shape.back(), spatial - 1, spatial);
  finish.multipliers = channel_multipliers(builder, xq.scale(), wq.scales, finish.output.scale());

  const std::int64_t in = tensor.shape[0] / groups, out_of_group = tensor.shape[1], out = out_of_group * groups;
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
                weights.parts[0][static_cast<std::size_t>(to)] = parts[0][static_cast<std::size_t>(from)];
              }
            }
          }
        }
      }
      const auto bias =
          folded_bias(builder, node.input(8), xq.zero_point(), channel_sums(weights.parts, weights.channels()));
      const TensorId sums = conv_sums(builder, padded, weights, op, bias, finish);
      QuantizeSums quantize;
      quantize.zero_point = finish.output.zero_point();
      TensorId phase = 0;
      if (quantize.zero_point == 0) {
        phase = builder.add("phase", Requantize{finish.multipliers[0]}, {sums});
      } else {
        builder.remark("the output's zero point: 32-bit sums stored, requantised by the host");
        phase = builder.add("phase", quantize,
                            {sums, builder.add_constant(node.name + ".multiplier", {1}, finish.multipliers)});
      }
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

// --- matrix products ---------------------------------------------------------------------------------------

namespace {

struct MatrixOperands {
  TensorId a = 0;
  std::string b;  // the model's value
  bool transpose_a = false, transpose_b = false;
  OnnxQuantization aq, bq;
  std::string bias;
};

// Sums of a row of a, or of a column of b, as a product with ones.
TensorId sums_along_k(OnnxBuilder& builder, TensorId operand, bool of_rows, bool transposed) {
  const Shape shape = builder.graph().tensor(operand).shape;
  const std::size_t rank = shape.size();
  const std::int64_t k = of_rows == transposed ? shape[rank - 2] : shape[rank - 1];
  Shape ones_shape(of_rows ? 0 : rank - 2, 1);
  if (!of_rows) ones_shape.assign(shape.begin(), shape.end() - 2);
  ones_shape.push_back(of_rows ? k : 1);
  ones_shape.push_back(of_rows ? 1 : k);
  const auto count = static_cast<std::size_t>(element_count(ones_shape));
  const TensorId ones =
      builder.add_constant(builder.node().name + ".ones", ones_shape, std::vector<std::int8_t>(count, 1));
  if (of_rows) return builder.add("row_sums", MatMul{transposed, false}, {operand, ones});
  return builder.add("column_sums", MatMul{false, transposed}, {ones, operand});
}

// The product's sums; what the bias can not hold becomes a term of the requantisation.
TensorId matrix_sums(OnnxBuilder& builder, const MatrixOperands& in, OnnxRequantization& finish) {
  const MatMul op{in.transpose_a, in.transpose_b};
  const std::int32_t a_zero = in.aq.zero_point();
  if (const OnnxTensor* b = builder.constant(in.b); b && b->shape.size() == 2 && b->count() > 0) {
    const std::vector<std::int8_t> bytes = builder.need_bytes(*b, "weights");
    const std::int64_t k = b->shape[in.transpose_b ? 1 : 0], n = b->shape[in.transpose_b ? 0 : 1];
    std::vector<std::int8_t> by_columns(bytes.size());
    for (std::int64_t i = 0; i < k; ++i) {
      for (std::int64_t j = 0; j < n; ++j) {
        by_columns[static_cast<std::size_t>(i * n + j)] =
            bytes[static_cast<std::size_t>(in.transpose_b ? j * k + i : i * n + j)];
      }
    }
    const auto parts = centred_weights(by_columns, per_channel(builder, in.bq.zero_points, n));
    remark_weights(builder, in.bq, parts.size());
    std::string bias = in.bias;
    if (!bias.empty() && builder.shape(bias) != OnnxShape{n} && builder.shape(bias) != OnnxShape{1, n}) {
      finish.terms.push_back(builder.plain(bias));
      finish.factors.push_back(1);
      builder.remark("a bias that is no row of numbers is a term of the requantisation");
      bias.clear();
    }
    const auto folded = folded_bias(builder, bias, a_zero, channel_sums(parts, static_cast<std::size_t>(n)));
    TensorId first = 0;
    for (std::size_t p = 0; p < parts.size(); ++p) {
      std::vector<TensorId> inputs{in.a, builder.add_constant(builder.node().name + ".weights", {k, n}, parts[p])};
      if (p == 0 && !folded.empty()) inputs.push_back(builder.add_constant(builder.node().name + ".bias", {n}, folded));
      const TensorId sums = builder.add("sums", MatMul{in.transpose_a, false}, std::move(inputs));
      if (p == 0) {
        first = sums;
      } else {
        finish.terms.push_back(sums);
        finish.factors.push_back(1);
      }
    }
    return first;
  }
  if (in.bq.scales.size() != 1) builder.fail("a scale for each column needs constant weights of 2 dimensions");
  const std::int32_t b_zero = in.bq.zero_point();
  const TensorId b = builder.plain(in.b);
  const TensorId sums = builder.add("sums", op, {in.a, b});
  if (!in.bias.empty()) {
    finish.terms.push_back(builder.plain(in.bias));
    finish.factors.push_back(1);
  }
  if (b_zero != 0) {
    builder.remark("zero point of the second operand: row sums on the array, subtracted by the host");
    finish.terms.push_back(sums_along_k(builder, in.a, true, in.transpose_a));
    finish.factors.push_back(-b_zero);
  }
  if (a_zero != 0) {
    builder.remark("zero point of the first operand: column sums on the array, subtracted by the host");
    finish.terms.push_back(sums_along_k(builder, b, false, in.transpose_b));
    finish.factors.push_back(-a_zero);
  }
  const Shape& shape = builder.graph().tensor(in.a).shape;
  const std::int64_t k = shape[shape.size() - (in.transpose_a ? 2 : 1)];
  finish.offset = wrapped(k * a_zero * b_zero);
  return sums;
}

// Batch dimensions of 1 before a matrix that all share.
std::string shared_matrix(OnnxBuilder& builder, const std::string& b, std::size_t rank_a) {
  const OnnxShape shape = builder.shape(b);
  if (shape.size() == 2 || shape.size() == rank_a) return b;
  builder.fail("operands of " + std::to_string(rank_a) + " and " + std::to_string(shape.size()) +
               " dimensions; expected equally many, or 2 of the second");
}

}  // namespace

void import_qlinear_matmul(OnnxBuilder& builder) {
  const OnnxNode& node = builder.node();
  MatrixOperands in;
  in.aq = builder.tensor_quantization(node.input(1), node.input(2));
  in.bq = builder.quantization(node.input(4), node.input(5));
  need_type(builder, node.input(0), in.aq);
  need_type(builder, node.input(3), in.bq);
  OnnxRequantization finish;
  finish.output = builder.tensor_quantization(node.input(6), node.input(7));
  finish.multipliers = channel_multipliers(builder, in.aq.scale(), in.bq.scales, finish.output.scale());
  if (builder.rank(node.input(0)) < 2 || builder.rank(node.input(3)) < 2) {
    builder.fail("vectors are not supported; expected operands of at least 2 dimensions");
  }
  in.bias = node.input(8);
  in.a = builder.plain(node.input(0));
  in.b = shared_matrix(builder, node.input(3), builder.rank(node.input(0)));
  const TensorId sums = matrix_sums(builder, in, finish);
  finish_onnx_sums(builder, sums, finish, std::nullopt);
}

void import_qgemm(OnnxBuilder& builder) {
  const OnnxNode& node = builder.node();
  MatrixOperands in;
  in.aq = builder.tensor_quantization(node.input(1), node.input(2));
  in.bq = builder.quantization(node.input(4), node.input(5));
  need_type(builder, node.input(0), in.aq);
  need_type(builder, node.input(3), in.bq);
  if (node.input(7).empty()) builder.fail("a QGemm with a float result is not supported; expected y_scale");
  OnnxRequantization finish;
  finish.output = builder.tensor_quantization(node.input(7), node.input(8));
  const float alpha = node.float_or("alpha", 1.0f);
  finish.multipliers = channel_multipliers(builder, alpha * in.aq.scale(), in.bq.scales, finish.output.scale());
  if (builder.rank(node.input(0)) != 2 || builder.rank(node.input(3)) != 2) {
    builder.fail("expected matrices of 2 dimensions");
  }
  in.a = builder.plain(node.input(0));
  in.b = node.input(3);
  in.transpose_a = node.int_or("transA", 0) != 0;
  in.transpose_b = node.int_or("transB", 0) != 0;
  in.bias = node.input(6);
  const TensorId sums = matrix_sums(builder, in, finish);
  finish_onnx_sums(builder, sums, finish, std::nullopt);
}

void import_matmul_integer(OnnxBuilder& builder) {
  const OnnxNode& node = builder.node();
  const OnnxTensor& b = builder.need_constant(node.input(1), "second operand");
  const auto zero_of = [&](const std::string& name, OnnxType type) {
    const std::int32_t shift = type == OnnxType::UInt8 ? 128 : 0;
    if (name.empty()) return -shift;
    const std::vector<std::int64_t> points = builder.need_constant(name, "zero point").integers();
    if (points.size() != 1) builder.fail("zero point '" + name + "' must be one number");
    return static_cast<std::int32_t>(points[0]) - shift;
  };
  const std::int32_t a_zero = zero_of(node.input(2), builder.type(node.input(0)));
  const std::int32_t b_zero = zero_of(node.input(3), b.type);
  if (b.shape.size() != 2 || b.count() == 0 || builder.rank(node.input(0)) < 2) {
    builder.fail("expected operands of at least 2 dimensions, the second of exactly 2");
  }
  const auto parts = centred_weights(builder.need_bytes(b, "second operand"), {b_zero});
  if (parts.size() > 1)
    builder.fail("weights minus their zero point leave int8; expected a zero point that keeps them in it");
  const std::int64_t n = b.shape[1];
  std::vector<TensorId> inputs{builder.plain(node.input(0)),
                               builder.add_constant(node.name + ".weights", b.shape, parts[0])};
  const auto bias = folded_bias(builder, "", a_zero, channel_sums(parts, static_cast<std::size_t>(n)));
  if (!bias.empty()) inputs.push_back(builder.add_constant(node.name + ".bias", {n}, bias));
  builder.plain_result(node.outputs[0], OnnxType::Int32, MatMul{}, std::move(inputs));
}

}  // namespace gemel::compiler
