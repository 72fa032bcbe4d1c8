// SPDX-License-Identifier: Apache-2.0
// Operators that choose or repeat elements along dimensions.
#include <algorithm>

#include "compiler/import/onnx_movement.h"
#include "compiler/import/onnx_operators.h"

namespace gemel::compiler {
namespace {

constexpr std::int64_t kMostPadding = 65536;

// The indices that a Slice takes of a dimension.
struct Steps {
  std::int64_t begin = 0, step = 1, count = 0;

  std::vector<std::int64_t> indices() const {
    std::vector<std::int64_t> list;
    for (std::int64_t i = 0; i < count; ++i) list.push_back(begin + i * step);
    return list;
  }
};

Steps sliced(const OnnxBuilder& builder, std::int64_t start, std::int64_t end, std::int64_t step, std::int64_t extent) {
  if (step == 0) builder.fail("a step of 0; expected any other number");
  const std::int64_t least = step > 0 ? 0 : -1, most = step > 0 ? extent : extent - 1;
  const auto clamped = [&](std::int64_t at, std::int64_t lowest) {
    if (at < 0) at = at < -extent ? lowest : at + extent;
    return std::min(std::max(at, lowest), most);
  };
  Steps steps;
  steps.begin = clamped(start, std::max<std::int64_t>(least, 0));
  steps.step = std::min(std::max(step, -extent), extent);
  const std::int64_t distance = step > 0 ? clamped(end, least) - steps.begin : steps.begin - clamped(end, least);
  const std::int64_t magnitude = std::abs(steps.step);
  steps.count = distance > 0 ? (distance + magnitude - 1) / magnitude : 0;
  return steps;
}

}  // namespace

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
  std::vector<bool> is_named(shape.size(), false);
  for (std::size_t i = 0; i < starts.size(); ++i) {
    const std::size_t axis = axis_of(builder, axes[i], shape.size());
    if (is_named[axis]) builder.fail("axis " + std::to_string(axes[i]) + " is named twice");
    is_named[axis] = true;
    const Steps taken = sliced(builder, starts[i], ends[i], steps[i], shape[axis]);
    if (taken.count == 0) {
      builder.fail("takes no element of dimension " + std::to_string(axis) + " of " + onnx_shape_text(shape));
    }
    tensor = picked(builder, tensor, placed_axis(axis, is_image), taken.indices());
  }
  define_moved(builder, 0, is_image, builder.type(x), tensor);
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
      define_moved(builder, i, is_image, type, Slice{placed_axis(axis, is_image), begin, begin + sizes[i]}, {tensor});
    }
    begin += sizes[i];
  }
  if (begin != shape[axis]) builder.fail("sizes " + onnx_shape_text(sizes) + " do not fill the dimension");
}

namespace {

struct Sides {
  std::vector<std::int64_t> before, after;  // of each dimension; below 0 is cut off
};

Sides padding_sides(const OnnxBuilder& builder, const OnnxShape& shape) {
  const OnnxNode& node = builder.node();
  std::vector<std::int64_t> pads = node.ints_or("pads", {});
  if (!node.input(1).empty()) pads = builder.need_integers(node.input(1), "pads");
  std::vector<std::int64_t> axes;
  for (std::size_t d = 0; d < shape.size(); ++d) axes.push_back(static_cast<std::int64_t>(d));
  if (!node.input(3).empty()) axes = builder.need_integers(node.input(3), "axes");
  if (pads.size() != 2 * axes.size()) {
    builder.fail("pads has " + std::to_string(pads.size()) + " elements; expected " + std::to_string(2 * axes.size()));
  }
  Sides sides{std::vector<std::int64_t>(shape.size(), 0), std::vector<std::int64_t>(shape.size(), 0)};
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const std::size_t d = axis_of(builder, axes[i], shape.size());
    sides.before[d] = pads[i];
    sides.after[d] = pads[axes.size() + i];
    for (const std::int64_t pad : {sides.before[d], sides.after[d]}) {
      if (pad < -shape[d] || pad > kMostPadding) {
        builder.fail("padding of " + std::to_string(pad) + "; expected at most " + std::to_string(kMostPadding) +
                     ", and to cut no more than there is");
      }
    }
    if (shape[d] + sides.before[d] + sides.after[d] < 1) builder.fail("padding leaves no element");
  }
  return sides;
}

// For each position of the padded dimension the index of the element that stands there.
std::vector<std::int64_t> mirrored(const OnnxBuilder& builder, const std::string& mode, std::int64_t extent,
                                   std::int64_t before, std::int64_t after) {
  std::vector<std::int64_t> indices;
  for (std::int64_t i = -before; i < extent + after; ++i) {
    std::int64_t at = i;
    if (mode == "edge") at = std::min(std::max<std::int64_t>(i, 0), extent - 1);
    if (mode == "wrap") at = ((i % extent) + extent) % extent;
    if (mode == "reflect") {
      if (i < 0) at = -i;
      if (i >= extent) at = 2 * (extent - 1) - i;
      if (at < 0 || at >= extent) {
        builder.fail("reflects more than the " + std::to_string(extent) + " elements of a dimension hold");
      }
    }
    indices.push_back(at);
  }
  return indices;
}

