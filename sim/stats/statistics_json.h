// SPDX-License-Identifier: Apache-2.0
#pragma once
// The statistics file: one JSON object a run. docs/tutorial.md lists its fields.
#include <cstdint>
#include <optional>
#include <string>

#include "sim/arch/accelerator_config.h"
#include "sim/stats/memory_digest.h"
#include "sim/stats/run_statistics.h"

namespace gemel::sim {

// What the statistics file says beside the run's own figures.
struct RunDescription {
  std::string config;  // name of the machine
  std::string workload;
  std::string engine = "systemc";
  std::uint32_t dim = 0;         // utilisation = macs / (cycles · dim²)
  std::uint32_t bus_bytes = 0;   // memory bound = bytes / bus bytes
  std::optional<bool> verified;  // none where there was nothing to check
  double compile_seconds = 0;
  double verify_seconds = 0;
  std::optional<MemoryDigest> memory_crc32;
  std::optional<arch::AcceleratorConfig> machine;  // all its keys, for reports
};

// The fewest cycles that the array and the bus allow for a layer.
Cycle compute_bound_cycles(std::uint64_t macs, std::uint32_t dim);
Cycle memory_bound_cycles(std::uint64_t min_dram_bytes, std::uint32_t bus_bytes);
double utilization(std::uint64_t macs, Cycle cycles, std::uint32_t dim);

// Ends with a newline.
std::string statistics_json(const RunDescription& run, const RunStatistics& statistics);

}  // namespace gemel::sim
