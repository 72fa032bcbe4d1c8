// SPDX-License-Identifier: Apache-2.0
// Means, sums and extremes along any dimensions: these come together as one, and are a window over it, or a product
// with ones where they are the last.
#include <algorithm>
#include <cmath>

#include "compiler/import/onnx_movement.h"
#include "compiler/import/onnx_operators.h"
#include "compiler/import/onnx_sums.h"
#include "compiler/import/raw_quantization.h"

namespace gemel::compiler {
namespace {

// The tensor as [outer, reduced, 1, inner].
struct Folded {
  TensorId tensor = 0;
  std::int64_t outer = 1, reduced = 1, inner = 1;
  Shape result;  // as ONNX has it
};

std::vector<bool> reduced_dimensions(const OnnxBuilder& builder, std::size_t rank) {
  const OnnxNode& node = builder.node();
  const std::vector<std::int64_t> axes = axes_of(builder, 5);
  if (axes.empty() && node.int_or("noop_with_empty_axes", 0) != 0) builder.fail("reduces no dimension");
  std::vector<bool> is_reduced(rank, axes.empty());
  for (const std::int64_t axis : axes) is_reduced[axis_of(builder, axis, rank)] = true;
  return is_reduced;
}

Folded folded(OnnxBuilder& builder, const std::string& x) {
  const OnnxShape shape = builder.shape(x);
  const std::vector<bool> is_reduced = reduced_dimensions(builder, shape.size());
  const bool keeps = builder.node().int_or("keepdims", 1) != 0;
  std::size_t tail = shape.size();  // from here on all dimensions stay
  while (tail > 0 && !is_reduced[tail - 1]) --tail;
  std::vector<std::size_t> order, reduced, last;
  Folded result;
  for (std::size_t d = 0; d < shape.size(); ++d) {
    (is_reduced[d] ? reduced : d < tail ? order : last).push_back(d);
    (is_reduced[d] ? result.reduced : d < tail ? result.outer : result.inner) *= shape[d];
    if (!is_reduced[d] || keeps) result.result.push_back(is_reduced[d] ? 1 : shape[d]);
  }
  order.insert(order.end(), reduced.begin(), reduced.end());
  order.insert(order.end(), last.begin(), last.end());
  result.tensor = builder.plain(x);
  if (!std::is_sorted(order.begin(), order.end())) {
    result.tensor = builder.add("turned", Transpose{order}, {result.tensor});
  }
  return result;
}

Window window_of(const Folded& x) {
  Window window;
  window.kernel_h = x.reduced;
  return window;
}

TensorId as_image(OnnxBuilder& builder, const Folded& x) {
  return builder.add("image", Reshape{{x.outer, x.reduced, 1, x.inner}}, {x.tensor});
}

TensorId sums_of(OnnxBuilder& builder, const Folded& x) {
  if (x.inner != 1) return builder.add("sums", SumPool{window_of(x)}, {as_image(builder, x)});
  const TensorId rows = builder.add("rows", Reshape{{x.outer, x.reduced}}, {x.tensor});
  const TensorId ones =
      builder.add_constant(builder.node().name + ".ones", {x.reduced, 1},
                           std::vector<std::int8_t>(static_cast<std::size_t>(x.reduced), std::int8_t{1}));
  return builder.add("sums", MatMul{}, {rows, ones});
}

TensorId looked_up(OnnxBuilder& builder, TensorId tensor, const std::vector<std::int8_t>& table, const char* suffix) {
  return builder.add(suffix, Lookup{}, {tensor, builder.add_table(table)});
}

// From one scale and zero point to another, of numbers or of their opposites.
std::vector<std::int8_t> rescaling(const OnnxQuantization& from, const OnnxQuantization& to, bool is_opposite) {
  const RawQuantization x(from), y(to);
  std::vector<std::int8_t> table;
  for (std::int32_t v = -128; v < 128; ++v) table.push_back(y.kept(x.real(is_opposite ? ~v : v)));
  return table;
}

void import_extreme(OnnxBuilder& builder, const Folded& x, const OnnxQuantization& xq, const OnnxQuantization& yq,
                    bool is_least) {
  TensorId tensor = as_image(builder, x);
  if (is_least) {  // the most of the opposites
    std::vector<std::int8_t> opposite;
    for (std::int32_t v = -128; v < 128; ++v) opposite.push_back(static_cast<std::int8_t>(~v));
    tensor = looked_up(builder, tensor, opposite, "opposite");
  }
  const TensorId most = builder.add("most", MaxPool{window_of(x), false}, {tensor});
  const bool is_same = xq.scale() == yq.scale() && xq.zero_point() == yq.zero_point() && !is_least;
  const TensorId scaled = is_same ? most : looked_up(builder, most, rescaling(xq, yq, is_least), "rescaled");
  builder.plain_result(builder.node().outputs[0], yq.type(), Reshape{x.result}, {scaled});
}

}  // namespace

void import_reduce(OnnxBuilder& builder) {
  const OnnxNode& node = builder.node();
  const std::string& x = node.input(0);
  const OnnxQuantization xq = builder.tensor_quantization(node.input(1), node.input(2));
  const OnnxQuantization yq = builder.tensor_quantization(node.input(3), node.input(4));
  need_onnx_type(builder, x, xq);
  const Folded parts = folded(builder, x);
  const std::string& op = node.op_type;
  if (op == "QuantizedReduceMax" || op == "QuantizedReduceMin") {
    import_extreme(builder, parts, xq, yq, op == "QuantizedReduceMin");
    return;
  }
  const bool is_mean = op != "QuantizedReduceSum";
  OnnxRequantization finish;
  finish.output = yq;
  finish.shape = parts.result;
  const float divisor = is_mean ? yq.scale() * static_cast<float>(parts.reduced) : yq.scale();
  finish.multipliers = {xq.scale() / divisor};
  if (!std::isnormal(finish.multipliers[0])) builder.fail("the scales give no normal float32 multiplier");
  finish.offset = wrapped(-xq.zero_point() * parts.reduced);
  builder.remark("at most 1 away from ONNX Runtime's, which sums in float32");
  finish_onnx_sums(builder, sums_of(builder, parts), finish, std::nullopt);
}

void import_global_max_pool(OnnxBuilder& builder) {
  const OnnxNode& node = builder.node();
  const std::string& x = node.input(0);
  builder.need_image(x);
  const OnnxQuantization xq = builder.tensor_quantization(node.input(1), node.input(2));
  const OnnxQuantization yq = builder.tensor_quantization(node.input(3), node.input(4));
  need_onnx_type(builder, x, xq);
  const TensorId image = builder.channels_last(x);
  Window window;
  window.kernel_h = builder.graph().tensor(image).shape[1];
  window.kernel_w = builder.graph().tensor(image).shape[2];
  const TensorId most = builder.add("most", MaxPool{window, false}, {image});
  builder.image_result(node.outputs[0], yq.type(), builder.rank(x), Lookup{},
                       {most, builder.add_table(rescaling(xq, yq, false))});
}

}  // namespace gemel::compiler
