// SPDX-License-Identifier: Apache-2.0
#include "sim/sweep/what_if.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <thread>

#include "sim/arch/accelerator_config_yaml.h"
#include "sim/arch/input_error.h"
#include "sim/stats/quantity_text.h"
#include "sim/sweep/point_process.h"

namespace gemel::sim {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string pattern = (fs::temp_directory_path() / "gemel_what_if_XXXXXX").string();
    if (!mkdtemp(pattern.data())) throw std::runtime_error("no temporary directory: " + pattern);
    path_ = pattern;
  }
  ~TemporaryDirectory() {
    std::error_code ignored;  // left over at worst
    fs::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  std::string file(std::size_t number) const { return (path_ / std::to_string(number)).string(); }

 private:
  fs::path path_;
};

std::vector<PointOutcome> run_all(const std::vector<PointJob>& jobs, const WhatIfOptions& options) {
  const TemporaryDirectory directory;
  std::vector<PointOutcome> outcomes(jobs.size());
  std::vector<std::pair<std::size_t, std::unique_ptr<PointProcess>>> running;
  std::size_t started = 0, done = 0;
  while (done < jobs.size()) {
    while (started < jobs.size() && running.size() < options.processes) {
      running.emplace_back(started, std::make_unique<PointProcess>(jobs[started], directory.file(started)));
      ++started;
    }
    for (auto place = running.begin(); place != running.end();) {
      if (!place->second->has_ended()) {
        ++place;
        continue;
      }
      outcomes[place->first] = place->second->outcome();
      place = running.erase(place);
      ++done;
    }
    if (options.progress) options.progress(done, jobs.size());
    std::this_thread::sleep_for(std::chrono::milliseconds(4));
  }
  return outcomes;
}

PointJob job_for(const arch::AcceleratorConfig& machine, const WhatIfOptions& options) {
  PointJob job;
  job.machine = arch::to_yaml(machine);
  job.workload = fs::absolute(options.workload).string();
  job.energy = fs::absolute(options.energy).string();
  job.timing_only = true;
  job.timeout_seconds = options.timeout_seconds;
  return job;
}

std::uint64_t cycles_of(const PointOutcome& outcome) {
  return Json::parse(outcome.statistics_json).at("cycles").get<std::uint64_t>();
}

double saved_share(const WhatIfResult& result, const WhatIfRow& row) {
  if (result.cycles == 0) return 0;
  return 1 - static_cast<double>(row.cycles) / static_cast<double>(result.cycles);
}

std::string percent_cell(double share) {
  char text[40];
  std::snprintf(text, sizeof text, "%.2f %%", 100 * share);
  return text;
}

std::string changes_text(const Relaxation& relaxation) {
  std::string text;
  for (const KeyChange& change : relaxation.changes) {
    text += (text.empty() ? "" : ", ") + change.key + " " + change.from + " to " + change.to;
  }
  return text;
}

}  // namespace

WhatIfResult ask_what_if(const arch::AcceleratorConfig& machine, const WhatIfOptions& options) {
  WhatIfResult result;
  result.config = machine.name;
  std::vector<PointJob> jobs{job_for(machine, options)};
  std::vector<std::size_t> row_of_job{0};
  for (Relaxation& relaxation : relaxations_of(machine)) {
    WhatIfRow row;
    row.reason = relaxation.illegal_reason;
    if (row.reason.empty()) {
      jobs.push_back(job_for(relaxation.machine, options));
      row_of_job.push_back(result.rows.size());
    }
    row.relaxation = std::move(relaxation);
    result.rows.push_back(std::move(row));
  }
  const std::vector<PointOutcome> outcomes = run_all(jobs, options);
  if (outcomes[0].status != PointStatus::Ok) throw arch::InputError(outcomes[0].reason);
  const Json statistics = Json::parse(outcomes[0].statistics_json);
  statistics.at("cycles").get_to(result.cycles);
  statistics.at("workload").get_to(result.workload);
  for (std::size_t i = 1; i < jobs.size(); ++i) {
    WhatIfRow& row = result.rows[row_of_job[i]];
    row.status = outcomes[i].status;
    row.reason = outcomes[i].reason;
    if (row.status == PointStatus::Ok) row.cycles = cycles_of(outcomes[i]);
  }
  std::stable_sort(result.rows.begin(), result.rows.end(), [](const WhatIfRow& a, const WhatIfRow& b) {
    const bool a_ran = a.status == PointStatus::Ok, b_ran = b.status == PointStatus::Ok;
    return a_ran != b_ran ? a_ran : a.cycles < b.cycles;
  });
  return result;
}

std::string what_if_table(const WhatIfResult& result) {
  std::vector<std::vector<std::string>> rows{{"what if it had", "cycles", "saved", "changes"}};
  rows.push_back({"(as it is)", grouped_text(result.cycles), "", ""});
  for (const WhatIfRow& row : result.rows) {
    const bool has_run = row.status == PointStatus::Ok;
    rows.push_back({row.relaxation.name, has_run ? grouped_text(row.cycles) : status_name(row.status),
                    has_run ? percent_cell(saved_share(result, row)) : "",
                    has_run ? changes_text(row.relaxation) : row.reason});
  }
  std::size_t widths[4] = {};
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line = row[0] + std::string(widths[0] - row[0].size(), ' ');
    for (std::size_t i = 1; i < 3; ++i) line += std::string(2 + widths[i] - row[i].size(), ' ') + row[i];
    line += "  " + row[3];
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

std::string what_if_json(const WhatIfResult& result) {
  Json file{{"schema", "what_if/v1"},
            {"config", result.config},
            {"workload", result.workload},
            {"cycles", result.cycles},
            {"relaxations", Json::array()}};
  for (const WhatIfRow& row : result.rows) {
    Json changes = Json::object();
    for (const KeyChange& change : row.relaxation.changes) {
      changes[change.key] = {{"from", change.from}, {"to", change.to}};
    }
    const bool has_run = row.status == PointStatus::Ok;
    file["relaxations"].push_back({{"name", row.relaxation.name},
                                   {"changes", changes},
                                   {"status", status_name(row.status)},
                                   {"reason", row.reason},
                                   {"cycles", has_run ? Json(row.cycles) : Json(nullptr)},
                                   {"saved", has_run ? Json(saved_share(result, row)) : Json(nullptr)}});
  }
  return file.dump(2) + "\n";
}

}  // namespace gemel::sim
