// SPDX-License-Identifier: Apache-2.0
#include "compiler/memory/lifetime.h"

#include <algorithm>
#include <set>
#include <variant>

namespace gemel::compiler {
namespace {

// Buffers that a stage reads or writes, constants of the compiler left out.
struct TouchedBuffers {
  BufferTable& buffers;
  std::vector<BufferId> found;

  void operator()(const HostLayer& host) {
    for (const TensorView& view : host.inputs) found.push_back(buffers.tensor(view.root));
    found.push_back(buffers.tensor(host.output.root));
  }
  void operator()(const RowCopy& copy) {
    found.push_back(copy.from.buffer);
    found.push_back(copy.to.buffer);
  }
  void operator()(const ContractionGroup& group) {
    for (const Contraction& work : group) {
      found.push_back(work.input.base.buffer);
      found.push_back(work.weights.buffer);  // of a product of two activations
      if (work.residual) found.push_back(work.residual->base.buffer);
      found.push_back(work.output.base.buffer);
    }
  }
};

bool may_share(const Graph& graph, const Buffer& buffer) {
  return buffer.tensor && graph.tensor(*buffer.tensor).role == TensorRole::Intermediate;
}

}  // namespace

std::vector<std::vector<StagePhase>> plan_phases(const FusedModel& model, const LayerStages& stages) {
  std::vector<std::vector<StagePhase>> phases(stages.size());
  std::set<TensorId> unfinished;  // written since the last fence
  std::size_t phase = 0;
  for (std::size_t i = 0; i < stages.size(); ++i) {
    const std::vector<TensorView> inputs = input_views(model.graph, model.layers[i]);
    for (std::size_t s = 0; s < stages[i].size(); ++s) {
      const bool is_host = std::holds_alternative<HostLayer>(stages[i][s]);
      StagePhase at;
      // What an earlier stage wrote must have arrived; the station does not know.
      at.fence_before = s > 0 || std::any_of(inputs.begin(), inputs.end(),
                                             [&](const TensorView& view) { return unfinished.count(view.root) != 0; });
      if (at.fence_before || is_host) {
        ++phase;
        unfinished.clear();
      }
      at.phase = phase;
      if (is_host) ++phase;
      phases[i].push_back(at);
    }
    unfinished.insert(output_view(model.layers[i]).root);
  }
  return phases;
}

std::vector<std::optional<Lifetime>> buffer_lifetimes(const Graph& graph, const LayerStages& stages,
                                                      const std::vector<std::vector<StagePhase>>& phases,
                                                      BufferTable& buffers) {
  std::vector<std::optional<Lifetime>> lifetimes(buffers.buffers().size());
  for (std::size_t i = 0; i < stages.size(); ++i) {
    for (std::size_t s = 0; s < stages[i].size(); ++s) {
      const std::size_t phase = phases[i][s].phase;
      TouchedBuffers touched{buffers, {}};
      std::visit(touched, stages[i][s]);
      for (const BufferId id : touched.found) {
        if (!may_share(graph, buffers.buffers()[id])) continue;
        std::optional<Lifetime>& lifetime = lifetimes[id];
        if (!lifetime) lifetime = Lifetime{phase, phase};
        lifetime->last = phase;  // phases ascend
      }
    }
  }
  return lifetimes;
}

}  // namespace gemel::compiler
