// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/fuse_layers.h"

#include <optional>
#include <utility>

#include "compiler/graph/verify.h"
#include "compiler/passes/fuse_products.h"
#include "compiler/passes/fuse_sums.h"
#include "compiler/passes/host_layers.h"
#include "compiler/passes/layer_list.h"
#include "compiler/passes/neighbour_readers.h"

namespace gemel::compiler {
namespace {

bool is_anchor(const Operator& op) {
  return std::holds_alternative<Conv2d>(op) || std::holds_alternative<MatMul>(op) || std::holds_alternative<Add>(op) ||
         std::holds_alternative<SumPool>(op);
}

void add_array_layers(const FusionChain& chain, LayerList& layers) {
  const Operator& anchor = layers.node(chain.nodes[0]).op;
  if (std::holds_alternative<Conv2d>(anchor)) {
    fuse_convolution(chain, layers);
  } else if (std::holds_alternative<MatMul>(anchor)) {
    fuse_matrix_product(chain, layers);
  } else if (std::holds_alternative<Add>(anchor)) {
    fuse_addition(chain, layers);
  } else {
    fuse_pooling_sum(chain, layers);
  }
}

}  // namespace

FusedModel fuse_layers(Graph graph) {
  verify_graph(graph);
  const auto consumers = consumers_of(graph);
  const std::size_t count = graph.nodes.size();
  // A chain is emitted where its last node stands, so that a residual is complete by then.
  std::vector<std::optional<FusionChain>> ending_at(count);
  std::vector<bool> is_fused(count, false);
  for (std::size_t n = 0; n < count; ++n) {
    if (is_fused[n] || !is_anchor(graph.nodes[n].op)) continue;
    FusionChain chain = grow_chain(graph, consumers, n);
    for (const std::size_t node : chain.nodes) is_fused[node] = true;
    const std::size_t last = chain.nodes.back();
    ending_at[last] = std::move(chain);
  }
  LayerList layers(std::move(graph));
  for (std::size_t n = 0; n < count; ++n) {
    if (ending_at[n]) {
      add_array_layers(*ending_at[n], layers);
    } else if (!is_fused[n]) {
      add_host_layers(n, layers);
    }
  }
  FusedModel model = layers.take();
  bring_readers_together(model.graph, model.layers);
  verify_fused_model(model);
  return model;
}

}  // namespace gemel::compiler
