// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/fusion_chain.h"

namespace gemel::compiler {
namespace {

// Tries to take `next`, the only reader of `chain.result`, along.
bool take(const Graph& graph, const Node& anchor, const Node& next, FusionChain& chain) {
  const ElementType type = graph.tensor(chain.result).type;
  if (const auto* add = std::get_if<Add>(&next.op)) {
    const bool is_product = std::holds_alternative<Conv2d>(anchor.op) || std::holds_alternative<MatMul>(anchor.op);
    const bool first = next.inputs[0] == chain.result;
    const TensorId other = next.inputs[first ? 1 : 0];
    const std::int32_t multiplier = first ? add->b_multiplier : add->a_multiplier;
    const bool plain_sums = chain.activation == arch::Activation::None && !chain.scale && !chain.residual;
    const bool same_extent = graph.tensor(next.output).shape == graph.tensor(chain.result).shape;
    if (!is_product || type != ElementType::Int32 || !plain_sums || !same_extent || multiplier == 0 ||
        graph.tensor(other).type != ElementType::Int8) {
      return false;
    }
    chain.residual = ResidualTerm{other, multiplier};
    return true;
  }
  if (std::holds_alternative<Relu>(next.op)) {  // before or after the scale: the same, as the scale is positive
    if (chain.pool) return false;
    chain.activation = arch::Activation::Relu;
    return true;
  }
  if (const auto* requantize = std::get_if<Requantize>(&next.op)) {
    if (type != ElementType::Int32) return false;
    chain.scale = requantize->scale;
    return true;
  }
  if (const auto* pool = std::get_if<MaxPool>(&next.op)) {
    if (!chain.scale || chain.pool || !std::holds_alternative<Conv2d>(anchor.op) || !fits_store_path(pool->window) ||
        (pool->ignores_padding && pool->window.padding.any())) {
      return false;
    }
    chain.pool = pool->window;
    return true;
  }
  return false;
}

}  // namespace

bool fits_store_path(const Window& pool) {
  return pool.kernel_h == pool.kernel_w && pool.kernel_h <= 3 && pool.stride_h == pool.stride_w && pool.stride_h <= 3 &&
         pool.padding.top <= 3 && pool.padding.left <= 3;
}

FusionChain grow_chain(const Graph& graph, const std::vector<std::vector<std::size_t>>& consumers, std::size_t anchor) {
  const Node& head = graph.nodes[anchor];
  FusionChain chain;
  chain.nodes.push_back(anchor);
  chain.sums = chain.result = head.output;
  const bool is_product = std::holds_alternative<Conv2d>(head.op) || std::holds_alternative<MatMul>(head.op);
  if (is_product && head.inputs.size() > 2) chain.bias = head.inputs[2];
  FusionChain unscaled = chain;  // the longest chain without an activation on int32 output, which has no path out
  while (graph.tensor(chain.result).role == TensorRole::Intermediate && consumers[chain.result].size() == 1) {
    const std::size_t index = consumers[chain.result][0];
    const Node& next = graph.nodes[index];
    if (next.inputs.size() == 2 && next.inputs[0] == next.inputs[1]) break;
    if (!take(graph, head, next, chain)) break;
    chain.nodes.push_back(index);
    chain.result = next.output;
    if (chain.activation == arch::Activation::None && !chain.scale) unscaled = chain;
  }
  return chain.scale ? chain : unscaled;
}

}  // namespace gemel::compiler
