// SPDX-License-Identifier: Apache-2.0
#pragma once
// One point as a process runs it, and what came of it. Both travel as JSON between machines.
#include <cstdint>
#include <string>
#include <vector>

namespace gemel::sim {

struct PointJob {
  std::string key;
  std::string machine;            // the complete configuration, YAML
  std::string workload;           // path
  std::string energy;             // path of the energy table
  std::vector<std::string> dims;  // NAME=VALUE, of an ONNX model
  bool timing_only = false;
  double timeout_seconds = 0;
};

enum class PointStatus { Ok, Illegal, Refused, Wrong, Deadlock, Crashed, Timeout, Lost };
std::string status_name(PointStatus status);
PointStatus status_of(const std::string& name);  // throws std::invalid_argument
// What the machine or the compiler says no to is an answer; the others are faults.
bool is_fault(PointStatus status);

struct PointOutcome {
  PointStatus status = PointStatus::Crashed;
  std::string reason;           // one line; "" where Ok
  std::string statistics_json;  // "" where there is none
  double cpu_seconds = 0;
  double wall_seconds = 0;
  std::int64_t peak_kib = 0;
  std::int64_t finished_at = 0;  // seconds since 1970
  std::string ran_on;            // host
};

std::string to_json(const PointJob& job);
PointJob job_from_json(const std::string& text);
std::string to_json(const PointOutcome& outcome);
PointOutcome outcome_from_json(const std::string& text);  // all throw std::exception where the text is not one

}  // namespace gemel::sim
