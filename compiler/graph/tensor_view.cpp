// SPDX-License-Identifier: Apache-2.0
#include "compiler/graph/tensor_view.h"

#include <algorithm>

namespace gemel::compiler {

TensorView dense_view(const Graph& graph, TensorId tensor) {
  const Shape& shape = graph.tensor(tensor).shape;
  return {tensor, 0, shape, dense_strides(shape)};
}

bool is_dense(const TensorView& view) {
  const std::vector<std::int64_t> dense = dense_strides(view.shape);
  for (std::size_t i = 0; i < view.shape.size(); ++i) {
    if (view.shape[i] != 1 && view.strides[i] != dense[i]) return false;
  }
  return true;
}

std::optional<TensorView> reshaped(const TensorView& view, const Shape& shape) {
  if (element_count(view.shape) != element_count(shape)) return std::nullopt;
  // Merge neighbouring dimensions that one stride covers, then split the merged ones as `shape` wants.
  Shape merged;
  std::vector<std::int64_t> merged_strides;
  for (std::size_t i = 0; i < view.shape.size(); ++i) {
    if (view.shape[i] == 1) continue;
    if (!merged.empty() && merged_strides.back() == view.strides[i] * view.shape[i]) {
      merged.back() *= view.shape[i];
      merged_strides.back() = view.strides[i];
    } else {
      merged.push_back(view.shape[i]);
      merged_strides.push_back(view.strides[i]);
    }
  }
  TensorView result{view.root, view.offset, shape, std::vector<std::int64_t>(shape.size(), 1)};
  std::size_t at = merged.size();
  std::int64_t rest = 1;    // of merged[at]: extent not yet given to the new shape
  std::int64_t stride = 1;  // of the next new dimension within it
  for (std::size_t i = shape.size(); i-- > 0;) {
    if (shape[i] == 1) {
      result.strides[i] = stride;
      continue;
    }
    if (rest == 1) {
      if (at == 0) return std::nullopt;
      --at;
      rest = merged[at];
      stride = merged_strides[at];
    }
    if (rest % shape[i] != 0) return std::nullopt;
    result.strides[i] = stride;
    stride *= shape[i];
    rest /= shape[i];
  }
  return result;
}

TensorView permuted(const TensorView& view, const std::vector<std::size_t>& permutation) {
  TensorView result{view.root, view.offset, {}, {}};
  for (std::size_t axis : permutation) {
    result.shape.push_back(view.shape[axis]);
    result.strides.push_back(view.strides[axis]);
  }
  return result;
}

TensorView unpermuted(const TensorView& view, const std::vector<std::size_t>& permutation) {
  TensorView result = view;
  for (std::size_t i = 0; i < permutation.size(); ++i) {
    result.shape[permutation[i]] = view.shape[i];
    result.strides[permutation[i]] = view.strides[i];
  }
  return result;
}

TensorView sliced(const TensorView& view, std::size_t axis, std::int64_t begin, std::int64_t end) {
  TensorView result = view;
  result.offset += begin * view.strides[axis];
  result.shape[axis] = end - begin;
  return result;
}

TensorView broadcast(const TensorView& view, const Shape& shape) {
  TensorView result{view.root, view.offset, shape, std::vector<std::int64_t>(shape.size(), 0)};
  const std::size_t lead = shape.size() - view.shape.size();
  for (std::size_t i = 0; i < view.shape.size(); ++i) {
    result.strides[lead + i] = view.shape[i] == 1 && shape[lead + i] != 1 ? 0 : view.strides[i];
  }
  return result;
}

std::int64_t first_element(const TensorView& view) {
  std::int64_t element = view.offset;
  for (std::size_t i = 0; i < view.shape.size(); ++i) {
    element += std::min<std::int64_t>(0, (view.shape[i] - 1) * view.strides[i]);
  }
  return element;
}

std::int64_t last_element(const TensorView& view) {
  std::int64_t element = view.offset;
  for (std::size_t i = 0; i < view.shape.size(); ++i) {
    element += std::max<std::int64_t>(0, (view.shape[i] - 1) * view.strides[i]);
  }
  return element;
}

std::string describe_view(const Graph& graph, const TensorView& view) {
  std::string text = graph.tensor(view.root).name + "[" + describe_shape(view.shape) + "]";
  if (view.offset != 0) text += "+" + std::to_string(view.offset);
  if (!is_dense(view)) {
    std::string strides;
    for (std::int64_t stride : view.strides) strides += (strides.empty() ? "" : ",") + std::to_string(stride);
    text += "(strides " + strides + ")";
  }
  return text;
}

}  // namespace gemel::compiler
