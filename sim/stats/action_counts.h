// SPDX-License-Identifier: Apache-2.0
#pragma once
// How often each thing happened that costs energy, and what it cost. Counted from the commands (sim/energy), exactly.
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace gemel::sim {

struct ActionCounts {
  // Commands.
  std::uint64_t loads = 0, stores = 0, preloads = 0, computes = 0, configurations = 0;
  // Products of two operand elements; what a block is filled up with to the array's side does not count.
  std::uint64_t macs_executed = 0;
  // Accesses to rows of the local memories. An accumulating write is a read, an addition and a write.
  std::uint64_t scratchpad_row_reads = 0, scratchpad_row_writes = 0;
  std::uint64_t accumulator_row_reads = 0, accumulator_row_writes = 0, accumulator_row_additions = 0;
  // Elements that pass a scaler.
  std::uint64_t mvin_scaled_elements = 0, result_scaled_elements = 0;
  // Memory: bytes as whole beats.
  std::uint64_t dram_read_bytes = 0, dram_write_bytes = 0;
  // Layers on the host.
  std::uint64_t host_operations = 0, host_read_bytes = 0, host_write_bytes = 0;
  // Different rows that were written; of a run, the most by any layer.
  std::uint64_t scratchpad_rows_used = 0, accumulator_rows_used = 0;

  // Every count with its name in the statistics file. `Counts` is ActionCounts, const or not.
  template <typename Counts, typename Visitor>
  static void visit(Counts& counts, const Visitor& visitor) {
    visitor("loads", counts.loads);
    visitor("stores", counts.stores);
    visitor("preloads", counts.preloads);
    visitor("computes", counts.computes);
    visitor("configurations", counts.configurations);
    visitor("macs_executed", counts.macs_executed);
    visitor("scratchpad_row_reads", counts.scratchpad_row_reads);
    visitor("scratchpad_row_writes", counts.scratchpad_row_writes);
    visitor("accumulator_row_reads", counts.accumulator_row_reads);
    visitor("accumulator_row_writes", counts.accumulator_row_writes);
    visitor("accumulator_row_additions", counts.accumulator_row_additions);
    visitor("mvin_scaled_elements", counts.mvin_scaled_elements);
    visitor("result_scaled_elements", counts.result_scaled_elements);
    visitor("dram_read_bytes", counts.dram_read_bytes);
    visitor("dram_write_bytes", counts.dram_write_bytes);
    visitor("host_operations", counts.host_operations);
    visitor("host_read_bytes", counts.host_read_bytes);
    visitor("host_write_bytes", counts.host_write_bytes);
    visitor("scratchpad_rows_used", counts.scratchpad_rows_used);
    visitor("accumulator_rows_used", counts.accumulator_rows_used);
  }
};

// Named parts and their sum; picojoules or square micrometres.
struct CostBreakdown {
  std::vector<std::pair<std::string, double>> parts;
  double total() const {
    double sum = 0;
    for (const auto& [name, value] : parts) sum += value;
    return sum;
  }
};

struct RunEnergy {
  std::string table;  // name of the energy table
  double clock_mhz = 0;
  CostBreakdown energy_pj;
  CostBreakdown area_um2;
  double energy_delay_js = 0;  // joules times seconds
};

}  // namespace gemel::sim
