// SPDX-License-Identifier: Apache-2.0
// Operators that make shapes, and those that move elements of any type.
#include <algorithm>
#include <cmath>
#include <optional>

#include "compiler/quantize/operands.h"

namespace gemel::compiler {
namespace {

// Makes a tensor by naming, for each of its elements, the source's; kNone leaves zeros.
constexpr std::int64_t kNone = -1;
template <typename Source>
OnnxTensor gathered(const Operands& in, const OnnxTensor& x, const OnnxShape& shape, Source source) {
  const std::size_t bytes = onnx_type_bytes(x.type);
  if (bytes == 0) in.fail(std::string("can not move ") + onnx_type_name(x.type));
  OnnxTensor result{x.type, shape, std::vector<std::uint8_t>(in.checked_count(shape) * bytes)};
  OnnxShape at(shape.size(), 0);
  for (std::size_t i = 0; i * bytes < result.data.size(); ++i) {
    const std::int64_t from = source(at);
    if (from != kNone) std::memcpy(&result.data[i * bytes], &x.data[static_cast<std::size_t>(from) * bytes], bytes);
    for (std::size_t d = shape.size(); d-- > 0;) {
      if (++at[d] < shape[d]) break;
      at[d] = 0;
    }
  }
  return result;
}

OnnxShape wanted_shape(const Operands& in) {
  const OnnxShape& from = in.shape(0);
  const std::string& op = in.node().op_type;
  if (op == "Flatten") {
    std::int64_t axis = in.node().int_or("axis", 1);
    const auto rank = static_cast<std::int64_t>(from.size());
    if (axis < -rank || axis > rank) in.fail("axis " + std::to_string(axis) + " is outside the dimensions");
    if (axis < 0) axis += rank;
    return {onnx_element_count({from.begin(), from.begin() + axis}),
            onnx_element_count({from.begin() + axis, from.end()})};
  }
  const bool is_squeeze = op == "Squeeze";
  if (is_squeeze || op == "Unsqueeze") {
    const std::vector<std::int64_t> axes = in.list(1, "axes");
    const std::size_t rank = is_squeeze ? from.size() : from.size() + axes.size();
    std::vector<bool> named(rank, false);
    for (const std::int64_t axis : axes) named[in.axis(axis, rank)] = true;
    OnnxShape shape;
    if (is_squeeze) {
      for (std::size_t d = 0; d < rank; ++d) {
        if (axes.empty() ? from[d] != 1 : !named[d]) shape.push_back(from[d]);
      }
      return shape;
    }
    std::size_t next = 0;
    for (std::size_t d = 0; d < rank; ++d) {
      if (!named[d] && next == from.size()) in.fail("an axis is named twice");
      shape.push_back(named[d] ? 1 : from[next++]);
    }
    return shape;
  }
  OnnxShape shape = in.integers(1);
  std::optional<std::size_t> open;
  for (std::size_t d = 0; d < shape.size(); ++d) {
    if (shape[d] == 0 && in.node().int_or("allowzero", 0) == 0) {
      if (d >= from.size()) in.fail("shape " + onnx_shape_text(shape) + " copies a dimension that the input lacks");
      shape[d] = from[d];
    }
    if (shape[d] == -1) open = d;
  }
  if (open) {
    shape[*open] = 1;
    const auto known = static_cast<std::int64_t>(in.checked_count(shape));
    shape[*open] = known == 0 ? 0 : onnx_element_count(from) / known;
  }
  return shape;
}

}  // namespace

OnnxTensors evaluate_shape(const Operands& in) {
  const OnnxShape& shape = in.shape(0);
  const auto rank = static_cast<std::int64_t>(shape.size());
  if (in.node().op_type == "Size") return {integer_tensor(OnnxType::Int64, {}, {onnx_element_count(shape)})};
  const auto clamped = [&](std::int64_t at) {
    return std::min(std::max<std::int64_t>(at < 0 ? at + rank : at, 0), rank);
  };
  const std::int64_t start = clamped(in.node().int_or("start", 0)), end = clamped(in.node().int_or("end", rank));
  OnnxShape part;
  for (std::int64_t d = start; d < end; ++d) part.push_back(shape[static_cast<std::size_t>(d)]);
  return {integer_tensor(OnnxType::Int64, {static_cast<std::int64_t>(part.size())}, part)};
}

OnnxTensors evaluate_constant(const Operands& in) {
  const OnnxNode& node = in.node();
  const auto value = node.attributes.find("value");
  if (value != node.attributes.end() && value->second.kind == OnnxAttribute::Kind::Tensor)
    return {value->second.tensor};
  if (node.has("value_float")) return {onnx_scalar(node.float_or("value_float", 0))};
  if (node.has("value_int")) return {integer_tensor(OnnxType::Int64, {}, {node.int_or("value_int", 0)})};
  if (node.has("value_ints")) {
    const auto ints = node.ints_or("value_ints", {});
    return {integer_tensor(OnnxType::Int64, {static_cast<std::int64_t>(ints.size())}, ints)};
  }
  if (node.has("value_floats")) {
    const std::vector<float>& floats = node.attributes.at("value_floats").floats;
    return {float_tensor({static_cast<std::int64_t>(floats.size())}, floats)};
  }
  in.fail("has no value that is a tensor or a number");
}

OnnxTensors evaluate_constant_of_shape(const Operands& in) {
  const OnnxShape shape = in.integers(0);
  const auto value = in.node().attributes.find("value");
  OnnxTensor one = onnx_scalar(0);
  if (value != in.node().attributes.end()) one = value->second.tensor;
  if (one.data.empty()) in.fail("its value is empty");
  return {gathered(in, one, shape, [](const OnnxShape&) { return 0; })};
}

OnnxTensors evaluate_range(const Operands& in) {
  const std::vector<std::int64_t> start = in.integers(0), limit = in.integers(1), delta = in.integers(2);
  if (start.size() != 1 || limit.size() != 1 || delta.size() != 1 || delta[0] == 0) in.fail("expected three numbers");
  std::vector<std::int64_t> values;
  for (std::int64_t v = start[0]; delta[0] > 0 ? v < limit[0] : v > limit[0]; v += delta[0]) {
    if (values.size() > (std::size_t{1} << 26)) in.fail("the result is too long");
    values.push_back(v);
  }
  return {integer_tensor(in.at(0).type, {static_cast<std::int64_t>(values.size())}, values)};
}

OnnxTensors evaluate_reshape(const Operands& in) {
  OnnxTensor result = in.at(0);
  result.shape = wanted_shape(in);
  if (static_cast<std::int64_t>(in.checked_count(result.shape)) != in.at(0).count()) {
    in.fail("shape " + onnx_shape_text(result.shape) + " does not fit " + onnx_shape_text(in.shape(0)));
  }
  return {result};
}

OnnxTensors evaluate_identity(const Operands& in) {
  if (in.node().outputs.size() < 2) return {in.at(0)};
  // The mask of a Dropout that drops nothing.
  const std::vector<std::int64_t> all(in.checked_count(in.shape(0)), 1);
  return {in.at(0), integer_tensor(OnnxType::Bool, in.shape(0), all)};
}

OnnxTensors evaluate_transpose(const Operands& in) {
  const OnnxShape& from = in.shape(0);
  const OnnxShape strides = row_major_strides(from);
  OnnxShape reversed;
  for (std::size_t d = from.size(); d-- > 0;) reversed.push_back(static_cast<std::int64_t>(d));
  OnnxShape shape, steps;
  std::vector<bool> seen(from.size(), false);
  for (const std::int64_t given : in.node().ints_or("perm", reversed)) {
    const std::size_t axis = in.axis(given, from.size());
    seen[axis] = true;
    shape.push_back(from[axis]);
    steps.push_back(strides[axis]);
  }
  if (shape.size() != from.size() || !std::all_of(seen.begin(), seen.end(), [](bool s) { return s; })) {
    in.fail("'perm' is no order of the dimensions");
  }
  return {gathered(in, in.at(0), shape, [&](const OnnxShape& at) {
    std::int64_t source = 0;
    for (std::size_t d = 0; d < at.size(); ++d) source += at[d] * steps[d];
    return source;
  })};
}

OnnxTensors evaluate_concat(const Operands& in) {
  const OnnxTensor& first = in.at(0);
  const std::size_t axis = in.axis(in.node().int_or("axis", 0), first.shape.size());
  OnnxTensor result{first.type, first.shape, {}};
  result.shape[axis] = 0;
  for (std::size_t i = 0; i < in.count(); ++i) {
    OnnxShape other = in.shape(i);
    if (other.size() != first.shape.size() || in.at(i).type != first.type) in.fail("its inputs do not fit");
    result.shape[axis] += other[axis];
    other[axis] = first.shape[axis];
    if (other != first.shape) in.fail("its inputs do not fit");
  }
  in.checked_count(result.shape);
  const OnnxShape outer(first.shape.begin(), first.shape.begin() + static_cast<std::ptrdiff_t>(axis));
  const std::int64_t rows = onnx_element_count(outer);
  for (std::int64_t row = 0; row < rows; ++row) {
    for (std::size_t i = 0; i < in.count(); ++i) {
      const std::vector<std::uint8_t>& data = in.at(i).data;
      const auto size = static_cast<std::ptrdiff_t>(data.size()) / rows;
      result.data.insert(result.data.end(), data.begin() + row * size, data.begin() + (row + 1) * size);
    }
  }
  return {result};
}

OnnxTensors evaluate_slice(const Operands& in) {
  const OnnxShape& from = in.shape(0);
  const std::vector<std::int64_t> starts = in.list(1, "starts"), ends = in.list(2, "ends");
  std::vector<std::int64_t> axes = in.list(3, "axes"), steps(starts.size(), 1);
  if (axes.empty()) {
    for (std::size_t i = 0; i < starts.size(); ++i) axes.push_back(static_cast<std::int64_t>(i));
  }
  if (in.has(4)) steps = in.integers(4);
  if (ends.size() != starts.size() || axes.size() != starts.size() || steps.size() != starts.size()) {
    in.fail("starts, ends, axes and steps have different lengths");
  }
  OnnxShape shape = from, first(from.size(), 0), step(from.size(), 1);
  for (std::size_t i = 0; i < starts.size(); ++i) {
    const std::size_t d = in.axis(axes[i], from.size());
    const bool forward = steps[i] > 0;
    if (steps[i] == 0) in.fail("a step of 0");
    const auto clamped = [&](std::int64_t at) {
      if (at < 0) at = at < -from[d] ? -1 : at + from[d];
      return forward ? std::min(std::max<std::int64_t>(at, 0), from[d])
                     : std::min(std::max<std::int64_t>(at, -1), from[d] - 1);
    };
    const std::int64_t begin = clamped(starts[i]), end = clamped(ends[i]);
    const std::int64_t room = forward ? end - begin : begin - end, size = forward ? steps[i] : -steps[i];
    shape[d] = room <= 0 ? 0 : (room - 1) / size + 1;
    first[d] = begin;
    step[d] = steps[i];
  }
  const OnnxShape strides = row_major_strides(from);
  return {gathered(in, in.at(0), shape, [&](const OnnxShape& at) {
    std::int64_t source = 0;
    for (std::size_t d = 0; d < at.size(); ++d) source += (first[d] + at[d] * step[d]) * strides[d];
    return source;
  })};
}

OnnxTensors evaluate_split(const Operands& in) {
  const OnnxShape& from = in.shape(0);
  const std::size_t axis = in.axis(in.node().int_or("axis", 0), from.size());
  std::vector<std::int64_t> sizes = in.list(1, "split");
  const auto count = static_cast<std::int64_t>(in.node().outputs.size());
  if (sizes.empty()) {
    const std::int64_t each = (from[axis] + count - 1) / count;
    for (std::int64_t i = 0; i < count; ++i) {
      sizes.push_back(std::max<std::int64_t>(0, std::min(each, from[axis] - i * each)));
    }
  }
  std::int64_t begin = 0;
  OnnxTensors results;
  const OnnxShape strides = row_major_strides(from);
  for (const std::int64_t size : sizes) {
    if (size < 0 || begin + size > from[axis]) in.fail("sizes " + onnx_shape_text(sizes) + " do not fit the dimension");
    OnnxShape shape = from;
    shape[axis] = size;
    results.push_back(gathered(in, in.at(0), shape, [&](const OnnxShape& at) {
      std::int64_t source = begin * strides[axis];
      for (std::size_t d = 0; d < at.size(); ++d) source += at[d] * strides[d];
      return source;
    }));
    begin += size;
  }
  return results;
}

OnnxTensors evaluate_gather(const Operands& in) {
  const OnnxShape& from = in.shape(0);
  const std::size_t axis = in.axis(in.node().int_or("axis", 0), from.size());
  const OnnxShape& index_shape = in.shape(1);
  std::vector<std::int64_t> indices = in.integers(1);
  for (std::int64_t& index : indices) {
    if (index < -from[axis] || index >= from[axis]) in.fail("index " + std::to_string(index) + " is out of range");
    if (index < 0) index += from[axis];
  }
  OnnxShape shape(from.begin(), from.begin() + static_cast<std::ptrdiff_t>(axis));
  shape.insert(shape.end(), index_shape.begin(), index_shape.end());
  shape.insert(shape.end(), from.begin() + static_cast<std::ptrdiff_t>(axis) + 1, from.end());
  const OnnxShape strides = row_major_strides(from), index_strides = row_major_strides(index_shape);
  const std::size_t rank = index_shape.size();
  return {gathered(in, in.at(0), shape, [&](const OnnxShape& at) {
    std::int64_t source = 0, index = 0;
    for (std::size_t d = 0; d < at.size(); ++d) {
      if (d < axis) source += at[d] * strides[d];
      if (d >= axis && d < axis + rank) index += at[d] * index_strides[d - axis];
      if (d >= axis + rank) source += at[d] * strides[d - rank + 1];
    }
    return source + indices[static_cast<std::size_t>(index)] * strides[axis];
  })};
}

OnnxTensors evaluate_expand(const Operands& in) {
  const OnnxShape& from = in.shape(0);
  const OnnxShape wanted = in.integers(1);
  OnnxShape shape(std::max(from.size(), wanted.size()), 1), steps(shape.size(), 0);
  const OnnxShape strides = row_major_strides(from);
  for (std::size_t d = 0; d < shape.size(); ++d) {
    const bool has_source = d + from.size() >= shape.size(), has_wanted = d + wanted.size() >= shape.size();
    const std::int64_t have = has_source ? from[d + from.size() - shape.size()] : 1;
    const std::int64_t want = has_wanted ? wanted[d + wanted.size() - shape.size()] : 1;
    if (have != 1 && want != 1 && have != want) {
      in.fail("shape " + onnx_shape_text(from) + " does not repeat to " + onnx_shape_text(wanted));
    }
    shape[d] = have == 1 ? want : have;
    steps[d] = have == 1 ? 0 : strides[d + from.size() - shape.size()];
  }
  return {gathered(in, in.at(0), shape, [&](const OnnxShape& at) {
    std::int64_t source = 0;
    for (std::size_t d = 0; d < at.size(); ++d) source += at[d] * steps[d];
    return source;
  })};
}

OnnxTensors evaluate_pad(const Operands& in) {
  const OnnxShape& from = in.shape(0);
  const std::vector<std::int64_t> pads = in.list(1, "pads");
  if (in.node().string_or("mode", "constant") != "constant" || in.has(3)) {
    in.fail("expected mode 'constant' and pads of all dimensions");
  }
  if (in.has(2) && in.one_float(2) != 0.0f) in.fail("padding must be 0");
  if (pads.size() != 2 * from.size()) in.fail("'pads' has the wrong length");
  OnnxShape shape = from;
  for (std::size_t d = 0; d < from.size(); ++d) shape[d] += pads[d] + pads[from.size() + d];
  const OnnxShape strides = row_major_strides(from);
  return {gathered(in, in.at(0), shape, [&](const OnnxShape& at) {
    std::int64_t source = 0;
    for (std::size_t d = 0; d < at.size(); ++d) {
      const std::int64_t x = at[d] - pads[d];
      if (x < 0 || x >= from[d]) return kNone;
      source += x * strides[d];
    }
    return source;
  })};
}

// Slices of a copy of the first input are replaced.
OnnxTensors evaluate_scatter_nd(const Operands& in) {
  OnnxTensor result = in.at(0);
  const OnnxTensor& updates = in.at(2);
  const OnnxShape& index_shape = in.shape(1);
  const auto depth = static_cast<std::size_t>(index_shape.empty() ? 0 : index_shape.back());
  if (depth == 0 || depth > result.shape.size() || updates.type != result.type) in.fail("its operands do not fit");
  if (in.node().string_or("reduction", "none") != "none") in.fail("expected reduction 'none'");
  const std::vector<std::int64_t> indices = in.integers(1);
  const OnnxShape strides = row_major_strides(result.shape);
  const std::size_t slice = static_cast<std::size_t>(strides[depth - 1]) * onnx_type_bytes(result.type);
  if (updates.data.size() != indices.size() / depth * slice) in.fail("its updates do not fit");
  for (std::size_t i = 0; i * depth < indices.size(); ++i) {
    std::int64_t at = 0;
    for (std::size_t d = 0; d < depth; ++d) {
      const std::int64_t extent = result.shape[d], given = indices[i * depth + d];
      if (given < -extent || given >= extent) in.fail("index " + std::to_string(given) + " is out of range");
      at += (given < 0 ? given + extent : given) * strides[d];
    }
    std::memcpy(&result.data[static_cast<std::size_t>(at) * onnx_type_bytes(result.type)], &updates.data[i * slice],
                slice);
  }
  return {result};
}

}  // namespace gemel::compiler
