// SPDX-License-Identifier: Apache-2.0
#include "sim/sweep/slurm_engine.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <thread>

#include "sim/arch/file_io.h"
#include "sim/arch/input_error.h"
#include "sim/sweep/content_hash.h"
#include "sim/sweep/slurm_cluster.h"
#include "sim/sweep/slurm_submission.h"
#include "sim/sweep/stop_request.h"

namespace gemel::sim {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kCollect{200};
constexpr std::chrono::seconds kAskSlurm{1};
// A task that Slurm no longer knows may have left answers that a shared file system shows a little later.
constexpr int kLooksBeforeLost = 3;

std::string job_name(const std::string& directory, std::int64_t id) {
  return "gemel-" + ContentHash().add(fs::weakly_canonical(directory).string()).hex().substr(0, 12) + "-" +
         std::to_string(id);
}

std::optional<PointOutcome> read_answer(const std::string& directory, const std::string& key) {
  const std::string path = answer_path(directory, key);
  if (!fs::exists(path)) return std::nullopt;
  try {
    return outcome_from_json(arch::load_file(path));
  } catch (const std::exception& error) {
    PointOutcome outcome;
    outcome.status = PointStatus::Lost;
    outcome.reason = std::string("its answer can not be read: ") + error.what();
    return outcome;
  }
}

struct Submission {
  SlurmSubmission record;
  std::size_t points_per_task = 1;
  std::map<std::string, std::size_t> open;  // keys without an answer, and their tasks
  std::map<std::size_t, int> missed;        // tasks that Slurm does not know, and how often it said so
};

class SlurmEngine {
 public:
  SlurmEngine(PointQueue& queue, ResultStore& store, const std::string& directory, const SlurmOptions& options,
              const std::string& version)
      : queue_(queue), store_(store), directory_(directory), options_(options), version_(version), cluster_(options) {}

  void run() {
    for (const SlurmSubmission& record : store_.open_submissions()) adopt(record);
    while (StopRequest::signal_number() == 0) {
      for (Submission& submission : submissions_) collect(submission);
      if (Clock::now() - asked_ >= kAskSlurm) {
        for (Submission& submission : submissions_) look_for_lost(submission);
        asked_ = Clock::now();
      }
      end_finished();
      submit_waiting();
      std::size_t open = 0;
      for (const Submission& submission : submissions_) open += submission.open.size();
      queue_.tick(open);
      if (open == 0 && queue_.is_finished()) return;
      std::this_thread::sleep_for(kCollect);
    }
  }

 private:
  // One of a process that is no more.
  void adopt(SlurmSubmission record) {
    if (!fs::exists(fs::path(record.directory) / "submission.json")) {
      store_.end_submission(record.id);  // it ended before it could submit
      return;
    }
    const SubmissionFiles files = load_submission(record.directory);
    if (record.job.empty()) {  // it ended between submitting and writing down the number
      record.job = cluster_.find_job(job_name(directory_, record.id)).value_or("");
    }
    Submission submission;
    submission.points_per_task = files.points_per_task;
    for (std::size_t i = 0; i < files.jobs.size(); ++i) {
      if (queue_.adopt(files.jobs[i].key)) submission.open[files.jobs[i].key] = i / files.points_per_task;
    }
    // Without an open point it is over, or another process is collecting it.
    if (submission.open.empty()) return;
    submission.record = record;
    submissions_.push_back(std::move(submission));
  }

  void collect(Submission& submission) {
    for (auto place = submission.open.begin(); place != submission.open.end();) {
      const std::optional<PointOutcome> outcome = read_answer(submission.record.directory, place->first);
      if (outcome) queue_.finish(place->first, *outcome);
      place = outcome ? submission.open.erase(place) : std::next(place);
    }
  }

  void look_for_lost(Submission& submission) {
    if (submission.open.empty()) return;
    std::optional<std::set<std::size_t>> active = std::set<std::size_t>();
    if (!submission.record.job.empty()) active = cluster_.active_tasks(submission.record.job);
    if (!active) return;  // Slurm does not answer at the moment
    std::set<std::size_t> gone;
    for (const auto& [key, task] : submission.open) {
      if (active->count(task) == 0) gone.insert(task);
    }
    for (const std::size_t task : gone) ++submission.missed[task];
    for (auto place = submission.open.begin(); place != submission.open.end();) {
      if (submission.missed[place->second] < kLooksBeforeLost) {
        ++place;
        continue;
      }
      PointOutcome outcome;
      outcome.status = PointStatus::Lost;
      outcome.reason = "the batch task ended without an answer";
      queue_.finish(place->first, outcome);
      place = submission.open.erase(place);
    }
  }

