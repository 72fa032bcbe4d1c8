// SPDX-License-Identifier: Apache-2.0
#pragma once
// The points that an engine still has to run, and what it tells about them. Engines differ in where points run.
#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "sim/sweep/point_outcome.h"
#include "sim/sweep/result_store.h"

namespace gemel::sim {

struct SweepProgress {
  std::size_t total = 0;  // different points
  std::size_t done = 0;   // with a result, also of earlier runs
  std::size_t faults = 0;
  std::size_t running = 0;
  double points_per_second = 0;        // of this run
  std::optional<double> seconds_left;  // none before the first point is done
};

class PointQueue {
 public:
  using Report = std::function<void(const SweepProgress&)>;

  // `jobs` are all different points of the sweep, in the order in which they are started.
  PointQueue(ResultStore& store, const std::vector<PointJob>& jobs, std::uint32_t retries, Report report);

  // The next point that is this process's to run; none where all are done or with other processes.
  std::optional<PointJob> take();
  // Points that other processes run: looks again now and then. True once every point has its result.
  bool is_finished();
  // A point that somebody else started, and that this process now waits for. False where it is done or not free.
  bool adopt(const std::string& key);

  // Keeps the result, or puts a lost point back to be run again.
  void finish(const std::string& key, PointOutcome outcome);
  // Of points that were taken and are given up, because the sweep is stopped.
  void give_up(const std::string& key) { store_.release(key, PointStatus::Lost); }

  bool has_result(const std::string& key) { return store_.has_result(key); }
  void tick(std::size_t running);  // keeps claims alive and reports; call often

  std::size_t ran() const { return ran_; }
  double cpu_seconds() const { return cpu_seconds_; }

 private:
  void look_at_others();

  ResultStore& store_;
  std::map<std::string, PointJob> jobs_;
  std::deque<std::string> waiting_;
  std::vector<std::string> elsewhere_;  // with other processes
  std::map<std::string, std::uint32_t> times_lost_;
  std::uint32_t retries_;
  Report report_;
  SweepProgress progress_;
  std::size_t ran_ = 0;
  double cpu_seconds_ = 0;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point kept_ = start_;
  std::chrono::steady_clock::time_point looked_ = start_;
};

}  // namespace gemel::sim
