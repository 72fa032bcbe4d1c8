// SPDX-License-Identifier: Apache-2.0
#pragma once
// WORK of the command line: a workload (.yaml), a program (.gemel) or a recorded command stream (.rocc).
#include <memory>
#include <string>
#include <vector>

#include "compiler/emit/compile.h"
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
  std::string dump;                        // the stage that was asked for
  double compile_seconds = 0;
};

// By the file's ending. Throws arch::InputError where there is no such file, or it is of a kind that can not be run.
WorkKind find_work_kind(const std::string& path);

// Stages that compile_workload() can print, in order.
std::vector<std::string> dump_stages();

// `dump_after` is one of dump_stages(), or "". Throws arch::InputError.
Work compile_workload(const std::string& path, const arch::AcceleratorConfig& config, const std::string& dump_after);

// Reads WORK and compiles it if it is a workload. Throws arch::InputError.
Work load_work(const std::string& path, WorkKind kind, const arch::AcceleratorConfig& config);

}  // namespace gemel::cli
