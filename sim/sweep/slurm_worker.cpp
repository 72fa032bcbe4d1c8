// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "sim/arch/file_io.h"
#include "sim/arch/input_error.h"
#include "sim/sweep/point_process.h"
#include "sim/sweep/slurm_submission.h"

namespace gemel::sim {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

std::string file_of(const std::string& directory, const char* name) { return (fs::path(directory) / name).string(); }

// For a shell.
std::string quoted(const std::string& word) {
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

}  // namespace

std::string answer_path(const std::string& directory, const std::string& key) {
  return (fs::path(directory) / "answers" / (key + ".json")).string();
}

void save_submission(const std::string& directory, const SubmissionFiles& files) {
  fs::create_directories(fs::path(directory) / "answers");
  fs::create_directories(fs::path(directory) / "log");
  std::string lines;
  for (const PointJob& job : files.jobs) lines += to_json(job) + "\n";
  arch::save_file(file_of(directory, "jobs.jsonl"), lines);
  const Json head{{"version", files.version}, {"points_per_task", files.points_per_task}};
  arch::save_file(file_of(directory, "submission.json"), head.dump(2) + "\n");
  const std::string gemel = fs::read_symlink("/proc/self/exe").string();
  arch::save_file(file_of(directory, "task.sh"), "#!/bin/sh\nexec " + quoted(gemel) + " sweep-task " +
                                                     quoted(fs::absolute(directory).string()) + "\n");
}

SubmissionFiles load_submission(const std::string& directory) {
  SubmissionFiles files;
  try {
    const Json head = Json::parse(arch::load_file(file_of(directory, "submission.json")));
    head.at("version").get_to(files.version);
    head.at("points_per_task").get_to(files.points_per_task);
    std::istringstream lines(arch::load_file(file_of(directory, "jobs.jsonl")));
    for (std::string line; std::getline(lines, line);) files.jobs.push_back(job_from_json(line));
  } catch (const Json::exception& error) {
    throw arch::InputError(directory + ": not a submission: " + error.what());
  }
  if (files.points_per_task == 0) throw arch::InputError(directory + ": not a submission: no points in a task");
  return files;
}

void run_slurm_task(const std::string& directory, std::size_t task, const std::string& version) {
  const SubmissionFiles files = load_submission(directory);
  if (files.version != version) {
    throw arch::InputError(directory + ": submitted by gemel " + files.version + ", this is " + version +
                           "; let all machines run the same");
  }
  const std::size_t first = std::min(files.jobs.size(), task * files.points_per_task);
  const std::size_t last = std::min(files.jobs.size(), first + files.points_per_task);
  const fs::path running = fs::path(directory) / "running";
  for (std::size_t i = first; i < last; ++i) {
    const PointJob& job = files.jobs[i];
    const std::string answer = answer_path(directory, job.key);
    if (fs::exists(answer)) continue;  // Slurm may start a task a second time
    const std::string scratch = (running / (std::to_string(i) + "-" + std::to_string(getpid()))).string();
    const PointOutcome outcome = run_point(job, scratch);
    if (outcome.status != PointStatus::Lost) arch::save_file(answer, to_json(outcome));
  }
}

}  // namespace gemel::sim
