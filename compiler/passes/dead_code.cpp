// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "compiler/passes/graph_pass.h"

namespace gemel::compiler {

bool drop_dead_code(Graph& graph) {
  std::vector<bool> needed(graph.tensors.size(), false);
  for (const TensorId output : graph.outputs) needed[output] = true;
  for (auto node = graph.nodes.rbegin(); node != graph.nodes.rend(); ++node) {
    if (!needed[node->output]) continue;
    for (const TensorId input : node->inputs) needed[input] = true;
  }
  for (const TensorId input : graph.inputs) needed[input] = true;
  if (std::find(needed.begin(), needed.end(), false) == needed.end()) return false;

  graph.nodes.erase(
      std::remove_if(graph.nodes.begin(), graph.nodes.end(), [&](const Node& node) { return !needed[node.output]; }),
      graph.nodes.end());
  std::vector<TensorId> moved(graph.tensors.size(), 0);
  std::vector<Tensor> kept;
  for (TensorId id = 0; id < graph.tensors.size(); ++id) {
    if (!needed[id]) continue;
    moved[id] = kept.size();
    kept.push_back(std::move(graph.tensors[id]));
  }
  graph.tensors = std::move(kept);
  for (Node& node : graph.nodes) {
    node.output = moved[node.output];
    for (TensorId& input : node.inputs) input = moved[input];
  }
  for (TensorId& id : graph.inputs) id = moved[id];
  for (TensorId& id : graph.outputs) id = moved[id];
  return true;
}

}  // namespace gemel::compiler
