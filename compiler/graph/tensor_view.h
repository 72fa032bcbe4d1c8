// SPDX-License-Identifier: Apache-2.0
#pragma once
// Strided windows on stored tensors: data movement as addressing.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "compiler/graph/graph.h"

namespace gemel::compiler {

// Element (i, j, ...) is element offset + i·strides[0] + j·strides[1] + ... of the root's dense row-major data. Stride
// 0 repeats. One element type: the root's.
struct TensorView {
  TensorId root = 0;
  std::int64_t offset = 0;  // elements
  Shape shape;
  std::vector<std::int64_t> strides;  // elements, one per dimension
};

TensorView dense_view(const Graph& graph, TensorId tensor);
bool is_dense(const TensorView& view);  // row-major without gaps; the offset is free

// The same elements, seen as `shape` in row-major order; none where strides can not express it.
std::optional<TensorView> reshaped(const TensorView& view, const Shape& shape);
// Dimension i of the result is dimension permutation[i] of the view.
TensorView permuted(const TensorView& view, const std::vector<std::size_t>& permutation);
// Inverse of permuted().
TensorView unpermuted(const TensorView& view, const std::vector<std::size_t>& permutation);
TensorView sliced(const TensorView& view, std::size_t axis, std::int64_t begin, std::int64_t end);
// Repeated along leading dimensions, as Add does with its second operand.
TensorView broadcast(const TensorView& view, const Shape& shape);

// Smallest and largest element index of the root that the view touches.
std::int64_t first_element(const TensorView& view);
std::int64_t last_element(const TensorView& view);

std::string describe_view(const Graph& graph, const TensorView& view);  // "name[1x56x56x64]" + offset and strides

}  // namespace gemel::compiler
