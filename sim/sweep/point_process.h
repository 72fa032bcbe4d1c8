// SPDX-License-Identifier: Apache-2.0
#pragma once
// One point as a child process: `gemel run` on a machine file of its own, in a directory of its own. It dies with its
// parent, whatever ends the parent.
#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>

#include "sim/sweep/point_outcome.h"

namespace gemel::sim {

class PointProcess {
 public:
  // `directory` is made, and removed with the object. Throws std::runtime_error where no process can be started.
  PointProcess(const PointJob& job, const std::string& directory);
  ~PointProcess();  // kills what still runs
  PointProcess(const PointProcess&) = delete;
  PointProcess& operator=(const PointProcess&) = delete;

  // Looks whether it has ended, and kills it when its time is over. Never blocks.
  bool has_ended();
  // Only when it has ended. Killed from outside: status Lost.
  PointOutcome outcome() const;
  const PointJob& job() const { return job_; }

 private:
  double seconds() const;

  PointJob job_;
  std::string directory_;
  std::chrono::steady_clock::time_point start_;
  pid_t pid_ = -1;
  bool is_running_ = false;
  bool is_timed_out_ = false;
  int wait_status_ = 0;
  PointOutcome usage_;  // times and memory
};

// Runs one job to its end. For workers of a cluster, which have nothing else to do.
PointOutcome run_point(const PointJob& job, const std::string& directory);

}  // namespace gemel::sim
