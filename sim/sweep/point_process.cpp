// SPDX-License-Identifier: Apache-2.0
#include "sim/sweep/point_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <thread>
#include <vector>

#include "sim/arch/file_io.h"
#include "sim/arch/input_error.h"

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

std::string last_line(const std::string& text) {
  const std::size_t end = text.find_last_not_of(" \n");
  if (end == std::string::npos) return "";
  const std::size_t start = text.rfind('\n', end);
  return text.substr(start == std::string::npos ? 0 : start + 1,
                     end - (start == std::string::npos ? 0 : start + 1) + 1);
}

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

bool is_whole_statistics(const std::string& text) {
  return nlohmann::json::accept(text) && nlohmann::json::parse(text).contains("cycles");
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
  PointOutcome outcome = usage_;
  describe_exit(outcome);
  // The same words wherever it ran.
  replace_all(outcome.reason, job_.workload, fs::path(job_.workload).filename().string());
  constexpr std::size_t kLongest = 500;
  if (outcome.reason.size() > kLongest) outcome.reason.resize(kLongest);
  return outcome;
}

void PointProcess::describe_exit(PointOutcome& outcome) const {
  const fs::path directory(directory_);
  if (is_timed_out_ && WIFSIGNALED(wait_status_)) {
    outcome.status = PointStatus::Timeout;
    char seconds[40];
    std::snprintf(seconds, sizeof seconds, "%g", job_.timeout_seconds);
    outcome.reason = "took longer than " + std::string(seconds) + " s";
    return;
  }
  if (WIFSIGNALED(wait_status_)) {
    const int signal = WTERMSIG(wait_status_);
    const bool is_from_outside = signal == SIGKILL || signal == SIGTERM || signal == SIGINT || signal == SIGHUP;
    outcome.status = is_from_outside ? PointStatus::Lost : PointStatus::Crashed;
    outcome.reason = "ended by signal " + std::to_string(signal) + " (" + strsignal(signal) + ")";
    return;
  }
  const int status = WEXITSTATUS(wait_status_);
  std::string statistics = read_if_there(directory / kStatisticsFile);
  if (!is_whole_statistics(statistics)) statistics.clear();
  std::string error = last_line(read_if_there(directory / kErrorFile));
  if (status == 0 && !statistics.empty()) {
    outcome.status = PointStatus::Ok;
    outcome.statistics_json = std::move(statistics);
  } else if (status == 1 && !statistics.empty()) {
    outcome.status = PointStatus::Wrong;
    outcome.reason = last_line(read_if_there(directory / kOutputFile));
    outcome.statistics_json = std::move(statistics);
  } else if (status == 2) {
    outcome.status = PointStatus::Refused;
    outcome.reason = error;
  } else {
    const std::string prefix = "gemel: internal error: ";
    if (error.compare(0, prefix.size(), prefix) == 0) error.erase(0, prefix.size());
    const bool is_deadlock = error.find("the program stops in cycle") != std::string::npos;
    outcome.status = is_deadlock ? PointStatus::Deadlock : PointStatus::Crashed;
    outcome.reason = error.empty() ? "ended with status " + std::to_string(status) : error;
  }
}

PointOutcome run_point(const PointJob& job, const std::string& directory) {
  PointProcess process(job, directory);
  while (!process.has_ended()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  return process.outcome();
}

}  // namespace gemel::sim
