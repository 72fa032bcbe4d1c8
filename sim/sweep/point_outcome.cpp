// SPDX-License-Identifier: Apache-2.0
#include "sim/sweep/point_outcome.h"

#include <iterator>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace gemel::sim {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kStatusNames[] = {"ok", "illegal", "refused", "wrong", "deadlock", "crashed", "timeout", "lost"};

}  // namespace

std::string status_name(PointStatus status) { return kStatusNames[static_cast<std::size_t>(status)]; }

PointStatus status_of(const std::string& name) {
  for (std::size_t i = 0; i < std::size(kStatusNames); ++i) {
    if (name == kStatusNames[i]) return static_cast<PointStatus>(i);
  }
  throw std::invalid_argument("no status is named " + name);
}

bool is_fault(PointStatus status) {
  return status != PointStatus::Ok && status != PointStatus::Illegal && status != PointStatus::Refused;
}

std::string to_json(const PointJob& job) {
  return Json{{"key", job.key},
              {"machine", job.machine},
              {"workload", job.workload},
              {"energy", job.energy},
              {"dims", job.dims},
              {"timing_only", job.timing_only},
              {"timeout_seconds", job.timeout_seconds}}
      .dump();
}

PointJob job_from_json(const std::string& text) {
  const Json json = Json::parse(text);
  PointJob job;
  json.at("key").get_to(job.key);
  json.at("machine").get_to(job.machine);
  json.at("workload").get_to(job.workload);
  json.at("energy").get_to(job.energy);
  json.at("dims").get_to(job.dims);
  json.at("timing_only").get_to(job.timing_only);
  json.at("timeout_seconds").get_to(job.timeout_seconds);
  return job;
}

std::string to_json(const PointOutcome& outcome) {
  return Json{{"status", status_name(outcome.status)}, {"reason", outcome.reason},
              {"statistics", outcome.statistics_json}, {"cpu_seconds", outcome.cpu_seconds},
              {"wall_seconds", outcome.wall_seconds},  {"peak_kib", outcome.peak_kib},
              {"finished_at", outcome.finished_at},    {"ran_on", outcome.ran_on}}
      .dump(-1, ' ', false, Json::error_handler_t::replace);
}

PointOutcome outcome_from_json(const std::string& text) {
  const Json json = Json::parse(text);
  PointOutcome outcome;
  outcome.status = status_of(json.at("status").get<std::string>());
  json.at("reason").get_to(outcome.reason);
  json.at("statistics").get_to(outcome.statistics_json);
  json.at("cpu_seconds").get_to(outcome.cpu_seconds);
  json.at("wall_seconds").get_to(outcome.wall_seconds);
  json.at("peak_kib").get_to(outcome.peak_kib);
  json.at("finished_at").get_to(outcome.finished_at);
  json.at("ran_on").get_to(outcome.ran_on);
  return outcome;
}

}  // namespace gemel::sim