std::int8_t pad_value(const OnnxBuilder& builder, OnnxType type) {
  std::int64_t value = type == OnnxType::UInt8 ? -128 : 0;
  const std::string& name = builder.node().input(2);
  if (name.empty()) return static_cast<std::int8_t>(value);
  const OnnxTensor& constant = builder.need_constant(name, "value");
  if (constant.type != type || constant.count() != 1) builder.fail("the value must be one number of the input's type");
  return static_cast<std::int8_t>(value + constant.integers()[0]);
}

}  // namespace

void import_pad(OnnxBuilder& builder) {
  const OnnxNode& node = builder.node();
  const std::string& x = node.input(0);
  const OnnxShape shape = builder.shape(x);
  const OnnxType type = builder.type(x);
  const std::string mode = node.string_or("mode", "constant");
  if (mode != "constant" && mode != "reflect" && mode != "edge" && mode != "wrap") {
    builder.fail("mode '" + mode + "' is unknown; expected 'constant', 'reflect', 'edge' or 'wrap'");
  }
  const Sides sides = padding_sides(builder, shape);
  const bool is_image = stays_image(builder, x);
  TensorId tensor = tensor_of(builder, x, is_image);
  Pad op;
  op.before.resize(shape.size());
  op.after.resize(shape.size());
  bool pads = false;
  for (std::size_t d = 0; d < shape.size(); ++d) {
    const std::int64_t before = sides.before[d], after = sides.after[d];
    if (before == 0 && after == 0) continue;
    const std::size_t axis = placed_axis(d, is_image);
    if (mode != "constant") {
      tensor = picked(builder, tensor, axis, mirrored(builder, mode, shape[d], before, after));
      continue;
    }
    if (before < 0 || after < 0) {
      const std::int64_t begin = std::max<std::int64_t>(-before, 0), end = shape[d] + std::min<std::int64_t>(after, 0);
      if (begin >= end) builder.fail("padding cuts all elements of a dimension off");
      tensor = builder.add("inside", Slice{axis, begin, end}, {tensor});
    }
    op.before[axis] = std::max<std::int64_t>(before, 0);
    op.after[axis] = std::max<std::int64_t>(after, 0);
    pads = pads || before > 0 || after > 0;
  }
  if (!pads) {
    define_moved(builder, 0, is_image, type, tensor);
    return;
  }
  op.value = pad_value(builder, type);
  define_moved(builder, 0, is_image, type, op, {tensor});
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
  const OnnxType type = builder.type(x);
  if (indices.shape.size() == 1) {
    const bool is_image = stays_image(builder, x);
    const TensorId tensor = tensor_of(builder, x, is_image);
    define_moved(builder, 0, is_image, type, picked(builder, tensor, placed_axis(axis, is_image), list));
    return;
  }
  const TensorId joined = picked(builder, builder.plain(x), axis, list);
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
  const bool is_image = stays_image(builder, x) && rank == 4;
  TensorId tensor = tensor_of(builder, x, is_image);
  if (now != from) tensor = builder.add("rank", Reshape{now}, {tensor});
  for (std::size_t d = 0; d < rank; ++d) {
    if (target[d] == now[d] || target[d] == 1) continue;
    if (now[d] != 1 || target[d] < 1) {
      builder.fail("shape " + onnx_shape_text(from) + " does not repeat to " + onnx_shape_text(wanted));
    }
    tensor = repeated(builder, tensor, placed_axis(d, is_image), target[d]);
  }
  define_moved(builder, 0, is_image, builder.type(x), tensor);
}

void import_tile(OnnxBuilder& builder) {
  const OnnxNode& node = builder.node();
  const std::string& x = node.input(0);
  const std::vector<std::int64_t> repeats = builder.need_integers(node.input(1), "repeats");
  if (repeats.size() != builder.rank(x)) {
    builder.fail("repeats has " + std::to_string(repeats.size()) + " elements; expected " +
                 std::to_string(builder.rank(x)));
  }
  const bool is_image = stays_image(builder, x);
  TensorId tensor = tensor_of(builder, x, is_image);
  for (std::size_t d = 0; d < repeats.size(); ++d) {
    tensor = repeated(builder, tensor, placed_axis(d, is_image), repeats[d]);
  }
  define_moved(builder, 0, is_image, builder.type(x), tensor);
}

}  // namespace gemel::compiler
