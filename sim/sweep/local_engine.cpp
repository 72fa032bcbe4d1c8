// SPDX-License-Identifier: Apache-2.0
#include "sim/sweep/local_engine.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <thread>

#include "sim/sweep/owner.h"
#include "sim/sweep/point_process.h"
#include "sim/sweep/stop_request.h"

namespace gemel::sim {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::milliseconds kLook{4};

// A directory for this process below DIR/running, named after it: whoever comes later sees from the name alone whether
// its process is dead, wherever it was killed. Removes those of dead processes, at the start and at the end.
class RunningDirectory {
 public:
  explicit RunningDirectory(const std::string& directory)
      : all_(fs::path(directory) / "running"), own_(all_ / directory_name(own_name())) {
    fs::create_directories(own_);
    remove_abandoned();
  }
  ~RunningDirectory() {
    std::error_code ignored;  // left over at worst; the next start of the sweep removes it
    fs::remove_all(own_, ignored);
    remove_abandoned();         // a killed process's last point may have written while the start looked
    fs::remove(all_, ignored);  // only where it is empty
  }
  RunningDirectory(const RunningDirectory&) = delete;
  RunningDirectory& operator=(const RunningDirectory&) = delete;

  std::string next() { return (own_ / std::to_string(++points_)).string(); }

 private:
  static constexpr char kSlash = ',';  // no owner's name has a comma

  static std::string directory_name(std::string owner) {
    std::replace(owner.begin(), owner.end(), '/', kSlash);
    return owner;
  }
  static bool is_abandoned(std::string name) {
    std::replace(name.begin(), name.end(), kSlash, '/');
    return liveness_of(name) == Liveness::Dead;
  }
  void remove_abandoned() {
    std::error_code ignored;  // another process may be cleaning up as well
    for (const fs::directory_entry& entry : fs::directory_iterator(all_, ignored)) {
      if (is_abandoned(entry.path().filename().string())) fs::remove_all(entry.path(), ignored);
    }
  }

  fs::path all_, own_;
  std::size_t points_ = 0;
};

}  // namespace

void run_points_locally(PointQueue& queue, const std::string& directory, std::size_t processes) {
  RunningDirectory running_directory(directory);
  std::vector<std::unique_ptr<PointProcess>> running;
  while (true) {
    for (auto& process : running) {
      if (!process->has_ended()) continue;
      const PointOutcome outcome = process->outcome();
      if (StopRequest::signal_number() != 0 && outcome.status == PointStatus::Lost) {
        queue.give_up(process->job().key);
      } else {
        queue.finish(process->job().key, outcome);
      }
      process.reset();
    }
    running.erase(std::remove(running.begin(), running.end(), nullptr), running.end());
    if (StopRequest::signal_number() != 0) break;
    while (running.size() < processes) {
      const std::optional<PointJob> job = queue.take();
      if (!job) break;
      running.push_back(std::make_unique<PointProcess>(*job, running_directory.next()));
    }
    queue.tick(running.size());
    if (running.empty() && queue.is_finished()) return;
    std::this_thread::sleep_for(kLook);
  }
  for (auto& process : running) {
    const std::string key = process->job().key;
    process.reset();  // ends it
    queue.give_up(key);
  }
}

}  // namespace gemel::sim
