// SPDX-License-Identifier: Apache-2.0
// Operators that move data or only rename it. On images of 4 dimensions they stay with the channels last where the
// image is so already.
#include <algorithm>
#include <cmath>

#include "compiler/import/onnx_operators.h"

namespace gemel::compiler {
namespace {

// A dimension of ONNX's order in that of the tensor.
std::size_t placed_axis(std::size_t axis, bool is_image) {
  static constexpr std::size_t kPlaces[] = {0, 3, 1, 2};
  return is_image ? kPlaces[axis] : axis;
}

bool stays_image(const OnnxBuilder& builder, const std::string& x) {
  return builder.rank(x) == 4 && builder.is_channels_last(x);
}

TensorId tensor_of(OnnxBuilder& builder, const std::string& x, bool is_image) {
  return is_image ? builder.channels_last(x) : builder.plain(x);
}

void result(OnnxBuilder& builder, std::size_t output, bool is_image, OnnxType type, Operator op,
            std::vector<TensorId> inputs) {
  const std::string& name = builder.node().outputs[output];
  if (is_image) {
    builder.image_result(name, type, 4, std::move(op), std::move(inputs));
  } else {
    builder.plain_result(name, type, std::move(op), std::move(inputs));
  }
}

std::size_t axis_of(const OnnxBuilder& builder, std::int64_t axis, std::size_t rank) {
  const auto dimensions = static_cast<std::int64_t>(rank);
  if (axis < -dimensions || axis >= dimensions) {
    builder.fail("axis " + std::to_string(axis) + " is outside the " + std::to_string(rank) + " dimensions");
  }
  return static_cast<std::size_t>(axis < 0 ? axis + dimensions : axis);
}

// `axes` of Squeeze and the like: an attribute up to opset 12, an input from 13 on.
std::vector<std::int64_t> axes_of(const OnnxBuilder& builder, std::size_t input) {
  const OnnxNode& node = builder.node();
  if (!node.input(input).empty()) return builder.need_integers(node.input(input), "axes");
  return node.ints_or("axes", {});
}

void reshape_to(OnnxBuilder& builder, const Shape& shape) {
  const std::string& x = builder.node().input(0);
  for (const std::int64_t extent : shape) {
    if (extent < 1) builder.fail("the result would have shape " + onnx_shape_text(shape));
  }
  builder.plain_result(builder.node().outputs[0], builder.type(x), Reshape{shape}, {builder.plain(x)});
}

std::int64_t checked_product(const OnnxBuilder& builder, const Shape& shape) {
  std::int64_t count = 1;
  for (const std::int64_t extent : shape) {
    if (extent < 0 || (extent > 0 && count > (std::int64_t{1} << 40) / extent)) {
      builder.fail("the result would have shape " + onnx_shape_text(shape));
    }
    count *= extent;
  }
  return count;
}

Shape wanted_shape(const OnnxBuilder& builder) {
  const OnnxNode& node = builder.node();
  const OnnxShape from = builder.shape(node.input(0));
  const std::string& op = node.op_type;
  if (op == "Flatten") {
    std::int64_t axis = node.int_or("axis", 1);
    const auto rank = static_cast<std::int64_t>(from.size());
    if (axis < -rank || axis > rank) builder.fail("axis " + std::to_string(axis) + " is outside the dimensions");
    if (axis < 0) axis += rank;
    const std::int64_t rows = element_count(OnnxShape(from.begin(), from.begin() + axis));
    return {rows, element_count(from) / rows};
  }
  if (op == "Squeeze") {
    const std::vector<std::int64_t> axes = axes_of(builder, 1);
    std::vector<bool> leave(from.size(), axes.empty());
    for (const std::int64_t axis : axes) leave[axis_of(builder, axis, from.size())] = true;
    Shape shape;
    for (std::size_t d = 0; d < from.size(); ++d) {
      if (leave[d] && from[d] != 1 && !axes.empty())
        builder.fail("a dimension of " + std::to_string(from[d]) + " can not be squeezed");
      if (!leave[d] || from[d] != 1) shape.push_back(from[d]);
    }
    return shape;
  }
  if (op == "Unsqueeze") {
    const std::vector<std::int64_t> axes = axes_of(builder, 1);
    std::vector<bool> is_new(from.size() + axes.size(), false);
    for (const std::int64_t axis : axes) {
      const std::size_t at = axis_of(builder, axis, is_new.size());
      if (is_new[at]) builder.fail("axis " + std::to_string(axis) + " is named twice");
      is_new[at] = true;
    }
    Shape shape;
    std::size_t next = 0;
    for (const bool one : is_new) shape.push_back(one ? 1 : from[next++]);
    return shape;
  }
  Shape shape = builder.need_integers(node.input(1), "shape");
  std::int64_t known = 1;
  std::optional<std::size_t> open;
  for (std::size_t d = 0; d < shape.size(); ++d) {
    if (shape[d] == 0 && node.int_or("allowzero", 0) == 0) {
      if (d >= from.size())
        builder.fail("shape " + onnx_shape_text(shape) + " copies a dimension that the input lacks");
      shape[d] = from[d];
    }
    if (shape[d] == -1 && !open) {
      open = d;
    } else if (shape[d] < 1) {
      builder.fail("shape " + onnx_shape_text(shape) + " holds " + std::to_string(shape[d]));
    }
  }
  for (std::size_t d = 0; d < shape.size(); ++d) {
    if (d != open) known = checked_product(builder, {known, shape[d]});
  }
  if (open) {
    if (element_count(from) % known != 0) {
      builder.fail("shape " + onnx_shape_text(shape) + " does not fit the " + std::to_string(element_count(from)) +
                   " elements");
    }
    shape[*open] = element_count(from) / known;
  }
  return shape;
}

}  // namespace

void import_reshape(OnnxBuilder& builder) { reshape_to(builder, wanted_shape(builder)); }

void import_identity(OnnxBuilder& builder) { builder.alias(builder.node().outputs[0], builder.node().input(0)); }

void import_transpose(OnnxBuilder& builder) {
  const OnnxNode& node = builder.node();
  const std::string& x = node.input(0);
  const std::size_t rank = builder.rank(x);
  std::vector<std::int64_t> reversed;
  for (std::size_t d = rank; d-- > 0;) reversed.push_back(static_cast<std::int64_t>(d));
  Transpose op;
  for (const std::int64_t axis : node.ints_or("perm", reversed)) op.permutation.push_back(axis_of(builder, axis, rank));
  // To channels last, what already lies so.
  if (stays_image(builder, x) && op.permutation == std::vector<std::size_t>{0, 2, 3, 1}) {
    const TensorId image = builder.channels_last(x);
    builder.plain_result(node.outputs[0], builder.type(x), Reshape{builder.graph().tensor(image).shape}, {image});
    return;
  }
  builder.plain_result(node.outputs[0], builder.type(x), op, {builder.plain(x)});
}

namespace {

// Inputs that may be joined; of one type.
void concatenate(OnnxBuilder& builder, const std::vector<std::string>& values, const std::vector<TensorId>& tensors,
                 bool is_image, OnnxType type) {
  const std::size_t axis = axis_of(builder, builder.node().int_or("axis", 1), builder.rank(values[0]));
  result(builder, 0, is_image, type, Concat{placed_axis(axis, is_image)}, tensors);
}

bool any_image(const OnnxBuilder& builder, const std::vector<std::string>& values) {
  bool any = false;
  for (const std::string& value : values) {
    if (builder.rank(value) != 4) return false;
    any = any || builder.is_channels_last(value);
  }
  return any;
}

}  // namespace

void import_concat(OnnxBuilder& builder) {
  const OnnxNode& node = builder.node();
  if (!node.has("axis")) builder.fail("the attribute 'axis' is missing");
  const bool is_image = any_image(builder, node.inputs);
  std::vector<TensorId> tensors;
  for (const std::string& value : node.inputs) {
    if (builder.type(value) != builder.type(node.input(0))) builder.fail("inputs of different types");
    tensors.push_back(tensor_of(builder, value, is_image));
  }
  if (tensors.empty()) builder.fail("reads nothing");
  concatenate(builder, node.inputs, tensors, is_image, builder.type(node.input(0)));
}

// y_scale, y_zero_point, then x, scale and zero point of each input.
void import_qlinear_concat(OnnxBuilder& builder) {
  const OnnxNode& node = builder.node();
  if (!node.has("axis")) builder.fail("the attribute 'axis' is missing");
  if (node.inputs.size() < 5 || (node.inputs.size() - 2) % 3 != 0) {
    builder.fail("has " + std::to_string(node.inputs.size()) + " inputs; expected 2 and 3 for each tensor");
  }
  const OnnxQuantization yq = builder.tensor_quantization(node.input(0), node.input(1));
  std::vector<std::string> values;
  for (std::size_t i = 2; i < node.inputs.size(); i += 3) values.push_back(node.inputs[i]);
  const bool is_image = any_image(builder, values);
  std::vector<TensorId> tensors;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const OnnxQuantization xq = builder.tensor_quantization(node.input(3 + 3 * i), node.input(4 + 3 * i));
    TensorId tensor = tensor_of(builder, values[i], is_image);
    if (xq.scale() != yq.scale() || xq.zero_point() != yq.zero_point()) {
      builder.remark("inputs of other scales pass through a table of the host");
      std::vector<std::int8_t> table(256);
      for (int v = -128; v < 128; ++v) {
        const float real = xq.scale() * static_cast<float>(v - xq.zero_point());
        const float scaled = std::nearbyint(real / yq.scale()) + static_cast<float>(yq.zero_point());
        table[static_cast<std::size_t>(v + 128)] =
            static_cast<std::int8_t>(std::min(std::max(scaled, -128.0f), 127.0f));
      }
      tensor = builder.add("rescaled", Lookup{}, {tensor, builder.add_table(table)});
    }
    tensors.push_back(tensor);
  }
  concatenate(builder, values, tensors, is_image, yq.type());
}

