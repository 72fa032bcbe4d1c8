// SPDX-License-Identifier: Apache-2.0
#include "cli/work.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <unordered_set>

#include "cli/placement_table.h"
#include "compiler/graph/verify.h"
#include "compiler/import/onnx_import.h"
#include "compiler/import/workload_yaml.h"
#include "compiler/onnx/canonical.h"
#include "compiler/onnx/onnx_error.h"
#include "compiler/onnx/onnx_file.h"
#include "compiler/passes/fuse_layers.h"
#include "compiler/passes/graph_pass.h"
#include "compiler/quantize/quantize_model.h"
#include "sim/arch/input_error.h"
#include "sim/arch/program_text.h"
#include "sim/arch/program_words.h"
#include "sim/stats/quantity_text.h"

namespace gemel::cli {
namespace {

namespace fs = std::filesystem;

// The stage before all passes.
constexpr const char* kGraphStage = "graph";
constexpr const char* kOnnxEnding = ".onnx";

// Whether `graph` has a tensor that `original` has not.
bool has_other_tensors(const compiler::Graph& graph, const compiler::Graph& original) {
  std::unordered_set<std::string> names;
  for (const compiler::Tensor& tensor : original.tensors) names.insert(tensor.name);
  return std::any_of(graph.tensors.begin(), graph.tensors.end(),
                     [&](const compiler::Tensor& tensor) { return names.count(tensor.name) == 0; });
}

compiler::OnnxModel quantized_by_profile(const compiler::OnnxModel& model,
                                         const compiler::QuantizationProfile& profile) {
  return compiler::ModelQuantizer(model, {compiler::generated_inputs(model, 1)}).quantized(profile);
}

void refuse_onnx_options(const WorkOptions& options) {
  if (!options.dims.empty()) throw arch::InputError("--dim: only ONNX models have dynamic dimensions");
  if (!options.profile.empty()) throw arch::InputError("--profile: only float ONNX models are quantised");
}

// Both layouts have the same plain commands; LOOP_WS of the older one means the same in the later.
void refuse_other_loops(const std::string& path, const arch::Program& program, const arch::AcceleratorConfig& config) {
  if (program.isa_version == config.isa_version) return;
  const bool is_later = program.isa_version == arch::IsaVersion::Gemmini2025;
  const auto differs = [is_later](const arch::Command& command) {
    const auto funct = static_cast<arch::Funct>(command.funct);
    return funct == arch::Funct::LoopConvWs || (is_later && funct == arch::Funct::LoopWs);
  };
  if (std::none_of(program.commands.begin(), program.commands.end(), differs)) return;
  const std::string programs = arch::isa_version_word(program.isa_version);
  throw arch::InputError(path + ": its loop instructions are those of " + programs + ", " + config.name +
                         " has those of " + arch::isa_version_word(config.isa_version) + "; run it with " +
                         (is_later ? "-c gemmini_2025_16x16 or " : "") + "--set isa.version=" + programs);
}

}  // namespace

std::string memory_text(const compiler::MemoryUse& memory) {
  const auto bytes = [](std::uint64_t count) { return sim::short_text(static_cast<double>(count)) + "B"; };
  return "memory: " + bytes(memory.constants) + " weights, " + bytes(memory.inputs + memory.outputs) +
         " inputs and outputs, " + bytes(memory.activations) + " activations (" + bytes(memory.unshared_activations) +
         " unshared), " + bytes(memory.scratch) + " scratch" +
         (memory.kept_bytes == 0 ? "" : ", " + bytes(memory.kept_bytes) + " still in the scratchpad, not loaded again");
}

compiler::OnnxDims read_dims(const std::vector<std::string>& assignments) {
  compiler::OnnxDims dims;
  for (const std::string& assignment : assignments) {
    const std::size_t equals = assignment.rfind('=');
    const std::string digits = equals == std::string::npos ? "" : assignment.substr(equals + 1);
    const bool is_number =
        !digits.empty() && digits.size() < 10 && digits.find_first_not_of("0123456789") == std::string::npos;
    if (!is_number || equals == 0 || std::stoll(digits) < 1) {
      throw arch::InputError("--dim " + assignment + ": expected NAME=VALUE, a size of at least 1");
    }
    if (!dims.emplace(assignment.substr(0, equals), std::stoll(digits)).second) {
      throw arch::InputError("--dim " + assignment + ": the dimension is given twice");
    }
  }
  return dims;
}

compiler::LoopUse read_loop_use(const std::string& text) {
  if (text == "auto") return compiler::LoopUse::Automatic;
  if (text == "never") return compiler::LoopUse::Never;
  if (text == "always") return compiler::LoopUse::Always;
  throw arch::InputError("--loops " + text + ": expected auto, never or always");
}

void add_loop_option(CLI::App& command, std::string& text) {
  command
      .add_option("--loops", text, "loop instructions: auto (where predicted faster), never, always (where they can)")
      ->type_name("USE");
}

WorkKind find_work_kind(const std::string& path) {
  std::error_code error;
  if (!fs::exists(path, error)) throw arch::InputError(path + ": cannot be read: there is no such file");
  if (fs::is_directory(path, error)) throw arch::InputError(path + ": is a directory; expected a file");
  const std::string ending = fs::path(path).extension().string();
  if (ending == ".yaml" || ending == ".yml" || ending == kOnnxEnding) return WorkKind::Workload;
  return ending == ".rocc" ? WorkKind::Stream : WorkKind::Program;
}

std::vector<std::string> dump_stages() {
  std::vector<std::string> stages{kGraphStage};
  for (const compiler::GraphPass& pass : compiler::graph_passes()) stages.emplace_back(pass.name);
  for (const std::string& stage : compiler::compile_stages()) stages.push_back(stage);
  return stages;
}

Work compile_workload(const std::string& path, const arch::AcceleratorConfig& config, const WorkOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  Work work;
  work.kind = WorkKind::Workload;
  std::vector<compiler::OnnxNodeNote> notes;
  try {
    if (fs::path(path).extension() == kOnnxEnding) {
      work.onnx = std::make_unique<OnnxWork>();
      compiler::OnnxModel model = compiler::load_onnx(path, read_dims(options.dims));
      if (compiler::is_float_model(model)) {
        model = options.profile.empty() ? compiler::quantized_by_default(model)
                                        : quantized_by_profile(model, compiler::load_profile(options.profile));
      } else if (!options.profile.empty()) {
        throw arch::InputError("--profile: " + path + " is quantised already, or has no float input");
      }
      work.onnx->model = compiler::canonical_onnx(model);
      compiler::OnnxImport import = compiler::import_onnx(work.onnx->model);
      work.graph = std::make_unique<compiler::Graph>(std::move(import.graph));
      work.onnx->places = std::move(import.places);
      work.onnx->model = compiler::without_folded(std::move(work.onnx->model), import.folded);
      notes = std::move(import.notes);
    } else {
      refuse_onnx_options(options);
      work.graph = std::make_unique<compiler::Graph>(compiler::load_workload(path));
    }
    work.name = work.graph->name;
    compiler::CompileOptions compile_options;
    compile_options.loops = options.loops;
    if (options.dump_after == kGraphStage) work.dump = compiler::describe_graph(*work.graph);
    compile_options.dump_after = options.dump_after;
    compiler::OptimisedGraph optimised = compiler::optimise_graph(*work.graph, options.dump_after);
    work.dump += optimised.dump;
    if (has_other_tensors(optimised.graph, *work.graph)) {
      work.optimised_graph = std::make_unique<compiler::Graph>(optimised.graph);
    }
    const std::size_t nodes = optimised.graph.nodes.size();
    compiler::FusedModel fused = compiler::fuse_layers(std::move(optimised.graph));
    if (fused.graph.nodes.size() != nodes) work.optimised_graph = std::make_unique<compiler::Graph>(fused.graph);
    compiler::Compilation compilation = compiler::compile_model(
        options.explain ? compiler::FusedModel(fused) : std::move(fused), config, compile_options);
    if (options.explain) work.explanation = placement_table(notes, fused, compilation, config);
    work.program = std::move(compilation.program);
    work.memory = compilation.memory;
    work.tiles = std::move(compilation.tiles);
    work.dump += compilation.dump;
  } catch (const compiler::GraphError& error) {
    throw arch::InputError(path + ": " + error.what());
  } catch (const compiler::OnnxError& error) {
    throw arch::InputError(path + ": " + error.what());
  }
  work.compile_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return work;
}

Work load_work(const std::string& path, WorkKind kind, const arch::AcceleratorConfig& config,
               const WorkOptions& options) {
  if (kind == WorkKind::Workload) return compile_workload(path, config, options);
  if (options.loops != compiler::LoopUse::Automatic) {
    throw arch::InputError("--loops: " + path + " is compiled already; only a workload can choose");
  }
  refuse_onnx_options(options);
  Work work;
  work.kind = kind;
  work.program = arch::load_any_program(path);
  work.name = work.program.name;
  refuse_other_loops(path, work.program, config);
  if (!work.program.config_name.empty() && work.program.config_name != config.name) {
    throw arch::InputError(path + ": it was compiled for " + work.program.config_name + ", not for " + config.name +
                           "; run it with -c " + work.program.config_name);
  }
  return work;
}

}  // namespace gemel::cli
