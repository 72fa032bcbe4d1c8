// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>

#include "cli/bundle.h"
#include "cli/command.h"
#include "cli/config_options.h"
#include "cli/output_directory.h"
#include "cli/output_file.h"
#include "cli/peak_memory.h"
#include "cli/progress_line.h"
#include "cli/work.h"
#include "compiler/onnx/canonical.h"
#include "compiler/onnx/onnx_file.h"
#include "sim/arch/input_error.h"
#include "sim/arch/program_file.h"

namespace gemel::cli {
namespace {

struct Options {
  std::string work;
  ConfigOptions config;
  std::string output;
  std::string dump_after;
  std::vector<std::string> dims;
  bool explain = false;
  std::string loops = "auto";
  std::string emit_onnx;
  std::string bundle;
  std::string profile;
};

std::string stage_names() {
  std::string text;
  for (const std::string& stage : dump_stages()) text += (text.empty() ? "" : ", ") + stage;
  return text;
}

int compile_work(const Options& options) {
  const std::vector<std::string> stages = dump_stages();
  if (!options.dump_after.empty() && std::find(stages.begin(), stages.end(), options.dump_after) == stages.end()) {
    throw arch::InputError("--dump-after " + options.dump_after + ": no such stage; known: " + stage_names());
  }
  if (options.output.empty() && options.bundle.empty()) {
    throw arch::InputError("gemel compile: --output is required, or --bundle");
  }
  if (!options.output.empty()) check_output_path(options.output, options.work);
  std::optional<OutputDirectory> bundle;
  if (!options.bundle.empty()) bundle.emplace(options.bundle);
  if (!options.emit_onnx.empty()) {
    check_output_path(options.emit_onnx, options.work);
    if (std::filesystem::path(options.work).extension() != ".onnx") {
      throw arch::InputError("--emit-onnx: " + options.work + " is no ONNX model");
    }
    if (options.emit_onnx == options.output) throw arch::InputError("--emit-onnx: it is the file of -o as well");
  }
  if (find_work_kind(options.work) != WorkKind::Workload) {
    throw arch::InputError(options.work + ": expected a workload (.yaml or .onnx)");
  }
  const arch::AcceleratorConfig config = options.config.resolve().config;
  ProgressLine progress;
  progress.show("compiling " + options.work);
  WorkOptions work_options;
  work_options.dump_after = options.dump_after;
  work_options.dims = options.dims;
  work_options.explain = options.explain;
  work_options.profile = options.profile;
  work_options.loops = read_loop_use(options.loops);
  const Work work = compile_workload(options.work, config, work_options);
  if (bundle) {
    progress.show("running " + work.name + " for what it must give");
    write_bundle(*bundle, work, config);
  }
  if (!options.emit_onnx.empty()) {
    write_output_file(options.emit_onnx, compiler::onnx_bytes(compiler::standard_onnx(work.onnx->model)));
  }
  if (!options.output.empty()) write_output_file(options.output, arch::serialise_program(work.program));
  if (bundle) bundle->publish();
  progress.clear();
  char time[64];
  std::snprintf(time, sizeof time, "compiled in %.2f s; ", work.compile_seconds);
  std::cout << work.dump << work.explanation << memory_text(work.memory) << "\n" << time << peak_memory_text() << "\n";
  return kDone;
}

}  // namespace

Action add_compile_command(CLI::App& command) {
  const auto options = std::make_shared<Options>();
  command.add_option("WORK", options->work, "workload (.yaml or .onnx)")->required();
  options->config.add_to(command, true);
  command.add_option("-o,--output", options->output, "program file to write")->type_name("P.gemel");
  command.add_option("--bundle", options->bundle, "write program, weights, memory map, C header and stimulus")
      ->type_name("DIR");
  command.add_option("--dump-after", options->dump_after, "print this stage: " + stage_names())->type_name("STAGE");
  command.add_option("--dim", options->dims, "size of a dynamic dimension of an ONNX model")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
  add_loop_option(command, options->loops);
  command.add_option("--emit-onnx", options->emit_onnx, "write the quantised network as an ONNX model")
      ->type_name("Q.onnx");
  command.add_option("--profile", options->profile, "limits of a float ONNX model, instead of calibrating")
      ->type_name("F.yaml");
  command.add_flag("--explain", options->explain, "print where each node runs, its expected cycles, and why");
  return [options] { return compile_work(*options); };
}

}  // namespace gemel::cli