void import_slice(OnnxBuilder& builder) {
  const OnnxNode& node = builder.node();
  const std::string& x = node.input(0);
  const OnnxShape shape = builder.shape(x);
  const std::vector<std::int64_t> starts = builder.need_integers(node.input(1), "starts");
  const std::vector<std::int64_t> ends = builder.need_integers(node.input(2), "ends");
  std::vector<std::int64_t> axes, steps(starts.size(), 1);
  for (std::size_t i = 0; i < starts.size(); ++i) axes.push_back(static_cast<std::int64_t>(i));
  if (!node.input(3).empty()) axes = builder.need_integers(node.input(3), "axes");
  if (!node.input(4).empty()) steps = builder.need_integers(node.input(4), "steps");
  if (ends.size() != starts.size() || axes.size() != starts.size() || steps.size() != starts.size()) {
    builder.fail("starts, ends, axes and steps have different lengths");
  }
  const bool is_image = stays_image(builder, x);
  TensorId tensor = tensor_of(builder, x, is_image);
  const OnnxType type = builder.type(x);
  std::vector<Slice> slices;
  for (std::size_t i = 0; i < starts.size(); ++i) {
    const std::size_t axis = axis_of(builder, axes[i], shape.size());
    if (steps[i] != 1) builder.fail("a step of " + std::to_string(steps[i]) + " is not supported; expected 1");
    const auto clamped = [&](std::int64_t at) {
      if (at < 0) at = at < -shape[axis] ? 0 : at + shape[axis];
      return std::min(at, shape[axis]);
    };
    slices.push_back({placed_axis(axis, is_image), clamped(starts[i]), clamped(ends[i])});
  }
  if (slices.empty()) slices.push_back({0, 0, shape.empty() ? 1 : shape[0]});
  for (std::size_t i = 0; i + 1 < slices.size(); ++i) tensor = builder.add("part", slices[i], {tensor});
  result(builder, 0, is_image, type, slices.back(), {tensor});
}

