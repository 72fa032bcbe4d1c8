// SPDX-License-Identifier: Apache-2.0
#pragma once
// Workload files, schema workload/v1 (docs/workloads.md): a list of layers with synthetic weights.
#include <string>

#include "compiler/graph/graph.h"

namespace gemel::compiler {

// Reads, builds and verifies. Throws arch::InputError, one line with file, line and column.
Graph load_workload(const std::string& path);
Graph parse_workload(const std::string& text, const std::string& file);

}  // namespace gemel::compiler
