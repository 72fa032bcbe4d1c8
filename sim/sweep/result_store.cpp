// SPDX-License-Identifier: Apache-2.0
#include "sim/sweep/result_store.h"

#include <zlib.h>

#include <chrono>
#include <ctime>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <thread>

#include "sim/arch/input_error.h"
#include "sim/sweep/owner.h"

namespace gemel::sim {
namespace {

constexpr int kSchemaVersion = 1;
// A claim of a process that can not be looked at is dead when it has not been renewed for so long.
constexpr std::int64_t kClaimSeconds = 90;

constexpr char kSchema[] = R"sql(
CREATE TABLE sweep (name TEXT NOT NULL, file_text TEXT NOT NULL, base_config TEXT NOT NULL, version TEXT NOT NULL,
  excluded_points INTEGER NOT NULL, updated_at INTEGER NOT NULL);
CREATE TABLE axes (position INTEGER PRIMARY KEY, key TEXT NOT NULL, unit TEXT NOT NULL, is_number INTEGER NOT NULL);
CREATE TABLE points (position INTEGER PRIMARY KEY, workload TEXT NOT NULL, workload_path TEXT NOT NULL,
  mode TEXT NOT NULL, key TEXT NOT NULL, machine TEXT NOT NULL);
CREATE TABLE coordinates (point INTEGER NOT NULL, axis INTEGER NOT NULL, value TEXT NOT NULL,
  PRIMARY KEY (point, axis)) WITHOUT ROWID;
CREATE TABLE results (key TEXT PRIMARY KEY, status TEXT NOT NULL, reason TEXT NOT NULL, verified INTEGER,
  cycles INTEGER, macs INTEGER, utilization REAL, commands INTEGER, dram_read_bytes INTEGER, dram_write_bytes INTEGER,
  read_requests INTEGER, write_requests INTEGER, energy_pj REAL, energy_delay_js REAL, area_um2 REAL, host_seconds REAL, compile_seconds REAL, verify_seconds REAL,
  statistics BLOB, statistics_bytes INTEGER, cpu_seconds REAL NOT NULL, wall_seconds REAL NOT NULL,
  peak_kib INTEGER NOT NULL, finished_at INTEGER NOT NULL, ran_on TEXT NOT NULL);
CREATE TABLE claims (key TEXT PRIMARY KEY, owner TEXT NOT NULL, heartbeat_at INTEGER NOT NULL);
CREATE TABLE runs (id INTEGER PRIMARY KEY, key TEXT NOT NULL, owner TEXT NOT NULL, started_at INTEGER NOT NULL,
  ended_at INTEGER, status TEXT);
CREATE TABLE slurm_submissions (id INTEGER PRIMARY KEY, job TEXT NOT NULL, directory TEXT NOT NULL,
  submitted_at INTEGER NOT NULL, is_open INTEGER NOT NULL);
)sql";

std::int64_t now() { return std::time(nullptr); }

// The first change of a new file takes a lock that SQLite does not wait for, whatever the time limit: another sweep
// that starts in the same moment may hold it.
void change_to_wal(Database& database) {
  constexpr int kMostTries = 200;
  for (int tried = 1;; ++tried) {
    try {
      database.execute("PRAGMA journal_mode = WAL");
      return;
    } catch (const std::runtime_error&) {
      if (tried == kMostTries) throw;
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
  }
}

std::string packed(const std::string& text) {
  uLongf size = compressBound(text.size());
  std::string bytes(size, '\0');
  const int code = compress2(reinterpret_cast<Bytef*>(bytes.data()), &size, reinterpret_cast<const Bytef*>(text.data()),
                             text.size(), Z_DEFAULT_COMPRESSION);
  if (code != Z_OK) throw std::runtime_error("the statistics could not be compressed");
  bytes.resize(size);
  return bytes;
}

}  // namespace

std::string sweep_database_path(const std::string& directory) {
  return (std::filesystem::path(directory) / "sweep.sqlite").string();
}

ResultStore::ResultStore(const std::string& directory, std::string owner)
    : path_(sweep_database_path(directory)), owner_(std::move(owner)), database_(path_, Database::Access::Create) {
  try {
    change_to_wal(database_);
    database_.execute("PRAGMA synchronous = FULL");
    Transaction transaction(database_);
    Statement version = database_.prepare("PRAGMA user_version");
    version.step();
    if (version.integer(0) == 0) {
      database_.execute(kSchema);
      database_.execute("PRAGMA user_version = " + std::to_string(kSchemaVersion));
    } else if (version.integer(0) != kSchemaVersion) {
      throw std::runtime_error(path_ + ": it is of another version of gemel");
    }
    transaction.commit();
  } catch (const std::runtime_error& error) {
    throw arch::InputError(std::string(error.what()) + "; name an empty directory");
  }
}

void ResultStore::check_name(const std::string& name) {
  Statement query = database_.prepare("SELECT name FROM sweep");
  if (!query.step() || query.text(0) == name) return;
  const std::string directory = std::filesystem::path(path_).parent_path().string();
  throw arch::InputError(directory + ": it holds the sweep '" + query.text(0) + "', not '" + name +
                         "'; name another directory, and give --reuse " + directory + " to take over its results");
}

void ResultStore::put_plan(const SweepPlan& plan) {
  Transaction transaction(database_);
  database_.execute("DELETE FROM sweep; DELETE FROM axes; DELETE FROM coordinates; DELETE FROM points");
  database_.prepare("INSERT INTO sweep VALUES (?, ?, ?, ?, ?, ?)")
      .bind(plan.name)
      .bind(plan.file_text)
      .bind(plan.base_config)
      .bind(plan.version)
      .bind(static_cast<std::int64_t>(plan.excluded_points))
      .bind(now())
      .run();
  Statement add_axis = database_.prepare("INSERT INTO axes VALUES (?, ?, ?, ?)");
  for (std::size_t i = 0; i < plan.axes.size(); ++i) {
    const SweepAxis& axis = plan.axes[i];
    add_axis.bind(static_cast<std::int64_t>(i)).bind(axis.key).bind(axis.unit).bind(std::int64_t{axis.is_number});
    add_axis.run();
  }
  Statement add_point = database_.prepare("INSERT INTO points VALUES (?, ?, ?, ?, ?, ?)");
  Statement add_coordinate = database_.prepare("INSERT INTO coordinates VALUES (?, ?, ?)");
  for (std::size_t i = 0; i < plan.points.size(); ++i) {
    const PlannedPoint& point = plan.points[i];
    const auto position = static_cast<std::int64_t>(i);
    const SweepWorkload& workload = plan.workloads[point.workload];
    add_point.bind(position).bind(workload.name).bind(workload.path);
    add_point.bind(point.timing_only ? "timing_only" : "verify").bind(point.key).bind(point.machine);
    add_point.run();
    for (std::size_t axis = 0; axis < point.values.size(); ++axis) {
      add_coordinate.bind(position).bind(static_cast<std::int64_t>(axis)).bind(point.values[axis]).run();
    }
  }
  transaction.commit();
}

int ResultStore::take_results_of(const std::string& directory, const std::vector<std::string>& keys) {
  const std::string other = sweep_database_path(directory);
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(other, ignored)) {
    throw arch::InputError(directory + ": it holds no sweep; there is no " + other);
  }
  int taken = 0;
  try {
    Statement attach = database_.prepare("ATTACH ? AS other");
    attach.bind(other).run();
    Transaction transaction(database_);
    Statement copy = database_.prepare(
        "INSERT OR IGNORE INTO main.results SELECT * FROM other.results WHERE key = ? AND status <> 'lost'");
    for (const std::string& key : keys) {
      copy.bind(key).run();
      taken += database_.changes();
    }
    transaction.commit();
  } catch (const std::runtime_error& error) {
    throw arch::InputError(directory + ": its results can not be taken over: " + error.what());
  }
  database_.execute("DETACH other");
  return taken;
}

