// SPDX-License-Identifier: Apache-2.0
#include "cli/work.h"

#include <algorithm>
#include <chrono>
#include <filesystem>

#include "compiler/graph/verify.h"
#include "compiler/import/workload_yaml.h"
#include "compiler/passes/fuse_layers.h"
#include "sim/arch/input_error.h"
#include "sim/arch/program_text.h"

namespace gemel::cli {
namespace {

namespace fs = std::filesystem;

// The stage before those of the compiler's back end.
constexpr const char* kGraphStage = "graph";

}  // namespace

WorkKind find_work_kind(const std::string& path) {
  std::error_code error;
  if (!fs::exists(path, error)) throw arch::InputError(path + ": cannot be read: there is no such file");
  if (fs::is_directory(path, error)) throw arch::InputError(path + ": is a directory; expected a file");
  const std::string ending = fs::path(path).extension().string();
  if (ending == ".onnx") {
    throw arch::InputError(path + ": ONNX files are not supported yet; write the layers as a workload (.yaml)");
  }
  if (ending == ".yaml" || ending == ".yml") return WorkKind::Workload;
  return ending == ".rocc" ? WorkKind::Stream : WorkKind::Program;
}

std::vector<std::string> dump_stages() {
  std::vector<std::string> stages = compiler::compile_stages();
  stages.insert(stages.begin(), kGraphStage);
  return stages;
}

Work compile_workload(const std::string& path, const arch::AcceleratorConfig& config, const std::string& dump_after) {
  const auto start = std::chrono::steady_clock::now();
  Work work;
  work.kind = WorkKind::Workload;
  work.graph = std::make_unique<compiler::Graph>(compiler::load_workload(path));
  work.name = work.graph->name;
  compiler::CompileOptions options;
  if (dump_after == kGraphStage) {
    work.dump = compiler::describe_graph(*work.graph);
  } else {
    options.dump_after = dump_after;
  }
  try {
    compiler::Compilation compilation = compiler::compile_model(compiler::fuse_layers(*work.graph), config, options);
    work.program = std::move(compilation.program);
    work.dump += compilation.dump;
  } catch (const compiler::GraphError& error) {
    throw arch::InputError(path + ": " + error.what());
  }
  work.compile_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return work;
}

Work load_work(const std::string& path, WorkKind kind, const arch::AcceleratorConfig& config) {
  if (kind == WorkKind::Workload) return compile_workload(path, config, "");
  Work work;
  work.kind = kind;
  work.program = arch::load_any_program(path);
  work.name = work.program.name;
  if (!work.program.config_name.empty() && work.program.config_name != config.name) {
    throw arch::InputError(path + ": it was compiled for " + work.program.config_name + ", not for " + config.name +
                           "; run it with -c " + work.program.config_name);
  }
  return work;
}

}  // namespace gemel::cli