  void end_finished() {
    for (const Submission& submission : submissions_) {
      if (submission.open.empty()) store_.end_submission(submission.record.id);
    }
    submissions_.erase(std::remove_if(submissions_.begin(), submissions_.end(),
                                      [](const Submission& submission) { return submission.open.empty(); }),
                       submissions_.end());
  }

  void submit_waiting() {
    std::vector<PointJob> jobs;
    while (const std::optional<PointJob> job = queue_.take()) jobs.push_back(*job);
    const std::size_t largest = cluster_.largest_array();
    std::size_t points_per_task = options_.points_per_task;
    if (points_per_task == 0) points_per_task = (jobs.size() + largest - 1) / largest;
    for (std::size_t first = 0; first < jobs.size(); first += largest * points_per_task) {
      const std::size_t last = std::min(jobs.size(), first + largest * points_per_task);
      SubmissionFiles files;
      files.version = version_;
      files.points_per_task = points_per_task;
      files.jobs.assign(jobs.begin() + static_cast<std::ptrdiff_t>(first),
                        jobs.begin() + static_cast<std::ptrdiff_t>(last));
      submit(files);
    }
  }

  void submit(const SubmissionFiles& files) {
    Submission submission;
    submission.points_per_task = files.points_per_task;
    SlurmSubmission& record = submission.record;
    record.id = store_.new_submission();
    record.directory = fs::absolute(fs::path(directory_) / "slurm" / std::to_string(record.id)).string();
    store_.set_submission_directory(record.id, record.directory);
    save_submission(record.directory, files);
    SlurmArray array;
    array.name = job_name(directory_, record.id);
    array.script = (fs::path(record.directory) / "task.sh").string();
    array.log = (fs::path(record.directory) / "log" / "%a.txt").string();
    array.tasks = files.tasks();
    try {
      record.job = cluster_.submit(array);
    } catch (const arch::InputError&) {
      for (const PointJob& job : files.jobs) queue_.give_up(job.key);
      store_.end_submission(record.id);
      throw;
    }
    store_.set_submission_job(record.id, record.job);
    for (std::size_t i = 0; i < files.jobs.size(); ++i) submission.open[files.jobs[i].key] = i / files.points_per_task;
    submissions_.push_back(std::move(submission));
  }

  PointQueue& queue_;
  ResultStore& store_;
  std::string directory_;
  SlurmOptions options_;
  std::string version_;
  SlurmCluster cluster_;
  std::vector<Submission> submissions_;
  Clock::time_point asked_ = Clock::now();
};

}  // namespace

void run_points_on_slurm(PointQueue& queue, ResultStore& store, const std::string& directory,
                         const SlurmOptions& options, const std::string& version) {
  SlurmEngine(queue, store, directory, options, version).run();
}

void settle_submissions(ResultStore& store, const std::string& directory) {
  for (const SlurmSubmission& record : store.open_submissions()) {
    if (fs::exists(fs::path(record.directory) / "submission.json")) {
      const SubmissionFiles files = load_submission(record.directory);
      const SlurmCluster cluster{SlurmOptions()};
      const std::optional<std::string> job =
          record.job.empty() ? cluster.find_job(job_name(directory, record.id)) : record.job;
      const std::optional<std::set<std::size_t>> active = job && job->empty() ? std::set<std::size_t>()
                                                          : job               ? cluster.active_tasks(*job)
                                                                              : std::nullopt;
      if (!active || !active->empty()) {
        throw arch::InputError(directory + ": Slurm job " + job.value_or("?") +
                               " still has points of this sweep; go on with --engine slurm, or scancel it first");
      }
      for (const PointJob& point : files.jobs) {
        const std::optional<PointOutcome> outcome = read_answer(record.directory, point.key);
        if (outcome && outcome->status != PointStatus::Lost) store.finish(point.key, *outcome);
      }
    }
    store.end_submission(record.id);
  }
}

}  // namespace gemel::sim