void import_split(OnnxBuilder& builder) {
  const OnnxNode& node = builder.node();
  const std::string& x = node.input(0);
  const OnnxShape shape = builder.shape(x);
  const std::size_t axis = axis_of(builder, node.int_or("axis", 0), shape.size());
  std::vector<std::int64_t> sizes = node.ints_or("split", {});
  if (!node.input(1).empty()) sizes = builder.need_integers(node.input(1), "split");
  const auto count = static_cast<std::int64_t>(node.outputs.size());
  if (sizes.empty()) {
    const std::int64_t each = (shape[axis] + count - 1) / count;
    for (std::int64_t i = 0; i < count; ++i) sizes.push_back(std::min(each, shape[axis] - i * each));
  }
  if (static_cast<std::int64_t>(sizes.size()) != count) {
    builder.fail(std::to_string(sizes.size()) + " sizes for " + std::to_string(count) + " outputs");
  }
  const bool is_image = stays_image(builder, x);
  const TensorId tensor = tensor_of(builder, x, is_image);
  const OnnxType type = builder.type(x);
  std::int64_t begin = 0;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    if (sizes[i] < 1 || sizes[i] > shape[axis] - begin)
      builder.fail("sizes " + onnx_shape_text(sizes) + " do not fit the dimension");
    if (!node.outputs[i].empty()) {
      result(builder, i, is_image, type, Slice{placed_axis(axis, is_image), begin, begin + sizes[i]}, {tensor});
    }
    begin += sizes[i];
  }
  if (begin != shape[axis]) builder.fail("sizes " + onnx_shape_text(sizes) + " do not fill the dimension");
}

