// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <iostream>
#include <memory>
#include <thread>

#include "cli/command.h"
#include "cli/progress_line.h"
#include "cli/work.h"
#include "compiler/import/workload_yaml.h"
#include "compiler/onnx/onnx_file.h"
#include "sim/arch/input_error.h"
#include "sim/energy/energy_table.h"
#include "sim/stats/quantity_text.h"
#include "sim/sweep/slurm_submission.h"
#include "sim/sweep/sweep.h"

namespace gemel::cli {
namespace {

struct Options {
  std::string file;
  std::string directory;
  std::size_t processes = std::max(1u, std::thread::hardware_concurrency());
  std::string engine = "local";
  std::vector<std::string> reuse;
  bool retry_faults = false;
  sim::SlurmOptions slurm;
};

// Chosen on the command line, whatever the value.
bool has_slurm_options(const sim::SlurmOptions& slurm) {
  return !slurm.partition.empty() || !slurm.account.empty() || slurm.time_minutes > 0 || slurm.memory_mib > 0 ||
         slurm.points_per_task > 0 || slurm.tasks_at_once > 0;
}

std::string duration_text(double seconds) {
  const auto whole = static_cast<long>(seconds + 0.5);
  if (whole < 60) return std::to_string(whole) + " s";
  if (whole < 3600) return std::to_string(whole / 60) + " min " + std::to_string(whole % 60) + " s";
  return std::to_string(whole / 3600) + " h " + std::to_string(whole / 60 % 60) + " min";
}

std::string decimal_text(double number, int digits) {
  char text[40];
  std::snprintf(text, sizeof text, "%.*f", digits, number);
  return text;
}

std::string progress_text(const sim::SweepProgress& progress) {
  std::string text = "sweep: " + std::to_string(progress.done) + " of " + std::to_string(progress.total) + " points, " +
                     std::to_string(progress.running) + " running";
  if (progress.faults > 0) text += ", " + std::to_string(progress.faults) + " failed";
  if (progress.seconds_left) {
    text += ", " + decimal_text(progress.points_per_second, 1) + " points/s, " + duration_text(*progress.seconds_left) +
            " left";
  }
  return text;
}

// One line that is rewritten on a terminal; elsewhere, such as in a batch job's log, a line now and then.
class SweepProgressLine {
 public:
  void operator()(const sim::SweepProgress& progress) {
    if (line_.is_shown()) {
      if (line_.is_due()) line_.show(progress_text(progress));
    } else if (const auto now = std::chrono::steady_clock::now(); now - last_ >= kInterval) {
      last_ = now;
      std::cerr << progress_text(progress) << "\n";
    }
  }

