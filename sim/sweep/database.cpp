// SPDX-License-Identifier: Apache-2.0
#include "sim/sweep/database.h"

#include <sqlite3.h>

#include <stdexcept>

namespace gemel::sim {
namespace {

constexpr int kBusyTimeoutMs = 60000;  // other writers hold the lock for milliseconds

[[noreturn]] void fail(const std::string& path, sqlite3* database) {
  throw std::runtime_error(path + ": " + (database ? sqlite3_errmsg(database) : "out of memory"));
}

}  // namespace

Statement::Statement(sqlite3* database, const std::string& path, const char* sql) : database_(database), path_(path) {
  check(sqlite3_prepare_v2(database, sql, -1, &handle_, nullptr));
}
Statement::Statement(Statement&& other) noexcept
    : database_(other.database_), path_(std::move(other.path_)), handle_(other.handle_), bound_(other.bound_) {
  other.handle_ = nullptr;
}
Statement::~Statement() { sqlite3_finalize(handle_); }

void Statement::check(int code) const {
  if (code != SQLITE_OK) fail(path_, database_);
}

Statement& Statement::bind(std::string_view text) {
  check(sqlite3_bind_text64(handle_, ++bound_, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
  return *this;
}
Statement& Statement::bind(std::int64_t number) {
  check(sqlite3_bind_int64(handle_, ++bound_, number));
  return *this;
}
Statement& Statement::bind(double number) {
  check(sqlite3_bind_double(handle_, ++bound_, number));
  return *this;
}
Statement& Statement::bind_blob(std::string_view bytes) {
  check(sqlite3_bind_blob64(handle_, ++bound_, bytes.data(), bytes.size(), SQLITE_TRANSIENT));
  return *this;
}
Statement& Statement::bind_null() {
  check(sqlite3_bind_null(handle_, ++bound_));
  return *this;
}

bool Statement::step() {
  const int code = sqlite3_step(handle_);
  if (code != SQLITE_ROW && code != SQLITE_DONE) fail(path_, database_);
  return code == SQLITE_ROW;
}

void Statement::run() {
  while (step()) continue;
  check(sqlite3_reset(handle_));
  bound_ = 0;
}

std::string Statement::text(int column) const {
  const void* bytes = sqlite3_column_blob(handle_, column);
  const int size = sqlite3_column_bytes(handle_, column);
  return bytes ? std::string(static_cast<const char*>(bytes), static_cast<std::size_t>(size)) : "";
}
std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(handle_, column); }
double Statement::number(int column) const { return sqlite3_column_double(handle_, column); }
bool Statement::is_null(int column) const { return sqlite3_column_type(handle_, column) == SQLITE_NULL; }

Database::Database(const std::string& path, Access access) : path_(path) {
  const int flags = access == Access::Create ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READWRITE;
  int code = sqlite3_open_v2(path.c_str(), &handle_, flags, nullptr);
  if (code != SQLITE_OK && access == Access::ReadOnly) {  // a directory that cannot be written can still be read
    sqlite3_close(handle_);
    code = sqlite3_open_v2(path.c_str(), &handle_, SQLITE_OPEN_READONLY, nullptr);
  }
  if (code != SQLITE_OK) {
    const std::string why = handle_ ? sqlite3_errmsg(handle_) : "out of memory";
    sqlite3_close(handle_);
    throw std::runtime_error(path + ": " + why);
  }
  sqlite3_busy_timeout(handle_, kBusyTimeoutMs);
}
Database::~Database() { sqlite3_close(handle_); }

void Database::execute(const std::string& sql) {
  if (sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) fail(path_, handle_);
}
int Database::changes() const { return sqlite3_changes(handle_); }

Transaction::Transaction(Database& database) : database_(database) { database_.execute("BEGIN IMMEDIATE"); }
Transaction::~Transaction() {
  if (!is_open_) return;
  try {
    database_.execute("ROLLBACK");
  } catch (const std::runtime_error&) {  // closing the file rolls back as well
  }
}
void Transaction::commit() {
  database_.execute("COMMIT");
  is_open_ = false;
}

}  // namespace gemel::sim