void import_pad(OnnxBuilder& builder) {
  const OnnxNode& node = builder.node();
  const std::string& x = node.input(0);
  const OnnxShape shape = builder.shape(x);
  const std::string mode = node.string_or("mode", "constant");
  if (mode != "constant") builder.fail("mode '" + mode + "' is not supported; expected 'constant'");
  std::vector<std::int64_t> pads = node.ints_or("pads", {});
  if (!node.input(1).empty()) pads = builder.need_integers(node.input(1), "pads");
  if (!node.input(3).empty()) builder.fail("axes are not supported; expected pads of all dimensions");
  if (pads.size() != 2 * shape.size())
    builder.fail("pads has " + std::to_string(pads.size()) + " elements; expected " + std::to_string(2 * shape.size()));
  const OnnxType type = builder.type(x);
  std::int64_t value = type == OnnxType::UInt8 ? -128 : 0;
  if (!node.input(2).empty()) {
    const OnnxTensor& constant = builder.need_constant(node.input(2), "value");
    if (constant.type != type || constant.count() != 1)
      builder.fail("the value must be one number of the input's type");
    value += constant.integers()[0];
  }
  const bool is_image = stays_image(builder, x);
  Pad op;
  op.before.resize(shape.size());
  op.after.resize(shape.size());
  op.value = static_cast<std::int8_t>(value);
  for (std::size_t d = 0; d < shape.size(); ++d) {
    for (const std::int64_t pad : {pads[d], pads[shape.size() + d]}) {
      if (pad < 0 || pad > 65536) builder.fail("padding of " + std::to_string(pad) + "; expected 0 to 65536");
    }
    op.before[placed_axis(d, is_image)] = pads[d];
    op.after[placed_axis(d, is_image)] = pads[shape.size() + d];
  }
  const TensorId tensor = tensor_of(builder, x, is_image);
  result(builder, 0, is_image, type, op, {tensor});
}

void import_gather(OnnxBuilder& builder) {
  const OnnxNode& node = builder.node();
  const std::string& x = node.input(0);
  const OnnxShape shape = builder.shape(x);
  const std::size_t axis = axis_of(builder, node.int_or("axis", 0), shape.size());
  const OnnxTensor& indices = builder.need_constant(node.input(1), "indices");
  std::vector<std::int64_t> list = builder.need_integers(node.input(1), "indices");
  if (list.empty()) builder.fail("indices are empty");
  for (std::int64_t& index : list) {
    if (index < -shape[axis] || index >= shape[axis])
      builder.fail("index " + std::to_string(index) + " is outside the dimension of " + std::to_string(shape[axis]));
    if (index < 0) index += shape[axis];
  }
  // Runs of consecutive indices are slices.
  const TensorId tensor = builder.plain(x);
  const OnnxType type = builder.type(x);
  std::vector<TensorId> runs;
  for (std::size_t i = 0; i < list.size();) {
    std::size_t end = i + 1;
    while (end < list.size() && list[end] == list[end - 1] + 1) ++end;
    runs.push_back(builder.add("run", Slice{axis, list[i], list[end - 1] + 1}, {tensor}));
    i = end;
  }
  const TensorId joined = runs.size() == 1 ? runs[0] : builder.add("runs", Concat{axis}, runs);
  Shape out(shape.begin(), shape.begin() + static_cast<std::ptrdiff_t>(axis));
  out.insert(out.end(), indices.shape.begin(), indices.shape.end());
  out.insert(out.end(), shape.begin() + static_cast<std::ptrdiff_t>(axis) + 1, shape.end());
  builder.plain_result(node.outputs[0], type, Reshape{out}, {joined});
}

void import_expand(OnnxBuilder& builder) {
  const OnnxNode& node = builder.node();
  const std::string& x = node.input(0);
  const Shape wanted = builder.need_integers(node.input(1), "shape");
  const OnnxShape from = builder.shape(x);
  const std::size_t rank = std::max(wanted.size(), from.size());
  Shape now(rank - from.size(), 1);
  now.insert(now.end(), from.begin(), from.end());
  Shape target(rank - wanted.size(), 1);
  target.insert(target.end(), wanted.begin(), wanted.end());
  const OnnxType type = builder.type(x);
  TensorId tensor = builder.plain(x);
  if (now != from) tensor = builder.add("rank", Reshape{now}, {tensor});
  for (std::size_t d = 0; d < rank; ++d) {
    if (target[d] == now[d] || target[d] == 1) continue;
    if (now[d] != 1 || target[d] < 1 || target[d] > 65536) {
      builder.fail("shape " + onnx_shape_text(from) + " does not repeat to " + onnx_shape_text(wanted));
    }
    tensor = builder.add("repeated", Concat{d}, std::vector<TensorId>(static_cast<std::size_t>(target[d]), tensor));
  }
  builder.plain_result(node.outputs[0], type, Reshape{builder.graph().tensor(tensor).shape}, {tensor});
}