int ResultStore::forget_faults(const std::vector<std::string>& keys) {
  Transaction transaction(database_);
  Statement forget =
      database_.prepare("DELETE FROM results WHERE key = ? AND status NOT IN ('ok', 'illegal', 'refused')");
  int forgotten = 0;
  for (const std::string& key : keys) {
    forget.bind(key).run();
    forgotten += database_.changes();
  }
  transaction.commit();
  return forgotten;
}

bool ResultStore::has_result(const std::string& key) {
  Statement query = database_.prepare("SELECT 1 FROM results WHERE key = ?");
  query.bind(key);
  return query.step();
}

std::set<std::string> ResultStore::keys_with_result() {
  std::set<std::string> keys;
  Statement query = database_.prepare("SELECT key FROM results");
  while (query.step()) keys.insert(query.text(0));
  return keys;
}

std::set<std::string> ResultStore::keys_with_fault() {
  std::set<std::string> keys;
  Statement query = database_.prepare("SELECT key FROM results WHERE status NOT IN ('ok', 'illegal', 'refused')");
  while (query.step()) keys.insert(query.text(0));
  return keys;
}

std::set<std::string> ResultStore::refused_keys() {
  std::set<std::string> keys;
  Statement query = database_.prepare("SELECT key FROM results WHERE status = 'refused'");
  while (query.step()) keys.insert(query.text(0));
  return keys;
}

ResultStore::Claim ResultStore::claim(const std::string& key, bool is_adopted) {
  Transaction transaction(database_);
  if (has_result(key)) return Claim::Done;
  {
    Statement query = database_.prepare("SELECT owner, heartbeat_at FROM claims WHERE key = ?");
    query.bind(key);
    if (query.step()) {
      const Liveness liveness = liveness_of(query.text(0));
      const bool is_fresh = now() - query.integer(1) < kClaimSeconds;
      if (liveness == Liveness::Alive || (liveness == Liveness::Unknown && is_fresh)) return Claim::Busy;
    }
  }
  database_.prepare("INSERT OR REPLACE INTO claims VALUES (?, ?, ?)").bind(key).bind(owner_).bind(now()).run();
  if (is_adopted) {
    database_.prepare("UPDATE runs SET owner = ? WHERE key = ? AND ended_at IS NULL").bind(owner_).bind(key).run();
  } else {
    Statement start = database_.prepare("INSERT INTO runs (key, owner, started_at) VALUES (?, ?, ?)");
    start.bind(key).bind(owner_).bind(now()).run();
  }
  transaction.commit();
  return Claim::Taken;
}

