// SPDX-License-Identifier: Apache-2.0
#include "sim/sweep/pivot_table.h"

#include <gmock/gmock.h>

namespace gemel::sim {
namespace {

SweepRow row(std::vector<std::string> values, std::uint64_t cycles) {
  SweepRow row;
  row.workload = "net";
  row.values = std::move(values);
  row.status = "ok";
  row.figures = SweepFigures();
  row.figures->cycles = cycles;
  return row;
}

TEST(PivotTable, PutsTheLastAxisAcrossAndLeavesOutWhatMovesWithIt) {
  SweepResults results;
  results.axes = {{"mesh.dim", "PEs", true}, {"queues.load", "", true}, {"queues.store", "", true}};
  results.rows = {row({"4", "1", "2"}, 100), row({"4", "3", "5"}, 2000), row({"8", "1", "2"}, 30),
                  row({"8", "3", "5"}, 0)};
  results.rows[3].status = "illegal";
  results.rows[3].figures.reset();
  EXPECT_EQ(pivot_table(results),
            "cycles by queues.store\n"
            "workload  mesh.dim    2        5\n"
            "net       4         100    2,000\n"
            "net       8          30  illegal\n");
}

TEST(PivotTable, IsLeftOutWhereItWouldBeTooLarge) {
  SweepResults results;
  EXPECT_EQ(pivot_table(results), "");
  results.axes = {{"memory.latency_cycles", "cycles", true}};
  for (int i = 0; i < 13; ++i) results.rows.push_back(row({std::to_string(i)}, 1));
  EXPECT_EQ(pivot_table(results), "");
  results.rows.pop_back();
  EXPECT_NE(pivot_table(results), "");
}

}  // namespace
}  // namespace gemel::sim