 private:
  static constexpr std::chrono::seconds kInterval{30};
  ProgressLine line_;
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

// Malformed workloads are refused here, not once for each machine.
void check_workloads(const sim::SweepSpec& spec) {
  for (const sim::SweepWorkload& workload : spec.workloads) {
    if (find_work_kind(workload.shown_path) != WorkKind::Workload) {
      throw arch::InputError(workload.shown_path + ": expected a workload, which is compiled for each machine");
    }
    if (workload.is_onnx) {
      compiler::load_onnx(workload.shown_path, spec.dims);
    } else {
      compiler::load_workload(workload.shown_path);
    }
  }
}

std::string find_energy_table(const sim::SweepSpec& spec) {
  try {
    return sim::load_energy_table(spec.energy.empty() ? sim::kDefaultEnergyTable : spec.energy).path;
  } catch (const arch::InputError& error) {
    throw arch::InputError(spec.path + ": energy: " + error.what());
  }
}

void print_summary(const sim::SweepPlan& plan, const sim::SweepSummary& summary) {
  if (!summary.pivot.empty()) std::cout << summary.pivot << "\n";
  std::cout << plan.name << ": " << sim::grouped_text(plan.points.size()) << " points";
  const char* separator = ": ";
  for (const auto& [status, rows] : summary.rows_by_status) {
    std::cout << separator << sim::grouped_text(rows) << " " << (status.empty() ? "not run" : status);
    separator = ", ";
  }
  std::cout << "\n";
  const auto ok = summary.rows_by_status.find("ok");
  if (ok != summary.rows_by_status.end() && summary.verified < ok->second) {
    std::cout << sim::grouped_text(summary.verified) << " verified, the others timing only\n";
  }
  if (plan.excluded_points > 0) {
    std::cout << sim::grouped_text(plan.excluded_points) << " left out by constraints\n";
  }
  if (plan.duplicate_samples > 0) {
    std::cout << sim::grouped_text(plan.duplicate_samples) << " samples drawn twice; the axes have few values\n";
  }
  if (plan.missing_samples > 0) {
    std::cout << sim::grouped_text(plan.missing_samples)
              << " samples fewer than asked for; the constraints leave no more\n";
  }
  std::cout << sim::grouped_text(summary.ran) << " ran now, in " << duration_text(summary.wall_seconds) << " and "
            << decimal_text(summary.cpu_seconds, 1) << " CPU seconds";
  if (summary.ran > 0) {
    std::cout << ", " << decimal_text(summary.cpu_seconds / static_cast<double>(summary.ran), 2) << " a point";
  }
  std::cout << "\ntable: " << summary.table << "\n";
}

// The command line's last word over the file's.
sim::SlurmOptions merged(sim::SlurmOptions file, const sim::SlurmOptions& given) {
  if (!given.partition.empty()) file.partition = given.partition;
  if (!given.account.empty()) file.account = given.account;
  if (given.time_minutes > 0) file.time_minutes = given.time_minutes;
  if (given.memory_mib > 0) file.memory_mib = given.memory_mib;
  if (given.points_per_task > 0) file.points_per_task = given.points_per_task;
  if (given.tasks_at_once > 0) file.tasks_at_once = given.tasks_at_once;
  return file;
}

int exit_status(const sim::SweepSummary& summary) {
  for (const auto& [status, rows] : summary.rows_by_status) {
    if (status.empty() || sim::is_fault(sim::status_of(status))) return kWrongResult;
  }
  return kDone;
}

int run(const Options& options) {
  if (options.engine != "local" && options.engine != "slurm") {
    throw arch::InputError("--engine " + options.engine + ": no such engine; known: local, slurm");
  }
  if (options.engine == "local" && has_slurm_options(options.slurm)) {
    throw arch::InputError("--partition and its like belong to --engine slurm");
  }
  const sim::SweepSpec spec = sim::load_sweep_spec(options.file);
  check_workloads(spec);
  const sim::SweepPlan plan = sim::plan_sweep(spec, sim::running_version(GEMEL_VERSION), find_energy_table(spec));
  sim::SweepOptions sweep;
  sweep.directory = options.directory;
  sweep.processes = options.processes;
  sweep.timeout_seconds = spec.timeout_seconds;
  sweep.retries = spec.retries;
  sweep.reuse = options.reuse;
  if (options.engine == "slurm") sweep.slurm = merged(spec.slurm, options.slurm);
  sweep.retry_faults = options.retry_faults;
  sim::SweepSummary summary;
  {
    SweepProgressLine line;
    sweep.progress = [&](const sim::SweepProgress& progress) { line(progress); };
    summary = sim::run_sweep(plan, sweep);
  }
  print_summary(plan, summary);
  if (summary.stopped_by != 0) {
    std::cout << "stopped; the same command continues" << std::endl;
    std::signal(summary.stopped_by, SIG_DFL);
    std::raise(summary.stopped_by);
  }
  return exit_status(summary);
}

}  // namespace

Action add_sweep_task_command(CLI::App& command) {
  struct TaskOptions {
    std::string directory;
    std::size_t task = 0;
  };
  const auto options = std::make_shared<TaskOptions>();
  command.add_option("DIR", options->directory, "directory of the submission")->required();
  command.add_option("--task", options->task, "task of the array")->envname("SLURM_ARRAY_TASK_ID")->required();
  return [options] {
    sim::run_slurm_task(options->directory, options->task, sim::running_version(GEMEL_VERSION));
    return kDone;
  };
}

Action add_sweep_command(CLI::App& command) {
  const auto options = std::make_shared<Options>();
  command.add_option("SWEEP", options->file, "sweep file (.yaml)")->required();
  command.add_option("-o,--output", options->directory, "directory of the results; the same one continues")
      ->type_name("DIR")
      ->required();
  command.add_option("-j,--jobs", options->processes, "processes at once")
      ->type_name("N")
      ->check(CLI::Range(1, 4096))
      ->capture_default_str();
  command.add_option("--engine", options->engine, "local or slurm")->capture_default_str();
  const auto positive = CLI::Range(1u, 1000000u);
  sim::SlurmOptions& slurm = options->slurm;
  command.add_option("--partition", slurm.partition, "slurm: where the jobs go")->type_name("NAME");
  command.add_option("--account", slurm.account, "slurm: who pays")->type_name("NAME");
  command.add_option("--time", slurm.time_minutes, "slurm: limit of a task")->type_name("MINUTES")->check(positive);
  command.add_option("--memory", slurm.memory_mib, "slurm: limit of a task")->type_name("MIB")->check(positive);
  command.add_option("--chunk", slurm.points_per_task, "slurm: points of a task")->type_name("N")->check(positive);
  command.add_option("--tasks", slurm.tasks_at_once, "slurm: tasks at once")->type_name("N")->check(positive);
  command.add_option("--reuse", options->reuse, "take over results of another sweep's directory")
      ->type_name("DIR")
      ->allow_extra_args(false);
  command.add_flag("--retry", options->retry_faults, "run points again that ended in a fault");
  return [options] { return run(*options); };
}

}  // namespace gemel::cli
