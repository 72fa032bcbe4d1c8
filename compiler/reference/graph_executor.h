// SPDX-License-Identifier: Apache-2.0
#pragma once
// Runs a graph on plain integers, node by node: the oracle of every end-to-end test.
#include <unordered_map>
#include <vector>

#include "compiler/graph/graph.h"
#include "compiler/reference/tensor_value.h"

namespace gemel::compiler {

class GraphExecutor {
 public:
  // The graph must outlive the executor; it may grow while the executor is in use (the importer does that).
  explicit GraphExecutor(const Graph& graph) : graph_(graph) {}

  void set_input(TensorId input, TensorValue value);

  // Runs all nodes. Int32 tensors between nodes are dropped after their last use unless `keep_all`.
  void run(bool keep_all = false);

  // Runs one node whose inputs have values. With `consume`, its first input may be used up.
  void run_node(const Node& node, bool consume);

  // Elements of a tensor that has a value; constants are read from the graph.
  const std::int8_t* int8_data(TensorId tensor) const;
  const std::int32_t* int32_data(TensorId tensor) const;
  bool has_value(TensorId tensor) const;
  const TensorValue& value(TensorId tensor) const { return values_.at(tensor); }

 private:
  friend struct NodeRunner;
  const Graph& graph_;
  std::unordered_map<TensorId, TensorValue> values_;
};

// Values of all tensors that are int8 or outputs, for these inputs (missing inputs: synthetic_input).
std::unordered_map<TensorId, TensorValue> execute_graph(const Graph& graph,
                                                        std::unordered_map<TensorId, TensorValue> inputs = {});

}  // namespace gemel::compiler
