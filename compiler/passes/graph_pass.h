// SPDX-License-Identifier: Apache-2.0
#pragma once
// Passes from graph to graph. Each keeps the names and values of the inputs and outputs, and of every tensor that it
// does not drop; none changes a bit of a result.
#include <string>
#include <vector>

#include "compiler/graph/graph.h"

namespace gemel::compiler {

struct GraphPass {
  const char* name;  // of its result, for --dump-after
  // True where it changed anything.
  bool (*run)(Graph& graph);
};

// In the order in which they run.
const std::vector<GraphPass>& graph_passes();

// Nodes that read nothing but constants become constants.
bool fold_constants(Graph& graph);

// A node that computes what another computes is that node; equal constants are one. Sums of 32 bits stay apart: one
// that two layers read could not be scaled where it is made.
bool share_common_subexpressions(Graph& graph);

// Drops nodes and constants that no output needs. Inputs stay.
bool drop_dead_code(Graph& graph);

// Transposes meet and cancel, move behind what would be fused with the layer before them, and become another order of
// the weights that read them. Drops dead code as well.
bool sink_transposes(Graph& graph);

struct OptimisedGraph {
  Graph graph;
  std::string dump;  // describe_graph() behind the pass that `dump_after` names
};

// Runs all passes, the verifier before the first and behind each that changed something. Throws GraphError.
OptimisedGraph optimise_graph(Graph graph, const std::string& dump_after = "");

}  // namespace gemel::compiler