void import_depth_space(OnnxBuilder& builder) {
  const OnnxNode& node = builder.node();
  const std::string& x = node.input(0);
  if (builder.rank(x) != 4) builder.fail("expected an image of 4 dimensions");
  const std::int64_t block = node.int_or("blocksize", 0);
  const TensorId in = builder.channels_last(x);
  const Shape s = builder.graph().tensor(in).shape;
  const OnnxType type = builder.type(x);
  if (block < 1 || block > 4096) builder.fail("blocksize " + std::to_string(block) + "; expected at least 1");
  if (node.op_type == "SpaceToDepth") {
    if (s[1] % block != 0 || s[2] % block != 0) builder.fail("blocksize does not divide the image");
    const TensorId cut = builder.add("blocks", Reshape{{s[0], s[1] / block, block, s[2] / block, block, s[3]}}, {in});
    const TensorId turned = builder.add("turned", Transpose{{0, 1, 3, 2, 4, 5}}, {cut});
    builder.image_result(node.outputs[0], type, 4, Reshape{{s[0], s[1] / block, s[2] / block, block * block * s[3]}},
                         {turned});
    return;
  }
  if (s[3] % (block * block) != 0) builder.fail("blocksize does not divide the channels");
  const std::int64_t channels = s[3] / (block * block);
  const bool depth_first = node.string_or("mode", "DCR") == "DCR";
  const Shape cut_shape =
      depth_first ? Shape{s[0], s[1], s[2], block, block, channels} : Shape{s[0], s[1], s[2], channels, block, block};
  const TensorId cut = builder.add("blocks", Reshape{cut_shape}, {in});
  const Transpose turn{depth_first ? std::vector<std::size_t>{0, 1, 3, 2, 4, 5}
                                   : std::vector<std::size_t>{0, 1, 4, 2, 5, 3}};
  const TensorId turned = builder.add("turned", turn, {cut});
  builder.image_result(node.outputs[0], type, 4, Reshape{{s[0], s[1] * block, s[2] * block, channels}}, {turned});
}

// Nearest neighbour with whole factors.
void import_resize(OnnxBuilder& builder) {
  const OnnxNode& node = builder.node();
  const std::string& x = node.input(0);
  if (builder.rank(x) != 4) builder.fail("expected an image of 4 dimensions");
  if (node.string_or("mode", "nearest") != "nearest")
    builder.fail("mode '" + node.string_or("mode", "") + "' is not supported; expected 'nearest'");
  const OnnxShape shape = builder.shape(x);
  const bool is_upsample = node.op_type == "Upsample";
  const std::string& scales_name = node.input(is_upsample || node.opset < 11 ? 1 : 2);
  std::vector<double> factors;
  if (!node.input(3).empty()) {
    const auto sizes = builder.need_integers(node.input(3), "sizes");
    for (std::size_t d = 0; d < sizes.size() && d < 4; ++d)
      factors.push_back(static_cast<double>(sizes[d]) / static_cast<double>(shape[d]));
  } else if (!scales_name.empty()) {
    factors = builder.need_constant(scales_name, "scales").reals();
  }
  if (factors.size() != 4 || factors[0] != 1 || factors[1] != 1)
    builder.fail("expected scales for 4 dimensions, 1 for batch and channels");
  for (const double factor : factors) {
    if (factor < 1 || factor > 64 || factor != std::floor(factor))
      builder.fail("a scale of " + std::to_string(factor) + " is not supported; expected a whole number of at least 1");
  }
  const TensorId in = builder.channels_last(x);
  const Shape s = builder.graph().tensor(in).shape;
  const OnnxType type = builder.type(x);
  const auto high = static_cast<std::int64_t>(factors[2]), wide = static_cast<std::int64_t>(factors[3]);
  const TensorId cut = builder.add("pixels", Reshape{{s[0], s[1], 1, s[2], 1, s[3]}}, {in});
  const TensorId row = builder.add("columns", Concat{4}, std::vector<TensorId>(static_cast<std::size_t>(wide), cut));
  const TensorId all = builder.add("rows", Concat{2}, std::vector<TensorId>(static_cast<std::size_t>(high), row));
  builder.image_result(node.outputs[0], type, 4, Reshape{{s[0], s[1] * high, s[2] * wide, s[3]}}, {all});
}

}  // namespace gemel::compiler
