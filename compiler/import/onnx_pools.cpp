// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "compiler/graph/verify.h"
#include "compiler/import/onnx_operators.h"
#include "compiler/import/onnx_sums.h"
#include "compiler/import/onnx_window.h"

namespace gemel::compiler {
namespace {

void need_channels_first(const OnnxBuilder& builder) {
  if (builder.node().int_or("channels_last", 0) != 0) builder.fail("channels_last is not supported; expected 0");
}

// Window elements at each position, along one dimension, that count.
std::vector<std::int64_t> counted(std::int64_t extent, std::int64_t before, std::int64_t after, std::int64_t kernel,
                                  std::int64_t stride, std::int64_t positions) {
  std::vector<std::int64_t> counts;
  for (std::int64_t p = 0; p < positions; ++p) {
    const std::int64_t first = std::max(p * stride - before, -before);
    const std::int64_t last = std::min(p * stride - before + kernel, extent + after);
    counts.push_back(last - std::max<std::int64_t>(first, -before));
  }
  return counts;
}

// Inside the image alone.
std::vector<std::int64_t> inside(std::int64_t extent, std::int64_t before, std::int64_t kernel, std::int64_t stride,
                                 std::int64_t positions) {
  std::vector<std::int64_t> counts;
  for (std::int64_t p = 0; p < positions; ++p) {
    const std::int64_t first = std::max<std::int64_t>(p * stride - before, 0);
    counts.push_back(std::min(p * stride - before + kernel, extent) - first);
  }
  return counts;
}

}  // namespace

void import_max_pool(OnnxBuilder& builder) {
  const OnnxNode& node = builder.node();
  const std::string& x = node.input(0);
  builder.need_image(x);
  if (node.outputs.size() > 1) builder.fail("the second result, indices, is not supported");
  if (builder.type(x) != OnnxType::Int8 && builder.type(x) != OnnxType::UInt8) {
    builder.fail(std::string("expected int8 or uint8, not ") + onnx_type_name(builder.type(x)));
  }
  MaxPool op;
  op.window = read_onnx_window(builder, builder.shape(x), {});
  if (op.window.dilation_h != 1 || op.window.dilation_w != 1) builder.fail("dilations are not supported; expected 1");
  const TensorId image = builder.channels_last(x);
  op.ignores_padding = op.window.padding.any() && !non_negative_tensors(builder.graph())[image];
  builder.image_result(node.outputs[0], builder.type(x), builder.rank(x), op, {image});
}

void import_average_pool(OnnxBuilder& builder) {
  const OnnxNode& node = builder.node();
  const std::string& x = node.input(0);
  builder.need_image(x);
  need_channels_first(builder);
  const OnnxQuantization xq = builder.tensor_quantization(node.input(1), node.input(2));
  const OnnxQuantization yq = builder.tensor_quantization(node.input(3), node.input(4));
  const OnnxShape shape = builder.shape(x);
  const Window window = read_onnx_window(builder, shape, {});
  if (window.dilation_h != 1 || window.dilation_w != 1) builder.fail("dilations are not supported; expected 1");
  const TensorId image = builder.channels_last(x);
  const TensorId sums = builder.add("sums", SumPool{window}, {image});
  const Shape out = builder.graph().tensor(sums).shape;
  const Padding& pad = window.padding;
  const std::int64_t height = shape.size() == 4 ? shape[2] : 1, width = shape.back();
  // What ceil_mode added behind the image's own padding never counts.
  const std::vector<std::int64_t> pads = node.ints_or("pads", std::vector<std::int64_t>(2 * (shape.size() - 2), 0));
  const bool own_pads = node.string_or("auto_pad", "NOTSET") == "NOTSET";
  const std::int64_t after_h = own_pads && shape.size() == 4 ? pads[2] : pad.bottom;
  const std::int64_t after_w = own_pads ? pads.back() : pad.right;
  const bool include = node.int_or("count_include_pad", 0) != 0;
  const auto in_h = inside(height, pad.top, window.kernel_h, window.stride_h, out[1]);
  const auto in_w = inside(width, pad.left, window.kernel_w, window.stride_w, out[2]);
  const auto div_h = include ? counted(height, pad.top, after_h, window.kernel_h, window.stride_h, out[1]) : in_h;
  const auto div_w = include ? counted(width, pad.left, after_w, window.kernel_w, window.stride_w, out[2]) : in_w;
  std::vector<float> multipliers;
  std::vector<std::int32_t> elements;
  for (std::size_t y = 0; y < div_h.size(); ++y) {
    for (std::size_t c = 0; c < div_w.size(); ++c) {
      const float divisor = yq.scale() * static_cast<float>(div_h[y] * div_w[c]);
      multipliers.push_back(xq.scale() / divisor);
      elements.push_back(static_cast<std::int32_t>(in_h[y] * in_w[c]));
    }
  }
  builder.remark("at most 1 away from ONNX Runtime's, which averages in float32");
  const bool uniform =
      std::all_of(multipliers.begin(), multipliers.end(), [&](float m) { return m == multipliers[0]; });
  const bool same_count =
      std::all_of(elements.begin(), elements.end(), [&](std::int32_t e) { return e == elements[0]; });
  if (!std::isnormal(multipliers[0])) builder.fail("the scales give no normal float32 multiplier");
  if (uniform && !yq.has_zero_point() && !xq.has_zero_point()) {
    builder.image_result(node.outputs[0], yq.type(), shape.size(), Requantize{multipliers[0]}, {sums});
    return;
  }
  builder.remark("zero points, or windows of different sizes: 32-bit sums stored, requantised by the host");
  QuantizeSums quantize;
  quantize.zero_point = yq.zero_point();
  const Shape positions{1, out[1], out[2], 1};
  std::vector<TensorId> inputs{sums};
  if (uniform) {
    inputs.push_back(builder.add_constant(node.name + ".multiplier", {1}, std::vector<float>{multipliers[0]}));
  } else {
    inputs.push_back(builder.add_constant(node.name + ".multipliers", positions, multipliers));
  }
  if (xq.has_zero_point() && same_count) {
    quantize.offset = -xq.zero_point() * elements[0];
  } else if (xq.has_zero_point()) {
    inputs.push_back(builder.add_constant(node.name + ".elements", positions, elements));
    quantize.factors = {-xq.zero_point()};
  }
  builder.image_result(node.outputs[0], yq.type(), shape.size(), quantize, std::move(inputs));
}

void import_global_average_pool(OnnxBuilder& builder) {
  const OnnxNode& node = builder.node();
  const std::string& x = node.input(0);
  builder.need_image(x);
  need_channels_first(builder);
  const OnnxQuantization xq = builder.tensor_quantization(node.input(1), node.input(2));
  OnnxRequantization finish;
  finish.output = builder.tensor_quantization(node.input(3), node.input(4));
  const TensorId image = builder.channels_last(x);
  const Shape shape = builder.graph().tensor(image).shape;
  Window window;
  window.kernel_h = shape[1];
  window.kernel_w = shape[2];
  const std::int64_t positions = shape[1] * shape[2];
  const float divisor = finish.output.scale() * static_cast<float>(positions);
  finish.multipliers = {xq.scale() / divisor};
  if (!std::isnormal(finish.multipliers[0])) builder.fail("the scales give no normal float32 multiplier");
  finish.offset = static_cast<std::int32_t>(-xq.zero_point() * positions);
  const TensorId sums = builder.add("sums", SumPool{window}, {image});
  finish_onnx_sums(builder, sums, finish, builder.rank(x));
}

}  // namespace gemel::compiler
