// SPDX-License-Identifier: Apache-2.0
#pragma once
// The layers of a fused model while they are made: what all kinds of layers need.
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "compiler/graph/fused_layer.h"
#include "compiler/passes/fusion_chain.h"
#include "compiler/passes/storage.h"

namespace gemel::compiler {

class LayerList {
 public:
  explicit LayerList(Graph graph) : storage_(plan_storage(graph)) { model_.graph = std::move(graph); }

  const Graph& graph() const { return model_.graph; }
  const Node& node(std::size_t n) const { return model_.graph.nodes[n]; }
  const TensorView& view(TensorId tensor) const { return storage_.views[tensor]; }
  const Shape& shape(TensorId tensor) const { return graph().tensor(tensor).shape; }
  const std::vector<PlannedCopy>& copies(std::size_t n) const { return storage_.copies[n]; }
  std::size_t count() const { return model_.layers.size(); }

  // Names and counts of the layer that a chain becomes.
  FusedLayer named_layer(const FusionChain& chain) const;
  // Its bias, residual, activation and scale. Adds a copy of the residual where its rows are not contiguous.
  Epilogue epilogue_of(const FusionChain& chain);

  // The tensor where its rows are contiguous, else a dense copy of it made by the host just before its first reader.
  TensorView contiguous(TensorId tensor, const Node& reader);
  // The tensor as it repeats to a shape: a dense copy, again, where that has no contiguous rows. The copy is a new
  // tensor of the graph, with nodes that make it, so that it can be checked.
  TensorView repeated(TensorId tensor, const Shape& to, const Node& reader);

  void push(FusedLayer layer, std::variant<ConvLayer, GemmLayer, AddLayer, GlobalAverageLayer, HostLayer> kind);
  void push_copy(const std::string& name, const Node& reader, const std::string& why, const TensorView& from,
                 const TensorView& to, TensorId output);
  TensorId add_constant(std::string name, Shape shape, std::vector<std::int8_t> data) {
    return model_.graph.add_constant(std::move(name), std::move(shape), std::move(data));
  }

  FusedModel take() { return std::move(model_); }

 private:
  TensorId add_repeated(TensorId tensor, const Shape& to, const Node& reader);

  FusedModel model_;
  Storage storage_;
};

// Entry i of the view's first dimension.
TensorView entry_of(const TensorView& view, std::int64_t i);

}  // namespace gemel::compiler
