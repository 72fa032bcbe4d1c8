// SPDX-License-Identifier: Apache-2.0
// Operators that give the same elements another shape or another order of dimensions, or only another name.
#include <optional>

#include "compiler/import/onnx_movement.h"
#include "compiler/import/onnx_operators.h"

namespace gemel::compiler {
namespace {

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

}  // namespace gemel::compiler
