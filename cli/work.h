// SPDX-License-Identifier: Apache-2.0
#pragma once
// WORK of the command line: a workload (.yaml), a program (.gemel) or a recorded command stream (.rocc).
#include <memory>
#include <string>

#include "compiler/graph/graph.h"
#include "sim/arch/accelerator_config.h"
#include "sim/arch/program.h"

namespace gemel::cli {

enum class WorkKind { Workload, Program, Stream };

struct Work {
  WorkKind kind = WorkKind::Program;
  std::string name;
  arch::Program program;
  std::unique_ptr<compiler::Graph> graph;  // what the program must compute; only of a workload
  double compile_seconds = 0;
};

// By the file's ending. Throws arch::InputError where there is no such file, or it is of a kind that can not be run.
WorkKind find_work_kind(const std::string& path);

// Reads WORK and compiles it if it is a workload. Throws arch::InputError.
Work load_work(const std::string& path, WorkKind kind, const arch::AcceleratorConfig& config);

}  // namespace gemel::cli
