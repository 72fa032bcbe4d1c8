// SPDX-License-Identifier: Apache-2.0
#include "sim/sweep/point_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <stdexcept>
#include <thread>
#include <vector>

#include "sim/arch/file_io.h"
#include "sim/arch/input_error.h"
#include "sim/sweep/process_end.h"

namespace gemel::sim {
namespace {

namespace fs = std::filesystem;

constexpr const char* kMachineFile = "machine.yaml";
constexpr const char* kStatisticsFile = "statistics.json";
constexpr const char* kOutputFile = "out.txt";
constexpr const char* kErrorFile = "err.txt";

// Between fork and exec. This program's own file, also where it has been replaced since it started.
[[noreturn]] void become_gemel(const std::string& directory, char* const* argv, pid_t parent) {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  setpgid(0, 0);  // Ctrl-C is for the parent to handle
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const bool has_parent = getppid() == parent;
  const bool is_there = chdir(directory.c_str()) == 0;
  const int in = open("/dev/null", O_RDONLY);
  const int out = open(kOutputFile, O_WRONLY | O_CREAT | O_TRUNC, 0666);
  const int err = open(kErrorFile, O_WRONLY | O_CREAT | O_TRUNC, 0666);
  if (has_parent && is_there && in >= 0 && out >= 0 && err >= 0 && dup2(in, 0) == 0 && dup2(out, 1) == 1 &&
      dup2(err, 2) == 2) {
    execv("/proc/self/exe", argv);
  }
  _exit(127);
}

std::string read_if_there(const fs::path& path) {
  try {
    return arch::load_file(path.string());
  } catch (const arch::InputError&) {  // it ended before it wrote it
    return "";
  }
}

double seconds_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

std::string host_name() {
  char name[256] = {};
  return gethostname(name, sizeof name - 1) == 0 ? name : "";
}

}  // namespace

PointProcess::PointProcess(const PointJob& job, const std::string& directory)
    : job_(job), directory_(directory), start_(std::chrono::steady_clock::now()) {
  fs::create_directories(directory);
  arch::save_file((fs::path(directory) / kMachineFile).string(), job.machine);
  std::vector<std::string> arguments{"gemel",    "run",      job.workload, "-c",           kMachineFile,
                                     "--energy", job.energy, "--json",     kStatisticsFile};
  for (const std::string& dim : job.dims) arguments.insert(arguments.end(), {"--dim", dim});
  if (job.timing_only) arguments.push_back("--timing-only");
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ < 0) throw std::runtime_error(std::string("no process can be started: ") + std::strerror(errno));
  if (pid_ == 0) become_gemel(directory, argv.data(), parent);
  is_running_ = true;
}

PointProcess::~PointProcess() {
  if (is_running_) {
    kill(pid_, SIGKILL);
    while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) continue;
  }
  std::error_code ignored;  // left over at worst; the next start of the sweep removes it
  fs::remove_all(directory_, ignored);
}

double PointProcess::seconds() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
}

bool PointProcess::has_ended() {
  if (!is_running_) return true;
  rusage usage{};
  const pid_t ended = wait4(pid_, &wait_status_, WNOHANG, &usage);
  if (ended == 0) {
    if (!is_timed_out_ && seconds() > job_.timeout_seconds) {
      is_timed_out_ = true;
      kill(pid_, SIGKILL);
    }
    return false;
  }
  if (ended < 0) throw std::runtime_error(std::string("wait4: ") + std::strerror(errno));
  is_running_ = false;
  usage_.wall_seconds = seconds();
  usage_.cpu_seconds = seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
  usage_.peak_kib = usage.ru_maxrss;
  usage_.finished_at = std::time(nullptr);
  usage_.ran_on = host_name();
  return true;
}

PointOutcome PointProcess::outcome() const {
  const fs::path directory(directory_);
  ProcessEnd end;
  end.wait_status = wait_status_;
  end.is_timed_out = is_timed_out_;
  end.out = read_if_there(directory / kOutputFile);
  end.err = read_if_there(directory / kErrorFile);
  end.statistics = read_if_there(directory / kStatisticsFile);
  PointOutcome outcome = usage_;
  judge(end, job_, outcome);
  return outcome;
}

PointOutcome run_point(const PointJob& job, const std::string& directory) {
  PointProcess process(job, directory);
  while (!process.has_ended()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  return process.outcome();
}

}  // namespace gemel::sim
