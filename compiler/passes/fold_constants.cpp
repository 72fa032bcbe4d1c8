// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "compiler/passes/graph_pass.h"
#include "compiler/reference/graph_executor.h"

namespace gemel::compiler {

bool fold_constants(Graph& graph) {
  GraphExecutor executor(graph);
  const auto is_constant = [&](TensorId id) { return graph.tensor(id).role == TensorRole::Constant; };
  std::vector<Node> kept;
  for (Node& node : graph.nodes) {
    // An output needs memory that a run writes.
    const bool folds = graph.tensor(node.output).role == TensorRole::Intermediate &&
                       std::all_of(node.inputs.begin(), node.inputs.end(), is_constant);
    if (!folds) {
      kept.push_back(std::move(node));
      continue;
    }
    executor.run_node(node, false);
    const TensorValue& value = executor.value(node.output);
    Tensor& tensor = graph.tensors[node.output];
    tensor.role = TensorRole::Constant;
    tensor.int8_data = value.int8_data;
    tensor.int32_data = value.int32_data;
  }
  const bool changed = kept.size() != graph.nodes.size();
  graph.nodes = std::move(kept);
  return changed;
}

}  // namespace gemel::compiler
