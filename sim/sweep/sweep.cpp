// SPDX-License-Identifier: Apache-2.0
#include "sim/sweep/sweep.h"

#include <chrono>
#include <filesystem>
#include <set>

#include "sim/arch/file_io.h"
#include "sim/arch/input_error.h"
#include "sim/sweep/content_hash.h"
#include "sim/sweep/local_engine.h"
#include "sim/sweep/owner.h"
#include "sim/sweep/pivot_table.h"
#include "sim/sweep/result_table.h"
#include "sim/sweep/slurm_engine.h"
#include "sim/sweep/stop_request.h"

namespace gemel::sim {
namespace {

namespace fs = std::filesystem;

void make_directory(const std::string& directory) {
  std::error_code error;
  fs::create_directories(directory, error);
  if (error) throw arch::InputError(directory + ": cannot be made: " + error.message());
}

std::vector<PointJob> jobs_of(const SweepPlan& plan, double timeout_seconds) {
  std::vector<PointJob> jobs;
  for (const PlannedPoint& point : plan.points) {
    PointJob job;
    job.key = point.key;
    job.machine = point.machine;
    job.workload = plan.workloads[point.workload].path;
    job.energy = fs::absolute(plan.energy_path).string();
    if (plan.workloads[point.workload].is_onnx) job.dims = plan.dims;
    job.timing_only = point.timing_only;
    job.timeout_seconds = timeout_seconds;
    jobs.push_back(std::move(job));
  }
  return jobs;
}

}  // namespace

std::string running_version(const std::string& version) {
  return version + "+" + hash_file("/proc/self/exe").substr(0, 12);
}

SweepSummary run_sweep(SweepPlan plan, const SweepOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  make_directory(options.directory);
  ResultStore store(options.directory, own_name());
  store.check_name(plan.name);
  if (!options.slurm) settle_submissions(store, options.directory);
  SweepSummary summary;
  std::set<std::string> known_keys;
  {
    const StopRequest stop;
    do {
      store.put_plan(plan);
      store.put_illegal(plan);
      std::vector<std::string> keys;  // seen for the first time
      for (const PlannedPoint& point : plan.points) {
        if (known_keys.insert(point.key).second) keys.push_back(point.key);
      }
      for (const std::string& other : options.reuse) store.take_results_of(other, keys);
      if (options.retry_faults) store.forget_faults(keys);
      PointQueue queue(store, jobs_of(plan, options.timeout_seconds), options.retries, options.progress);
      if (options.slurm) {
        run_points_on_slurm(queue, store, options.directory, *options.slurm, plan.version);
      } else {
        run_points_locally(queue, options.directory, options.processes);
      }
      summary.ran += queue.ran();
      summary.cpu_seconds += queue.cpu_seconds();
      summary.stopped_by = StopRequest::signal_number();
    } while (summary.stopped_by == 0 && verify_instead_of_refused(plan, store.refused_keys()));
  }
  const SweepResults results = load_sweep_results(options.directory, false);
  summary.table = (fs::path(options.directory) / "table.csv").string();
  arch::save_file(summary.table, sweep_csv(results));
  summary.pivot = pivot_table(results);
  for (const SweepRow& row : results.rows) {
    ++summary.rows_by_status[row.status];
    summary.verified += row.figures && row.figures->verified == true;
  }
  summary.wall_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return summary;
}

}  // namespace gemel::sim
