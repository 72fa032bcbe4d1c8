// SPDX-License-Identifier: Apache-2.0
#pragma once
// A `gemel sweep` in the background, to be watched and killed.
#include <signal.h>
#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

namespace gemel::tests {

class RunningSweep {
 public:
  explicit RunningSweep(const std::vector<std::string>& arguments);
  ~RunningSweep();  // kills it
  RunningSweep(const RunningSweep&) = delete;
  RunningSweep& operator=(const RunningSweep&) = delete;

  pid_t sweep_pid() const;  // 0 before it has started
  pid_t point_pid() const;  // a point in flight; 0 where there is none
  int wait();               // its exit status, as ChildResult has it
  void end(int signal);

 private:
  pid_t pid_;  // of the process that waits for it
};

// Looks every millisecond until `found` gives something else than 0, at most so long.
template <typename Find>
pid_t wait_for(const Find& found, int milliseconds = 10000) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(milliseconds);
  while (std::chrono::steady_clock::now() < end) {
    if (const pid_t pid = found()) return pid;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return 0;
}

// The number that a query of a sweep's database gives.
std::int64_t count_in(const std::string& directory, const std::string& sql);

}  // namespace gemel::tests
