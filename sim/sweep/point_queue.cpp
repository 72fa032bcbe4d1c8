// SPDX-License-Identifier: Apache-2.0
#include "sim/sweep/point_queue.h"

#include <algorithm>

namespace gemel::sim {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds kKeepClaims{15};
constexpr std::chrono::milliseconds kLookAtOthers{500};

}  // namespace

PointQueue::PointQueue(ResultStore& store, const std::vector<PointJob>& jobs, std::uint32_t retries, Report report)
    : store_(store), retries_(retries), report_(std::move(report)) {
  const std::set<std::string> done = store.keys_with_result();
  const std::set<std::string> faults = store.keys_with_fault();
  for (const PointJob& job : jobs) {
    if (!jobs_.emplace(job.key, job).second) continue;
    ++progress_.total;
    progress_.done += done.count(job.key);
    progress_.faults += faults.count(job.key);
    if (done.count(job.key) == 0) waiting_.push_back(job.key);
  }
}

std::optional<PointJob> PointQueue::take() {
  while (!waiting_.empty()) {
    const std::string key = waiting_.front();
    waiting_.pop_front();
    switch (store_.claim(key)) {
      case ResultStore::Claim::Taken:
        return jobs_.at(key);
      case ResultStore::Claim::Done:
        ++progress_.done;
        break;
      case ResultStore::Claim::Busy:
        elsewhere_.push_back(key);
        break;
    }
  }
  return std::nullopt;
}

bool PointQueue::adopt(const std::string& key) {
  const auto place = std::find(waiting_.begin(), waiting_.end(), key);
  if (place == waiting_.end() || store_.claim(key, true) != ResultStore::Claim::Taken) return false;
  waiting_.erase(place);
  return true;
}

bool PointQueue::is_finished() {
  if (waiting_.empty() && !elsewhere_.empty() && Clock::now() - looked_ >= kLookAtOthers) {
    looked_ = Clock::now();
    look_at_others();
  }
  return progress_.done == progress_.total;
}

// What another process has left goes back into the queue, where take() finds out whether it is free.
void PointQueue::look_at_others() {
  std::vector<std::string> keys;
  keys.swap(elsewhere_);
  for (const std::string& key : keys) {
    if (store_.has_result(key)) {
      ++progress_.done;
    } else {
      waiting_.push_back(key);
    }
  }
}

void PointQueue::finish(const std::string& key, PointOutcome outcome) {
  if (outcome.status == PointStatus::Lost) {
    const std::uint32_t times = ++times_lost_[key];
    if (times <= retries_) {
      store_.release(key, PointStatus::Lost);
      waiting_.push_back(key);
      return;
    }
    outcome.reason += ", " + std::to_string(times) + (times == 1 ? " time" : " times");
  }
  store_.finish(key, outcome);
  ++ran_;
  ++progress_.done;
  progress_.faults += is_fault(outcome.status);
  cpu_seconds_ += outcome.cpu_seconds;
}

void PointQueue::tick(std::size_t running) {
  const Clock::time_point now = Clock::now();
  if (now - kept_ >= kKeepClaims) {
    kept_ = now;
    store_.keep_claims();
  }
  if (!report_) return;
  progress_.running = running;
  const double seconds = std::chrono::duration<double>(now - start_).count();
  if (ran_ > 0 && seconds > 0) {
    progress_.points_per_second = static_cast<double>(ran_) / seconds;
    progress_.seconds_left = static_cast<double>(progress_.total - progress_.done) / progress_.points_per_second;
  }
  report_(progress_);
}

}  // namespace gemel::sim
