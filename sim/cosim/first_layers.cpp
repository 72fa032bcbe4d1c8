// SPDX-License-Identifier: Apache-2.0
#include "sim/cosim/first_layers.h"

#include <algorithm>
#include <stdexcept>
#include <string>

namespace gemel::sim {

arch::Program first_layers(const arch::Program& program, std::size_t count) {
  if (count == 0 || count > program.layers.size()) {
    throw std::invalid_argument("it has " + std::to_string(program.layers.size()) + " layers, not " +
                                std::to_string(count));
  }
  arch::Program cut = program;
  const auto is_next_layer = [&](const arch::Step& step) {
    return step.kind == arch::StepKind::Layer && step.index >= count;
  };
  const auto end = std::find_if(cut.steps.begin(), cut.steps.end(), is_next_layer);
  const bool is_cut = end != cut.steps.end();
  cut.steps.erase(end, cut.steps.end());
  if (is_cut) {
    cut.steps.push_back({arch::StepKind::Fence, 0});
    const auto begins = [](const arch::Step& step) { return step.kind == arch::StepKind::Begin; };
    if (std::any_of(cut.steps.begin(), cut.steps.end(), begins)) cut.steps.push_back({arch::StepKind::End, 0});
  }
  cut.layers.resize(count);
  cut.macs = 0;
  for (const arch::Layer& layer : cut.layers) cut.macs += layer.macs;
  return cut;
}

}  // namespace gemel::sim
