// SPDX-License-Identifier: Apache-2.0
#include "sim/arch/memory_capture.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

namespace gemel::arch {
namespace {

// The step after which everything that `last`, a command or a host operator, and those before it wrote is in memory.
std::optional<std::size_t> rest_after(const Program& program, std::size_t last) {
  if (program.steps[last].kind == StepKind::Host) return last;
  for (std::size_t s = last; s < program.steps.size(); ++s) {
    if (program.steps[s].kind == StepKind::Fence) return s;
  }
  return std::nullopt;
}

}  // namespace

LayerResultPlan plan_layer_results(const Program& program) {
  std::map<std::string, std::size_t> last_step;  // of the layers that write the tensor
  const std::string* writing = nullptr;
  for (std::size_t s = 0; s < program.steps.size(); ++s) {
    const Step& step = program.steps[s];
    if (step.kind == StepKind::Layer) writing = &program.layers.at(step.index).output;
    const bool works = step.kind == StepKind::Command || step.kind == StepKind::Host;
    if (works && writing != nullptr && !writing->empty()) last_step[*writing] = s;
  }
  std::vector<std::pair<MemoryCapture, std::string>> found;
  for (const auto& [name, last] : last_step) {
    const TensorPlace* place = find_tensor(program, name);
    const std::optional<std::size_t> rest = rest_after(program, last);
    if (place != nullptr && rest) found.push_back({{*rest, place->address, tensor_bytes(*place)}, name});
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const auto& a, const auto& b) { return a.first.step < b.first.step; });
  LayerResultPlan plan;
  for (auto& [capture, name] : found) {
    plan.captures.push_back(capture);
    plan.tensors.push_back(std::move(name));
  }
  return plan;
}

TensorContents named_contents(const LayerResultPlan& plan, std::vector<std::vector<std::uint8_t>> captured) {
  TensorContents contents;
  for (std::size_t i = 0; i < captured.size(); ++i) contents[plan.tensors.at(i)] = std::move(captured[i]);
  return contents;
}

std::uint64_t tensor_bytes(const TensorPlace& place) {
  std::uint64_t bytes = element_type_bytes(place.type);
  for (const std::int64_t extent : place.shape) bytes *= static_cast<std::uint64_t>(extent);
  return bytes;
}

const std::uint8_t* tensor_data(const Program& program, const std::vector<std::uint8_t>& memory,
                                const TensorContents& results, const TensorPlace& place) {
  const auto found = results.find(place.name);
  return found != results.end() ? found->second.data() : memory.data() + (place.address - program.base);
}

}  // namespace gemel::arch
