// SPDX-License-Identifier: Apache-2.0
#pragma once
// Slurm's own commands: sbatch, squeue, scontrol.
#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "sim/sweep/sweep_spec.h"

namespace gemel::sim {

struct SlurmArray {
  std::string name;
  std::string script;  // path
  std::string log;     // path; %a stands for the task
  std::size_t tasks = 0;
};

class SlurmCluster {
 public:
  // Throws arch::InputError where there is no sbatch.
  explicit SlurmCluster(const SlurmOptions& options);

  std::size_t largest_array() const { return largest_array_; }  // tasks
  // Slurm's number of the job. Throws arch::InputError with what sbatch says where it refuses.
  std::string submit(const SlurmArray& array) const;
  // Tasks that wait or run; none where Slurm does not answer at the moment.
  std::optional<std::set<std::size_t>> active_tasks(const std::string& job) const;
  // The job of that name that waits or runs, "" where there is none; none where Slurm does not answer.
  std::optional<std::string> find_job(const std::string& name) const;

 private:
  SlurmOptions options_;
  std::size_t largest_array_;
};

}  // namespace gemel::sim