void ResultStore::keep_claims() {
  database_.prepare("UPDATE claims SET heartbeat_at = ? WHERE owner = ?").bind(now()).bind(owner_).run();
}

void ResultStore::release(const std::string& key, PointStatus why) {
  Transaction transaction(database_);
  end_run(key, why);
  transaction.commit();
}

void ResultStore::finish(const std::string& key, const PointOutcome& outcome) {
  Transaction transaction(database_);
  put_result(key, outcome);
  end_run(key, outcome.status);
  transaction.commit();
}

void ResultStore::end_run(const std::string& key, PointStatus status) {
  database_.prepare("DELETE FROM claims WHERE key = ? AND owner = ?").bind(key).bind(owner_).run();
  database_.prepare("UPDATE runs SET ended_at = ?, status = ? WHERE key = ? AND owner = ? AND ended_at IS NULL")
      .bind(now())
      .bind(status_name(status))
      .bind(key)
      .bind(owner_)
      .run();
}

void ResultStore::put_illegal(const SweepPlan& plan) {
  Transaction transaction(database_);
  for (const PlannedPoint& point : plan.points) {
    if (point.illegal_reason.empty()) continue;
    PointOutcome outcome;
    outcome.status = PointStatus::Illegal;
    outcome.reason = point.illegal_reason;
    outcome.finished_at = now();
    put_result(point.key, outcome);
  }
  transaction.commit();
}

void ResultStore::put_result(const std::string& key, const PointOutcome& outcome) {
  Statement insert = database_.prepare(
      "INSERT OR IGNORE INTO results (key, status, reason, cpu_seconds, wall_seconds, peak_kib, finished_at, ran_on, "
      "statistics, statistics_bytes, verified, cycles, macs, commands, dram_read_bytes, dram_write_bytes, "
      "read_requests, write_requests, utilization, host_seconds, compile_seconds, verify_seconds, energy_pj, "
      "energy_delay_js, area_um2) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  insert.bind(key).bind(status_name(outcome.status)).bind(outcome.reason);
  insert.bind(outcome.cpu_seconds).bind(outcome.wall_seconds).bind(outcome.peak_kib);
  insert.bind(outcome.finished_at).bind(outcome.ran_on);
  if (!outcome.statistics_json.empty()) {
    const nlohmann::json statistics = nlohmann::json::parse(outcome.statistics_json);
    insert.bind_blob(packed(outcome.statistics_json));
    insert.bind(static_cast<std::int64_t>(outcome.statistics_json.size()));
    const nlohmann::json& verified = statistics.at("verified");
    if (verified.is_null()) {
      insert.bind_null();
    } else {
      insert.bind(std::int64_t{verified.get<bool>()});
    }
    for (const char* field :
         {"cycles", "macs", "commands", "dram_read_bytes", "dram_write_bytes", "read_requests", "write_requests"}) {
      insert.bind(statistics.at(field).get<std::int64_t>());
    }
    for (const char* field : {"utilization", "host_seconds", "compile_seconds", "verify_seconds"}) {
      insert.bind(statistics.at(field).get<double>());
    }
    for (const char* field : {"total_pj", "energy_delay_js", "area_um2"}) {
      insert.bind(statistics.at("energy").at(field).get<double>());
    }
  }  // what is not bound is null
  insert.run();
}

std::int64_t ResultStore::new_submission() {
  Statement insert = database_.prepare(
      "INSERT INTO slurm_submissions (job, directory, submitted_at, is_open) VALUES ('', '', ?, 1) RETURNING id");
  insert.bind(now());
  insert.step();
  const std::int64_t id = insert.integer(0);
  while (insert.step()) continue;
  return id;
}

void ResultStore::set_submission_directory(std::int64_t id, const std::string& directory) {
  database_.prepare("UPDATE slurm_submissions SET directory = ? WHERE id = ?").bind(directory).bind(id).run();
}

void ResultStore::set_submission_job(std::int64_t id, const std::string& job) {
  database_.prepare("UPDATE slurm_submissions SET job = ? WHERE id = ?").bind(job).bind(id).run();
}

void ResultStore::end_submission(std::int64_t id) {
  database_.prepare("UPDATE slurm_submissions SET is_open = 0 WHERE id = ?").bind(id).run();
}

std::vector<SlurmSubmission> ResultStore::open_submissions() {
  std::vector<SlurmSubmission> open;
  Statement query = database_.prepare("SELECT id, job, directory FROM slurm_submissions WHERE is_open ORDER BY id");
  while (query.step()) open.push_back({query.integer(0), query.text(1), query.text(2)});
  return open;
}

}  // namespace gemel::sim
