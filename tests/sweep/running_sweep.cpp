// SPDX-License-Identifier: Apache-2.0
#include "tests/sweep/running_sweep.h"

#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "sim/sweep/database.h"
#include "tests/system/child_process.h"

namespace gemel::tests {
namespace {

pid_t first_child(pid_t parent) {
  std::ifstream children("/proc/" + std::to_string(parent) + "/task/" + std::to_string(parent) + "/children");
  pid_t child = 0;
  children >> child;
  return child;
}

}  // namespace

RunningSweep::RunningSweep(const std::vector<std::string>& arguments) : pid_(fork()) {
  if (pid_ == 0) _exit(run_gemel(arguments).status);
}

RunningSweep::~RunningSweep() {
  if (pid_ > 0) end(SIGKILL);
}

pid_t RunningSweep::sweep_pid() const { return first_child(pid_); }

pid_t RunningSweep::point_pid() const {
  const pid_t sweep = sweep_pid();
  return sweep == 0 ? 0 : first_child(sweep);
}

int RunningSweep::wait() {
  int status = 0;
  waitpid(pid_, &status, 0);
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void RunningSweep::end(int signal) {
  if (const pid_t sweep = sweep_pid()) kill(sweep, signal);
  wait();
}

std::int64_t count_in(const std::string& directory, const std::string& sql) {
  sim::Database database(directory + "/sweep.sqlite", sim::Database::Access::ReadOnly);
  sim::Statement statement = database.prepare(sql.c_str());
  statement.step();
  return statement.integer(0);
}

}  // namespace gemel::tests
