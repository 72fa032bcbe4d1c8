// SPDX-License-Identifier: Apache-2.0
#pragma once
// sweep.sqlite: the plan, the results, and who is at work. Several processes may use it at once. Its tables are
// described in docs/sweeps.md.
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "sim/sweep/database.h"
#include "sim/sweep/point_outcome.h"
#include "sim/sweep/sweep_plan.h"

namespace gemel::sim {

struct SlurmSubmission {
  std::int64_t id = 0;
  std::string job;  // Slurm's number; "" where submitting was cut short
  std::string directory;
};

class ResultStore {
 public:
  // Opens or makes `directory`/sweep.sqlite. Throws arch::InputError where the file is something else.
  ResultStore(const std::string& directory, std::string owner);

  // Throws arch::InputError where the directory belongs to another sweep.
  void check_name(const std::string& name);
  // Replaces the plan; results stay.
  void put_plan(const SweepPlan& plan);
  // Takes over results that the other directory has and this one has not; returns how many.
  int take_results_of(const std::string& directory, const std::vector<std::string>& keys);
  // Forgets the results of these keys that are faults.
  int forget_faults(const std::vector<std::string>& keys);

  bool has_result(const std::string& key);
  std::set<std::string> keys_with_result();
  std::set<std::string> keys_with_fault();
  std::set<std::string> refused_keys();  // by the compiler

  enum class Claim { Taken, Done, Busy };  // Busy: another live process has it
  // `is_adopted`: it has been started already, by a process that is no more.
  Claim claim(const std::string& key, bool is_adopted = false);
  void keep_claims();  // tells others that this process is alive; call now and then
  void release(const std::string& key, PointStatus why);
  void finish(const std::string& key, const PointOutcome& outcome);
  void put_illegal(const SweepPlan& plan);  // the results of points that need no run

  std::int64_t new_submission();
  void set_submission_directory(std::int64_t id, const std::string& directory);
  void set_submission_job(std::int64_t id, const std::string& job);
  void end_submission(std::int64_t id);
  std::vector<SlurmSubmission> open_submissions();

 private:
  void put_result(const std::string& key, const PointOutcome& outcome);
  void end_run(const std::string& key, PointStatus status);  // and the claim with it

  std::string path_;
  std::string owner_;
  Database database_;
};

std::string sweep_database_path(const std::string& directory);

}  // namespace gemel::sim
