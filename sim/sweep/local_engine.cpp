// SPDX-License-Identifier: Apache-2.0
#include "sim/sweep/local_engine.h"

#include <filesystem>
#include <memory>
#include <thread>

#include "sim/arch/file_io.h"
#include "sim/sweep/content_hash.h"
#include "sim/sweep/owner.h"
#include "sim/sweep/point_process.h"
#include "sim/sweep/stop_request.h"

namespace gemel::sim {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::milliseconds kLook{4};
constexpr const char* kOwnerFile = "owner";

// A directory for this process below DIR/running; those of dead processes are removed.
class RunningDirectory {
 public:
  explicit RunningDirectory(const std::string& directory) : all_(fs::path(directory) / "running") {
    fs::create_directories(all_);
    std::error_code ignored;  // another process may be cleaning up as well
    for (const fs::directory_entry& entry : fs::directory_iterator(all_, ignored)) {
      if (is_abandoned(entry.path())) fs::remove_all(entry.path(), ignored);
    }
    own_ = all_ / ContentHash().add(own_name()).hex().substr(0, 16);
    fs::create_directories(own_);
    arch::save_file((own_ / kOwnerFile).string(), own_name());
  }
  ~RunningDirectory() {
    std::error_code ignored;  // left over at worst
    fs::remove_all(own_, ignored);
    fs::remove(all_, ignored);  // only where it is empty
  }
  RunningDirectory(const RunningDirectory&) = delete;
  RunningDirectory& operator=(const RunningDirectory&) = delete;

  std::string next() { return (own_ / std::to_string(++points_)).string(); }

 private:
  static bool is_abandoned(const fs::path& directory) {
    std::error_code ignored;
    const fs::path file = directory / kOwnerFile;
    return fs::is_regular_file(file, ignored) && liveness_of(arch::load_file(file.string())) == Liveness::Dead;
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
