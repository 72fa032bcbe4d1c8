// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/onnx_movement.h"

#include <algorithm>

namespace gemel::compiler {
namespace {

constexpr std::size_t kMostPieces = 4096;

// count elements from `begin` on, each `step` behind the one before: a dimension cut in two, of which one element
// stays.
TensorId strided(OnnxBuilder& builder, TensorId tensor, std::size_t axis, std::int64_t begin, std::int64_t step,
                 std::int64_t count) {
  const Shape shape = builder.graph().tensor(tensor).shape;
  const bool fits = begin + count * step <= shape[axis];
  const std::int64_t whole = fits ? count : count - 1;
  const TensorId part = builder.add("part", Slice{axis, begin, begin + whole * step}, {tensor});
  Shape cut = shape;
  cut[axis] = whole;
  const Shape uncut = cut;
  cut.insert(cut.begin() + static_cast<std::ptrdiff_t>(axis) + 1, step);
  const TensorId blocks = builder.add("steps", Reshape{cut}, {part});
  const TensorId first = builder.add("step", Slice{axis + 1, 0, 1}, {blocks});
  const TensorId taken = builder.add("taken", Reshape{uncut}, {first});
  if (fits) return taken;
  const std::int64_t last = begin + whole * step;
  return builder.add("all", Concat{axis}, {taken, builder.add("last", Slice{axis, last, last + 1}, {tensor})});
}

// Each element of the dimension `count` times.
TensorId each_repeated(OnnxBuilder& builder, TensorId tensor, std::size_t axis, std::int64_t count) {
  Shape shape = builder.graph().tensor(tensor).shape;
  Shape cut = shape;
  cut.insert(cut.begin() + static_cast<std::ptrdiff_t>(axis) + 1, 1);
  const TensorId single = builder.add("single", Reshape{cut}, {tensor});
  shape[axis] *= count;
  return builder.add("multiple", Reshape{shape}, {repeated(builder, single, axis + 1, count)});
}

}  // namespace

bool stays_image(const OnnxBuilder& builder, const std::string& x) {
  return builder.rank(x) == 4 && builder.is_channels_last(x);
}

TensorId tensor_of(OnnxBuilder& builder, const std::string& x, bool is_image) {
  return is_image ? builder.channels_last(x) : builder.plain(x);
}

std::size_t placed_axis(std::size_t axis, bool is_image) {
  static constexpr std::size_t kPlaces[] = {0, 3, 1, 2};
  return is_image ? kPlaces[axis] : axis;
}

void define_moved(OnnxBuilder& builder, std::size_t output, bool is_image, OnnxType type, Operator op,
                  std::vector<TensorId> inputs) {
  const std::string& name = builder.node().outputs[output];
  if (is_image) {
    builder.image_result(name, type, 4, std::move(op), std::move(inputs));
  } else {
    builder.plain_result(name, type, std::move(op), std::move(inputs));
  }
}

void define_moved(OnnxBuilder& builder, std::size_t output, bool is_image, OnnxType type, TensorId tensor) {
  const std::string& name = builder.node().outputs[output];
  if (is_image) {
    builder.define_channels_last(name, tensor, type);
  } else {
    builder.define_plain(name, tensor, type);
  }
}

std::size_t axis_of(const OnnxBuilder& builder, std::int64_t axis, std::size_t rank) {
  const auto dimensions = static_cast<std::int64_t>(rank);
  if (axis < -dimensions || axis >= dimensions) {
    builder.fail("axis " + std::to_string(axis) + " is outside the " + std::to_string(rank) + " dimensions");
  }
  return static_cast<std::size_t>(axis < 0 ? axis + dimensions : axis);
}

std::vector<std::int64_t> axes_of(const OnnxBuilder& builder, std::size_t input) {
  const OnnxNode& node = builder.node();
  if (!node.input(input).empty()) return builder.need_integers(node.input(input), "axes");
  return node.ints_or("axes", {});
}

TensorId repeated(OnnxBuilder& builder, TensorId tensor, std::size_t axis, std::int64_t count) {
  if (count < 1 || count > 65536) builder.fail("repeats " + std::to_string(count) + " times; expected 1 to 65536");
  if (count == 1) return tensor;
  return builder.add("repeated", Concat{axis}, std::vector<TensorId>(static_cast<std::size_t>(count), tensor));
}

TensorId picked(OnnxBuilder& builder, TensorId tensor, std::size_t axis, const std::vector<std::int64_t>& indices) {
  const std::int64_t extent = builder.graph().tensor(tensor).shape[axis];
  const auto count = static_cast<std::int64_t>(indices.size());
  // All elements, each as often.
  const std::int64_t times = std::max<std::int64_t>(count / extent, 1);
  bool is_multiple = count == extent * times;
  for (std::int64_t i = 0; is_multiple && i < count; ++i)
    is_multiple = indices[static_cast<std::size_t>(i)] == i / times;
  if (is_multiple) return times == 1 ? tensor : each_repeated(builder, tensor, axis, times);
  // Runs of one distance.
  std::vector<TensorId> runs;
  for (std::size_t i = 0; i < indices.size();) {
    std::size_t end = i + 1;
    const std::int64_t step = end < indices.size() ? indices[end] - indices[i] : 1;
    while (end < indices.size() && indices[end] - indices[end - 1] == step) ++end;
    const auto length = static_cast<std::int64_t>(end - i);
    if (step == 0) {
      const TensorId one = builder.add("run", Slice{axis, indices[i], indices[i] + 1}, {tensor});
      runs.push_back(repeated(builder, one, axis, length));
    } else if (step > 1 && length > 2) {
      runs.push_back(strided(builder, tensor, axis, indices[i], step, length));
    } else {
      if (step != 1) end = i + 1;
      runs.push_back(builder.add("run", Slice{axis, indices[i], indices[end - 1] + 1}, {tensor}));
    }
    i = end;
    if (runs.size() > kMostPieces) {
      builder.fail("picks more than " + std::to_string(kMostPieces) + " pieces that do not follow each other");
    }
  }
  return runs.size() == 1 ? runs[0] : builder.add("runs", Concat{axis}, runs);
}

}  // namespace gemel::compiler
