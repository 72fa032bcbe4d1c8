// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/neighbour_readers.h"

#include <algorithm>
#include <iterator>
#include <variant>

namespace gemel::compiler {
namespace {

bool same(const TensorView& a, const TensorView& b) {
  return a.root == b.root && a.offset == b.offset && a.shape == b.shape && a.strides == b.strides;
}

bool same(const Window& a, const Window& b) {
  return a.kernel_h == b.kernel_h && a.kernel_w == b.kernel_w && a.stride_h == b.stride_h && a.stride_w == b.stride_w &&
         a.dilation_h == b.dilation_h && a.dilation_w == b.dilation_w && a.padding.top == b.padding.top &&
         a.padding.left == b.padding.left && a.padding.bottom == b.padding.bottom && a.padding.right == b.padding.right;
}

bool reads_the_same(const FusedLayer& a, const FusedLayer& b) {
  if (const auto* first = std::get_if<ConvLayer>(&a.kind)) {
    const auto* second = std::get_if<ConvLayer>(&b.kind);
    return second != nullptr && same(first->input, second->input) && same(first->window, second->window) &&
           first->groups == second->groups && !first->pool && !second->pool;
  }
  const auto* first = std::get_if<GemmLayer>(&a.kind);
  const auto* second = std::get_if<GemmLayer>(&b.kind);
  return first != nullptr && second != nullptr && same(first->a, second->a) && first->batch == 1 &&
         second->batch == 1 && !first->transpose_a && !second->transpose_a;
}

// The array's work on one activation: it can run as soon as another reader of that can.
bool reads_constants_else(const Graph& graph, const FusedLayer& layer) {
  if (const auto* conv = std::get_if<ConvLayer>(&layer.kind)) return !conv->epilogue.residual;
  const auto* gemm = std::get_if<GemmLayer>(&layer.kind);
  return gemm != nullptr && !gemm->epilogue.residual && graph.tensor(gemm->b.root).role == TensorRole::Constant;
}

}  // namespace

void bring_readers_together(const Graph& graph, std::vector<FusedLayer>& layers) {
  for (auto first = layers.begin(); first != layers.end(); ++first) {
    auto behind = std::next(first);
    for (auto later = behind; later != layers.end(); ++later) {
      if (!reads_constants_else(graph, *later) || !reads_the_same(*first, *later)) continue;
      std::rotate(behind, later, std::next(later));
      ++behind;
    }
  }
}

}  // namespace gemel::compiler
