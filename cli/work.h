// SPDX-License-Identifier: Apache-2.0
#pragma once
// WORK of the command line: a workload (.yaml, .onnx), a program (.gemel) or a recorded command stream (.rocc).
#include <CLI/CLI.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "compiler/emit/compile.h"
#include "compiler/graph/graph.h"
#include "compiler/import/onnx_builder.h"
#include "compiler/onnx/onnx_model.h"
#include "sim/arch/accelerator_config.h"
#include "sim/arch/program.h"
#include "sim/arch/tile.h"

namespace gemel::cli {

enum class WorkKind { Workload, Program, Stream };

// How a workload is compiled.
struct WorkOptions {
  std::string dump_after;         // one of dump_stages(), or ""
  std::vector<std::string> dims;  // "NAME=VALUE": dynamic dimensions of an ONNX model
  bool explain = false;
  compiler::LoopUse loops = compiler::LoopUse::Automatic;
  std::string profile;  // limits of a float ONNX model (gemel quantize); "": it is calibrated
};

struct OnnxWork {
  compiler::OnnxModel model;                          // canonical: what was imported
  std::map<std::string, compiler::OnnxPlace> places;  // of its values in the graph
};

struct Work {
  WorkKind kind = WorkKind::Program;
  std::string name;
  arch::Program program;
  std::vector<arch::Tile> tiles;                     // of the program; only of a workload
  std::unique_ptr<compiler::Graph> graph;            // what the program must compute; only of a workload
  std::unique_ptr<compiler::Graph> optimised_graph;  // what it was compiled from, where passes made new tensors
  compiler::MemoryUse memory;                        // only of a workload
  std::string dump;                                  // the stage that was asked for
  std::string explanation;                           // where each node runs and why, where that was asked for
  std::unique_ptr<OnnxWork> onnx;                    // only of an ONNX model
  double compile_seconds = 0;
};

// By the file's ending. Throws arch::InputError where there is no such file, or it is of a kind that can not be run.
WorkKind find_work_kind(const std::string& path);

// "NAME=VALUE" each: sizes of dynamic dimensions. Throws arch::InputError.
std::map<std::string, std::int64_t> read_dims(const std::vector<std::string>& assignments);

// "auto", "never" or "always" of --loops. Throws arch::InputError.
compiler::LoopUse read_loop_use(const std::string& text);
void add_loop_option(CLI::App& command, std::string& text);

// Stages that compile_workload() can print, in order.
std::vector<std::string> dump_stages();

// Throws arch::InputError.
Work compile_workload(const std::string& path, const arch::AcceleratorConfig& config, const WorkOptions& options = {});

// "memory: 25.6MB weights, ..." without an end of line.
std::string memory_text(const compiler::MemoryUse& memory);

// Reads WORK and compiles it if it is a workload. Throws arch::InputError.
Work load_work(const std::string& path, WorkKind kind, const arch::AcceleratorConfig& config,
               const WorkOptions& options = {});

}  // namespace gemel::cli
