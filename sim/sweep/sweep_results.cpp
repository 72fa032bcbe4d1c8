// SPDX-License-Identifier: Apache-2.0
#include "sim/sweep/sweep_results.h"

#include <zlib.h>

#include <filesystem>
#include <stdexcept>

#include "sim/arch/input_error.h"
#include "sim/sweep/database.h"
#include "sim/sweep/result_store.h"

namespace gemel::sim {
namespace {

std::string unpacked(const std::string& bytes, std::int64_t size) {
  std::string text(static_cast<std::size_t>(size), '\0');
  uLongf length = text.size();
  const int code = uncompress(reinterpret_cast<Bytef*>(text.data()), &length,
                              reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
  if (code != Z_OK || length != text.size()) throw std::runtime_error("a statistics file is damaged");
  return text;
}

std::uint64_t count(const Statement& row, int column) { return static_cast<std::uint64_t>(row.integer(column)); }

SweepResults load(const std::string& path, bool with_statistics) {
  Database database(path, Database::Access::ReadOnly);
  SweepResults results;
  // One state of the file, also where a sweep is writing.
  database.execute("BEGIN");
  Statement sweep = database.prepare("SELECT name, base_config, version, excluded_points FROM sweep");
  if (!sweep.step()) throw std::runtime_error(path + ": it holds no sweep");
  results.name = sweep.text(0);
  results.base_config = sweep.text(1);
  results.version = sweep.text(2);
  results.excluded_points = count(sweep, 3);
  Statement axes = database.prepare("SELECT key, unit, is_number FROM axes ORDER BY position");
  while (axes.step()) results.axes.push_back({axes.text(0), axes.text(1), axes.integer(2) != 0});

  Statement rows = database.prepare(
      "SELECT workload, machine, status, reason, cycles, macs, utilization, verified, commands, dram_read_bytes, "
      "dram_write_bytes, read_requests, write_requests, statistics, statistics_bytes, energy_pj, energy_delay_js, "
      "area_um2 "
      "FROM points LEFT JOIN results USING (key) ORDER BY position");
  while (rows.step()) {
    SweepRow row;
    row.workload = rows.text(0);
    row.machine = rows.text(1);
    row.values.resize(results.axes.size());
    row.status = rows.text(2);
    row.reason = rows.text(3);
    if (!rows.is_null(4)) {
      SweepFigures figures;
      figures.cycles = count(rows, 4);
      figures.macs = count(rows, 5);
      figures.utilization = rows.number(6);
      if (!rows.is_null(7)) figures.verified = rows.integer(7) != 0;
      figures.commands = count(rows, 8);
      figures.dram_read_bytes = count(rows, 9);
      figures.dram_write_bytes = count(rows, 10);
      figures.read_requests = count(rows, 11);
      figures.write_requests = count(rows, 12);
      figures.energy_pj = rows.number(15);
      figures.energy_delay_js = rows.number(16);
      figures.area_um2 = rows.number(17);
      row.figures = figures;
      if (with_statistics) row.statistics_json = unpacked(rows.text(13), rows.integer(14));
    }
    results.rows.push_back(std::move(row));
  }
  Statement values = database.prepare("SELECT point, axis, value FROM coordinates");
  while (values.step()) {
    results.rows.at(count(values, 0)).values.at(count(values, 1)) = values.text(2);
  }
  return results;
}

}  // namespace

SweepResults load_sweep_results(const std::string& directory, bool with_statistics) {
  const std::string path = sweep_database_path(directory);
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) {
    throw arch::InputError(directory + ": it holds no sweep; there is no " + path);
  }
  try {
    return load(path, with_statistics);
  } catch (const std::runtime_error& error) {
    throw arch::InputError(error.what());
  }
}

}  // namespace gemel::sim
