// SPDX-License-Identifier: Apache-2.0
#include "compiler/graph/verify.h"
#include "compiler/passes/graph_pass.h"

namespace gemel::compiler {

const std::vector<GraphPass>& graph_passes() {
  static const std::vector<GraphPass> passes{{"constants", fold_constants},
                                             {"common", share_common_subexpressions},
                                             {"live", drop_dead_code},
                                             {"transposes", sink_transposes}};
  return passes;
}

OptimisedGraph optimise_graph(Graph graph, const std::string& dump_after) {
  OptimisedGraph result;
  result.graph = std::move(graph);
  verify_graph(result.graph);
  for (const GraphPass& pass : graph_passes()) {
    if (pass.run(result.graph)) verify_graph(result.graph);
    if (dump_after == pass.name) result.dump = describe_graph(result.graph);
  }
  return result;
}

}  // namespace gemel::compiler
