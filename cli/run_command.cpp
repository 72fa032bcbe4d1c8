// SPDX-License-Identifier: Apache-2.0
#include <sys/ioctl.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <iostream>
#include <memory>
#include <optional>

#include "cli/command.h"
#include "cli/config_options.h"
#include "cli/golden.h"
#include "cli/named_tensors.h"
#include "cli/output_file.h"
#include "cli/peak_memory.h"
#include "cli/progress_line.h"
#include "cli/trace_options.h"
#include "cli/what_if.h"
#include "cli/work.h"
#include "compiler/reference/result_check.h"
#include "sim/arch/input_error.h"
#include "sim/arch/memory_capture.h"
#include "sim/cosim/run_rtl.h"
#include "sim/cosim/twin_builder.h"
#include "sim/energy/energy_model.h"
#include "sim/report/html_page.h"
#include "sim/stats/layer_table.h"
#include "sim/stats/quantity_text.h"
#include "sim/stats/statistics_json.h"
#include "sim/top/run.h"

namespace gemel::cli {
namespace {

struct Options {
  std::string work;
  ConfigOptions config;
  std::string engine = "systemc";
  bool timing_only = false;
  bool what_if = false;
  std::string json;
  std::string report;
  TraceOptions trace;
  std::string energy = sim::kDefaultEnergyTable;
  std::vector<std::string> inputs;
  std::vector<std::string> dims;
  std::string loops = "auto";
  std::string profile;
  std::vector<std::string> golden;
  std::string output_dir;
};

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// What can be refused before anything long starts.
void check_options(const Options& options) {
  if (options.timing_only && options.engine == "rtl") {
    throw arch::InputError("--timing-only: the RTL always moves data; use --engine systemc");
  }
  if (options.engine != "systemc" && options.engine != "rtl") {
    throw arch::InputError("--engine " + options.engine + ": no such engine; known: systemc, rtl");
  }
  if (options.timing_only && !options.output_dir.empty()) {
    throw arch::InputError("--output-dir: a timing-only run computes no outputs; leave out --timing-only");
  }
  if (options.timing_only && !options.golden.empty()) {
    throw arch::InputError("--golden: a timing-only run computes no outputs; leave out --timing-only");
  }
  if (options.timing_only && !options.inputs.empty()) {
    throw arch::InputError("--input: a timing-only run reads no inputs; leave out --timing-only");
  }
  if (!options.json.empty()) check_output_path(options.json, options.work);
  if (!options.report.empty()) check_output_path(options.report, options.work);
  options.trace.check(options.engine, options.work);
}

sim::TableStyle terminal_style() {
  sim::TableStyle style;
  if (isatty(STDOUT_FILENO) != 1) return style;
  style.colour = true;
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) style.width = size.ws_col;
  return style;
}

sim::RunResult simulate_rtl(const Work& work, const arch::AcceleratorConfig& config, const sim::RunOptions& run,
                            ProgressLine& progress) {
  sim::TwinOptions twin;
  twin.progress = [&](const std::string& text) { progress.show(text); };
  const std::string path = sim::build_twin(config, twin);
  sim::RtlRunOptions options;
  options.progress = run.progress;
  options.captures = run.captures;
  return sim::run_program_on_rtl(path, work.program, config, options);
}

sim::RunResult simulate(const Options& options, const Work& work, const arch::AcceleratorConfig& config,
                        const arch::LayerResultPlan& results, ProgressLine& progress) {
  sim::RunOptions run;
  run.timing_only = options.timing_only;
  run.captures = results.captures;
  const std::unique_ptr<TraceRecording> trace = options.trace.start(run);
  const auto start = std::chrono::steady_clock::now();
  if (progress.is_shown()) {
    run.progress = [&](sim::Cycle now, std::size_t layer) {
      if (!progress.is_due()) return;
      const std::size_t layers = work.program.layers.size();
      std::string where;
      if (layer < layers) {
        where = ", layer " + std::to_string(layer + 1) + " of " + std::to_string(layers) + " (" +
                work.program.layers[layer].name + ")";
      }
      progress.show("simulating: " + sim::short_text(static_cast<double>(now)) + " cycles" + where + ", " +
                    sim::short_text(static_cast<double>(now) / seconds_since(start)) + " cycles/s");
    };
  }
  // A deadlock or a missing part is the fault of a hand-made program, and ours where our compiler made it.
  const bool is_ours = work.kind == WorkKind::Workload;
  try {
    if (options.engine == "rtl") return simulate_rtl(work, config, run, progress);
    sim::RunResult result = sim::run_program(work.program, config, run);
    if (trace) {
      const sim::TraceDescription description{work.name, config.name, arch::derive(config).bus_bytes};
      options.trace.write(description, work.program, config, work.tiles, *trace);
    }
    return result;
  } catch (const sim::DeadlockError& error) {
    if (is_ours) throw;
    throw arch::InputError(options.work + ": " + error.what());
  } catch (const std::invalid_argument& error) {
    if (is_ours) throw;
    throw arch::InputError(options.work + ": " + error.what());
  }
}

std::string check_text(const compiler::CheckReport& check) {
  if (!check.first_difference.empty()) return "WRONG: " + check.first_difference;
  const std::string layers = std::to_string(check.checked_layers) +
                             (check.checked_layers == 1 ? " layer is" : " layers are") +
                             " byte for byte the reference's";
  if (check.unchecked_layers.empty()) return "verified: " + layers;
  return "NOT VERIFIED: " + layers + "; nothing to check for " + check.unchecked_layers.front() +
         (check.unchecked_layers.size() > 1 ? " and others" : "");
}

// Where the host ran layers too: how well the array was used in its own.
std::string array_share_text(const sim::RunDescription& run, const sim::RunStatistics& statistics) {
  std::uint64_t macs = 0;
  sim::Cycle cycles = 0;
  std::size_t host_layers = 0;
  for (const sim::LayerStatistics& layer : statistics.layers) {
    const bool on_host = layer.layer.placement == arch::Placement::Host;
    host_layers += on_host;
    if (on_host) continue;
    macs += layer.layer.macs;
    cycles += layer.cycles;
  }
  if (host_layers == 0 || cycles == 0) return "";
  return ", " + sim::percent_text(sim::utilization(macs, cycles, run.dim), 1) + " % in the array's own layers";
}

void print_summary(const sim::RunDescription& run, const sim::RunStatistics& statistics) {
  const sim::TableStyle style = terminal_style();
  const std::string layers = sim::layer_table(run, statistics, style);
  if (!layers.empty()) std::cout << layers << "\n";
  std::cout << sim::accounting_table(statistics, style) << "\n";
  std::cout << run.workload << " on " << run.config << ": " << sim::grouped_text(statistics.cycles) << " cycles, "
            << sim::percent_text(sim::utilization(statistics.macs, statistics.cycles, run.dim), 1) << " % utilisation"
            << array_share_text(run, statistics) << "\n"
            << sim::energy_text(statistics) << sim::grouped_text(statistics.commands) << " commands, "
            << sim::short_text(static_cast<double>(statistics.dram_read_bytes)) << "B read, "
            << sim::short_text(static_cast<double>(statistics.dram_write_bytes)) << "B written\n";
  char line[160];
  std::snprintf(line, sizeof line, "simulated in %.2f s (%s cycles/s); compiled in %.2f s; checked in %.2f s\n",
                statistics.host_seconds,
                statistics.host_seconds > 0
                    ? sim::short_text(static_cast<double>(statistics.cycles) / statistics.host_seconds).c_str()
                    : "-",
                run.compile_seconds, run.verify_seconds);
  std::cout << line;
}

int run_work(const Options& options) {
  check_options(options);
  const WorkKind kind = find_work_kind(options.work);
  const sim::EnergyTable energy = sim::load_energy_table(options.energy);
  const arch::AcceleratorConfig config = options.config.resolve().config;
  if (options.what_if) return run_what_if(options.work, config, options.energy, options.json);
  ProgressLine progress;
  progress.show("compiling " + options.work);
  WorkOptions work_options;
  work_options.dims = options.dims;
  work_options.loops = read_loop_use(options.loops);
  work_options.profile = options.profile;
  Work work = load_work(options.work, kind, config, work_options);
  apply_inputs(work.program, options.inputs);
  if (!options.output_dir.empty()) check_output_dir(work.program, options.output_dir);
  const std::vector<GoldenTensor> golden = load_golden(work.program, options.golden);
  const arch::LayerResultPlan plan = arch::plan_layer_results(work.program);
  sim::RunResult result = simulate(options, work, config, plan, progress);
  const arch::TensorContents layer_results = arch::named_contents(plan, std::move(result.captures));
  sim::add_energy(result.statistics, work.program, config, energy);

  const arch::DerivedConfig derived = arch::derive(config);
  sim::RunDescription run;
  run.config = config.name;
  run.engine = options.engine;
  run.workload = work.name;
  run.dim = derived.dim;
  run.machine = config;
  run.bus_bytes = derived.bus_bytes;
  run.compile_seconds = work.compile_seconds;
  if (kind != WorkKind::Workload && !options.timing_only) {
    run.memory_crc32 = sim::digest_memory(work.program, result.memory);
  }
  compiler::CheckReport check;
  if (work.graph && !options.timing_only) {
    progress.show("checking against the reference");
    const auto start = std::chrono::steady_clock::now();
    check = compiler::check_result(*work.graph, work.program, result.memory, layer_results, work.optimised_graph.get());
    run.verify_seconds = seconds_since(start);
    run.verified = check.is_verified();
  }
  progress.clear();

  if (!options.output_dir.empty()) save_outputs(work.program, result.memory, options.output_dir);
  if (!options.json.empty()) write_output_file(options.json, sim::statistics_json(run, result.statistics));
  if (!options.report.empty()) {
    write_output_file(options.report, sim::run_report_html(sim::statistics_json(run, result.statistics)));
  }
  print_summary(run, result.statistics);
  if (kind == WorkKind::Workload) std::cout << memory_text(work.memory) << "; ";
  std::cout << peak_memory_text() << "\n";
  if (run.memory_crc32) {
    std::cout << "memory crc32 " << run.memory_crc32->region << "; outputs";
    for (const std::string& digest : run.memory_crc32->outputs) std::cout << " " << digest;
    std::cout << "\n";
  }
  const bool golden_differs = report_golden(work.program, result.memory, layer_results, golden);
  if (!run.verified) {
    std::cout << (options.timing_only ? "not checked: timing only\n" : "not checked: nothing to compare with\n");
    return golden_differs ? kWrongResult : kDone;
  }
  std::cout << check_text(check) << "\n";
  return *run.verified && !golden_differs ? kDone : kWrongResult;
}

}  // namespace

