// SPDX-License-Identifier: Apache-2.0
#pragma once
// SQLite, as much of it as a sweep needs. Every failure throws std::runtime_error with the file's name.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace gemel::sim {

// One statement: bind in order, then step through the rows.
class Statement {
 public:
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&&) = delete;
  ~Statement();

  Statement& bind(std::string_view text);
  Statement& bind(const char* text) { return bind(std::string_view(text)); }
  Statement& bind(std::int64_t number);
  Statement& bind(double number);
  Statement& bind_blob(std::string_view bytes);
  Statement& bind_null();

  bool step();  // to the next row; false behind the last
  void run();   // of a statement without rows: executes it and makes it ready for the next binding

  std::string text(int column) const;  // bytes of a blob too; "" where null
  std::int64_t integer(int column) const;
  double number(int column) const;
  bool is_null(int column) const;

 private:
  friend class Database;
  Statement(sqlite3* database, const std::string& path, const char* sql);
  void check(int code) const;

  sqlite3* database_;
  std::string path_;
  sqlite3_stmt* handle_ = nullptr;
  int bound_ = 0;
};

class Database {
 public:
  enum class Access { ReadOnly, Create };
  Database(const std::string& path, Access access);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  void execute(const std::string& sql);
  Statement prepare(const char* sql) { return Statement(handle_, path_, sql); }
  int changes() const;  // rows that the last statement changed

 private:
  std::string path_;
  sqlite3* handle_ = nullptr;
};

// All or nothing; takes the lock for writing at once, so that what it reads stays true.
class Transaction {
 public:
  explicit Transaction(Database& database);
  ~Transaction();  // rolls back what was not committed
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit();

 private:
  Database& database_;
  bool is_open_ = true;
};

}  // namespace gemel::sim
