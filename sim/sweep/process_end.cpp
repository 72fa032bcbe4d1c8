// SPDX-License-Identifier: Apache-2.0
#include "sim/sweep/process_end.h"

#include <signal.h>
#include <sys/wait.h>

#include <cstdio>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>

namespace gemel::sim {
namespace {

constexpr const char* kInternalError = "gemel: internal error: ";
constexpr const char* kDeadlock = "the program stops in cycle ";  // how sim/top begins the report of who waits for whom

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

void judge_signal(int signal, PointOutcome& outcome) {
  const bool is_from_outside = signal == SIGKILL || signal == SIGTERM || signal == SIGINT || signal == SIGHUP;
  outcome.status = is_from_outside ? PointStatus::Lost : PointStatus::Crashed;
  outcome.reason = "ended by signal " + std::to_string(signal) + " (" + strsignal(signal) + ")";
}

void judge_exit(int status, const ProcessEnd& end, PointOutcome& outcome) {
  std::string error = last_line(end.err);
  if ((status == 0 || status == 1) && is_whole_statistics(end.statistics)) {
    outcome.status = status == 0 ? PointStatus::Ok : PointStatus::Wrong;
    outcome.reason = status == 0 ? "" : last_line(end.out);
    outcome.statistics_json = end.statistics;
  } else if (status == 2) {
    outcome.status = PointStatus::Refused;
    outcome.reason = error;
  } else {
    if (error.rfind(kInternalError, 0) == 0) error.erase(0, std::strlen(kInternalError));
    outcome.status = error.find(kDeadlock) != std::string::npos ? PointStatus::Deadlock : PointStatus::Crashed;
    outcome.reason = error.empty() ? "ended with status " + std::to_string(status) : error;
  }
}

}  // namespace

void judge(const ProcessEnd& end, const PointJob& job, PointOutcome& outcome) {
  if (!WIFSIGNALED(end.wait_status)) {
    judge_exit(WEXITSTATUS(end.wait_status), end, outcome);
  } else if (end.is_timed_out) {
    char seconds[40];
    std::snprintf(seconds, sizeof seconds, "%g", job.timeout_seconds);
    outcome.status = PointStatus::Timeout;
    outcome.reason = "took longer than " + std::string(seconds) + " s";
  } else {
    judge_signal(WTERMSIG(end.wait_status), outcome);
  }
  replace_all(outcome.reason, job.workload, std::filesystem::path(job.workload).filename().string());
  constexpr std::size_t kLongest = 500;
  if (outcome.reason.size() > kLongest) outcome.reason.resize(kLongest);
}

}  // namespace gemel::sim
