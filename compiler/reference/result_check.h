// SPDX-License-Identifier: Apache-2.0
#pragma once
// Compares what the machine left in memory with what the reference computed, layer by layer.
#include <cstdint>
#include <string>
#include <vector>

#include "compiler/graph/graph.h"
#include "sim/arch/memory_capture.h"
#include "sim/arch/program.h"

namespace gemel::compiler {

struct CheckReport {
  std::size_t checked_layers = 0;
  std::vector<std::string> unchecked_layers;  // no place in memory; outputs of the graph that no layer produces
  std::string first_difference;               // "" where all is equal; otherwise layer, index, got, expected
  std::string first_different_layer;          // its name, "" where all is equal

  bool is_verified() const { return first_difference.empty() && unchecked_layers.empty(); }
};

// `memory` is the program's region after the run; `results` are those seen while it ran (arch::plan_layer_results), as
// layers may share memory. `compiled` is the graph that the program was made of, where passes changed it: it says what
// those tensors hold that `graph` has not.
CheckReport check_result(const Graph& graph, const arch::Program& program, const std::vector<std::uint8_t>& memory,
                         const arch::TensorContents& results = {}, const Graph* compiled = nullptr);

}  // namespace gemel::compiler
