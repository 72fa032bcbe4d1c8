// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/layer_list.h"

#include <algorithm>
#include <utility>

#include "compiler/graph/verify.h"

namespace gemel::compiler {

FusedLayer LayerList::named_layer(const FusionChain& chain) const {
  FusedLayer layer;
  std::string last;
  for (std::size_t n : chain.nodes) {
    if (node(n).layer == last) continue;
    last = node(n).layer;
    layer.name += (layer.name.empty() ? "" : "+") + last;
    layer.parts.push_back(last);
  }
  const Node& anchor = node(chain.nodes[0]);
  layer.op = std::holds_alternative<SumPool>(anchor.op) ? "average_pool" : operator_name(anchor.op);
  if (chain.bias) layer.op += "+bias";
  if (chain.residual) layer.op += "+add";
  if (chain.activation == arch::Activation::Relu) layer.op += "+relu";
  if (chain.pool) layer.op += "+max_pool";
  layer.macs = node_macs(graph(), anchor);
  layer.output_tensor = chain.result;
  return layer;
}

Epilogue LayerList::epilogue_of(const FusionChain& chain) {
  if (chain.bias && graph().tensor(*chain.bias).role != TensorRole::Constant) {
    throw GraphError("'" + node(chain.nodes[0]).name + "': a bias must be a constant");
  }
  Epilogue epilogue;
  epilogue.bias = chain.bias;
  epilogue.activation = chain.activation;
  epilogue.scale = chain.scale;
  if (chain.residual) {
    const TensorView residual = repeated(chain.residual->tensor, Shape(shape(chain.sums)), Node(node(chain.nodes[0])));
    epilogue.residual = Residual{residual, chain.residual->multiplier};
  }
  return epilogue;
}

TensorView LayerList::contiguous(TensorId tensor, const Node& reader) {
  const TensorView from = view(tensor);
  if (has_unit_inner_stride(from)) return from;
  const TensorView to = dense_view(graph(), tensor);
  push_copy(graph().tensor(tensor).name + ".copy", reader, "rows of the operand are not contiguous in memory", from, to,
            tensor);
  storage_.views[tensor] = to;
  return to;
}

TensorView LayerList::repeated(TensorId tensor, const Shape& to, const Node& reader) {
  const TensorView from = broadcast(view(tensor), to);
  if (has_unit_inner_stride(from)) return from;
  const TensorId dense = add_repeated(tensor, to, reader);
  push_copy(graph().tensor(dense).name + ".copy", reader, "rows of the operand are not contiguous in memory", from,
            dense_view(graph(), dense), dense);
  return dense_view(graph(), dense);
}

// As many copies one behind the other as each dimension of 1 needs.
TensorId LayerList::add_repeated(TensorId tensor, const Shape& to, const Node& reader) {
  Graph& graph = model_.graph;
  const auto add = [&](Operator op, std::vector<TensorId> inputs, Shape shape) {
    Tensor result;
    result.name = reader.name + ".operand" + std::to_string(graph.tensors.size());
    result.shape = std::move(shape);
    result.type = graph.tensor(inputs[0]).type;
    graph.tensors.push_back(std::move(result));
    const TensorId id = graph.tensors.size() - 1;
    graph.nodes.push_back({graph.tensor(id).name, reader.layer, std::move(op), std::move(inputs), id});
    return id;
  };
  Shape shape(to.size(), 1);
  const Shape given = graph.tensor(tensor).shape;
  std::copy(given.begin(), given.end(), shape.end() - static_cast<std::ptrdiff_t>(given.size()));
  TensorId result = add(Reshape{shape}, {tensor}, shape);
  for (std::size_t d = 0; d < to.size(); ++d) {
    if (shape[d] == to[d]) continue;
    shape[d] = to[d];
    result = add(Concat{d}, std::vector<TensorId>(static_cast<std::size_t>(to[d]), result), shape);
  }
  return result;
}

void LayerList::push(FusedLayer layer,
                     std::variant<ConvLayer, GemmLayer, AddLayer, GlobalAverageLayer, HostLayer> kind) {
  layer.placement = std::holds_alternative<HostLayer>(kind) ? arch::Placement::Host : arch::Placement::Array;
  layer.kind = std::move(kind);
  model_.layers.push_back(std::move(layer));
}

void LayerList::push_copy(const std::string& name, const Node& reader, const std::string& why, const TensorView& from,
                          const TensorView& to, TensorId output) {
  FusedLayer layer;
  layer.name = name;
  layer.parts = {reader.layer};
  layer.op = "copy";
  layer.reason = why;
  layer.output_tensor = output;
  push(std::move(layer), HostLayer{arch::HostOpKind::Copy, {from}, to, {}, {}});
}

TensorView entry_of(const TensorView& view, std::int64_t i) {
  TensorView entry = sliced(view, 0, i, i + 1);
  entry.shape.erase(entry.shape.begin());
  entry.strides.erase(entry.strides.begin());
  return entry;
}

}  // namespace gemel::compiler
