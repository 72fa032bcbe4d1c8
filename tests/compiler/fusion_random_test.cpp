// SPDX-License-Identifier: Apache-2.0
// Fusion never changes a bit: random graphs, run node by node and as fused layers.
#include <gtest/gtest.h>

#include "compiler/passes/fuse_layers.h"
#include "compiler/reference/fused_executor.h"
#include "compiler/reference/graph_executor.h"
#include "tests/compiler/random_network.h"

namespace gemel::compiler {
namespace {

TEST(FuseLayers, NeverChangesABitOfRandomGraphs) {
  int array_layers = 0, host_layers = 0, compared = 0;
  for (unsigned seed = 1; seed <= 600; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Graph graph = RandomNetwork(seed).finish();
    const FusedModel model = fuse_layers(graph);
    const auto wanted = execute_graph(graph);
    const auto got = execute_fused_model(model);
    for (const auto& [id, value] : got) {
      if (wanted.find(id) == wanted.end()) continue;  // a copy that the passes added
      ASSERT_EQ(value.int8_data, wanted.at(id).int8_data) << model.graph.tensor(id).name << "\n"
                                                          << describe_graph(graph) << describe_fused_model(model);
      ++compared;
    }
    for (TensorId output : graph.outputs) ASSERT_TRUE(got.count(output)) << graph.tensor(output).name;
    for (const FusedLayer& layer : model.layers) {
      ++(layer.placement == arch::Placement::Array ? array_layers : host_layers);
    }
  }
  EXPECT_GT(array_layers, 1000);
  EXPECT_GT(host_layers, 300);
  EXPECT_GT(compared, 2000);
}

}  // namespace
}  // namespace gemel::compiler
