// SPDX-License-Identifier: Apache-2.0
#include "sim/cosim/program_shrinker.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "sim/cosim/order_rules.h"

namespace gemel::sim {

namespace {

arch::RoccStream with_steps(const arch::RoccStream& stream, const std::vector<arch::Step>& steps) {
  arch::RoccStream result = stream;
  result.steps.clear();
  result.commands.clear();
  for (arch::Step step : steps) {
    if (step.kind == arch::StepKind::Command) {
      result.commands.push_back(stream.commands[step.index]);
      step.index = static_cast<std::uint32_t>(result.commands.size() - 1);
    }
    result.steps.push_back(step);
  }
  return result;
}

// Steps that the run itself needs.
bool is_frame(const arch::Step& step) { return step.kind == arch::StepKind::Begin || step.kind == arch::StepKind::End; }

}  // namespace

arch::RoccStream shrink(const arch::RoccStream& stream, const arch::AcceleratorConfig& config,
                        const std::function<bool(const arch::RoccStream&)>& fails, unsigned most_runs) {
  std::vector<arch::Step> steps = stream.steps;
  unsigned runs = 0;
  // Chunks of half the program first, single steps last; again from the top after a round that got somewhere.
  for (bool progress = true; progress && runs < most_runs;) {
    progress = false;
    for (std::size_t chunk = std::max<std::size_t>(1, steps.size() / 2); chunk > 0; chunk /= 2) {
      for (std::size_t end = steps.size(); end > 0 && runs < most_runs;) {
        const std::size_t begin = end > chunk ? end - chunk : 0;
        std::vector<arch::Step> rest(steps.begin(), steps.begin() + static_cast<std::ptrdiff_t>(begin));
        // The fence before the end stays too.
        for (std::size_t i = begin; i < steps.size(); ++i) {
          if (i >= end || is_frame(steps[i]) || i + 2 == steps.size()) rest.push_back(steps[i]);
        }
        if (rest.size() < steps.size()) {
          const arch::RoccStream candidate = with_steps(stream, rest);
          if (!find_order_violation(arch::make_program(candidate), config)) {
            ++runs;
            if (fails(candidate)) {
              steps = std::move(rest);
              progress = true;
            }
          }
        }
        end = std::min(begin, steps.size());
      }
    }
  }
  return with_steps(stream, steps);
}

}  // namespace gemel::sim
