// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/layer_list.h"

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
    const TensorView repeated = broadcast(view(chain.residual->tensor), shape(chain.sums));
    epilogue.residual = Residual{contiguous(repeated, Node(node(chain.nodes[0]))), chain.residual->multiplier};
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

TensorView LayerList::contiguous(const TensorView& from, const Node& reader) {
  if (has_unit_inner_stride(from)) return from;
  Tensor dense;
  dense.name = reader.name + ".operand" + std::to_string(model_.graph.tensors.size());
  dense.shape = from.shape;
  dense.type = graph().tensor(from.root).type;
  model_.graph.tensors.push_back(std::move(dense));
  const TensorId id = model_.graph.tensors.size() - 1;
  push_copy(reader.name + ".copy" + std::to_string(id), reader, "rows of the operand are not contiguous in memory",
            from, dense_view(graph(), id), id);
  return dense_view(graph(), id);
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
