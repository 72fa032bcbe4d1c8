// SPDX-License-Identifier: Apache-2.0
#pragma once
// The directory of one submission, which its tasks read and write from other machines:
//   submission.json   what runs the points, and how many a task has
//   jobs.jsonl        one point a line; task t has the lines from t · points_per_task on
//   task.sh           what sbatch runs
//   answers/KEY.json  one a point, whole or not there
//   log/TASK.txt
#include <cstddef>
#include <string>
#include <vector>

#include "sim/sweep/point_outcome.h"

namespace gemel::sim {

struct SubmissionFiles {
  std::string version;
  std::size_t points_per_task = 1;
  std::vector<PointJob> jobs;

  std::size_t tasks() const { return (jobs.size() + points_per_task - 1) / points_per_task; }
};

void save_submission(const std::string& directory, const SubmissionFiles& files);
// Throws arch::InputError where the directory holds none.
SubmissionFiles load_submission(const std::string& directory);
std::string answer_path(const std::string& directory, const std::string& key);

// What a task does: runs its points one after the other and leaves an answer for each. A point whose process is killed
// from outside gets no answer, and is submitted again. Throws arch::InputError where the submission is of another
// version of gemel than this one.
void run_slurm_task(const std::string& directory, std::size_t task, const std::string& version);

}  // namespace gemel::sim