Action add_run_command(CLI::App& command) {
  const auto options = std::make_shared<Options>();
  command.add_option("WORK", options->work, "workload (.yaml, .onnx), program (.gemel) or command stream (.rocc)")
      ->required();
  options->config.add_to(command);
  command.add_option("--engine", options->engine, "systemc or rtl")->capture_default_str();
  command.add_flag("--timing-only", options->timing_only, "move no data; same cycles, nothing checked");
  command.add_option("--json", options->json, "write the statistics to this file")->type_name("FILE");
  command.add_option("--energy", options->energy, "table of energies and areas")->capture_default_str();
  command.add_option("--report", options->report, "write a page with charts to this file")->type_name("FILE.html");
  options->trace.add_to(command);
  command.add_option("--input", options->inputs, "an input tensor (default: synthetic data)")
      ->type_name("NAME=FILE.npy")
      ->allow_extra_args(false);
  command.add_option("--golden", options->golden, "compare an output with this file as well")
      ->type_name("NAME=FILE.npy")
      ->allow_extra_args(false);
  add_loop_option(command, options->loops);
  command.add_option("--dim", options->dims, "size of a dynamic dimension of an ONNX model")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
  command.add_option("--profile", options->profile, "limits of a float ONNX model, instead of calibrating")
      ->type_name("F.yaml");
  command.add_option("--output-dir", options->output_dir, "save the outputs as .npy files here")->type_name("DIR");
  add_what_if_flag(command, options->what_if);
  return [options] { return run_work(*options); };
}

}  // namespace gemel::cli
